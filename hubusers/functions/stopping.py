"""The documented functions that stop servers and wait until they are gone."""

import logging
from collections.abc import Iterable
from typing import Any, Literal

from hubusers.functions.batches import call_for_each, checked_choice, checked_count, checked_name, checked_names
from hubusers.functions.defaults import chosen_interval, chosen_timeout
from hubusers.functions.many import many
from hubusers.functions.script_client import Reasons, ScriptClient
from hubusers.functions.timing import timeit
from hubusers.functions.watch_each import watch_each
from hubusers.hub import lifecycle
from hubusers.hub.answers import Stop, stop_outcome
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, WaitTimeout
from hubusers.hub.sightings import looks


def stop_server(
    username: str,
    endpoint: str,
    session: Any,
    wait: bool = False,
    *,
    timeout: float | None = None,
    poll_interval: float | None = None,
    reasons: Reasons | None = None,
) -> bool:
    """Ask the hub to stop a user's server (`DELETE /users/{name}/server`).

    Args:
        username: Whose server; any name that the hub accepts.
        endpoint: The hub's API, `https://host[/prefix]/hub/api`, or another address of the hub.
        session: From `get_session`, or a Locust HTTP session. Its retry policy (429, 503, 504) applies.
        wait: Whether to wait, like `wait_for_server_to_stop`, if the hub answers that the server is stopping (202).
        timeout: Seconds of that wait; by default `hubusers.SERVER_LIFECYCLE_TIMEOUT` (60).
        poll_interval: Seconds between two polls; by default 1.
        reasons: A dictionary to fill, if the result is False: why, as an error, for this user.

    Returns:
        True if the server is stopped (204) or stopping (202); with `wait`, only if it then stopped in time. False for
        any other answer and for a lost connection.

    Logs:
        WARNING, with status and content, for any other answer.

    Raises:
        TypeError, ValueError: An argument is wrong; nothing was sent. An answer or a lost connection never raises.
    """
    checked_name(username)
    client = ScriptClient(endpoint, session, [username], reasons)
    seconds, interval = chosen_timeout(timeout), chosen_interval(poll_interval)
    with client.interruptible(f"stopping the server of {username}"):
        outcome = _stop(client, username)
    if outcome is Stop.STOPPING and wait:
        return _wait(client, username, Deadline(seconds), interval)
    return outcome in _ACCEPTED


_ACCEPTED = {Stop.STOPPED, Stop.STOPPING}


def _stop(client: ScriptClient, username: str) -> Stop:
    answer = lifecycle.stop(client, username, client.request_patiently)
    outcome = stop_outcome(answer)
    if outcome in _ACCEPTED:
        client.log(logging.INFO, "stopping the server of %s", username)
    else:
        error = lifecycle.why_not_stopped(answer, f"could not stop the server of {username}")
        client.note_failure(username, error, logging.WARNING)
    return outcome


def wait_for_server_to_stop(
    username: str,
    endpoint: str,
    session: Any,
    *,
    timeout: float | None = None,
    poll_interval: float | None = None,
    reasons: Reasons | None = None,
) -> bool:
    """Poll a user (`GET /users/{name}`) until none of their servers is running.

    Args:
        username: Whose servers.
        endpoint: The hub's API.
        session: From `get_session`, or a Locust HTTP session.
        timeout: Seconds; by default `hubusers.SERVER_LIFECYCLE_TIMEOUT` (60).
        poll_interval: Seconds between two polls; by default 1.
        reasons: A dictionary to fill, if the result is False: why, as an error, for this user.

    Returns:
        True when the user's `servers` are empty or the user is gone (404). False when time is up, and at once if the
        token may not see servers.

    Logs:
        DEBUG while waiting. WARNING for any other answer (the function tries again; the same answer is a DEBUG message
        when it comes again) and for the timeout. ERROR, with the scope that is missing, for a token that may not see
        servers.

    Raises:
        TypeError, ValueError: An argument is wrong; nothing was sent.
    """
    checked_name(username)
    client = ScriptClient(endpoint, session, [username], reasons)
    return _wait(client, username, Deadline(chosen_timeout(timeout)), chosen_interval(poll_interval))


def _wait(client: ScriptClient, username: str, deadline: Deadline, interval: float) -> bool:
    with client.interruptible(f"waiting for the server of {username} to stop"):
        try:
            lifecycle.wait_until_stopped(looks(client, username, deadline, interval), username, deadline)
        except HubUsersError as error:
            client.note_failure(username, error, logging.WARNING if isinstance(error, WaitTimeout) else logging.ERROR)
            return False
    return True


@timeit
def stop_servers(
    usernames: Iterable[str],
    endpoint: str,
    session: Any,
    batch_size: int,
    *,
    reasons: Reasons | None = None,
    progress: bool = False,
) -> dict[str, bool]:
    """Ask the hub to stop the servers of many users; return when it has answered every request.

    Args:
        usernames: Whose servers.
        endpoint: The hub's API.
        session: From `get_session`, or a Locust HTTP session.
        batch_size: Most requests under way.
        reasons: A dictionary to fill: why, as an error, for each user for whom the result is False.
        progress: Whether to show a progress bar, in a terminal or notebook; it needs tqdm.

    Returns:
        For each name whether its server is stopped or stopping. Then call `wait_for_servers_to_stop`.

    Logs:
        WARNING, with status and content, for each request that failed; INFO how long all took.

    Raises:
        TypeError, ValueError: An argument is wrong; nothing was sent.
    """
    names = checked_names(usernames, "usernames")
    checked_count(batch_size, "batch_size")
    client = ScriptClient(endpoint, session, names, reasons)

    def stop_one(username: str) -> bool:
        return _stop(client, username) in _ACCEPTED

    with many(client, names, "stopping servers", progress) as everybody:
        call_for_each(
            stop_one, names, batch_size, "stop_servers", returned=everybody.settle, raised=everybody.note_crash
        )
    return everybody.results


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
    reasons: Reasons | None = None,
    progress: bool = False,
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
        reasons: As for `stop_servers`. The dictionary that `stop_servers` filled then has the reasons of both.
        progress: As for `stop_servers`.

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
    client = ScriptClient(endpoint, session, names, reasons)
    gone = watch_each(
        client,
        names,
        lifecycle.is_stopped,
        watch=watch,
        timeout=chosen_timeout(timeout),
        interval=chosen_interval(poll_interval),
        max_workers=max_workers,
        until="stop",
        progress=progress,
    )
    stopped.update(gone)
