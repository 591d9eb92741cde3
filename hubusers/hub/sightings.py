"""Sightings: what the hub says about a user's servers, and when it was seen.

There are three sources of them: polling the user (`looks`), the hub's list of active servers (`active_servers`), and
the progress stream of a starting server (`progress.py`). `lifecycle.py` waits on any of them and says what they mean.
"""

from collections.abc import Callable, Container, Generator
from typing import Any, NamedTuple

from hubusers.http.messages import TIMED_OUT, Answer
from hubusers.http.session import REQUEST_TIMEOUT
from hubusers.hub.answers import UserServers, error_for, servers_of, user_is_gone
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline, beats
from hubusers.hub.errors import HubError, MissingScope
from hubusers.hub.user_list import list_users
from hubusers.log import get_logger

LOG = get_logger(__name__)

USER_PATH = "/users/{name}"


class Sighting(NamedTuple):
    """What is known of a user's servers."""

    servers: UserServers
    seen: float
    """When it was seen, in seconds since the beginning of the wait."""
    late: float
    """At most how many seconds earlier it may already have been so."""


def looks(
    client: HubClient, username: str, deadline: Deadline, interval: float, first_after: float = 0.0
) -> Generator[Sighting]:
    """Poll a user (`GET /users/{name}`) every `interval` seconds.

    Unexpected answers, which a busy hub gives now and then, are noted and ignored.

    Args:
        client: The hub.
        username: The user to poll.
        deadline: Ends the polling.
        interval: Seconds from one poll to the next.
        first_after: Seconds from now until the first poll.

    Raises:
        MissingScope: The token may not see servers.
    """
    known = deadline.elapsed()
    for late in beats(deadline, interval, known + first_after):
        client.note_lateness(late)
        asked = deadline.elapsed()
        servers = look_at(client, username, deadline)
        if servers is not None:
            seen = deadline.elapsed()
            yield Sighting(servers, seen, seen - known)
            known = asked


def look_at(
    client: HubClient, username: str, deadline: Deadline, request: Callable[..., Answer] | None = None
) -> UserServers | None:
    """Return a user's servers; for an unexpected answer, call `client.note_odd_answer` and return None.

    Args:
        client: The hub.
        username: The user to look at.
        deadline: Until when to wait for the answer.
        request: Sends the request; `client.request` by default.

    Raises:
        MissingScope: The token may not see servers.
    """
    timeout = min(REQUEST_TIMEOUT, deadline.remaining())
    answer = (request or client.request)("GET", USER_PATH, username=username, timeout=timeout, good=_tells_of_user)
    doing = f"looking at the server of {username}"
    if answer.status == 200:
        try:
            return servers_of(answer.model)
        except MissingScope as missing:
            raise MissingScope(f"{doing}: {missing.detail}") from None
        except HubError:
            pass  # not a user model: an unexpected answer like any other
    elif user_is_gone(answer):
        return UserServers({}, user_is_gone=True)
    error = error_for(answer, doing)
    if isinstance(error, MissingScope):
        raise error
    client.note_odd_answer(error, username)
    return None


def _tells_of_user(answer: Answer) -> bool:
    return isinstance(answer.model, dict) if answer.status == 200 else user_is_gone(answer)


def active_servers(
    client: HubClient, prefix: str, names: Container[str], deadline: Deadline | None = None
) -> dict[str, UserServers]:
    """Return the servers of the users in `names` that the hub lists as active.

    The list may be a moment late, and its pages may overlap or have gaps when users come and go meanwhile. So a user
    who is not listed may still have a server.

    Args:
        client: The hub.
        prefix: The common prefix of all `names`.
        names: The users to return.
        deadline: No request for a page lasts beyond it.

    Raises:
        MissingScope: The token may not see servers.
        HubError: The hub did not return the whole list.
    """

    def request(method: str, template: str, **kwargs: Any) -> Answer:
        left = deadline.remaining() if deadline else REQUEST_TIMEOUT
        if left <= 0:
            return Answer(0, error=TIMED_OUT)
        return client.request(method, template, timeout=min(REQUEST_TIMEOUT, left), **kwargs)

    users = list_users(prefix, request, "active")
    return {user["name"]: servers_of(user) for user in users if user["name"] in names}
