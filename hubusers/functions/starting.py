"""The documented functions that start servers and wait for them."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any, Literal, get_args

from hubusers.counting import counted
from hubusers.functions.batches import call_for_each, checked_batches, checked_choice, checked_count, checked_name
from hubusers.functions.defaults import checked_seconds, chosen_interval, chosen_timeout
from hubusers.functions.many import many
from hubusers.functions.script_client import Reasons, ScriptClient
from hubusers.functions.timing import timeit
from hubusers.functions.watch_each import watch_each
from hubusers.hub import lifecycle
from hubusers.hub.answers import Start, UserServers, start_outcome
from hubusers.hub.deadline import CLOCK, Deadline
from hubusers.hub.errors import HubError, HubUsersError, SpawnFailed, WaitTimeout
from hubusers.hub.lifecycle import UserOptions
from hubusers.hub.progress import progress as progress_stream
from hubusers.hub.removal import remove_user
from hubusers.hub.sightings import looks

OnFailure = Literal["log", "raise", "delete_user"]
"""What to do after a failed start: only log it, also raise an error, or also delete the user."""


def start_server(
    username: str,
    endpoint: str,
    session: Any,
    profile: str | UserOptions | None = None,
    *,
    on_failure: OnFailure = "log",
    retries: int = 0,
    retry_pause: float | None = None,
    reasons: Reasons | None = None,
) -> bool:
    """Ask the hub to start a user's server (`POST /users/{name}/server`); does not wait until it is ready.

    Args:
        username: Whose server; any name that the hub accepts.
        endpoint: The hub's API, `https://host[/prefix]/hub/api`, or another address of the hub.
        session: From `get_session`, or a Locust HTTP session. Its retry policy (429, 503, 504) applies.
        profile: A profile's slug, or a dictionary of user options; None repeats those of the user's last start.
        on_failure: `"log"`: log and return False. `"raise"`: log and raise `SpawnFailed`. `"delete_user"`: log, delete
            the user so that no orphan stays, and return False.
        retries: How often to ask again if the spawn failed at once (500) or the hub could not answer; by default never.
            A spawn that the hub accepts and that fails later is for `wait_for_server_to_start` to tell. Each failure
            counts towards the hub's `consecutive_failure_limit` (5 on Kubernetes): after so many in a row, of all users
            together, the hub exits. So retries can take down a hub whose spawns fail, and so can many first tries:
            fourteen that fail at once end it before a client could have counted five.
        retry_pause: Seconds before each retry; by default 1, 2, 4 and so on, twice as long each time.
        reasons: A dictionary to fill, if the result is False: why, as an error, for this user.

    Returns:
        True if the hub accepts (201 or 202) or the server is already running. Neither means that it is ready.

    Logs:
        INFO if the hub accepts; ERROR, with status and content, if not; WARNING for each failure before a retry.

    Raises:
        TypeError, ValueError: An argument is wrong; nothing was sent.
        SpawnFailed: With `on_failure="raise"`.
    """
    checked_name(username)
    options = lifecycle.user_options(profile)
    checked_choice(on_failure, get_args(OnFailure), "on_failure")
    pauses = _pauses(retries, retry_pause)
    client = ScriptClient(endpoint, session, [username], reasons)
    with client.interruptible(f"starting the server of {username}"):
        return _start(client, username, options, on_failure, pauses)


def _start(
    client: ScriptClient, username: str, options: UserOptions | None, on_failure: OnFailure, pauses: Sequence[float]
) -> bool:
    error = _ask(client, username, options)
    for pause in pauses:
        if error is None or not _may_pass(error):
            break
        client.log(logging.WARNING, "%s; trying again in %g s", error.detail, pause)
        CLOCK.sleep(pause)
        error = _ask(client, username, options)
    if error is None:
        return True
    client.note_failure(username, error)
    if on_failure == "raise":
        raise SpawnFailed(error.detail, status=error.status, words=error.words) from error
    if on_failure == "delete_user":
        try:
            remove_user(client, username, chosen_timeout(None), chosen_interval(None))
        except HubUsersError as failure:
            client.log(logging.WARNING, "%s", failure.detail)
    return False


def _ask(client: ScriptClient, username: str, options: UserOptions | None) -> HubUsersError | None:
    """Ask for a server; return why the hub does not start it, or None."""
    answer = lifecycle.start(client, username, options, client.request_patiently)
    outcome = start_outcome(answer)
    if outcome is Start.ACCEPTED:
        client.log(logging.INFO, "starting the server of %s", username)
    elif outcome is Start.ALREADY_RUNNING:
        client.log(logging.INFO, "the server of %s is already running", username)
    else:
        return lifecycle.why_not_started(answer, f"could not start the server of {username}")
    return None


def _may_pass(error: HubUsersError) -> bool:
    """Return whether the same request may succeed later: the spawn failed, or the hub could not answer."""
    return isinstance(error, SpawnFailed) or (isinstance(error, HubError) and not 200 <= error.status < 500)


def wait_for_server_to_start(
    username: str,
    endpoint: str,
    session: Any,
    *,
    timeout: float | None = None,
    poll_interval: float | None = None,
    watch: Literal["poll", "progress"] = "poll",
    reasons: Reasons | None = None,
) -> bool:
    """Wait until a user's server is ready.

    Args:
        username: Whose server.
        endpoint: The hub's API.
        session: From `get_session`, or a Locust HTTP session.
        timeout: Seconds; by default `hubusers.SERVER_LIFECYCLE_TIMEOUT` (60).
        poll_interval: Seconds between two polls; by default 1.
        watch: `"poll"`: poll the user (`GET /users/{name}`). `"progress"`: listen to the server's progress stream
            (`GET /users/{name}/server/progress`), as a browser does. That costs a hub less and tells at once; if the
            stream breaks off, the function polls.
        reasons: A dictionary to fill, if the result is False: why, as an error, for this user.

    Returns:
        True when the server is ready; False when it failed (neither ready nor pending), the user is gone or time is up.

    Logs:
        DEBUG while waiting. INFO, with the seconds it took, when the server is ready. WARNING for an unexpected answer
        (the function tries again; the same answer is a DEBUG message when it comes again), for a progress stream that
        broke off, and for the timeout. ERROR for a failed spawn, with its last progress messages if they are known, and
        for a token that may not see servers.

    Raises:
        TypeError, ValueError: An argument is wrong; nothing was sent.
    """
    checked_name(username)
    client = ScriptClient(endpoint, session, [username], reasons)
    checked_choice(watch, ("poll", "progress"), "watch")
    deadline = Deadline(chosen_timeout(timeout))
    source = progress_stream if watch == "progress" else looks
    sightings = source(client, username, deadline, chosen_interval(poll_interval))
    with client.interruptible(f"waiting for the server of {username} to start"):
        try:
            lifecycle.wait_until_ready(sightings, username, deadline)
        except HubUsersError as error:
            client.note_failure(username, error, logging.WARNING if isinstance(error, WaitTimeout) else logging.ERROR)
            return False
    _log_ready(client, username, deadline)
    return True


def _log_ready(client: ScriptClient, username: str, deadline: Deadline) -> None:
    client.log(logging.INFO, "the server of %s was ready after %.1f seconds", username, deadline.elapsed())


@timeit
def start_servers(
    users: Iterable[Iterable[str]],
    endpoint: str,
    session: Any,
    profile: str | UserOptions | None = None,
    *,
    max_workers: int = 10,
    on_failure: OnFailure = "log",
    retries: int = 0,
    retry_pause: float | None = None,
    reasons: Reasons | None = None,
    progress: bool = False,
) -> dict[str, bool]:
    """Ask the hub to start the servers of many users, batch after batch; return when it has answered every request.

    Args:
        users: Batches: a list of lists of names. A batch begins when the batch before it is answered.
        endpoint: The hub's API.
        session: From `get_session`, or a Locust HTTP session.
        profile: As for `start_server`, the same for all.
        max_workers: Most requests under way, whatever the size of a batch.
        on_failure: As for `start_server`. With `"raise"`, the first error is raised after all are answered.
        retries: As for `start_server`, for each user. All failures together count towards the hub's
            `consecutive_failure_limit`, and `max_workers` of them can come at once.
        retry_pause: As for `start_server`.
        reasons: A dictionary to fill: why, as an error, for each user for whom the result is False.
        progress: Whether to show a progress bar, in a terminal or notebook; it needs tqdm.

    Returns:
        For each name what `start_server` returned, or False if it raised. One failure never loses the others.

    Logs:
        INFO at the beginning, for each server, and how long all took; ERROR for each server that could not start.

    Raises:
        TypeError, ValueError: An argument is wrong (such as a bare string for the batches); nothing was sent.
        SpawnFailed: With `on_failure="raise"`.
    """
    batches = checked_batches(users)
    checked_count(max_workers, "max_workers")
    options = lifecycle.user_options(profile)
    checked_choice(on_failure, get_args(OnFailure), "on_failure")
    pauses = _pauses(retries, retry_pause)
    names = [name for batch in batches for name in batch]
    client = ScriptClient(endpoint, session, names, reasons)
    in_batches = counted(len(batches), "batch", "batches")
    client.log(logging.INFO, "starting %s in %s", counted(len(names), "server"), in_batches)
    failures: list[SpawnFailed] = []

    def start_one(username: str) -> bool:
        try:
            return _start(client, username, options, on_failure, pauses)
        except SpawnFailed as failure:
            failures.append(failure)
            return False

    with many(client, names, "starting servers", progress) as everybody:
        for index, batch in enumerate(batches):
            call_for_each(
                start_one,
                batch,
                max_workers,
                f"start_servers:{index}",
                returned=everybody.settle,
                raised=everybody.note_crash,
            )
    if failures:
        raise failures[0]
    return everybody.results


@timeit
def wait_for_servers_to_start(
    users: Iterable[Iterable[str]],
    endpoint: str,
    session: Any,
    *,
    timeout: float | None = None,
    poll_interval: float | None = None,
    max_workers: int = 10,
    watch: Literal["poll", "listing"] = "poll",
    reasons: Reasons | None = None,
    progress: bool = False,
) -> dict[str, bool]:
    """Wait until the servers of many users are ready; all share one deadline.

    Args:
        users: Batches: a list of lists of names.
        endpoint: The hub's API.
        session: From `get_session`, or a Locust HTTP session.
        timeout: Seconds for all together; by default `hubusers.SERVER_LIFECYCLE_TIMEOUT` (60).
        poll_interval: Seconds between two polls of one server, if `max_workers` can keep that up; by default 1.
        max_workers: Most requests under way.
        watch: `"poll"`: poll each user. `"listing"`: read the hub's list of active servers (`GET /users`) once per
            interval for all, which costs a hub less; the token needs the scope `list:users`.
        reasons: As for `start_servers`.
        progress: As for `start_servers`.

    Returns:
        For each name what `wait_for_server_to_start` would return. A server that is neither ready nor pending has
        failed and is not waited for.

    Logs:
        Like `wait_for_server_to_start`; also INFO how long all took.

    Raises:
        TypeError, ValueError: An argument is wrong; nothing was sent.
    """
    names = list(dict.fromkeys(name for batch in checked_batches(users) for name in batch))
    checked_count(max_workers, "max_workers")
    checked_choice(watch, ("poll", "listing"), "watch")
    client = ScriptClient(endpoint, session, names, reasons)

    def is_ready(servers: UserServers, username: str, deadline: Deadline) -> bool:
        ready = lifecycle.is_ready(servers, username, deadline)
        if ready:
            _log_ready(client, username, deadline)
        return ready

    return watch_each(
        client,
        names,
        is_ready,
        watch=watch,
        timeout=chosen_timeout(timeout),
        interval=chosen_interval(poll_interval),
        max_workers=max_workers,
        until="start",
        progress=progress,
    )


def _pauses(retries: int, retry_pause: float | None) -> Sequence[float]:
    """Return the seconds before each retry."""
    checked_count(retries, "retries", least=0)
    if retry_pause is None:
        return [2.0**number for number in range(retries)]
    return retries * [checked_seconds(retry_pause, "retry_pause")]
