"""What is seen of servers that start or stop, and how late: by looking at their users, or in the hub's list.

A third source, for servers that start, is in `progress.py`. Whoever waits takes sightings from one of them and does not
care which; `lifecycle.py` says what a sighting means for the wait.
"""

import os.path
from collections.abc import Callable, Container, Generator
from dataclasses import dataclass
from typing import Any, Literal

from hubusers.hub.answers import UserServers, error_for, servers_of, user_is_gone
from hubusers.hub.batches import call_for_each
from hubusers.hub.client import HubClient
from hubusers.hub.errors import HubError, HubUsersError, MissingScope
from hubusers.hub.listing import list_users
from hubusers.hub.log import get_logger
from hubusers.hub.messages import TIMED_OUT, Answer
from hubusers.hub.session import REQUEST_TIMEOUT
from hubusers.hub.waiting import Deadline, beats

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


def watch_each(
    client: HubClient,
    names: list[str],
    settled: Callable[[UserServers, str, Deadline], bool],
    *,
    watch: Literal["poll", "listing"],
    deadline: Deadline,
    interval: float,
    max_workers: int,
    what: str,
) -> dict[str, bool | None]:
    """Watch many servers, in rounds that begin `interval` seconds apart, until each is settled.

    Args:
        client: The hub.
        names: Whose servers.
        settled: Says, of one user's servers, whether what is waited for has come; raises where it never will.
        watch: `"poll"`: each round looks at each user. `"listing"`: each round reads the hub's list of active servers,
            and looks only at users who are not in it.
        deadline: For all of them.
        interval: Where looks take longer, the next round begins a whole number of intervals later.
        max_workers: Looks under way at most.
        what: For the threads' names and the log.

    Returns:
        For each name True when it is settled, False when it never will be, None when time was up.

    Logs:
        ERROR for each that never will be.
    """
    found: dict[str, bool | None] = dict.fromkeys(names)

    def outcome(username: str, listed: UserServers | None = None) -> bool | None:
        if deadline.remaining() <= 0:
            return None
        try:
            servers = listed or look_at(client, username, deadline)
            return (servers is not None and settled(servers, username, deadline)) or None
        except HubUsersError as error:
            LOG.error("%s", error.detail)
            return False

    for _ in beats(deadline, interval):
        rest = [name for name, result in found.items() if result is None]
        listed = _listed(client, set(rest), deadline) if watch == "listing" else {}
        found |= {name: outcome(name, servers) for name, servers in listed.items()}
        found |= call_for_each(outcome, [name for name in rest if name not in listed], max_workers, what)
        if None not in found.values():
            break
    return found


def _listed(client: HubClient, names: set[str], deadline: Deadline) -> dict[str, UserServers]:
    try:
        # Letter by letter is what is wanted of names; paths they are not.
        return active_servers(client, os.path.commonprefix(list(names)), names, deadline)  # noqa: RUF071
    except HubError as error:
        client.note_odd_answer(error)
        return {}
