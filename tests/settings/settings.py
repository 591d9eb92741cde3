"""Settings as a run without any option has them."""

from hubusers.settings.access import Access
from hubusers.settings.settings import Settings


def settings_for(endpoint: str, access: Access) -> Settings:
    return Settings(
        endpoint=endpoint,
        access=access,
        prefix="hub-stress-test",
        run_id="k3x9qa",
        server_timeout=60.0,
        poll_interval=1.0,
        wait="poll",
        stay=(30.0, 90.0),
        pause=(10.0, 30.0),
        user_options=None,
        keep=False,
        lifecycles=0,
        end_after_failure=False,
        failed_spawns_to_stop=4,
        runs_folder="",
        notebooks="",
        thinking=(0.0, 0.0),
        leave={"log-out": 1.0},
        activity_interval=300.0,
        accounts_file="",
        named_servers=False,
        owner="",
        event=None,
    )
