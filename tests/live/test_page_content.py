"""What the page Hub gets to show."""

import json
from pathlib import Path

from hubusers.event.model import Target
from hubusers.live.page_content import MOST_FAILURES, Headway, page_content, without_run
from hubusers.live.timeline import Timeline
from hubusers.results.records import START_TO_READY, Record
from hubusers.results.results import Results
from hubusers.results.run_info import RunInfo
from hubusers.run.phase import Phase
from hubusers.run.user_counts import UserCounts

INFO = RunInfo("k3x9qa", "https://hub.example.org", 1000.0, title="Class at nine", planned_people=30, notes=["A note."])


def timeline_of(*failures: str) -> Timeline:
    """Return a timeline of three seconds, with starts that took 3.25 s or failed."""
    results = Results()
    timeline = Timeline(results, [Target(measure="start to ready", percentile=95, at_most=5.0)])
    for failure in failures:
        results.records.note(Record(START_TO_READY, "ann", 1000.0, 3.25, 0.0, failure))
    for second in (1, 2, 3):
        timeline.note(1000.0 + second, float(second), UserCounts(arrived=second))
    return timeline


def test_the_whole_run_and_then_what_is_new() -> None:
    content = page_content(INFO, Phase.RUNNING, 3.5, timeline_of(""), after=0.0, waiting={}, cohorts=[])
    assert content["run"] == {
        "id": "k3x9qa",
        "title": "Class at nine",
        "state": "running",
        "began": 1000.0,
        "elapsed": 3.5,
        "planned": 30,
        "hub": "https://hub.example.org",
        "hub_away": None,
        "words": (
            "00:03 elapsed, 3 of 30 arrived, 0 pending, 0 ready, 0 failed, 1 of 1 targets held so far, "
            "start to ready p95 3.25 s (last 30 s)"
        ),
        "folder": "",
    }
    assert [point["t"] for point in content["points"]] == [1.0, 2.0, 3.0]
    assert content["targets"] == [{"text": "start to ready: p95 at most 5 s", "measured": "3.25 s", "state": "held"}]
    assert content["notes"] == ["A note."]
    new = page_content(INFO, Phase.RUNNING, 3.5, timeline_of(""), after=2.0, waiting={}, cohorts=[])
    assert [point["t"] for point in new["points"]] == [3.0]


def test_a_percentile_that_too_many_failures_put_out_of_reach_fits_into_json() -> None:
    content = page_content(INFO, Phase.RUNNING, 3.5, timeline_of("", "timed out"), after=2.0, waiting={}, cohorts=[])
    [point] = json.loads(json.dumps(content, allow_nan=False))["points"]
    assert (point["p50"], point["p95"]) == (3.25, "never")


def test_before_the_first_run_the_page_has_all_it_reads() -> None:
    before = without_run(Phase.CHECKING, "https://hub.example.org")
    assert (before["run"]["state"], before["run"]["hub"]) == ("checking", "https://hub.example.org")
    content = page_content(INFO, Phase.PREPARING, 0.0, Timeline(Results(), []), after=0.0, waiting={}, cohorts=[])
    assert content.keys() == before.keys()
    assert content["run"].keys() == before["run"].keys()
    assert content["run"]["words"] == ""


def test_what_goes_on_beside_the_users() -> None:
    content = page_content(
        INFO,
        Phase.STOPPING,
        60.0,
        timeline_of(),
        after=0.0,
        waiting={},
        cohorts=[],
        folder=Path("/srv/runs/k3x9qa"),
        headway=Headway("users removed", 12, 30),
        hub_away=1002.0,
        answer={"answer": "held"},
    )
    assert content["progress"] == {"what": "users removed", "done": 12, "of": 30}
    assert (content["run"]["folder"], content["run"]["hub_away"]) == ("/srv/runs/k3x9qa", 1002.0)
    assert content["answer"] == {"answer": "held"}


def test_what_most_pending_starts_wait_for_comes_first() -> None:
    waiting = {"pulling the image": 2, "waiting for a node": 7}
    content = page_content(INFO, Phase.RUNNING, 3.5, timeline_of(), after=0.0, waiting=waiting, cohorts=[])
    assert content["waiting"] == [
        {"for": "waiting for a node", "starts": 7},
        {"for": "pulling the image", "starts": 2},
    ]


def test_failures_are_shown_by_their_reason() -> None:
    results = Results()
    for number, reason in enumerate(["No room.", "No image.", "No room."]):
        failed = Record(
            START_TO_READY,
            f"user-{number}",
            1000.0 + number,
            3.0,
            0.0,
            "spawn failed",
            f"cohort-{number}",
            reason=reason,
        )
        results.records.note(failed)
    results.examples.note(START_TO_READY, "spawn failed", "No room.", "HTTP 500: No room.")
    timeline = Timeline(results, [])
    timeline.note(1003.0, 3.0, UserCounts(arrived=3))
    assert page_content(INFO, Phase.RUNNING, 3.5, timeline, after=0.0, waiting={}, cohorts=[])["failures"] == {
        "rows": [
            {
                "step": START_TO_READY,
                "what": "spawn failed: No room.",
                "example": "HTTP 500: No room.",
                "who": "2 people; cohort: 1 cohort-0, 1 cohort-2",
                "last": 5.0,
                "count": 2,
            },
            {
                "step": START_TO_READY,
                "what": "spawn failed: No image.",
                "example": "",
                "who": "1 person; cohort: cohort-1",
                "last": 4.0,
                "count": 1,
            },
        ],
        "more": "",
    }


def test_only_the_most_frequent_failures_are_shown() -> None:
    results = Results()
    for number in range(MOST_FAILURES + 2):
        results.records.note(
            Record(START_TO_READY, "ann", 1000.0, 3.0, 0.0, "spawn failed", reason=f"Reason {number}.")
        )
    timeline = Timeline(results, [])
    timeline.note(1003.0, 3.0, UserCounts())
    failures = page_content(INFO, Phase.RUNNING, 3.5, timeline, after=0.0, waiting={}, cohorts=[])["failures"]
    assert len(failures["rows"]) == MOST_FAILURES
    assert failures["more"] == "2 more kinds of failure came less often."
