"""The figures of a run, as rows of tables."""

import math
from dataclasses import dataclass, replace

from hubusers.report import words
from hubusers.report.evidence import Evidence
from hubusers.results.failures import FailureKind, Failures
from hubusers.results.folder import REQUESTS_FILE, STEPS_FILE
from hubusers.results.percentiles import percentile, percentile_of_counts
from hubusers.results.records import (
    ARRIVAL,
    NOT_REACHED,
    ONLY_FAILURES,
    START_TO_READY,
    USER_CLASS,
    longest_known,
)
from hubusers.results.request_counts import LONGER_BY
from hubusers.results.request_times import RequestTimes, times_taken
from hubusers.results.results import Results
from hubusers.results.saved_requests import TOTALS_FILE

_TIMELESS = {ARRIVAL, USER_CLASS, *ONLY_FAILURES}
"""Steps whose seconds say nothing of the hub."""


@dataclass(frozen=True)
class Times:
    """How long something took, in seconds."""

    name: str
    count: int  # of the measurements that percentiles are taken of
    succeeded: int
    failed: int
    not_reached: int  # times that people came for it, and an earlier failure kept them from it
    unfinished: int  # starts that the end of the run broke off, counted in percentiles or not
    p50: float  # infinite where too many failed, like the other percentiles
    p95: float
    p99: float
    known: float | None  # up to how many seconds a percentile is a time that something took; None where all failed
    longest: float | None  # that did not fail; None where all did
    error: float | None  # p95 of how late an end was seen; None where it was not measured

    @property
    def failures(self) -> str:
        """How many failed, as in "3" or "3, 8 not reached"."""
        return f"{self.failed:,}, {self.not_reached:,} {NOT_REACHED}" if self.not_reached else f"{self.failed:,}"

    def shown(self, seconds: float) -> str:
        """Return one of the percentiles in words."""
        return words.percentile(seconds, self.known)


@dataclass(frozen=True)
class FailureRow:
    """How often a step or a request failed in one way, for one reason."""

    name: str  # of the step or the request
    what: str  # the failure, with the words of the hub where it said any
    example: str  # the particulars of the first one; "" where none was kept
    who: str  # how many people, and who; "" for a request
    when: str  # the first and the last one failed, in UTC
    count: int


@dataclass(frozen=True)
class FailuresTable:
    """The kinds of failure of a run."""

    rows: list[FailureRow]
    more: str  # a sentence about those that have no row; "" where all have one


def steps_table(results: Results, user_class: str | None = None) -> list[Times]:
    """Return a row for each step that was measured: of everybody, or of the people of a user class."""
    rows = (_of_step(step, results, step, user_class=user_class) for step in _steps(results))
    return [row for row in rows if row]


def steps_by_user_class(results: Results) -> list[tuple[str, list[Times]]]:
    """Return each user class with its rows of steps, where there are several."""
    steps = set(_steps(results))
    classes = sorted({record.user_class for record in results.records if record.step in steps})
    return [(name or "other", steps_table(results, name)) for name in classes] if len(classes) > 1 else []


def cohorts_table(results: Results) -> list[Times]:
    """Return a row of start to ready for each cohort; none without cohorts."""
    cohorts = sorted({record.cohort for record in results.records} - {""})
    rows = (_of_step(cohort, results, START_TO_READY, cohort=cohort) for cohort in cohorts)
    return [row for row in rows if row]


def requests_table(results: Results) -> list[Times]:
    """Return a row for each kind of request."""
    return [_of_requests(name, results.requests.of(name)) for name in results.requests.names()]


def how_counted(results: Results) -> str:
    """Return a sentence about how exact the times of requests are; "" where each is kept."""
    requests = results.requests
    if not requests.is_counted:
        return ""
    return (
        f"The run had {len(requests):,} requests: too many to keep each, so they were counted. Their percentiles are "
        f"up to {words.in_percent(LONGER_BY)} too long, and never too short; when a request was sent is known to "
        f"{words.in_seconds(requests.width)}."
    )


def failures_table(results: Results, most: int = 100) -> FailuresTable:
    """Return a row for each kind of failure of each step and request, the most frequent first.

    Args:
        results: The results of a run.
        most: How many rows there are at most.
    """
    failures = Failures(results.examples)
    failures.note(results.records)
    failures.note_requests(results.requests)
    kinds = failures.kinds()
    rest = kinds[most:]
    more = ""
    if rest:
        times = words.counted(sum(kind.count for kind in rest), "time")
        more = (
            f"{words.counted(len(rest), 'more kind')} of failure came {times} in all; {STEPS_FILE} and "
            f"{f'{TOTALS_FILE} have all of them' if results.requests.is_counted else f'{REQUESTS_FILE} have each one'}."
        )
    return FailuresTable([_failure_row(kind) for kind in kinds[:most]], more)


def _failure_row(kind: FailureKind) -> FailureRow:
    first, last = words.clock(kind.first), words.clock(kind.last)
    return FailureRow(
        name=kind.name,
        what=kind.what,
        example=kind.example,
        who=kind.who,
        when=first if first == last else f"{first} to {last}",
        count=kind.count,
    )


def _steps(results: Results) -> list[str]:
    """Return the steps that anybody took, and that have times."""
    return [step for step in results.records.steps() if step not in _TIMELESS]


def evidence_table(evidence: Evidence) -> list[tuple[str, str]]:
    """Return the names and figures of what limited a run, as far as they were measured."""
    figures = [
        ("spawns, by the hub's own measure, mean", evidence.spawn, words.in_seconds),
        ("hub CPU while most starts were under way, share of a core", evidence.cpu, words.in_percent),
        (
            "how long the hub answered nobody then (event loop intervals), p95 at most",
            evidence.event_loop,
            words.in_seconds,
        ),
        ("probes of the hub then, p50", evidence.probe, words.in_seconds),
        ("requests as seen from here, mean", evidence.client_requests, words.in_seconds),
        ("the same requests by the hub's own measure, mean", evidence.hub_requests, words.in_seconds),
    ]
    rows = [(name, shown(value)) for name, value, shown in figures if value is not None]
    if evidence.throttled_starts:
        rows.insert(0, ("starts that were told to come back later (429)", f"{evidence.throttled_starts:,}"))
    return rows


def _of_step(
    name: str, results: Results, step: str, *, cohort: str | None = None, user_class: str | None = None
) -> Times | None:
    """Return the times of a step; None where nobody took it, or came for it."""
    records = results.people.measured(step, cohort, user_class)
    unfinished = [
        record
        for record in (results.records.unfinished() if step == START_TO_READY else [])
        if cohort in {None, record.cohort} and user_class in {None, record.user_class}
    ]
    succeeded = [record for record in records if not record.failure]
    late = [record.late for record in succeeded]
    if not records:
        return None
    times = _times(name, [record.time_taken for record in records], [record.seconds for record in succeeded])
    not_reached = sum(record.failure == NOT_REACHED for record in records)
    return replace(
        times,
        failed=times.failed - not_reached,
        not_reached=not_reached,
        unfinished=len(unfinished),
        known=longest_known(records),
        error=percentile(late, 95) if late else None,
    )


def _of_requests(name: str, requests: RequestTimes) -> Times:
    counts = times_taken([requests])
    p50, p95, p99 = (percentile_of_counts(counts, percent) for percent in (50, 95, 99))
    longest = max(filter(math.isfinite, counts), default=None)
    return Times(
        name=name,
        count=len(requests),
        succeeded=len(requests) - requests.failed,
        failed=requests.failed,
        not_reached=0,
        unfinished=0,
        p50=p50,
        p95=p95,
        p99=p99,
        known=longest,
        longest=longest,
        error=None,
    )


def _times(name: str, times: list[float], succeeded: list[float]) -> Times:
    p50, p95, p99 = (percentile(times, percent) for percent in (50, 95, 99))
    longest = max(succeeded, default=None)
    return Times(
        name=name,
        count=len(times),
        succeeded=len(succeeded),
        failed=sum(map(math.isinf, times)),
        not_reached=0,
        unfinished=0,
        p50=p50,
        p95=p95,
        p99=p99,
        known=longest,
        longest=longest,
        error=None,
    )
