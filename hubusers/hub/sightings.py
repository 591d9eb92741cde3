"""What is seen of servers that start or stop, and how late: by looking at their users, or in the hub's list.

A third source, for servers that start, is in `progress.py`. Whoever waits takes sightings from one of them and does not
care which; `lifecycle.py` says what a sighting means for the wait.
"""

from collections.abc import Container, Generator
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class Sighting:
    """What is known of a user's servers."""

    servers: UserServers
    seen: float
    """When, in seconds since the deadline was fixed."""
    late: float
    """For how many seconds, at most, it may have been so before it was seen."""


def looks(
    client: HubClient, username: str, deadline: Deadline, interval: float, first_after: float = 0.0
) -> Generator[Sighting]:
    """Look at a user (`GET /users/{name}`) every `interval` seconds: the documented poll.

    Answers that say nothing of the server are noted and looked past: a busy hub gives some.

    Args:
        client: The hub.
        username: Who.
        deadline: When to end.
        interval: Seconds.
        first_after: Seconds from now until the first look.

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


def look_at(client: HubClient, username: str, deadline: Deadline) -> UserServers | None:
    """Return a user's servers; None, after `client.note_odd_answer`, for an answer that tells nothing of them.

    Raises:
        MissingScope: The token may not see servers.
    """
    timeout = min(REQUEST_TIMEOUT, deadline.remaining())
    answer = client.request("GET", USER_PATH, username=username, timeout=timeout, good=_tells_of_user)
    if user_is_gone(answer):
        return UserServers({}, user_is_gone=True)
    if answer.status == 200:
        try:
            return servers_of(answer.model)
        except MissingScope:
            raise
        except HubError:
            pass  # no user model: like any other odd answer, below
    error = error_for(answer, f"looking at the server of {username}")
    if isinstance(error, MissingScope):
        raise error
    client.note_odd_answer(error)
    return None


def _tells_of_user(answer: Answer) -> bool:
    return user_is_gone(answer) or (answer.status == 200 and isinstance(answer.model, dict))


def active_servers(
    client: HubClient, prefix: str, names: Container[str], deadline: Deadline | None = None
) -> dict[str, UserServers]:
    """Return the servers that the hub lists as active, for those of `names` that it lists.

    It may be a moment late, and its pages may overlap or leave a gap when users come and go meanwhile: who is not
    listed may have a server all the same.

    Args:
        client: The hub.
        prefix: What all the names begin with.
        names: Who is of interest.
        deadline: No page is waited for beyond it.

    Raises:
        MissingScope: The token may not see servers.
        HubError: The hub did not hand out the whole list.
    """

    def request(method: str, template: str, **kwargs: Any) -> Answer:
        left = deadline.remaining() if deadline else REQUEST_TIMEOUT
        if left <= 0:
            return Answer(0, error=TIMED_OUT)
        return client.request(method, template, timeout=min(REQUEST_TIMEOUT, left), **kwargs)

    users = list_users(prefix, request, "active")
    return {user["name"]: servers_of(user) for user in users if user["name"] in names}
