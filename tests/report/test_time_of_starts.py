"""Where the time of starts went, as the report shows it."""

from pathlib import Path

import pytest

from hubusers.report.report import write_report
from hubusers.report.time_of_starts import GroupOfStarts, time_of_starts, title_of
from hubusers.report.verdict import verdict_of
from hubusers.results.folder import FinishedRun
from hubusers.results.records import START_TO_READY, Record
from hubusers.results.results import Results
from hubusers.results.run_info import RunInfo
from hubusers.results.start_diaries import StartDiary
from hubusers.results.start_messages import StartMessage
from hubusers.start_parts import ANSWER, IMAGE


def start(image: float, answer: float, cohort: str = "students", profile: str = "", **more: object) -> Record:
    parts = ((IMAGE, image), (ANSWER, answer))
    record = Record(START_TO_READY, f"user-{image}", 1000.0, image + answer, 0.0, cohort=cohort, profile=profile)
    return Record(**{name: getattr(record, name) for name in Record.__dataclass_fields__} | {"parts": parts} | more)


def results_of(*starts: Record) -> Results:
    results = Results()
    for record in starts:
        results.records.note(record)
    return results


def as_text(groups: list[GroupOfStarts]) -> dict[str, dict[str, float]]:
    return {group.name: {spent.part: round(spent.seconds, 3) for spent in group.spent} for group in groups}


def test_parts_are_means_of_all_starts_and_of_groups() -> None:
    time = time_of_starts(results_of(start(1, 2), start(2, 2), start(9, 2, "guests", "gpu"), start(20, 2, "guests")))
    assert time
    assert as_text(time.groups) == {
        "all starts": {IMAGE: 8.0, ANSWER: 2.0},
        "the slower half": {IMAGE: 14.5, ANSWER: 2.0},
        "cohort guests": {IMAGE: 14.5, ANSWER: 2.0},
        "cohort students": {IMAGE: 1.5, ANSWER: 2.0},
        "profile (none)": {IMAGE: pytest.approx(7.667), ANSWER: 2.0},
        "profile gpu": {IMAGE: 9.0, ANSWER: 2.0},
    }
    whole, slower, *_ = time.groups
    assert [spent.share for spent in whole.spent] == [0.8, 0.2]
    assert [whole.length, slower.length] == pytest.approx([10 / 16.5, 1.0])


def test_parts_come_in_their_order_and_unknown_messages_last() -> None:
    time = time_of_starts(results_of(start(1, 2, parts=(("Job is pending", 1.0), (ANSWER, 1.0), (IMAGE, 1.0)))))
    assert time
    assert [spent.part for spent, _ in time.parts] == [IMAGE, ANSWER, "Job is pending"]


def test_runs_without_diaries_show_nothing() -> None:
    assert time_of_starts(Results()) is None
    assert time_of_starts(results_of(start(1, 2, parts=()))) is None


def test_what_was_said_is_shown_in_the_report_as_text(tmp_path: Path) -> None:
    results = results_of(start(1, 2))
    said = "Pulling image <b>x</b>"
    results.messages.note(StartMessage(said, IMAGE, 1, 7.0, 7.0, 1000.0, 1000.0, said))
    results.messages.note(StartMessage("Started container", ANSWER, 1, 0.2, 0.2, 1000.0, 1000.0))  # hardly a wait
    diary = StartDiary("ann", 1000.0, 9.0, "spawn failed", "No room.", "students", "gpu", ((1.0, said, IMAGE),))
    results.diaries.note(diary)
    assert title_of(diary) == "ann, students, gpu: spawn failed: No room., after 9 s"
    run = FinishedRun(tmp_path, RunInfo("k3x9qa", "https://hub.example.org", 1000.0, 1010.0), None, results)
    write_report(run, verdict_of(run), [])
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert html.count("Pulling image &lt;b&gt;x&lt;/b&gt;") == 2
    assert "Started container" not in html
    assert title_of(diary) in html
