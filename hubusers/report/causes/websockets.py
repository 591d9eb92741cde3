"""Why people had no websocket to their server, or lost it."""

from collections.abc import Callable, Iterable, Iterator

from hubusers.report import words
from hubusers.report.causes.affected import failed, people, people_of, small
from hubusers.report.causes.catalogue import KINDS
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.how_failed import (
    FEW,
    after_each,
    causes_of,
    most_frequent_cause,
    of_kind,
    same,
)
from hubusers.report.finding import Finding
from hubusers.results.records import PAGE_LOADED, SILENT, Record

_SEEN_LATE = 5.0
"""Seconds after which a probe notices that nothing answers, at the latest."""

_MOMENT = 5.0
"""Seconds in which things happen in the same moment: it may be seen late that a connection is gone."""

_WEBSOCKETS = ("/channels", "/api/events/subscribe", "/websocket/", "/_stcore/stream", "/ws", "/desktop-websockify/")
"""What the names of requests that open websockets contain."""


def refused_websockets(facts: Facts) -> Iterator[Finding]:
    """Find that websockets were refused, while other requests to the same servers were answered."""
    for records in of_kind(facts, "websockets-refused"):
        yield failed(
            facts,
            "websockets-refused",
            records,
            f"{people_of(facts, records)} got no websocket{_and_so(records)}: {most_frequent_cause(records)}.",
            they="whose websockets were refused",
            evidence=[*causes_of(records), *_http_works(facts)],
        )


def _and_so(records: list[Record]) -> str:
    """Say what people did not get because of it, where that is the same for all."""
    return "" if any(record.step == PAGE_LOADED for record in records) else ", and so no kernel"


def cut_websockets(facts: Facts) -> Iterator[Finding]:
    """Find that open websockets broke off, and whether always after the same time."""
    for records in of_kind(facts, "websockets-cut"):
        open_for = [record.after for record in records if record.after]
        silent_for = [seconds for record in records if (seconds := dict(record.parts).get(SILENT, 0.0))]
        times = f"{words.counted(len(records), 'websocket')} of {small(people_of(facts, records))} broke off"
        *limits, restart = KINDS["websockets-cut"].remedies
        remedies = limits
        if all(_was_unreached(facts, record) for record in records):
            sentence = f"{times} when nothing was reached at the hub's address."
            remedies = [restart]
        elif moment := _same_moment(records):
            sentence = f"{times} in the same moment, at {words.moment(moment)}: something on the way was restarted, or "
            sentence += "went away."
            remedies = [restart]
        elif limit := same(open_for):
            sentence = f"{times}, each after {words.in_seconds(limit)}: something on the way has that time limit."
        elif limit := same(silent_for):
            sentence = f"{times}, each after {words.in_seconds(limit)} in which nothing was sent: something on the way "
            sentence += "has that time limit."
        else:
            sentence = f"{times}{after_each(open_for)}."
        yield failed(
            facts,
            "websockets-cut",
            records,
            sentence,
            they="whose websockets broke off",
            evidence=causes_of(records, "How they ended", fewest=1),
            remedies=remedies,
        )


def _http_works(facts: Facts) -> list[str]:
    """Say how many requests to servers were answered that were not to become websockets, and how many websockets."""
    answered, asked, opened, tried = 0, 0, 0, 0
    for name in facts.requests.names():
        times = facts.requests.of(name)
        if any(part in name for part in _WEBSOCKETS):
            tried, opened = tried + len(times), opened + len(times) - times.failed
        elif "/user/{name}" in name:
            asked, answered = asked + len(times), answered + len(times) - times.failed
    if not asked or not tried:
        return []
    return [
        f"{opened:,} of {words.counted(tried, 'websocket')} were opened, while {answered:,} of "
        f"{words.counted(asked, 'other request')} to the same servers were answered."
    ]


def _was_unreached(facts: Facts, record: Record) -> bool:
    """Say whether the hub's address did not answer when a step ended."""
    end = record.began + record.seconds
    return any(probe.failure and abs(probe.began - end) <= _SEEN_LATE for probe in facts.probes)


def _same_moment(records: list[Record]) -> float:
    """Return when some failures of several people ended, if that was in the same moment; otherwise 0."""
    ends = sorted(record.began + record.seconds for record in records)
    return ends[0] if people(records) >= FEW and ends[-1] - ends[0] <= _MOMENT else 0.0


CAUSES: tuple[Callable[[Facts], Iterable[Finding]], ...] = (
    refused_websockets,
    cut_websockets,
)
