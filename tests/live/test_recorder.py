"""What becomes of a run whose folder cannot be written any more."""

from locust.env import Environment

import time
from dataclasses import replace
from pathlib import Path

import pytest

from hubusers.event.file import parse_event
from hubusers.live.recorder import Recorder
from hubusers.results.folder import RunFolder, RunInfo
from hubusers.results.records import START_TO_READY, Record
from hubusers.run.run import Run
from hubusers.run.user_counts import UserCounts
from hubusers.settings.access import Access
from tests.report.runs import CLIMB, TARGETS
from tests.settings.settings import settings_for


@pytest.mark.parametrize(
    ("known", "pending", "missed"),
    [
        ([""], 1, False),
        (["spawn failed"], 1, False),  # of the two who were due, one may still turn out well
        (["spawn failed"], 0, True),
        (["spawn failed", "spawn failed"], 0, True),
        (["spawn failed", "spawn failed"], 50, True),  # those are of later steps
    ],
)
def test_a_step_is_missed_when_it_can_be_held_no_more(known: list[str], pending: int, missed: bool) -> None:
    event = parse_event(CLIMB + "[[" + TARGETS.rpartition("[[")[2].replace("1 %", "50 %"), "event.toml")
    settings = replace(settings_for("http://127.0.0.1:9/hub/api", Access("a-token")), event=event)
    run = Run(settings, 0)
    run.began, began = time.monotonic() - 65, time.time() - 65
    assert [person.arrives < 60 for person in settings.people].count(True) == 2
    for place, failure in enumerate(known):
        run.results.records.note(Record(START_TO_READY, f"user-{place}", began + place, 1.0, 0.0, failure))
    info = RunInfo("k3x9qa", "http://127.0.0.1:9", began)
    recorder = Recorder(run, Environment(), info, "", lambda: UserCounts(pending=pending), aloud=False)
    assert recorder.has_missed_step() is missed


def test_a_full_disk_is_said_once_and_does_not_take_the_run_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunFolder, "flush", full)
    settings = settings_for("http://127.0.0.1:9/hub/api", Access("a-token"))
    run = Run(type(settings)(**{**vars(settings), "runs_folder": str(tmp_path)}), 0)
    recorder = Recorder(run, Environment(), RunInfo("k3x9qa", "http://127.0.0.1:9", 0.0), "", UserCounts, aloud=False)
    recorder.start()
    recorder.note_doors_open()
    assert recorder.finish().answer == "no targets"
    assert caplog.text.count("No space left on device") == 1
    assert recorder.page(0.0)["run"]["state"] == "stopped"
