"""Settings as a run without any option has them, but for what would take a test's time or leave files."""

from hubusers.settings.access import Access
from hubusers.settings.settings import Settings


def settings_for(endpoint: str, access: Access) -> Settings:
    return Settings(endpoint=endpoint, access=access, run_id="k3x9qa", wait="poll", runs_folder="", thinking=(0.0, 0.0))
