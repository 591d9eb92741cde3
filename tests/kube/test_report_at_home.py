"""What is said of a run whose folder has come home, with what its cluster said."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from hubusers.kube import report_at_home
from hubusers.kube.report_at_home import add_cluster
from hubusers.results.cluster import Cluster, Restart, read_cluster
from hubusers.results.folder import RunFolder, read_run
from hubusers.results.run_info import RunInfo
from tests.report.made_up_run import BEGAN
from tests.report.runs import start

QUIET = Cluster(BEGAN, BEGAN + 60, nodes=[])
KILLED = replace(QUIET, restarts=[Restart("hub", "hub-1", "hub", BEGAN + 20, "OOMKilled", 137, 1, "1Gi")])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(report_at_home, "write_report", lambda *_: None)  # which has tests of its own
    made = RunFolder(tmp_path / "run")
    record = start(1, 1.0)
    made.write_steps([tuple(getattr(record, name) for name in type(record).__dataclass_fields__)])
    made.write_info(RunInfo(run_id="k3x9qa", hub="http://hub:8081", began=BEGAN, ended=BEGAN + 60))
    made.close()
    return made.path


def test_a_hub_that_was_killed_is_said_after_the_answer_of_the_pod(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    add_cluster(folder, KILLED)
    assert read_cluster(folder) == KILLED
    (said,) = (record.message for record in caplog.records)
    assert said.startswith(
        "With what the cluster said: No step failed, and nobody had to wait too long, but the hub was"
    )
    assert "Kubernetes killed it because it used more memory than its limit of 1Gi" in said


def test_a_cluster_that_tells_no_more_is_not_spoken_of(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    add_cluster(folder, QUIET)
    assert [record.message for record in caplog.records] == []
    assert read_run(folder).cluster == QUIET
