"""The tables of a report, and that they say the same as its targets."""

import itertools
import math
from typing import Any

import pytest

from hubusers.event.model import Target
from hubusers.report.compare_measures import MEASURES
from hubusers.report.how_far import how_far
from hubusers.report.tables import cohorts_table, failures_table, how_counted, requests_table, steps_table
from hubusers.report.verdict import verdict_of
from hubusers.results.hub_samples import Probe
from hubusers.results.records import START_TO_READY, UNFINISHED, Record
from hubusers.results.targets import outcome
from tests.report.made_up_run import BEGAN
from tests.report.runs import CLASS, CLIMB, TARGETS, counted, finished, results_of, start

TIMES = [start(n / 10, 1.0 + n / 7) for n in range(40)]
FAILURES = [start(10 + n, 60.0, "timed out") for n in range(3)]
PENDING = [start(20 + n, 8.0 * n, UNFINISHED) for n in range(3)]
RUNS = {
    "without a failure": TIMES,
    "with failures": [*TIMES, *FAILURES],
    "with starts that the end broke off": [*TIMES, *FAILURES, *PENDING],
    "with one start": TIMES[:1],
    "with one failure": FAILURES[:1],
    "with two starts": TIMES[:2],
    "with most starts broken off": [*TIMES[:4], *(start(30 + n, 9.0 + n, UNFINISHED) for n in range(9))],
    "with all starts broken off": [start(n, 1.0 + n, UNFINISHED) for n in range(5)],
}


def target(measure: str, percentile: float, **more: Any) -> Target:
    return Target(measure=measure, percentile=percentile, at_most=1.0, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("records", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("percentile", [50, 95, 99])
def test_a_percentile_is_the_same_wherever_it_is_shown(records: list[Record], percentile: int) -> None:
    results = results_of(records)
    measured = outcome(target(START_TO_READY, percentile), results)

    (row,) = steps_table(results)
    assert getattr(row, f"p{percentile}") == measured.measured
    assert row.count == measured.count

    compared = next((one for one in MEASURES if one.name == f"start to ready p{percentile}"), None)
    if compared:
        statistic = compared.of(results)
        assert statistic is not None
        assert (statistic.estimate, statistic.count) == (measured.measured, measured.count)

    assert measured.measured is not None
    in_digits = f"{measured.measured:.3f}" if math.isfinite(measured.measured) else "never"
    if measured.shown.startswith("over"):
        in_digits = f"over {in_digits}"
        assert row.shown(measured.measured) == ("–" if row.longest is None else f"over {measured.measured:g} s")
    else:
        assert "over" not in row.shown(measured.measured)
    summary = results.people.summary(START_TO_READY)
    assert (
        f"p{percentile} {in_digits}" in summary or "p50" not in summary
    )  # where all failed it gives their number only


@pytest.mark.parametrize("records", RUNS.values(), ids=RUNS)
def test_headline_and_steps_of_a_climb_say_the_same_as_the_table(records: list[Record]) -> None:
    (row,) = steps_table(results_of(records))
    headline = verdict_of(finished(records)).headline
    assert f"p95 {row.shown(row.p95)}" in headline or not row.succeeded
    found = how_far(finished(records, CLIMB + TARGETS))
    assert found is not None
    assert found.steps[0].p95 == row.p95
    assert found.steps[0].p95_shown == row.shown(row.p95)


def test_cohorts_are_measured_as_targets_do() -> None:
    records = [
        *(start(n / 10, 1.0 + n, cohort="students") for n in range(5)),
        start(1, 9.0, UNFINISHED, cohort="students"),
        start(2, 60.0, "timed out", cohort="staff"),
        start(3, 5.0, cohort="staff"),
        start(4, 0.5, UNFINISHED, cohort="nobody"),
    ]
    results = results_of(records)
    for row in cohorts_table(results):
        measured = outcome(target(START_TO_READY, 95, cohort=row.name), results)
        assert (row.p95, row.count) == (measured.measured, measured.count)


def test_requests_are_measured_as_targets_do() -> None:
    results = results_of([])
    for number, failure in zip(range(30), itertools.cycle(["", "", "", "timed out"]), strict=False):
        results.requests.note("GET /users", BEGAN + number, 0.1 * number, failure)
    results.requests.note("GET /user", BEGAN, 0.25)
    for row in requests_table(results):
        measured = outcome(target("requests", 50, request=row.name), results)
        assert (row.p50, row.count) == (measured.measured, measured.count)
    of_all = next(one for one in MEASURES if one.name == "requests p95").of(results)
    assert of_all is not None
    assert of_all.estimate == outcome(target("requests", 95), results).measured == math.inf


def test_probes_are_compared_as_targets_measure_them() -> None:
    results = results_of([])
    results.probes = [Probe(BEGAN + n, n / 100, "no answer" if n == 7 else "") for n in range(10)]
    statistic = next(one for one in MEASURES if one.name == "hub probe p50").of(results)
    assert statistic is not None
    assert statistic.estimate == outcome(target("hub probe", 50), results).measured == 0.04


def test_failures_stand_beside_the_percentiles() -> None:
    (row,) = steps_table(results_of([*TIMES, *FAILURES]))
    assert (row.count, row.succeeded, row.failed, row.unfinished) == (43, 40, 3, 0)
    assert row.p95 == math.inf
    assert row.longest == TIMES[-1].seconds


def test_unfinished_starts_are_all_counted_as_such() -> None:
    (row,) = steps_table(results_of(RUNS["with starts that the end broke off"]))
    assert (row.count, row.succeeded, row.failed, row.unfinished) == (45, 40, 3, 3)


def test_without_a_start_there_is_no_row() -> None:
    assert steps_table(results_of([])) == []
    assert cohorts_table(results_of([])) == []
    (one, _) = verdict_of(finished([], CLASS + TARGETS)).outcomes
    assert (one.measured, one.count) == (None, 0)


def test_a_report_says_how_exact_the_times_of_counted_requests_are() -> None:
    run = finished([start(0, 1.0)])
    for number in range(150):
        run.results.requests.note(f"GET /{number}", BEGAN, 0.1234, "HTTP 500")
        run.results.requests.note(f"GET /{number}", BEGAN, 0.1234)
    assert how_counted(run.results) == ""
    assert failures_table(run.results, most=100).more.endswith("steps.csv and requests.csv have each one.")
    [row, *_] = requests_table(counted(run).results)
    assert (row.count, row.failed, row.p50, row.longest) == (2, 1, 0.124, 0.124)
    assert how_counted(run.results) == (
        "The run had 300 requests: too many to keep each, so they were counted. Their percentiles are up to 2.5 % too "
        "long, and never too short; when a request was sent is known to 1 s."
    )
    assert failures_table(run.results, most=100).more.endswith("steps.csv and request-totals.csv have all of them.")
