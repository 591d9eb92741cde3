"""One server, tried before there are more.

A wrong profile or a broken spawner makes every spawn fail, and a hub with `consecutive_failure_limit` exits after some
of those (five on Kubernetes deployments). When many users ask at once, all of them have failed before anybody notices.
"""

from hubusers.hub import lifecycle
from hubusers.hub.answers import error_for
from hubusers.hub.client import HubClient
from hubusers.hub.errors import HubUsersError, SpawnFailed, Throttled, WaitTimeout
from hubusers.hub.log import get_logger
from hubusers.hub.removal import remove_user
from hubusers.hub.waiting import Deadline
from hubusers.hub.watching import USER_PATH, looks
from hubusers.run.preflight import LeftBehind, PreflightError
from hubusers.run.run import Run

LOG = get_logger(__name__)


def try_one_server(run: Run) -> None:
    """Start one server, wait until it is ready, and remove it; after a failed spawn try again, as often as allowed.

    A server that is let in or ready too late is no reason not to go on: the run will measure that.

    Logs:
        INFO how long it took; WARNING what kept it from being ready.

    Raises:
        PreflightError: As many spawns as allowed have failed, or the hub does not do what a run needs.
        LeftBehind: The server could not be stopped and removed; with more of them it would be the same.
    """
    client = HubClient(run.settings.endpoint, run.settings.access.session)
    username = run.new_name()
    run.ledger.user_created(username)
    try:
        answer = client.request_patiently("POST", USER_PATH, username=username)
        if answer.status not in {201, 409}:  # 409: an earlier try arrived, its answer did not
            raise PreflightError(f"{error_for(answer, 'Creating an account').detail}.")
        _try_until_ready(client, run, username)
    finally:
        try:
            remove_user(client, username, run.settings.server_timeout, run.settings.poll_interval)
            run.ledger.user_removed(username)
        except HubUsersError as error:
            raise LeftBehind(
                f"The first server could not be removed again: {error.detail}. Give it more time with "
                f"--server-timeout; to remove what is left: {run.purge_command()}"
            ) from None


def _try_until_ready(client: HubClient, run: Run, username: str) -> None:
    settings = run.settings
    for failed in range(1, settings.failed_spawns_to_stop + 1):
        deadline = Deadline(settings.server_timeout)
        run.ledger.server_started(username)
        try:
            lifecycle.start_until_accepted(client, username, settings.user_options, deadline, lambda _: None)
            sightings = looks(client, username, deadline, settings.poll_interval)
            lifecycle.wait_until_ready(sightings, username, deadline)
        except SpawnFailed as error:
            LOG.warning(
                "The first server failed to start (%d of %d): %s", failed, settings.failed_spawns_to_stop, error.detail
            )
        except (Throttled, WaitTimeout) as error:
            LOG.warning("The first server is late, going on all the same: %s", error.detail)
            return
        except HubUsersError as error:
            raise PreflightError(f"{error.detail}.") from None
        else:
            LOG.info("A first server was ready after %.1f seconds", deadline.elapsed())
            return
    raise PreflightError(
        f"{settings.failed_spawns_to_stop} spawns in a row failed, before there was any load: see the hub's log for "
        "the reason, and whether --server-profile or --user-options suit the hub. (--stop-after-failed-spawns 0 goes "
        "on regardless; a hub with consecutive_failure_limit then exits.)"
    )
