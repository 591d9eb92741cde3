"""What the recorder conducts: the judgement of a climb, and the run's folder, whatever comes between."""

from locust.env import Environment

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
import pytest

from hubusers.event.file import parse_event
from hubusers.live import run_writer
from hubusers.live.recorder import Recorder
from hubusers.results.folder import JUNIT_FILE, REPORT_FILE, RunFolder, read_run
from hubusers.results.records import START_TO_READY, Record
from hubusers.results.request_log import RequestLog
from hubusers.results.run_info import RunInfo
from hubusers.results.saved_requests import TIMES_FILE, TOTALS_FILE
from hubusers.run.phase import Phase
from hubusers.run.run import Run
from hubusers.run.user_counts import UserCounts
from hubusers.settings.access import Access
from tests.report.runs import CLIMB, TARGETS
from tests.settings.settings import settings_for
from tests.waiting import wait_until


class Nobody:
    """The users of a run that has none."""

    def counts(self) -> UserCounts:
        return UserCounts()

    def cohorts(self) -> dict[str, UserCounts]:
        return {}

    def pending_for(self) -> Counter[str]:
        return Counter()

    def waits(self) -> list[float]:
        return []


def running(**chosen: Any) -> Recorder:
    """Return the recorder of a run without a hub, which has begun."""
    settings = replace(settings_for("http://127.0.0.1:9/hub/api", Access("a-token")), **chosen)
    info = RunInfo("k3x9qa", "http://127.0.0.1:9", 0.0)
    recorder = Recorder(Run(settings, 0), Environment(), info, "", Nobody(), lambda: Phase.RUNNING, aloud=False)
    recorder.start()
    recorder.note_begin()
    return recorder


def start(recorder: Recorder, failure: str = "") -> Record:
    return Record(START_TO_READY, "ann", recorder.info.began, 1.0, 0.0, failure)


def test_a_climb_is_judged_while_the_run_lasts() -> None:
    recorder = running(event=parse_event(CLIMB + TARGETS, "event.toml"))
    recorder.run.began, recorder.info.began = time.monotonic() - 65, time.time() - 65  # in the second step
    recorder.run.results.records.note(start(recorder, "spawn failed"))
    assert not recorder.has_missed_step()
    with gevent.Timeout(60):
        while not recorder.has_missed_step():
            gevent.sleep(0.1)
    recorder.note_end()
    recorder.finish()


def test_an_interrupted_report_can_be_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    recorder = running(runs_folder=str(tmp_path))
    recorder.run.results.records.note(start(recorder))
    recorder.run.results.examples.note("login", "hub error", "", "HTTP 500")
    recorder.note_end()
    with monkeypatch.context() as patched:
        patched.setattr(run_writer, "write_report", interrupted)
        with pytest.raises(KeyboardInterrupt):
            recorder.finish()
    [folder] = tmp_path.iterdir()
    assert recorder.report is None  # there is a part of it at most
    assert recorder.page(0.0)["answer"] is None
    assert recorder.page(0.0)["run"]["folder"] == str(folder)
    assert recorder.finish().answer == "no targets"
    assert recorder.page(0.0)["answer"]["report"] == str(recorder.report) == str(folder / REPORT_FILE)
    assert (folder / JUNIT_FILE).exists()
    results = read_run(folder).results
    assert list(results.records) == [start(recorder)]
    assert results.examples.of("login", "hub error") == "HTTP 500"


def test_a_fault_of_the_report_keeps_no_run_from_its_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'matplotlib'")

    monkeypatch.setattr(run_writer, "write_report", broken)
    recorder = running(runs_folder=str(tmp_path))
    recorder.note_end()
    assert recorder.finish().answer == "no targets"
    assert "a fault of hubusers (ModuleNotFoundError: No module named 'matplotlib')" in caplog.text
    assert "Traceback" not in caplog.text
    assert recorder.page(0.0)["answer"]["report"] == ""


def test_a_full_disk_is_said_once_and_does_not_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunFolder, "flush", full)
    recorder = running(runs_folder=str(tmp_path))
    recorder.note_end()
    assert recorder.finish().answer == "no targets"
    assert recorder.finish().answer == "no targets"
    assert caplog.text.count("No space left on device") == 1
    page = recorder.page(0.0)
    assert page["run"]["id"] == "k3x9qa"
    assert page["answer"]["report"] == page["run"]["folder"] == ""


def test_requests_that_are_counted_are_written_while_the_run_lasts_and_at_its_end(tmp_path: Path) -> None:
    recorder = running(runs_folder=str(tmp_path))
    requests = recorder.run.results.requests = RequestLog(most_exact=100)
    for number in range(3_000):
        requests.note("GET /users", recorder.info.began + number / 1_000, 0.1)
    assert requests.is_counted
    (folder,) = tmp_path.iterdir()
    wait_until((folder / TIMES_FILE).exists)  # the last one that is written
    assert "GET /users,,3000," in (folder / TOTALS_FILE).read_text(encoding="utf-8")
    requests.note("GET /users", recorder.info.began + 4, 0.1)
    recorder.note_end()
    recorder.finish()
    assert len(read_run(folder).results.requests) == 3_001
