"""Whether the proxy lost its routes: for a time nobody reached a server that was ready."""

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from hubusers.report import words
from hubusers.report.causes.catalogue import found
from hubusers.report.causes.facts import Facts
from hubusers.report.counts import ready
from hubusers.report.finding import Finding

_WITHOUT_A_ROUTE = ("HTTP 404", "HTTP 503", "HTTP 302, a redirect", "HTTP 405", "HTTP 424")
"""How requests to servers fail that the proxy passes to nobody, or to the hub."""

_BY_PROXY = "HTTP 503"
"""How a proxy also answers that has a route, to a server that does not answer. Where there is nothing else, servers
died."""

_ALSO = ("HTTP 403", "HTTP 502", "HTTP 504", "connection refused", "connection lost", "timed out")
"""How they may fail meanwhile, and for other reasons: while the proxy is away, or at the hub's check of forms."""

_FEWEST = 5
"""Requests in a row that fail."""

_FEWEST_SERVERS = 2
"""Ready servers; a single one that is not reached says nothing about the proxy."""

_STILL_RUN = 0.5
"""Share of the servers that the hub must still count as running, or they were stopped."""


@dataclass(frozen=True)
class _Request:
    began: float
    failure: str
    count: int  # how many such requests


def lost(facts: Facts) -> Iterable[Finding]:
    """Find each time in which nobody reached a server, although servers were ready."""
    servers = ready(facts.records, facts.info.ended)
    ordered = sorted(_to_servers(facts), key=lambda request: request.began)
    for is_lost, group in itertools.groupby(ordered, key=lambda request: bool(request.failure)):
        spell = list(group)
        counts = Counter[str]()
        for request in spell:
            counts[request.failure] += request.count
        without_route = sum(counts[failure] for failure in _WITHOUT_A_ROUTE)
        count = servers.at(spell[0].began)
        if counts.keys() <= {_BY_PROXY, *_ALSO}:
            continue
        if is_lost and without_route >= _FEWEST and count >= _FEWEST_SERVERS and _run_on(facts, spell):
            yield _finding(facts, spell, counts, count, [one for one in ordered if one.began > spell[-1].began])


def _finding(facts: Facts, spell: list[_Request], counts: Counter[str], servers: int, after: list[_Request]) -> Finding:
    began, ended = spell[0].began, after[0].began if after else facts.info.ended
    shown = ", ".join(f"{failure} ({count:,})" for failure, count in counts.most_common(3))
    met = [
        record
        for record in [*facts.failures, *facts.unfinished]
        if record.began <= ended and record.began + record.seconds >= began
    ]
    back = (
        f"After {words.in_seconds(ended - began)} they were reached again"
        if after
        else "They were not reached again until the run ended"
    )
    return found(
        "proxy-routes-lost",
        f"At {words.moment(began)} the servers of {words.counted(servers, 'person', 'people')} were no longer reached "
        f"at their addresses, although they were ready. {back}.",
        explains="failures" if met else "note",
        share=facts.share_of_failures(met),
        evidence=[
            f"All {words.counted(counts.total(), 'request')} to servers failed in that time: {shown}.",
            *_hub_meanwhile(facts, began, ended),
        ],
        began=began,
        ended=ended,
    )


def _to_servers(facts: Facts) -> Iterable[_Request]:
    """Yield the requests that scripts of people's pages sent to their servers.

    Pages are left out, because the hub answers for a server that is not reached: it redirects.
    """
    for name in facts.requests.names():
        path = name.partition(" ")[2]
        if not path.startswith("/user/{name}/") or "/api/" not in path:
            continue
        for began, failure, count in facts.requests.of(name).moments():
            if not failure or failure in {*_WITHOUT_A_ROUTE, *_ALSO}:
                yield _Request(began, failure, count)


def _run_on(facts: Facts, spell: list[_Request]) -> bool:
    """Say whether the hub still counts the servers as running after a spell began."""
    before = [sample.running_servers for sample in facts.samples if sample.time <= spell[0].began]
    after = [sample.running_servers for sample in facts.samples if sample.time > spell[0].began]
    if not before or not after or before[-1] is None or after[0] is None:
        return True
    return after[0] >= _STILL_RUN * before[-1]


def _hub_meanwhile(facts: Facts, began: float, ended: float) -> list[str]:
    probes = [probe for probe in facts.probes if began <= probe.began < ended]
    if not probes:
        return []
    good = sum(not probe.failure for probe in probes)
    return [f"{good:,} of {words.counted(len(probes), 'probe')} of the hub were answered meanwhile."]


CAUSES = (lost,)
