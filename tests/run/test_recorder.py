"""What becomes of a run whose folder cannot be written any more."""

from locust.env import Environment

from pathlib import Path

import pytest

from hubusers.results.folder import RunFolder, RunInfo
from hubusers.run.access import Access
from hubusers.run.headcount import Headcount
from hubusers.run.recorder import Recorder
from hubusers.run.run import Run
from tests.run.settings import settings_for


def test_a_full_disk_is_said_once_and_does_not_take_the_run_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunFolder, "flush", full)
    settings = settings_for("http://127.0.0.1:9/hub/api", Access("a-token"))
    run = Run(type(settings)(**{**vars(settings), "runs_folder": str(tmp_path)}), 0)
    recorder = Recorder(run, Environment(), RunInfo("k3x9qa", "http://127.0.0.1:9", 0.0), "", Headcount, aloud=False)
    recorder.start()
    recorder.note_doors_open()
    assert recorder.finish().answer == "no targets"
    assert caplog.text.count("No space left on device") == 1
    assert recorder.page(0.0)["run"]["state"] == "stopped"
