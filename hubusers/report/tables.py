"""The figures of a run as rows of tables."""

from collections import Counter
from dataclasses import dataclass

from hubusers.report import words
from hubusers.report.evidence import Evidence
from hubusers.results.records import START_TO_READY, STEPS, Record, percentile
from hubusers.results.results import Results


@dataclass(frozen=True)
class Times:
    """How long something took: of those times that did not end in a failure. None where all did."""

    name: str
    count: int
    failed: int
    p50: float | None = None  # seconds
    p95: float | None = None
    p99: float | None = None
    longest: float | None = None
    error: float | None = None  # seconds; the error of 95 of 100 is smaller


@dataclass(frozen=True)
class FailureKind:
    """How often a step or a request failed in one way."""

    name: str  # of the step or the request
    failure: str
    count: int
    example: str  # the particulars of the first one; "" where none was kept


def steps_table(results: Results) -> list[Times]:
    """Return a row for each step that was measured."""
    steps = ((step, results.records.of(step)) for step in STEPS)
    return [_of_records(step, records) for step, records in steps if records]


def cohorts_table(results: Results) -> list[Times]:
    """Return a row of start to ready for each cohort; none where there are no cohorts."""
    starts = results.records.of(START_TO_READY)
    cohorts = sorted({record.cohort for record in starts} - {""})
    return [_of_records(cohort, [one for one in starts if one.cohort == cohort]) for cohort in cohorts]


def requests_table(results: Results) -> list[Times]:
    """Return a row for each kind of request."""
    rows = []
    for name in results.requests.names():
        times = results.requests.of(name)
        seconds = [took for position, took in enumerate(times.seconds) if position not in times.failures]
        rows.append(_times(name, len(times), seconds))
    return rows


def failures_table(results: Results) -> list[FailureKind]:
    """Return a row for each kind of failure of each step and request, the most frequent first."""
    counts = Counter((record.step, record.failure) for record in results.records.failed())
    for name in results.requests.names():
        counts.update((name, failure) for failure in results.requests.of(name).failures.values())
    return [
        FailureKind(name, failure, count, results.examples.of(name, failure))
        for (name, failure), count in counts.most_common()
    ]


def evidence_table(evidence: Evidence) -> list[tuple[str, str]]:
    """Return what limited a run in figures, with their names; only those that were measured."""
    figures = [
        ("hub's CPU in the busy time, share of a core", evidence.cpu, words.share),
        ("turns of the hub's event loop in the busy time, p95, at most", evidence.event_loop, words.seconds),
        ("probe of the hub in the busy time, median", evidence.probe, words.seconds),
        ("requests as seen from here, mean", evidence.client_requests, words.seconds),
        ("the same requests as the hub measured them, mean", evidence.hub_requests, words.seconds),
    ]
    rows = [(name, shown(value)) for name, value, shown in figures if value is not None]
    if evidence.throttled_starts:
        rows.insert(0, ("starts that had to come back later (429)", f"{evidence.throttled_starts:,}"))
    return rows


def parts_table(evidence: Evidence) -> list[tuple[str, float, float]]:
    """Return what the mean of the slower half is made of: each part, its seconds and its share."""
    if not evidence.starts or not evidence.mean:
        return []
    rest = "all else: hub, proxy, network" if evidence.spawn is not None else "all else: hub, proxy, spawner, network"
    parts = [("waits because of a 429", evidence.throttled), ("spawn, as the hub measured it", evidence.spawn)]
    rows = [(name, seconds) for name, seconds in [*parts, (rest, evidence.rest)] if seconds is not None]
    return [(name, seconds, seconds / evidence.mean) for name, seconds in rows]


def _of_records(name: str, records: list[Record]) -> Times:
    late = [record.late for record in records if not record.failure]
    seconds = [record.seconds for record in records if not record.failure]
    return _times(name, len(records), seconds, percentile(late, 95) if late else None)


def _times(name: str, count: int, seconds: list[float], error: float | None = None) -> Times:
    failed = count - len(seconds)
    if not seconds:
        return Times(name, count, failed)
    p50, p95, p99 = (percentile(seconds, which) for which in (50, 95, 99))
    return Times(name, count, failed, p50, p95, p99, max(seconds), error)
