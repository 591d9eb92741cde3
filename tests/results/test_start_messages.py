"""What the hub said while servers started: counted, and a few starts as they were."""

import json
from dataclasses import replace
from pathlib import Path

from hubusers.results.distinct import Distinct
from hubusers.results.folder import RunFolder, read_run
from hubusers.results.records import START_TO_READY, Record
from hubusers.results.results import Results
from hubusers.results.run_info import RunInfo
from hubusers.results.start_diaries import MOST_FAILED, SLOWEST, StartDiaries, StartDiary
from hubusers.results.start_messages import MOST_TEMPLATES, MessageLog, StartMessage


def message(template: str, seconds: float, moment: float) -> StartMessage:
    return StartMessage(template, "pulling the image", 1, seconds, seconds, moment, moment, f"{template} of ann")


def diary(seconds: float, failure: str = "", reason: str = "") -> StartDiary:
    return StartDiary("ann", 1000.0, seconds, failure, reason, "", "", ((0.5, "Pulling", "pulling the image"),))


def through_json(value: object) -> list[object]:
    """Return a message as the other process gets it: with lists in place of tuples."""
    result = json.loads(json.dumps(value))
    assert isinstance(result, list)
    return result


class TestMessages:
    def test_equal_messages_are_counted_together(self) -> None:
        log = MessageLog()
        for seconds, moment in ((2.0, 1005.0), (4.0, 1001.0), (3.0, 1009.0)):
            log.note(message("Pulling", seconds, moment))
        [row] = log.rows()
        assert (row.count, row.seconds, row.longest, row.first, row.last) == (3, 9.0, 4.0, 1001.0, 1009.0)
        assert row.example == "Pulling of ann"

    def test_many_are_not_said_with_the_moment_of_one(self) -> None:
        said = "2026-11-26T23:47:42Z [Normal] Started container notebook"
        assert replace(message("Started", 1.0, 1.0), example=said).words == "[Normal] Started container notebook"
        assert replace(message("Started", 1.0, 1.0), example="").words == "Started"

    def test_it_is_counted_of_how_many_starts_that_failed_they_were_said(self) -> None:
        worker, master = MessageLog(), MessageLog()
        for failed in (1, 0, 1):
            worker.note(replace(message("Pulling", 2.0, 0.0), failed=failed))
        master.add(through_json(worker.take_new()))  # type: ignore[arg-type]
        assert [(row.count, row.failed) for row in master.rows()] == [(3, 2)]

    def test_the_message_that_was_waited_after_longest_comes_first(self) -> None:
        log = MessageLog()
        log.note(message("Pulled", 1.0, 0.0))
        log.note(message("Pulling", 9.0, 0.0))
        assert [row.template for row in log.rows()] == ["Pulling", "Pulled"]

    def test_a_master_counts_what_its_workers_tell_once(self) -> None:
        worker, other, master = MessageLog(), MessageLog(), MessageLog()
        worker.note(message("Pulling", 2.0, 0.0))
        other.note(message("Pulling", 3.0, 0.0))
        for log in (worker, other, worker):
            master.add(through_json(log.take_new()))  # type: ignore[arg-type]
        assert [(row.count, row.seconds) for row in master.rows()] == [(2, 5.0)]

    def test_they_are_bounded(self) -> None:
        log = MessageLog()
        for number in range(MOST_TEMPLATES + 9):
            log.note(message(f"message {number}", 1.0, 0.0))
        assert len(log.rows()) == MOST_TEMPLATES + 1
        assert max(row.count for row in log.rows()) == 9


class TestDiaries:
    def test_the_slowest_are_kept(self) -> None:
        diaries = StartDiaries()
        for seconds in range(SLOWEST + 10):
            diaries.note(diary(float(seconds)))
        assert [one.seconds for one in diaries.slowest()] == [float(29 - place) for place in range(SLOWEST)]
        assert not diaries.wants(9.0, "", "")

    def test_one_start_of_each_kind_of_failure_is_kept(self) -> None:
        diaries = StartDiaries()
        diaries.note(diary(1.0, "spawn failed", "No room."))
        diaries.note(diary(9.0, "spawn failed", "No room."))
        for number in range(MOST_FAILED + 5):
            diaries.note(diary(1.0, "spawn failed", f"Reason {number}."))
        assert [one.seconds for one in diaries.failed()] == [1.0] * MOST_FAILED

    def test_a_master_keeps_what_its_workers_tell(self) -> None:
        worker, master = StartDiaries(), StartDiaries()
        worker.note(diary(3.0))
        master.add(through_json(worker.take_new()))  # type: ignore[arg-type]
        assert master.slowest() == [diary(3.0)]
        assert worker.take_new() == []


def test_only_the_first_different_texts_pass() -> None:
    distinct = Distinct(2, "(another)")
    assert [distinct(text) for text in ("a", "", "b", "c", "a")] == ["a", "", "b", "(another)", "a"]


def test_a_folder_gives_back_what_was_said(tmp_path: Path) -> None:
    results = Results()
    results.messages.note(replace(message("Pulling", 2.0, 5.0), failed=1))
    results.diaries.note(diary(3.0))
    results.diaries.note(diary(1.0, "spawn failed", "No room."))
    parts = (("pulling the image", 2.5), ("spawning", 0.5))
    record = Record(
        START_TO_READY, "ann", 5.0, 3.0, 0.0, reason="x", profile="gpu", person="new", worker=3, parts=parts
    )
    results.records.note(record)
    folder = RunFolder(tmp_path / "run")
    folder.write_info(RunInfo("k3x9qa", "https://hub.example.org", 1_795_680_000.0))
    folder.write_messages(results.messages.rows())
    folder.write_diaries([*results.diaries.slowest(), *results.diaries.failed()])
    folder.write_steps(results.records.take_new())
    folder.close()
    read = read_run(folder.path).results
    assert read.messages.rows() == results.messages.rows()
    assert read.diaries.slowest() == results.diaries.slowest()
    assert read.diaries.failed() == results.diaries.failed()
    assert list(read.records) == [record]
    assert {path.name for path in folder.path.iterdir()} >= {"start-messages.csv", "start-diaries.jsonl"}
    assert not list(folder.path.glob(".*"))
