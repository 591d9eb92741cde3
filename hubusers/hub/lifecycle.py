"""One server's life, in typed outcomes and typed errors.

The documented functions and the Locust users both stand on this file: the former turn what it raises into log lines and
booleans, the latter into rows of Locust's statistics.
"""

import json
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

from hubusers.http.messages import Answer
from hubusers.hub.answers import (
    Start,
    State,
    Stop,
    UserServers,
    error_for,
    limit_of,
    start_outcome,
    stop_outcome,
    user_is_gone,
)
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline, poll
from hubusers.hub.errors import SpawnFailed, Throttled, UserGone, WaitTimeout
from hubusers.hub.sightings import Sighting
from hubusers.log import get_logger

LOG = get_logger(__name__)

SERVER_PATH = "/users/{name}/server"
NAMED_SERVER_PATH = "/users/{name}/servers/{server}"

THROTTLED_PAUSE = 5.0
"""Seconds until the next try after a 429 that names no time: `active_server_limit` is reached, until someone stops."""

UserOptions = dict[str, Any]


def server_path(server_name: str) -> str:
    """Return the path template of a user's server: of the default one, whose name is empty, or of a named one."""
    return NAMED_SERVER_PATH if server_name else SERVER_PATH


def called(username: str, server_name: str) -> str:
    """Return how a server is called in texts."""
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


def start_until_accepted(
    client: HubClient,
    username: str,
    options: UserOptions | None,
    deadline: Deadline,
    on_throttled: Callable[[float, str], None],
    server_name: str = "",
) -> None:
    """Ask for a server, as a person does who comes back whenever the hub says "later".

    Args:
        client: The hub.
        username: Whose server.
        options: User options.
        deadline: Until when to keep trying.
        on_throttled: Called for each 429 with the seconds until the next try, and what limit it was.
        server_name: Which server; "" is the default one.

    Raises:
        Throttled: Still 429 when the next try would have come after the deadline.
        SpawnFailed: The spawn failed at once (500).
        UserGone: The hub does not know the user.
        HubError: Any other answer, or none.
    """
    while True:
        answer = start(client, username, options, _until(deadline, client), server_name)
        outcome = start_outcome(answer)
        if outcome in {Start.ACCEPTED, Start.ALREADY_RUNNING}:
            return
        if outcome is Start.REFUSED:
            if answer.status == 500:
                raise SpawnFailed(f"starting {called(username, server_name)}: {answer}", status=500)
            if user_is_gone(answer):
                raise UserGone(f"the hub does not know the user {username}", status=404)
            raise error_for(answer, f"starting {called(username, server_name)}")
        pause = answer.retry_after if answer.retry_after is not None else THROTTLED_PAUSE
        on_throttled(min(pause, max(0.0, deadline.remaining())), limit_of(answer))
        if pause >= deadline.remaining():
            deadline.sleep(deadline.remaining())
            raise Throttled(
                f"{called(username, server_name)} was not let in within {deadline.seconds:g} seconds: {answer}",
                status=429,
            )
        deadline.sleep(pause)


def wait_until_ready(
    sightings: Generator[Sighting], username: str, deadline: Deadline, server_name: str = ""
) -> Sighting:
    """Watch a server until it is ready; return the sighting that told so.

    Args:
        sightings: Where what is known of the server comes from; they end at the deadline.
        username: Whose server.
        deadline: For the texts.
        server_name: Which server; "" is the default one.

    Raises:
        SpawnFailed: It is neither ready nor pending, so it can no longer become ready.
        UserGone: The hub no longer knows the user.
        MissingScope: The token may not see servers.
        WaitTimeout: Not ready at the deadline.
    """
    with closing(sightings):  # a stream has to be closed, which takes a moment, in the time of who waits
        for sighting in sightings:
            if is_ready(sighting.servers, username, deadline, server_name):
                return sighting
    raise WaitTimeout(f"{called(username, server_name)} was not ready within {deadline.seconds:g} seconds")


def is_ready(servers: UserServers, username: str, deadline: Deadline, server_name: str = "") -> bool:
    """Say whether a server is ready; raises what `wait_until_ready` raises where it will not become so."""
    if servers.user_is_gone:
        raise UserGone(f"the hub does not know the user {username}", status=404)
    state = servers.state(server_name)
    if state is State.READY:
        return True
    if state in {State.STARTING, State.STOPPING}:
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


def stop_until_accepted(
    client: HubClient, username: str, deadline: Deadline, interval: float, server_name: str = ""
) -> bool:
    """Ask to stop a server; return True when it already is stopped, False when it is stopping.

    A server that the hub will not stop yet, because it is still starting, is asked for again in rhythm.

    Raises:
        HubError: Any other answer, or none.
        WaitTimeout: Refused as "not now" until the deadline.
    """

    def ask() -> bool | None:
        answer = stop(client, username, _until(deadline, client), server_name)
        outcome = stop_outcome(answer)
        if outcome is Stop.REFUSED:
            raise error_for(answer, f"stopping {called(username, server_name)}")
        return None if outcome is Stop.NOT_NOW else outcome is not Stop.STOPPING

    stopped = poll(ask, deadline, interval)
    if stopped is None:
        raise WaitTimeout(f"{called(username, server_name)} could not be stopped within {deadline.seconds:g} seconds")
    return stopped


def wait_until_stopped(
    sightings: Generator[Sighting], username: str, deadline: Deadline, server_name: str | None = None
) -> Sighting:
    """Watch a user until a server is not listed any more, or the user is gone; return the sighting that told so.

    Args:
        sightings: Where what is known of the user's servers comes from; they end at the deadline.
        username: Who.
        deadline: For the texts.
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
    """Say whether a user does not have a server any more: this one or, where it is None, any."""
    stopped = not servers.states if server_name is None else server_name not in servers.states
    if not stopped:
        LOG.debug("Waiting for %s to stop (%.1f s)", called(username, server_name or ""), deadline.elapsed())
    return stopped


def _until(deadline: Deadline, client: HubClient) -> Callable[..., Answer]:
    """Return `client.request`, but with a patience that lasts until the deadline, as that of a person who clicked."""

    def request(method: str, template: str, **kwargs: Any) -> Answer:
        return client.request(method, template, timeout=deadline.remaining(), **kwargs)

    return request
