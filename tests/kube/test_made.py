"""How the things of a run are made, and what is said of those that may be left."""

import json
from pathlib import Path

import pytest

from hubusers.kube.kubectl import Kubectl, NotAllowed
from hubusers.kube.made import Made
from hubusers.kube.manifests import Manifest
from tests.kube.test_kubectl import fake

JOB: Manifest = {"kind": "Job", "metadata": {"name": "run"}, "spec": {"backoffLimit": 0}}
FILES: Manifest = {"kind": "ConfigMap", "metadata": {"name": "run-files-1"}}


def made(tmp_path: Path, get: str = "exit 1") -> Made:
    """Return a Made whose kubectl notes what it was asked for."""
    script = f"""
        shift 2  # namespace and timeout
        echo "$1 $2" >> {tmp_path}/asked
        case "$1" in
            create) tee -a {tmp_path}/made | sed 's/"name": "run"/&, "uid": "7"/' ;;
            get) {get} ;;
        esac
    """
    return Made(Kubectl("jhub", program=fake(tmp_path, script)), "run")


def test_no_pod_comes_before_what_it_mounts(tmp_path: Path) -> None:
    made(tmp_path).make([FILES, JOB])
    job, files = map(json.loads, (tmp_path / "made").read_text(encoding="utf-8").replace("}{", "}\n{").splitlines())
    assert job["spec"] == {"backoffLimit": 0, "suspend": True}
    assert files["metadata"]["ownerReferences"][0]["uid"] == "7"
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked == ["create --filename=-", "create --filename=-", "patch job/run"]


def test_a_job_that_needs_nothing_begins_at_once(tmp_path: Path) -> None:
    made(tmp_path).make([JOB])
    assert json.loads((tmp_path / "made").read_text(encoding="utf-8")) == JOB


def test_pods_that_cannot_be_looked_at_are_said_to_be_left_and_not_their_job(tmp_path: Path) -> None:
    run = made(tmp_path, "echo 'Error from server (Forbidden): pods is forbidden' >&2; exit 1")
    run.make([JOB])
    assert "Left in the cluster (why): job/run." in run.how_to_delete("why")
    with pytest.raises(NotAllowed):
        run.delete(1.0)
    said = run.how_to_delete("why")
    assert "The run's Job is deleted, but its pods may be left in the cluster (why)" in said
    assert "delete pods --selector=app.kubernetes.io/instance=run" in said
