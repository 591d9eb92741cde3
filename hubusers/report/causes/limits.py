"""Whether people waited because something let too few of them in: they were told to come back later (429)."""

from collections.abc import Iterable
from statistics import fmean

from hubusers.report import words
from hubusers.report.causes.catalogue import found
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.groups import by_groups
from hubusers.report.causes.waits import LARGE_SHARE, SHORT, main_part_with_a_place
from hubusers.report.counts import Count
from hubusers.report.finding import Finding
from hubusers.results.records import Record

_KINDS = {"concurrent_spawn_limit": "spawn-limit", "active_server_limit": "server-limit"}
"""The kind of finding for each limit of the hub; all others are of something before it."""

_TOO_MANY = "HTTP 429"
_FEWEST_REFUSED = 3


def limits(facts: Facts) -> Iterable[Finding]:
    """Find each limit that made people wait too long, or never get a server."""
    throttled = [start for start in facts.starts if start.throttled > 0]
    for limit in sorted({start.throttled_by for start in throttled}):
        by_limit = [start for start in throttled if start.throttled_by == limit]
        in_vain = [start for start in by_limit if start.failure]
        if in_vain or _are_slow_because_of(by_limit, facts) or _is_a_target_missed(facts):
            yield _finding(facts, limit, by_limit, in_vain)


def refused_requests(facts: Facts) -> Iterable[Finding]:
    """Find that something before the hub refused requests, other than those for a start, because there were too many.

    The hub itself says "too many" only to those who ask for a server.
    """
    refused = [
        (began, count)
        for name in facts.requests_to_hub
        for began, failure, count in facts.requests.of(name).failed_moments()
        if failure == _TOO_MANY
    ]
    how_many = sum(count for _, count in refused)
    if how_many < _FEWEST_REFUSED:
        return
    moments = [began for began, _ in refused]
    met = [record for record in facts.failures if _TOO_MANY in record.failure]
    yield found(
        "limit-before-hub",
        f"{words.counted(how_many, 'request')} got 429, “too many requests”, from something before the hub: all of "
        "this run's people come from the same address, as a class behind one does.",
        explains="failures" if met else "note",
        share=facts.share_of_failures(met),
        began=min(moments),
        ended=max(moments),
    )


def _finding(facts: Facts, limit: str, throttled: list[Record], in_vain: list[Record]) -> Finding:
    failed = [start for start in in_vain if start.failed]
    waited = words.in_seconds(fmean(start.throttled for start in throttled))
    lasted = words.in_seconds(fmean(start.seconds for start in throttled))
    never = f"; {len(in_vain):,} of them never became ready" if in_vain else ""
    by_what = f"because of {limit}" if limit in _KINDS else "by something before the hub"
    measured = facts.slow_starts or throttled
    were, they, their = ("was", "It", "its") if len(throttled) == 1 else ("were", "They", "their")
    return found(
        _KINDS.get(limit, "limit-before-hub"),
        f"{len(throttled):,} of {words.counted(len(facts.starts), 'start')} {were} told to come back later (429) "
        f"{by_what}. {they} spent {waited} of {their} {lasted} waiting for the next try, on average{never}.",
        explains="failures" if failed else "slowness",
        share=(
            facts.share_of_failures(failed)
            if failed
            else sum(start.throttled for start in measured if start.throttled_by == limit)
            / (sum(start.seconds for start in measured) or 1.0)
        ),
        evidence=[
            *_places(facts, limit, throttled),
            *by_groups(facts.starts, lambda start: start.throttled),
        ],
        began=min(start.began for start in throttled),
        ended=max(start.began + start.throttled for start in throttled),
    )


def _are_slow_because_of(throttled: list[Record], facts: Facts) -> bool:
    slow = facts.slow_starts
    seconds = sum(start.throttled for start in slow if start.throttled_by == throttled[0].throttled_by)
    return bool(slow) and seconds >= LARGE_SHARE * sum(start.seconds for start in slow) and seconds / len(slow) >= SHORT


def _is_a_target_missed(facts: Facts) -> bool:
    return any(one.target.measure.startswith("throttled ") for one in facts.missed)


def _places(facts: Facts, limit: str, throttled: list[Record]) -> list[str]:
    """Say how many had a place meanwhile, and what they spent their time with."""
    if limit != "concurrent_spawn_limit":
        return []
    with_place = Count((start.began + start.throttled, start.began + start.seconds) for start in facts.starts)
    began, ended = min(start.began for start in throttled), max(start.began + start.throttled for start in throttled)
    # A start that is over still counts until that is seen, so the highest count is more than the limit.
    usual = max(1, round(with_place.mean(began, ended)))
    said = [
        f"While people were told to come back, about {words.counted(usual, 'start')} had a place at the hub at the "
        "same time, on average, as seen from here."
    ]
    part, seconds, had_place = main_part_with_a_place(facts)
    if part:
        said.append(
            f"Those that had a place kept it for {words.in_seconds(had_place)} on average, most of it "
            f"({words.in_seconds(seconds)}) for: {part}."
        )
    return said


CAUSES = (limits, refused_requests)
