"""What kubectl tells beside the cluster's objects: its clock, and whether the run's own pods met their CPU limit."""

import time
from email.utils import formatdate
from pathlib import Path

import pytest

from hubusers.kube import cpu_limits
from hubusers.kube.cluster_clock import ahead
from hubusers.kube.cpu_limits import CpuLimits
from hubusers.kube.kubectl import Kubectl
from hubusers.kube.pods_seen import OwnPod
from tests.waiting import wait_until

OLD = "I1126 08:00:00.123456    4711 round_trippers.go:580]     Date: {date}"
NEW = "\tDate: {date}"


def kubectl(folder: Path, script: str) -> Kubectl:
    """Return a kubectl that does what a script says."""
    program = folder / "kubectl"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return Kubectl(program=str(program))


@pytest.mark.parametrize("line", [OLD, NEW])
def test_the_cluster_may_have_another_clock(tmp_path: Path, line: str) -> None:
    date = formatdate(time.time() + 300, usegmt=True)
    found = ahead(kubectl(tmp_path, f"echo '{line.format(date=date)}' >&2; echo '{{}}'"))
    assert found is not None
    assert 280 < found < 301


@pytest.mark.parametrize("script", ["exit 1", "echo 'Date: now' >&2", ":"])
def test_a_cluster_that_does_not_tell_its_time(tmp_path: Path, script: str) -> None:
    assert ahead(kubectl(tmp_path, script)) is None


def throttled(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> CpuLimits:
    monkeypatch.setattr(cpu_limits, "_EVERY", 0.01)
    asked = folder / "asked"
    looks = CpuLimits(
        kubectl(folder, f'echo "$@" >> {asked}; {script}'), lambda: [OwnPod("hubusers-x", "hubusers", "1")]
    )
    looks.start()
    # When the second look begins, the first one has been read.
    wait_until(lambda: asked.exists() and asked.read_text(encoding="utf-8").count("\n") > 1)
    looks.stop()
    assert "exec hubusers-x --container=hubusers -- sh -c" in asked.read_text(encoding="utf-8")
    return looks


def test_a_pod_that_met_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "printf 'usage_usec 9\\nnr_periods 200\\nnr_throttled 50\\nthrottled_usec 1500000\\n'"
    [found] = throttled(tmp_path, monkeypatch, script).throttled()
    assert (found.pod, found.cpu_limit, found.seconds, found.share) == ("hubusers-x", "1", 1.5, 0.25)


def test_the_older_kernel_interface(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "printf 'nr_periods 200\\nnr_throttled 50\\nthrottled_time 2500000000\\n'"
    [found] = throttled(tmp_path, monkeypatch, script).throttled()
    assert found.seconds == 2.5


@pytest.mark.parametrize("script", ["printf 'usage_usec 9\\n'", "printf 'nr_periods 9\\nnr_throttled 0\\n'", "exit 1"])
def test_pods_without_a_limit_or_that_nobody_may_look_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    assert throttled(tmp_path, monkeypatch, script).throttled() == []
