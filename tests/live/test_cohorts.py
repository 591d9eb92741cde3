"""What the page Hub says of the cohorts while a run lasts."""

import pytest

from hubusers.live import cohorts
from hubusers.live.cohorts import CohortsSoFar
from hubusers.results.records import START_TO_READY, Record
from hubusers.results.results import Results
from hubusers.run.user_counts import UserCounts


def test_each_cohort_has_its_people_and_its_times(monkeypatch: pytest.MonkeyPatch) -> None:
    results = Results()
    so_far = CohortsSoFar(results, {"students": 30, "teachers": 2})

    def start(username: str, seconds: float, cohort: str, failure: str = "") -> None:
        results.records.note(Record(START_TO_READY, username, 1000.0, seconds, 0.0, failure, cohort))

    for number in range(4):
        start(f"student-{number}", 1.0 + number, "students", "timed out" if number == 3 else "")
    counts = {"students": UserCounts(arrived=10, pending=6, ready=3, failed=1)}
    students, teachers = so_far.rows(counts)
    assert students == {
        "name": "students",
        "planned": 30,
        "arrived": 10,
        "pending": 6,
        "ready": 3,
        "failed": 1,
        "p50": "2 s",
        "p95": "never",
    }
    assert (teachers["arrived"], teachers["p50"], teachers["p95"]) == (0, "–", "–")
    start("teacher", 7.25, "teachers")
    assert so_far.rows(counts)[1]["p50"] == "–"  # measured again after some seconds only
    monkeypatch.setattr(cohorts, "_BETWEEN_MEASUREMENTS", 0.0)
    assert so_far.rows(counts)[1]["p50"] == "7.25 s"


def test_a_run_without_an_event_has_no_cohorts() -> None:
    assert CohortsSoFar(Results(), {}).rows({"": UserCounts(arrived=5)}) == []
