"""One server, tried before there are more.

A wrong profile or a broken spawner makes every spawn fail, and a hub with `consecutive_failure_limit` exits after some
of those (five on Kubernetes deployments). When many users ask at once, all of them have failed before anybody notices.
"""

from hubusers.accounts.account import Account
from hubusers.hub import lifecycle
from hubusers.hub.answers import error_for
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, SpawnFailed, Throttled, UserGone, WaitTimeout
from hubusers.hub.lifecycle import UserOptions
from hubusers.hub.sightings import USER_PATH, looks
from hubusers.log import get_logger
from hubusers.run.run import Run
from hubusers.settings.hub_check import LeftBehind, PreflightError

LOG = get_logger(__name__)


def try_one_server(run: Run, user_options: UserOptions | None) -> None:
    """Start one server, wait until it is ready, and remove it; after a failed spawn try again, as often as allowed.

    A server that is let in or ready too late is no reason not to go on: the run will measure that.

    Logs:
        INFO how long it took; WARNING what kept it from being ready.

    Raises:
        PreflightError: As many spawns as allowed have failed, or the hub does not do what a run needs.
        LeftBehind: The server could not be stopped and removed; with more of them it would be the same.
    """
    client = HubClient(run.settings.endpoint, run.settings.access.session)
    account = run.accounts.take()
    try:
        if run.accounts.in_use(client, account):
            LOG.info("The server of %s runs already, so none is tried", account.username)
            return
    except HubUsersError as error:
        raise PreflightError(f"{error.detail}.") from None
    try:
        if run.accounts.are_made:
            run.ledger.user_created(account.key)
            answer = client.request_patiently("POST", USER_PATH, username=account.username)
            if answer.status not in {201, 409}:  # 409: an earlier try arrived, its answer did not
                raise PreflightError(f"{error_for(answer, 'Creating an account').detail}.")
        _try_until_ready(client, run, account, user_options)
    finally:
        try:
            seconds, interval = run.settings.server_timeout, run.settings.poll_interval
            run.accounts.remove(client, account.key, seconds, interval, may_have_server=True)
            run.ledger.removed(account.key)
            run.accounts.give_back(account.key)
        except HubUsersError as error:
            raise LeftBehind(
                f"The first server could not be removed again: {error.detail}. Give it more time with "
                f"--server-timeout; to remove what is left: {run.purge_command()}"
            ) from None


def _try_until_ready(client: HubClient, run: Run, account: Account, user_options: UserOptions | None) -> None:
    settings, username, server_name = run.settings, account.username, account.server_name
    for failed in range(1, settings.failed_spawns_to_stop + 1):
        deadline = Deadline(settings.server_timeout)
        run.ledger.server_started(account.key)
        try:
            lifecycle.start_until_accepted(client, username, user_options, deadline, lambda *_: None, server_name)
            sightings = looks(client, username, deadline, settings.poll_interval)
            lifecycle.wait_until_ready(sightings, username, deadline, server_name)
        except SpawnFailed as error:
            LOG.warning(
                "The first server failed to start (%d of %d): %s", failed, settings.failed_spawns_to_stop, error.detail
            )
        except (Throttled, WaitTimeout) as error:
            LOG.warning("The first server is late, going on all the same: %s", error.detail)
            return
        except UserGone as error:
            if run.accounts.are_made:
                raise PreflightError(f"{error.detail}.") from None
            LOG.info("No server is tried: %s yet", error.detail)
            return
        except HubUsersError as error:
            raise PreflightError(f"{error.detail}.") from None
        else:
            LOG.info("A first server was ready after %.1f seconds", deadline.elapsed())
            return
    raise PreflightError(
        f"{settings.failed_spawns_to_stop} spawns in a row failed, before there was any load: see the hub's log for "
        "the reason, and whether its profiles and user options are what the run asks for. (--stop-after-failed-spawns "
        "0 goes on regardless; a hub with consecutive_failure_limit then exits.)"
    )
