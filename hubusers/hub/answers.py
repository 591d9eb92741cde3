"""What the hub's answers mean: pure functions from an answer to an outcome.

Checked against JupyterHub 4.1, 5.4 and 6.1, whose answers differ here and there.
"""

from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any

from hubusers.http.messages import Answer
from hubusers.hub.errors import HubError, MissingScope, TokenRejected


class Start(Enum):
    """The hub's answer to a request to start a server."""

    ACCEPTED = "accepted"  # not ready yet, not even with 201
    ALREADY_RUNNING = "already running"
    THROTTLED = "throttled"
    REFUSED = "refused"


def start_outcome(answer: Answer) -> Start:
    """Read the answer to `POST /users/{name}/server`."""
    if answer.status in {201, 202}:
        return Start.ACCEPTED
    if answer.status == 400 and "already running" in answer.message:
        return Start.ALREADY_RUNNING
    if answer.status == 429:
        return Start.THROTTLED
    return Start.REFUSED


def says_only_that_it_failed(answer: Answer) -> bool:
    """Say whether an answer has no other words than those of its status.

    So the hub answers the start of a server whose spawner has raised an error: "error" before JupyterHub 6, "Internal
    Server Error" since then. The server's progress stream then has the error's own words.
    """
    return answer.message.strip(".").casefold() in {"error", HTTPStatus.INTERNAL_SERVER_ERROR.phrase.casefold()}


CONCURRENT_SPAWN_LIMIT = "concurrent_spawn_limit"
ACTIVE_SERVER_LIMIT = "active_server_limit"


def limit_of(answer: Answer) -> str:
    """Return the limit behind a 429: the name of a hub's setting, or the limit of something in front of the hub."""
    message = answer.message.lower()
    if "too many users" in message:
        return CONCURRENT_SPAWN_LIMIT
    return ACTIVE_SERVER_LIMIT if "active user limit" in message else "a limit before the hub"


class Stop(Enum):
    """The hub's answer to a request to stop a server."""

    STOPPED = "stopped"
    STOPPING = "stopping"
    NOT_NOW = "not now"  # JupyterHub 4 does not stop a server that is still starting
    USER_GONE = "user gone"
    THROTTLED = "throttled"
    REFUSED = "refused"


def stop_outcome(answer: Answer) -> Stop:
    """Read the answer to `DELETE /users/{name}/server`."""
    if answer.status == 204:
        return Stop.STOPPED
    if answer.status == 202:
        return Stop.STOPPING
    if answer.status == 400 and "is pending" in answer.message:
        return Stop.NOT_NOW
    if user_is_gone(answer):
        return Stop.USER_GONE
    if answer.status == 429:
        return Stop.THROTTLED
    return Stop.REFUSED


def user_is_gone(answer: Answer) -> bool:
    """Say whether an answer about one user means that the hub does not know that user.

    Two kinds of 404 mean something else: the hub also sends one if the token may see some users but not this one, and
    another web server at a wrong URL sends a web page.
    """
    return answer.status == 404 and _NO_ACCESS not in answer.message.lower() and not answer.is_web_page


_NO_ACCESS = "no access to resources"
_LACKS_SCOPE = ("not authorized with current scopes", "no permissions to generate tokens")
"""What the hub says if a token lacks a scope."""


class State(Enum):
    """What a server is doing, as `GET /users/{name}` shows it."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    FAILED = "failed"  # listed, but neither ready nor pending


@dataclass(frozen=True)
class UserServers:
    """The servers that the hub lists for one user; the default server's name is the empty string."""

    states: dict[str, State]
    user_is_gone: bool = False

    def state(self, server_name: str = "") -> State:
        """Return the state of one server; servers that are not listed are stopped."""
        return self.states.get(server_name, State.STOPPED)


def servers_of(model: Any) -> UserServers:
    """Read a user model.

    Raises:
        MissingScope: The model has no key `servers`. That is how the hub hides servers; it never means "stopped".
        HubError: It is not a user model.
    """
    if not isinstance(model, dict) or "name" not in model:
        raise HubError("the answer is not a user model")
    if "servers" not in model:
        raise MissingScope("the token may not see servers; its role needs the scope admin:servers (or read:servers)")
    servers = model["servers"]
    if not isinstance(servers, dict):
        raise HubError("the answer is not a user model")
    return UserServers({name: _server_state(server) for name, server in servers.items()})


def _server_state(server: Any) -> State:
    if not isinstance(server, dict):
        raise HubError("the answer is not a user model")
    pending = server.get("pending")
    if server.get("stopped"):  # listed only where stopped servers are asked for as well
        return State.STOPPED
    if pending == "stop":
        return State.STOPPING
    if pending:
        return State.STARTING
    return State.READY if server.get("ready") else State.FAILED


def rejects_token(answer: Answer) -> bool:
    """Say whether the hub does not accept the token. A hub whose database fails says the same of a good token."""
    return answer.status == 401 or (answer.status == 403 and _NOT_ACCEPTED in answer.message.lower())


_NOT_ACCEPTED = "missing or invalid credentials"


def error_for(answer: Answer, doing: str, *, of_api: bool = True) -> HubError:
    """Return the error for an unexpected answer, with its likely cause in `detail`.

    Args:
        answer: The answer.
        doing: What it was asked for, for the log.
        of_api: Whether the API was asked. It never refuses with a web page, so such a page is of something before it.
    """
    hint = _likely_cause(answer)
    detail = f"{doing}: {answer}" + (f" ({hint})" if hint else "")
    if rejects_token(answer):
        return TokenRejected(f"{detail} (the hub does not accept the token)", status=answer.status, words=answer.words)
    # A 403 with other words may come from a firewall or a rate limit, where trying again may help.
    says = answer.message.lower()
    if (answer.status == 403 and any(words in says for words in _LACKS_SCOPE)) or (
        answer.status == 404 and _NO_ACCESS in says
    ):
        return MissingScope(
            f"{detail} (the token's role lacks a scope for this)", status=answer.status, words=answer.words
        )
    is_of_something_else = of_api and answer.is_web_page and 400 <= answer.status < 500
    cause = f"{answer.cause}, a web page" if is_of_something_else else answer.cause
    return HubError(detail, status=answer.status, cause=cause, words=answer.words)


def _likely_cause(answer: Answer) -> str:
    if 300 <= answer.status < 400:
        return (
            f"it redirects to {answer.headers.get('Location', 'somewhere')}; check that the URL is right and begins "
            "with https if it must, and that nothing in front of the API asks for a login"
        )
    if answer.status in {502, 503, 504}:
        return "the proxy's answer; check that the hub behind it is up"
    if answer.is_web_page:
        return (
            "a web page instead of the API's answer; check that this is the hub's URL, and that nothing in front of "
            "the API asks for a login"
        )
    if answer.status == 200 and answer.model is None:
        return "not the API's JSON; check whether something in front of the hub changes or cuts its answers"
    return ""
