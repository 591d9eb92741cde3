"""A run's folder comes home whole, or not at all."""

import os
import resource
from pathlib import Path

import pytest

from hubusers.kube.folder_home import FolderHome
from hubusers.kube.kubectl import ClusterAway, Kubectl, KubectlError, NotThere
from hubusers.kube.manifests import RUNS_FOLDER
from tests.kube.test_kubectl import fake

NAME = "2026-11-26-090000Z-k3x9qa"


@pytest.fixture
def in_pod(tmp_path: Path) -> Path:
    """Return what the pod has as its folder of runs, with one run."""
    run = tmp_path / "pod" / NAME
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}", encoding="utf-8")
    (run / "steps.csv").write_text("step\n" * 10_000, encoding="utf-8")
    (run.parent / "begun-but-empty").mkdir()
    (run.parent / ".fetched").touch()
    return run.parent


def home(tmp_path: Path, in_pod: Path, then: str = "") -> FolderHome:
    """Return a home whose kubectl runs commands with the pod's folder, and does something with what they print."""
    script = (
        f'while [ "$1" != sh ]; do shift; done; script=$(echo "$3" | sed "s#{RUNS_FOLDER}#{in_pod}#"); '
        f'{{ sh -c "$script"; }} {then}'
    )
    return FolderHome(Kubectl(program=fake(tmp_path, script)), "a-pod", tmp_path / "runs")


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_each_copy_replaces_the_one_before(tmp_path: Path, in_pod: Path) -> None:
    fetched = home(tmp_path, in_pod)
    fetched.fetch()
    assert fetched.runs == [tmp_path / "runs" / NAME]
    assert everything_in(tmp_path / "runs") == [NAME, f"{NAME}/run.json", f"{NAME}/steps.csv"]
    (in_pod / NAME / "report.html").write_text("It holds", encoding="utf-8")
    (in_pod / NAME / "steps.csv").unlink()
    fetched.fetch()
    assert everything_in(tmp_path / "runs") == [NAME, f"{NAME}/report.html", f"{NAME}/run.json"]
    assert len(fetched.runs) == 1


@pytest.mark.parametrize(
    ("then", "kind"),
    [
        ("| head -c 60", ClusterAway),  # the connection broke off, and kubectl did not notice
        ("| head -c 0", ClusterAway),
        ("| head -c 60; echo 'error dialing backend: EOF' >&2; exit 1", ClusterAway),
        ("; echo 'Error from server (NotFound): pods \"a-pod\" not found' >&2; exit 1", NotThere),
        ("; echo 'error: container not found (\"results\")' >&2; exit 1", KubectlError),
    ],
)
def test_half_a_copy_leaves_the_one_before(tmp_path: Path, in_pod: Path, then: str, kind: type[KubectlError]) -> None:
    home(tmp_path, in_pod).fetch()
    (in_pod / NAME / "steps.csv").write_text("less", encoding="utf-8")
    with pytest.raises(kind):
        home(tmp_path, in_pod, then).fetch()
    assert everything_in(tmp_path / "runs") == [NAME, f"{NAME}/run.json", f"{NAME}/steps.csv"]
    assert (tmp_path / "runs" / NAME / "steps.csv").stat().st_size == 50_000


def test_nothing_leaves_the_folder_of_runs(tmp_path: Path, in_pod: Path) -> None:
    (in_pod / NAME / "link").symlink_to("/etc/passwd")
    with pytest.raises(KubectlError, match="has not arrived whole"):
        home(tmp_path, in_pod).fetch()
    assert everything_in(tmp_path / "runs") == []


def test_a_full_disk_is_told_as_one(tmp_path: Path, in_pod: Path) -> None:
    (in_pod / NAME / "steps.csv").write_bytes(os.urandom(200_000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            home(tmp_path, in_pod).fetch()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert everything_in(tmp_path / "runs") == []
