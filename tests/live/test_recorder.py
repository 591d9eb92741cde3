"""What the recorder conducts: the judgement of a climb, and a folder that cannot be written any more."""

from locust.env import Environment

import time
from dataclasses import replace
from pathlib import Path

import gevent
import pytest

from hubusers.event.file import parse_event
from hubusers.live.recorder import Recorder
from hubusers.results.folder import RunFolder, RunInfo
from hubusers.results.records import START_TO_READY, Record
from hubusers.run.phase import Phase
from hubusers.run.run import Run
from hubusers.run.user_counts import UserCounts
from hubusers.settings.access import Access
from tests.report.runs import CLIMB, TARGETS
from tests.settings.settings import settings_for


def test_a_climb_is_judged_while_the_run_lasts() -> None:
    event = parse_event(CLIMB + TARGETS, "event.toml")
    settings = replace(settings_for("http://127.0.0.1:9/hub/api", Access("a-token")), event=event)
    run = Run(settings, 0)
    phase = Phase.RUNNING
    info = RunInfo("k3x9qa", "http://127.0.0.1:9", 0.0)
    recorder = Recorder(run, Environment(), info, "", UserCounts, lambda: phase, aloud=False)
    recorder.start()
    recorder.note_doors_open()
    run.began, recorder.info.began = time.monotonic() - 65, time.time() - 65  # in the second step
    run.results.records.note(Record(START_TO_READY, "ann", recorder.info.began, 1.0, 0.0, "spawn failed"))
    assert not recorder.has_missed_step()
    with gevent.Timeout(10):
        while not recorder.has_missed_step():
            gevent.sleep(0.1)
    recorder.note_end()
    recorder.finish()


def test_a_full_disk_is_said_once_and_does_not_take_the_run_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunFolder, "flush", full)
    settings = settings_for("http://127.0.0.1:9/hub/api", Access("a-token"))
    run = Run(type(settings)(**{**vars(settings), "runs_folder": str(tmp_path)}), 0)
    phase = Phase.RUNNING
    info = RunInfo("k3x9qa", "http://127.0.0.1:9", 0.0)
    recorder = Recorder(run, Environment(), info, "", UserCounts, lambda: phase, aloud=False)
    recorder.start()
    recorder.note_doors_open()
    phase = Phase.STOPPING
    recorder.note_end()
    assert recorder.finish().answer == "no targets"
    assert recorder.finish().answer == "no targets"  # as after an interrupt
    phase = Phase.STOPPED
    assert caplog.text.count("No space left on device") == 1
    assert recorder.page(0.0)["run"]["state"] == "stopped"
