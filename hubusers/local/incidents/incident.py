"""What an incident is: how to build it on a local hub, and what a report of its rehearsal should find."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Literal

from hubusers.local.incidents.start import Start

Script = Callable[[Start], Awaitable[None]]


@dataclass(frozen=True)
class Kill:
    """A process of the hub is killed in the middle of a rehearsal, and perhaps comes back.

    The moment is counted in starts, because nobody knows how long after the hub the rehearsal begins.

    Args:
        process: Which process. The proxy needs `Incident.proxy_apart`; otherwise the hub itself starts it again. The
            relay needs `Incident.relay`.
        after_starts: How many starts must have been asked for.
        seconds: Seconds from the last of them to the kill.
        back_after: Seconds from the kill until the process starts again; None for never.
    """

    process: Literal["hub", "proxy", "relay"]
    after_starts: int
    seconds: float = 0.0
    back_after: float | None = None


@dataclass(frozen=True)
class Incident:
    """One mechanism that a public report describes, to be met on a local hub.

    Times are about a tenth of those in the report, so that a rehearsal takes less than two minutes.

    Args:
        name: What to call it on the command line.
        title: One line.
        source: The public report in words, with its date.
        what_happens: Two or three sentences.
        finds: The kinds of findings that the report of a rehearsal should contain.
        event: The event that rehearses it, as TOML.
        hub: Arguments of `LocalHub` that differ from their defaults. Arguments that are given to it win over these.
        config: Lines for the hub's `jupyterhub_config.py`.
        start: What a start does and says before its server is launched; it runs in the hub's process.
        returning_people: Names of accounts that are on the hub when it starts, and have had a server before. Where
            there are such people, the rehearsal uses these accounts and makes none.
        new_people: Names of further such accounts, which never had a server.
        kills: Which processes are killed in the middle of it.
        proxy_apart: Whether the proxy is a process that the hub neither starts nor ends, as on Kubernetes.
        hub_back_after: Seconds after which a hub that has ended by itself starts again, as on Kubernetes; None for
            never.
        relay: What stands between people and the proxy, such as an ingress: a module and its arguments. It runs as
            `python -m MODULE IP PORT PROXY_PORT ARGUMENTS`, and listens on IP and PORT.
        options: More options for Locust.
    """

    name: str
    title: str
    source: str
    what_happens: str
    finds: tuple[str, ...]
    event: str
    hub: Mapping[str, Any] = field(default_factory=dict)
    config: str = ""
    start: Script | None = None
    returning_people: tuple[str, ...] = ()
    new_people: tuple[str, ...] = ()
    kills: tuple[Kill, ...] = ()
    proxy_apart: bool = False
    hub_back_after: float | None = None
    relay: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def people(self) -> list[str]:
        """All people with given accounts, returning and new ones in turns."""
        pairs = zip_longest(self.returning_people, self.new_people)
        return [name for pair in pairs for name in pair if name]


def class_event(people: int, over: str, stay: str, ready_within: str) -> str:
    """Return an event, as TOML: a class comes, and nearly all of them should have a server soon.

    Args:
        people: How many come.
        over: The duration in which they come, such as `20s`.
        stay: How long each stays.
        ready_within: The duration within which 95 % should have their server.
    """
    return f"""\
title = "A class of {people}"

[[cohorts]]
name = "students"
people = {people}
arrivals = {{ pattern = "evenly", over = "{over}" }}
stay = "{stay}"

[[targets]]
measure = "start to ready"
percentile = 95
at_most = "{ready_within}"

[[targets]]
measure = "failed starts"
at_most = "1 %"
"""
