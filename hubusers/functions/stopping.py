"""The documented functions that stop servers and wait until they are gone."""

from collections.abc import Iterable
from typing import Any, Literal

from hubusers.functions.batches import call_for_each, checked_choice, checked_count, checked_name, checked_names
from hubusers.functions.defaults import chosen_interval, chosen_timeout
from hubusers.functions.timing import timeit
from hubusers.functions.watch_each import watch_each
from hubusers.hub import lifecycle
from hubusers.hub.answers import Stop, stop_outcome
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, WaitTimeout
from hubusers.hub.sightings import looks
from hubusers.log import get_logger

LOG = get_logger(__name__)


def stop_server(
    username: str,
    endpoint: str,
    session: Any,
    wait: bool = False,
    *,
    timeout: float | None = None,
    poll_interval: float | None = None,
) -> bool:
    """Ask the hub to stop a user's server (`DELETE /users/{name}/server`).

    Args:
        username: Whose server; any name that the hub accepts.
        endpoint: The hub's API, `https://host[/prefix]/hub/api`.
        session: From `get_session`, or a Locust HTTP session. Its retry policy (429, 503, 504) applies.
        wait: Whether to wait, like `wait_for_server_to_stop`, if the hub answers that the server is stopping (202).
        timeout: Seconds of that wait; by default `hubusers.SERVER_LIFECYCLE_TIMEOUT` (60).
        poll_interval: Seconds between two polls; by default 1.

    Returns:
        True if the server is stopped (204) or stopping (202); with `wait`, only if it then stopped in time. False for
        any other answer and for a lost connection.

    Logs:
        WARNING, with status and content, for any other answer.

    Raises:
        TypeError, ValueError: An argument is wrong; nothing was sent. An answer or a lost connection never raises.
    """
    checked_name(username)
    client = HubClient(endpoint, session)
    seconds, interval = chosen_timeout(timeout), chosen_interval(poll_interval)
    outcome = _stop(client, username)
    if outcome is Stop.STOPPING and wait:
        return _wait(client, username, Deadline(seconds), interval)
    return outcome in {Stop.STOPPED, Stop.STOPPING}


def _stop(client: HubClient, username: str) -> Stop:
    answer = lifecycle.stop(client, username, client.request_patiently)
    outcome = stop_outcome(answer)
    if outcome in {Stop.STOPPED, Stop.STOPPING}:
        LOG.info("Stopping the server of %s", username)
    else:
        LOG.warning("Could not stop the server of %s: %s", username, answer)
    return outcome


def wait_for_server_to_stop(
    username: str,
    endpoint: str,
    session: Any,
    *,
    timeout: float | None = None,
    poll_interval: float | None = None,
) -> bool:
    """Poll a user (`GET /users/{name}`) until none of their servers is running.

    Args:
        username: Whose servers.
        endpoint: The hub's API.
        session: From `get_session`, or a Locust HTTP session.
        timeout: Seconds; by default `hubusers.SERVER_LIFECYCLE_TIMEOUT` (60).
        poll_interval: Seconds between two polls; by default 1.

    Returns:
        True when the user's `servers` are empty or the user is gone (404). False when time is up, and at once if the
        token may not see servers.

    Logs:
        DEBUG while waiting. WARNING for any other answer (the function tries again) and for the timeout. ERROR, with
        the scope that is missing, for a token that may not see servers.

    Raises:
        TypeError, ValueError: An argument is wrong; nothing was sent.
    """
    checked_name(username)
    client = HubClient(endpoint, session)
    return _wait(client, username, Deadline(chosen_timeout(timeout)), chosen_interval(poll_interval))


def _wait(client: HubClient, username: str, deadline: Deadline, interval: float) -> bool:
    try:
        lifecycle.wait_until_stopped(looks(client, username, deadline, interval), username, deadline)
    except WaitTimeout as error:
        LOG.warning("%s", error.detail)
        return False
    except HubUsersError as error:
        LOG.error("%s", error.detail)
        return False
    return True


@timeit
def stop_servers(usernames: Iterable[str], endpoint: str, session: Any, batch_size: int) -> dict[str, bool]:
    """Ask the hub to stop the servers of many users; return when it has answered every request.

    Args:
        usernames: Whose servers.
        endpoint: The hub's API.
        session: From `get_session`, or a Locust HTTP session.
        batch_size: Most requests under way.

    Returns:
        For each name whether its server is stopped or stopping. Then call `wait_for_servers_to_stop`.

    Logs:
        WARNING, with status and content, for each request that failed; INFO how long all took.

    Raises:
        TypeError, ValueError: An argument is wrong; nothing was sent.
    """
    names = checked_names(usernames, "usernames")
    checked_count(batch_size, "batch_size")
    client = HubClient(endpoint, session)
    outcomes = call_for_each(lambda name: _stop(client, name), names, batch_size, "stop_servers")
    return {name: outcome in {Stop.STOPPED, Stop.STOPPING} for name, outcome in outcomes.items()}


@timeit
def wait_for_servers_to_stop(
    stopped: dict[str, bool],
    endpoint: str,
    session: Any,
    *,
    timeout: float | None = None,
    poll_interval: float | None = None,
    max_workers: int = 10,
    watch: Literal["poll", "listing"] = "poll",
) -> None:
    """Wait until the servers that were asked to stop are gone; all share one deadline.

    Args:
        stopped: From `stop_servers`. It is updated in place: True becomes False if the server did not stop in time.
            Entries that are False are left as they are.
        endpoint: The hub's API.
        session: From `get_session`, or a Locust HTTP session.
        timeout: Seconds for all together; by default `hubusers.SERVER_LIFECYCLE_TIMEOUT` (60).
        poll_interval: Seconds between two polls of one user, if `max_workers` can keep that up; by default 1.
        max_workers: Most requests under way.
        watch: As for `wait_for_servers_to_start`. Users who are no longer listed are polled once to make sure.

    Logs:
        Like `wait_for_server_to_stop`; also INFO how long all took.

    Raises:
        TypeError, ValueError: An argument is wrong; nothing was sent.
    """
    if not isinstance(stopped, dict):
        raise TypeError(f"stopped must be a dictionary, as stop_servers returns it, not {type(stopped).__name__}")
    names = [name for name in checked_names(stopped, "stopped") if stopped[name]]
    checked_count(max_workers, "max_workers")
    checked_choice(watch, ("poll", "listing"), "watch")
    client = HubClient(endpoint, session)
    deadline = Deadline(chosen_timeout(timeout))
    gone = watch_each(
        client,
        names,
        lifecycle.is_stopped,
        watch=watch,
        deadline=deadline,
        interval=chosen_interval(poll_interval),
        max_workers=max_workers,
        what="wait_for_servers_to_stop",
    )
    for username in (name for name, result in gone.items() if result is None):
        LOG.warning("the server of %s was not stopped within %g seconds", username, deadline.seconds)
    stopped.update({name: bool(result) for name, result in gone.items()})
