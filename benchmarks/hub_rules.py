"""The rules by which a JupyterHub answers, for the fake hubs: the benchmarks' fast hub and the tests' model of a hub.

Each rule is a pure function: it takes what a server is doing, and returns the answer and what the server does then. How
long that takes, and how an answer travels, is up to each fake. `tests/test_fake_hubs.py` compares all with a real hub.
"""

from dataclasses import dataclass
from enum import Enum


class ServerState(Enum):
    """What a user's server is doing."""

    NONE = "none"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


ACTIVE = frozenset({ServerState.STARTING, ServerState.READY, ServerState.STOPPING})
STATES = {"": frozenset(ServerState), "active": ACTIVE, "ready": frozenset({ServerState.READY})}
"""What `GET /users?state=…` can be asked for."""


@dataclass(frozen=True)
class Ruling:
    """How a hub answers a request, and what it does.

    Args:
        status: Of the answer.
        message: Of a refusal, with `{name}` for the user.
        then: What the server does from now on; None if that does not change.
    """

    status: int
    message: str = ""
    then: ServerState | None = None


_STOPPING = "{name}'s server is in the process of stopping, please wait."

_START = {
    ServerState.NONE: Ruling(202, then=ServerState.STARTING),
    ServerState.STARTING: Ruling(202),
    ServerState.READY: Ruling(400, "{name} is already running"),
    ServerState.STOPPING: Ruling(400, "{name} is pending stop"),
}
_STOP = {
    ServerState.NONE: Ruling(204),
    ServerState.STARTING: Ruling(202, then=ServerState.STOPPING),
    ServerState.READY: Ruling(202, then=ServerState.STOPPING),
    ServerState.STOPPING: Ruling(202),
}
_DELETE = {
    ServerState.NONE: Ruling(204),
    ServerState.STARTING: Ruling(500, "Internal Server Error"),
    ServerState.READY: Ruling(400, _STOPPING, then=ServerState.STOPPING),
    ServerState.STOPPING: Ruling(400, _STOPPING),
}


def create_user(exists: bool) -> Ruling:
    """Rule on `POST /users/{name}`."""
    return Ruling(409, "User {name} already exists") if exists else Ruling(201)


def start_server(state: ServerState) -> Ruling:
    """Rule on `POST /users/{name}/server`."""
    return _START[state]


def stop_server(state: ServerState, version: int = 6) -> Ruling:
    """Rule on `DELETE /users/{name}/server`. Where a stop takes no time, the answer is 204 instead of 202."""
    if version == 4 and state is ServerState.STARTING:
        return Ruling(400, "{name} is pending spawn, please wait")
    return _STOP[state]


def delete_user(state: ServerState) -> Ruling:
    """Rule on `DELETE /users/{name}`. Where a stop takes no time, a server that is ready is stopped, and 204 said."""
    return _DELETE[state]


def watch_server(state: ServerState) -> Ruling:
    """Rule on `GET /users/{name}/server/progress`."""
    if state in {ServerState.STARTING, ServerState.READY}:
        return Ruling(200)
    return Ruling(400, "{name} is not starting...")


def unknown_user(version: int = 6, *, to_stop: bool = False) -> Ruling:
    """Rule on any request about a user who does not exist; `to_stop` is one to stop a server."""
    return Ruling(500 if version == 4 and to_stop else 404)
