"""Watches many servers in one thread pool, for the documented functions that wait for many."""

import os.path
from collections.abc import Callable
from typing import Literal

from hubusers.functions.batches import call_for_each
from hubusers.hub.answers import UserServers
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline, beats
from hubusers.hub.errors import HubError, HubUsersError
from hubusers.hub.sightings import active_servers, look_at
from hubusers.log import get_logger

LOG = get_logger(__name__)


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
    """Watch many servers until each is settled, in rounds that begin `interval` seconds apart.

    Args:
        client: The hub.
        names: Whose servers.
        settled: Gets a user's servers; returns whether the wait for them is over, and raises if it can never be.
        watch: `"poll"`: each round polls each user. `"listing"`: each round reads the hub's list of active servers, and
            polls only users who are not in it.
        deadline: Shared by all.
        interval: Seconds. If a round takes longer, the next one begins a whole number of intervals later.
        max_workers: Most polls under way.
        what: Names the threads, and the calls in the log.

    Returns:
        For each name True if it is settled, False if it can never be, None if time was up.

    Logs:
        ERROR for each server that can never be settled.
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
        # These are names and not paths, so comparing by character is right.
        return active_servers(client, os.path.commonprefix(list(names)), names, deadline)  # noqa: RUF071
    except HubError as error:
        client.note_odd_answer(error)
        return {}
