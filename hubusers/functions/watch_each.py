"""Watches many servers in one thread pool, for the documented functions that wait for many."""

import logging
import os.path
from collections.abc import Callable
from typing import Literal

from hubusers.functions.batches import call_for_each
from hubusers.functions.many import many
from hubusers.functions.script_client import ScriptClient
from hubusers.hub.answers import UserServers
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline, beats
from hubusers.hub.errors import HubError, HubUsersError, WaitTimeout
from hubusers.hub.sightings import active_servers, look_at


def watch_each(
    client: ScriptClient,
    names: list[str],
    is_settled: Callable[[UserServers, str, Deadline], bool],
    *,
    watch: Literal["poll", "listing"],
    timeout: float,
    interval: float,
    max_workers: int,
    until: Literal["start", "stop"],
    progress: bool,
) -> dict[str, bool]:
    """Watch many servers until each is settled, in rounds that begin `interval` seconds apart.

    Args:
        client: The call's.
        names: Whose servers.
        is_settled: Gets a user's servers; returns whether the wait for them is over, and raises if it can never be.
        watch: `"poll"`: each round polls each user. `"listing"`: each round reads the hub's list of active servers, and
            polls only users who are not in it.
        timeout: Seconds for all together.
        interval: Seconds. If a round takes longer, the next one begins a whole number of intervals later.
        max_workers: Most polls under way.
        until: What is waited for.
        progress: Whether to show a progress bar.

    Returns:
        For each name whether it was settled in time.

    Logs:
        ERROR for each server that can never be settled; WARNING for each that was not settled in time.
    """
    deadline = Deadline(timeout)

    def outcome(username: str, listed: UserServers | None = None) -> bool | None:
        if deadline.remaining() <= 0:
            return None
        try:
            servers = listed or look_at(client, username, deadline)
            return (servers is not None and is_settled(servers, username, deadline)) or None
        except HubUsersError as error:
            client.note_failure(username, error)
            return False

    with many(client, names, f"waiting for servers to {until}", progress) as everybody:

        def note(name: str, success: bool | None) -> None:
            if success is not None:
                everybody.settle(name, success)

        for _ in beats(deadline, interval):
            rest = everybody.unsettled
            listed = _listed(client, set(rest), deadline) if watch == "listing" else {}
            for name, servers in listed.items():
                note(name, outcome(name, servers))
            not_listed = [name for name in rest if name not in listed]
            call_for_each(
                outcome, not_listed, max_workers, f"waiting to {until}", returned=note, raised=everybody.note_crash
            )
            if not everybody.unsettled:
                break
            everybody.tick()
        done = "ready" if until == "start" else "stopped"
        for name in everybody.unsettled:
            late = f"the server of {name} was not {done} within {deadline.seconds:g} seconds"
            client.note_failure(name, WaitTimeout(late), logging.WARNING)
    return everybody.results


def _listed(client: HubClient, names: set[str], deadline: Deadline) -> dict[str, UserServers]:
    try:
        # These are names and not paths, so comparing by character is right.
        return active_servers(client, os.path.commonprefix(list(names)), names, deadline)  # noqa: RUF071
    except HubError as error:
        client.note_odd_answer(error)
        return {}
