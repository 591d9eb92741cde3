"""The documented functions that start servers and wait for them."""

from collections.abc import Iterable
from typing import Any, Literal, get_args

from hubusers.functions.batches import call_for_each, checked_choice, checked_count, checked_name, checked_names
from hubusers.functions.defaults import chosen_interval, chosen_timeout
from hubusers.functions.timing import timeit
from hubusers.functions.watch_each import watch_each
from hubusers.hub import lifecycle
from hubusers.hub.answers import Start, UserServers, start_outcome
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, SpawnFailed, WaitTimeout
from hubusers.hub.lifecycle import UserOptions
from hubusers.hub.progress import progress
from hubusers.hub.removal import remove_user
from hubusers.hub.sightings import looks
from hubusers.log import get_logger

LOG = get_logger(__name__)

OnFailure = Literal["log", "raise", "delete_user"]
"""What to do after a failed start: only log it, also raise an error, or also delete the user."""


def start_server(
    username: str,
    endpoint: str,
    session: Any,
    profile: str | UserOptions | None = None,
    *,
    on_failure: OnFailure = "log",
) -> bool:
    """Ask the hub to start a user's server (`POST /users/{name}/server`); does not wait until it is ready.

    Args:
        username: Whose server; any name that the hub accepts.
        endpoint: The hub's API, `https://host[/prefix]/hub/api`.
        session: From `get_session`, or a Locust HTTP session. Its retry policy (429, 503, 504) applies.
        profile: A profile's slug, or a dictionary of user options; None repeats those of the user's last start.
        on_failure: `"log"`: log and return False. `"raise"`: log and raise `SpawnFailed`. `"delete_user"`: log, delete
            the user so that no orphan stays, and return False.

    Returns:
        True if the hub accepts (201 or 202) or the server is already running. Neither means that it is ready.

    Logs:
        INFO if the hub accepts; ERROR, with status and content, if not.

    Raises:
        TypeError, ValueError: An argument is wrong; nothing was sent.
        SpawnFailed: With `on_failure="raise"`.
    """
    checked_name(username)
    options = lifecycle.user_options(profile)
    _check_on_failure(on_failure)
    return _start(HubClient(endpoint, session), username, options, on_failure)


def _start(client: HubClient, username: str, options: UserOptions | None, on_failure: OnFailure) -> bool:
    answer = lifecycle.start(client, username, options, client.request_patiently)
    outcome = start_outcome(answer)
    if outcome is Start.ACCEPTED:
        LOG.info("Starting the server of %s", username)
        return True
    if outcome is Start.ALREADY_RUNNING:
        LOG.info("The server of %s is already running", username)
        return True
    LOG.error("Could not start the server of %s: %s", username, answer)
    if on_failure == "raise":
        raise SpawnFailed(f"starting the server of {username}: {answer}", status=answer.status)
    if on_failure == "delete_user":
        try:
            remove_user(client, username, chosen_timeout(None), chosen_interval(None))
        except HubUsersError as error:
            LOG.warning("Could not delete the user %s: %s", username, error.detail)
    return False


def wait_for_server_to_start(
    username: str,
    endpoint: str,
    session: Any,
    *,
    timeout: float | None = None,
    poll_interval: float | None = None,
    watch: Literal["poll", "progress"] = "poll",
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

    Returns:
        True when the server is ready; False when it failed (neither ready nor pending), the user is gone or time is up.

    Logs:
        DEBUG while waiting. INFO, with the seconds it took, when the server is ready. WARNING for an unexpected answer
        (the function tries again), for a progress stream that broke off, and for the timeout. ERROR for a failed spawn,
        with its last progress messages if they are known, and for a token that may not see servers.

    Raises:
        TypeError, ValueError: An argument is wrong; nothing was sent.
    """
    checked_name(username)
    client = HubClient(endpoint, session)
    checked_choice(watch, ("poll", "progress"), "watch")
    deadline = Deadline(chosen_timeout(timeout))
    source = progress if watch == "progress" else looks
    sightings = source(client, username, deadline, chosen_interval(poll_interval))
    try:
        lifecycle.wait_until_ready(sightings, username, deadline)
    except WaitTimeout as error:
        LOG.warning("%s", error.detail)
        return False
    except HubUsersError as error:
        LOG.error("%s", error.detail)
        return False
    LOG.info("The server of %s was ready after %.1f seconds", username, deadline.elapsed())
    return True


@timeit
def start_servers(
    users: Iterable[Iterable[str]],
    endpoint: str,
    session: Any,
    profile: str | UserOptions | None = None,
    *,
    max_workers: int = 10,
    on_failure: OnFailure = "log",
) -> dict[str, bool]:
    """Ask the hub to start the servers of many users, batch after batch; return when it has answered every request.

    Args:
        users: Batches: a list of lists of names. A batch begins when the batch before it is answered.
        endpoint: The hub's API.
        session: From `get_session`, or a Locust HTTP session.
        profile: As for `start_server`, the same for all.
        max_workers: Most requests under way, whatever the size of a batch.
        on_failure: As for `start_server`. With `"raise"`, the first error is raised after all are answered.

    Returns:
        For each name what `start_server` returned, or False if it raised. One failure never loses the others.

    Logs:
        INFO at the beginning, for each server, and how long all took; ERROR for each server that could not start.

    Raises:
        TypeError, ValueError: An argument is wrong (such as a bare string for the batches); nothing was sent.
        SpawnFailed: With `on_failure="raise"`.
    """
    batches = _checked_batches(users)
    checked_count(max_workers, "max_workers")
    options = lifecycle.user_options(profile)
    _check_on_failure(on_failure)
    client = HubClient(endpoint, session)
    LOG.info("Starting %d servers in %d batches", sum(map(len, batches)), len(batches))
    failures: list[SpawnFailed] = []

    def start_one(username: str) -> bool:
        try:
            return _start(client, username, options, on_failure)
        except SpawnFailed as failure:
            failures.append(failure)
            return False

    started: dict[str, bool] = {}
    for index, batch in enumerate(batches):
        answers = call_for_each(start_one, batch, max_workers, f"start_servers:{index}")
        started.update({name: bool(answer) for name, answer in answers.items()})
    if failures:
        raise failures[0]
    return started


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

    Returns:
        For each name what `wait_for_server_to_start` would return. A server that is neither ready nor pending has
        failed and is not waited for.

    Logs:
        Like `wait_for_server_to_start`; also INFO how long all took.

    Raises:
        TypeError, ValueError: An argument is wrong; nothing was sent.
    """
    names = list(dict.fromkeys(name for batch in _checked_batches(users) for name in batch))
    checked_count(max_workers, "max_workers")
    checked_choice(watch, ("poll", "listing"), "watch")
    client = HubClient(endpoint, session)
    deadline = Deadline(chosen_timeout(timeout))

    def is_ready(servers: UserServers, username: str, deadline: Deadline) -> bool:
        ready = lifecycle.is_ready(servers, username, deadline)
        if ready:
            LOG.info("The server of %s was ready after %.1f seconds", username, deadline.elapsed())
        return ready

    ready = watch_each(
        client,
        names,
        is_ready,
        watch=watch,
        deadline=deadline,
        interval=chosen_interval(poll_interval),
        max_workers=max_workers,
        what="wait_for_servers_to_start",
    )
    for username in (name for name, result in ready.items() if result is None):
        LOG.warning("the server of %s was not ready within %g seconds", username, deadline.seconds)
    return {name: bool(result) for name, result in ready.items()}


def _check_on_failure(on_failure: str) -> None:
    checked_choice(on_failure, get_args(OnFailure), "on_failure")


def _checked_batches(users: Iterable[Iterable[str]]) -> list[list[str]]:
    if isinstance(users, str | bytes):
        raise TypeError("users must be a list of batches (lists of names), not one string")
    try:
        return [checked_names(batch, "each batch of users") for batch in users]
    except TypeError as error:
        raise TypeError(f"users must be a list of batches (lists of names): {error}") from None
