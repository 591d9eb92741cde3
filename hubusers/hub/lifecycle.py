"""One server's life, in typed outcomes and typed errors.

The documented functions and the Locust users both build on this file: the functions turn its errors into log lines and
booleans, the users turn them into rows of Locust's statistics.
"""

import json
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any, TypeVar

from hubusers.http.messages import Answer
from hubusers.hub.answers import (
    Start,
    State,
    Stop,
    UserServers,
    error_for,
    limit_of,
    says_only_that_it_failed,
    start_outcome,
    stop_outcome,
    user_is_gone,
)
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline, poll
from hubusers.hub.errors import ComeBackLater, HubUsersError, SpawnFailed, Throttled, UserGone, WaitTimeout
from hubusers.hub.sightings import Sighting
from hubusers.log import get_logger

LOG = get_logger(__name__)

SERVER_PATH = "/users/{name}/server"
NAMED_SERVER_PATH = "/users/{name}/servers/{server}"

THROTTLED_PAUSE = 5.0
"""Seconds until the next try after a 429 that names no time: that of a hub at its `active_server_limit`."""

UserOptions = dict[str, Any]

T = TypeVar("T")


def server_path(server_name: str) -> str:
    """Return the path template of a user's server: of the default one, whose name is empty, or of a named one."""
    return NAMED_SERVER_PATH if server_name else SERVER_PATH


def called(username: str, server_name: str) -> str:
    """Return a server's name for logs and errors."""
    return f"the server {server_name} of {username}" if server_name else f"the server of {username}"


def user_options(profile: str | UserOptions | None) -> UserOptions | None:
    """Return the spawner's user options for a profile's slug (KubeSpawner's `{"profile": slug}`) or for options as they
    are.

    Raises:
        TypeError: Neither a string nor a dictionary that JSON can carry.
        ValueError: An empty slug.
    """
    if profile is None:
        return None
    if isinstance(profile, str):
        if not profile.strip():
            raise ValueError("profile is empty; leave it out for the hub's default")
        return {"profile": profile}
    if not isinstance(profile, dict):
        raise TypeError(f"profile must be a slug or a dictionary of user options, not {type(profile).__name__}")
    json.dumps(profile)
    return profile


def start(
    client: HubClient,
    username: str,
    options: UserOptions | None,
    request: Callable[..., Answer],
    server_name: str = "",
) -> Answer:
    """Ask for a server and return the hub's answer, to be read with `start_outcome`.

    Args:
        client: The hub.
        username: Whose server.
        options: User options; None takes the ones of the user's last start again, which is the hub's own rule.
        request: `client.request` or `client.request_patiently`.
        server_name: Which server; "" is the default one.
    """
    return request(
        "POST",
        server_path(server_name),
        username=username,
        server_name=server_name,
        body=None if options is None else _start_body(client, options),
        good=lambda answer: start_outcome(answer) is not Start.REFUSED,
    )


def _start_body(client: HubClient, options: UserOptions) -> dict[str, Any]:
    # Flat options serve every version, but for two names: since JupyterHub 6 they mean something else at the top, and
    # the options would be dropped in silence; before 6 the wrapper would itself become an option.
    if not {"user_options", "display_name"} & options.keys():
        return options
    model = client.request_patiently("GET", "/").model
    version = str(model.get("version", "")) if isinstance(model, dict) else ""
    major = version.partition(".")[0]
    return {"user_options": options} if not major.isdigit() or int(major) >= 6 else options


def ask_to_start(
    client: HubClient, username: str, options: UserOptions | None, deadline: Deadline, server_name: str = ""
) -> None:
    """Ask for a server, once; return when the hub has accepted, or when the server runs already.

    Args:
        client: The hub.
        username: Whose server.
        options: User options, as for `start`.
        deadline: No answer is waited for beyond it.
        server_name: Which server; "" is the default one.

    Raises:
        ComeBackLater: The hub has too many spawns or servers (429).
        SpawnFailed: The spawn failed at once (500).
        UserGone: The hub does not know the user.
        HubError: Any other answer, or none.
    """
    answer = start(client, username, options, _until(deadline, client), server_name)
    if start_outcome(answer) in {Start.THROTTLED, Start.REFUSED}:
        raise why_not_started(answer, f"starting {called(username, server_name)}")


def why_not_started(answer: Answer, doing: str) -> HubUsersError:
    """Return the error for an answer by which the hub does not start a server; `doing` begins its detail."""
    detail = f"{doing}: {answer}"
    if start_outcome(answer) is Start.THROTTLED:
        return ComeBackLater(detail, answer.retry_after, limit_of(answer), answer.words)
    if answer.status == 500:
        return SpawnFailed(detail, status=500, words="" if says_only_that_it_failed(answer) else answer.words)
    if user_is_gone(answer):
        return UserGone(f"{detail} (the hub does not know the user)", status=404, words=answer.words)
    return error_for(answer, doing)


def until_let_in(
    ask: Callable[[], T], deadline: Deadline, on_throttled: Callable[[float, str], None] = lambda *_: None
) -> T:
    """Ask for a server, and come back whenever the hub says "later", as a person does.

    Args:
        ask: Asks once, by the API or by the hub's pages; raises `ComeBackLater` for "later" (429).
        deadline: Until when to come back.
        on_throttled: Called for each "later" with the seconds until the next try, and the limit that was reached.

    Returns:
        What `ask` returns when the hub has let the server in.

    Raises:
        Throttled: The next try would come after the deadline. Raised at the deadline, not before.
        HubUsersError: Whatever else `ask` raises.
    """
    while True:
        try:
            return ask()
        except ComeBackLater as later:
            pause = _pause_after(later)
            on_throttled(min(pause, max(0.0, deadline.remaining())), later.limit)
            too_late = pause >= deadline.remaining()
            deadline.sleep(pause)
            if too_late:
                detail = f"not let in within {deadline.seconds:g} seconds; {later.detail}"
                raise Throttled(detail, status=429, words=later.words) from None


def wait_until_ready(
    sightings: Generator[Sighting], username: str, deadline: Deadline, server_name: str = ""
) -> Sighting:
    """Watch a server until it is ready; return the sighting of the ready server.

    Args:
        sightings: What is seen of the server, until the deadline.
        username: Whose server.
        deadline: The deadline of the sightings, for the log and the errors.
        server_name: Which server; "" is the default one.

    Raises:
        SpawnFailed: It is neither ready nor pending, so it can no longer become ready.
        UserGone: The hub no longer knows the user.
        MissingScope: The token may not see servers.
        WaitTimeout: Not ready at the deadline.
    """
    with closing(sightings):  # closing a stream takes a moment, which is part of the wait
        for sighting in sightings:
            if is_ready(sighting.servers, username, deadline, server_name):
                return sighting
    raise WaitTimeout(f"{called(username, server_name)} was not ready within {deadline.seconds:g} seconds")


def is_ready(servers: UserServers, username: str, deadline: Deadline, server_name: str = "") -> bool:
    """Return whether a server is ready; raise what `wait_until_ready` raises where it will never be."""
    if servers.user_is_gone:
        raise UserGone(f"the hub does not know the user {username}", status=404)
    state = servers.state(server_name)
    if state is State.READY:
        return True
    if state is State.STARTING or state is State.STOPPING:  # at each look; a set would call Enum's slow `__hash__`
        LOG.debug("Waiting for %s to start (%.1f s)", called(username, server_name), deadline.elapsed())
        return False
    raise SpawnFailed(f"{called(username, server_name)} failed to start, seen after {deadline.elapsed():.1f} seconds")


def stop(client: HubClient, username: str, request: Callable[..., Answer], server_name: str = "") -> Answer:
    """Ask to stop a server and return the hub's answer, to be read with `stop_outcome`.

    A named server is deleted as well: the hub would keep it, stopped, and count it against the user's limit.

    Args:
        client: The hub.
        username: Whose server.
        request: `client.request` or `client.request_patiently`.
        server_name: Which server; "" is the default one.
    """
    return request(
        "DELETE",
        server_path(server_name),
        username=username,
        server_name=server_name,
        body={"remove": True} if server_name else None,
        good=lambda answer: stop_outcome(answer) is not Stop.REFUSED,
    )


def ask_to_stop(client: HubClient, username: str, deadline: Deadline, server_name: str = "") -> Stop:
    """Ask to stop a server, once; return what becomes of it.

    Args:
        client: The hub.
        username: Whose server.
        deadline: No answer is waited for beyond it.
        server_name: Which server; "" is the default one.

    Raises:
        ComeBackLater: Too many requests (429); mostly something in front of the hub says so.
        HubError: The hub refused, or did not answer.
    """
    answer = stop(client, username, _until(deadline, client), server_name)
    outcome = stop_outcome(answer)
    if outcome in {Stop.THROTTLED, Stop.REFUSED}:
        raise why_not_stopped(answer, f"stopping {called(username, server_name)}")
    return outcome


def why_not_stopped(answer: Answer, doing: str) -> HubUsersError:
    """Return the error for an answer by which the hub does not stop a server; `doing` begins its detail."""
    if stop_outcome(answer) is Stop.THROTTLED:
        return ComeBackLater(f"{doing}: {answer}", answer.retry_after, limit_of(answer), answer.words)
    if user_is_gone(answer):
        return UserGone(f"{doing}: {answer} (the hub does not know the user)", status=404, words=answer.words)
    return error_for(answer, doing)


def until_stopping(ask: Callable[[], Stop], what: str, deadline: Deadline, interval: float) -> Stop:
    """Ask to stop a server, and again as long as the hub will not stop it yet because it is still starting, or "later".

    Args:
        ask: Asks once, by the API or by the hub's pages; raises `ComeBackLater` for "later" (429).
        what: The server, for the text of an error.
        deadline: Until when to ask.
        interval: Seconds between two tries.

    Returns:
        What becomes of the server; never `Stop.NOT_NOW`.

    Raises:
        WaitTimeout: Refused as "not now" until the deadline.
        Throttled: Told "later" until the deadline.
        HubUsersError: Whatever else `ask` raises.
    """
    told_later: ComeBackLater | None = None

    def settled() -> Stop | None:
        nonlocal told_later
        try:
            outcome = ask()
        except ComeBackLater as later:
            told_later = later
            deadline.sleep(_pause_after(later))
            return None
        told_later = None
        return None if outcome is Stop.NOT_NOW else outcome

    outcome = poll(settled, deadline, interval)
    if outcome is None:
        detail = f"{what} could not be stopped within {deadline.seconds:g} seconds"
        if told_later:
            raise Throttled(f"{detail}; {told_later.detail}", status=429, words=told_later.words)
        raise WaitTimeout(detail)
    return outcome


def _pause_after(later: ComeBackLater) -> float:
    return THROTTLED_PAUSE if later.retry_after is None else later.retry_after


def wait_until_stopped(
    sightings: Generator[Sighting], username: str, deadline: Deadline, server_name: str | None = None
) -> Sighting:
    """Watch a user until a server is not listed any more, or the user is gone; return the sighting that shows this.

    Args:
        sightings: What is seen of the user's servers, until the deadline.
        username: The user.
        deadline: The deadline of the sightings, for the log and the errors.
        server_name: Which server; "" is the default one, None means all of the user's.

    Raises:
        MissingScope: The token may not see servers.
        WaitTimeout: Not stopped at the deadline.
    """
    with closing(sightings):
        for sighting in sightings:
            if is_stopped(sighting.servers, username, deadline, server_name):
                return sighting
    raise WaitTimeout(f"{called(username, server_name or '')} was not stopped within {deadline.seconds:g} seconds")


def is_stopped(servers: UserServers, username: str, deadline: Deadline, server_name: str | None = None) -> bool:
    """Return whether a user has no such server any more; a `server_name` of None means no server at all."""
    stopped = not servers.states if server_name is None else server_name not in servers.states
    if not stopped:
        LOG.debug("Waiting for %s to stop (%.1f s)", called(username, server_name or ""), deadline.elapsed())
    return stopped


def _until(deadline: Deadline, client: HubClient) -> Callable[..., Answer]:
    """Return `client.request`, whose answer is waited for until the deadline, as a person waits after a click."""

    def request(method: str, template: str, **kwargs: Any) -> Answer:
        return client.request(method, template, timeout=deadline.remaining(), **kwargs)

    return request
