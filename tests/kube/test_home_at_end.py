"""The folder of a run at its end: what is not tried for long, and what stays in the pod."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from hubusers.kube.folder_home import FolderHome
from hubusers.kube.home_at_end import LastFetch, bring_home, how_to_fetch
from hubusers.kube.interrupts import Interrupts
from hubusers.kube.kubectl import ClusterAway, Kubectl, KubectlError, NotAllowed
from hubusers.kube.made import Made
from hubusers.kube.patience import Patience
from hubusers.kube.pod import Model, Pod
from tests.kube.test_kubectl import fake

REFUSED = NotAllowed("You may not do this in the cluster: pods/exec is forbidden.")
AWAY = ClusterAway("The run's folder has not arrived whole: the connection broke off.")
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def pod(*, running: bool = True, deleted: bool = False) -> Pod:
    state: Model = {"running": {}} if running else {"terminated": {"exitCode": 0}}
    status = {"containerStatuses": [{"name": "results", "state": state}]}
    return Pod({"metadata": {"name": "a-pod", **({"deletionTimestamp": "now"} if deleted else {})}, "status": status})


class Clock(Interrupts):
    """Waits without taking time."""

    now = 0.0

    def wait(self, seconds: float) -> None:
        self.now += seconds


class Fails:
    """A folder that does not come home."""

    def __init__(self, error: Exception, then: Callable[[], None] = lambda: None) -> None:
        self.error, self.then, self.tries = error, then, 0

    def fetch(self, go_on: Callable[[], bool]) -> None:
        self.tries += 1
        self.then()
        go_on()
        raise self.error


class Seen:
    def __init__(self, *pods: Pod) -> None:
        self._pods = list(pods)

    def pods(self) -> list[Pod]:
        return self._pods


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("hubusers.kube.home_at_end.time.monotonic", lambda: clock.now)
    return clock


def bring(fails: Fails, seen: Seen, clock: Clock) -> LastFetch:
    return bring_home(cast(FolderHome, fails), pod(), cast(Made, seen), Patience(clock))


@pytest.mark.parametrize(
    ("error", "seconds", "words"),
    [
        (FULL, 0, "it cannot be written on this machine: No space left on device"),
        (REFUSED, 15, "You may not do this in the cluster: pods/exec is forbidden"),
        (AWAY, 600, "The run's folder has not arrived whole: the connection broke off"),
    ],
)
def test_what_does_not_come_home_stays_in_its_pod(error: Exception, seconds: float, words: str, clock: Clock) -> None:
    assert bring(Fails(error), Seen(pod()), clock) == LastFetch(words, stays_in_pod=True)
    assert seconds <= clock.now < seconds + 3


@pytest.mark.parametrize("seen", [Seen(), Seen(pod(running=False))])
def test_what_is_gone_with_its_pod_is_not_waited_for(seen: Seen, clock: Clock) -> None:
    assert bring(Fails(AWAY), seen, clock) == LastFetch(str(AWAY).rstrip("."))
    assert clock.now == 0


def test_a_pod_that_is_being_deleted_does_not_keep_it(clock: Clock) -> None:
    assert not bring(Fails(FULL), Seen(pod(deleted=True)), clock).stays_in_pod


def test_the_first_interrupt_says_what_a_second_one_does(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    def interrupt() -> None:
        clock.count += 1

    fails = Fails(AWAY, interrupt)
    assert bring(fails, Seen(pod()), clock) == LastFetch("you gave up", stays_in_pod=True)
    assert fails.tries == 2
    assert "Ctrl-C once more gives that up, and leaves it in its pod" in caplog.text


def test_both_commands_are_said(tmp_path: Path) -> None:
    kubectl = Kubectl("jhub", program=fake(tmp_path, "exit 1"))
    made = Made(kubectl, "hubusers-k3x9qa")
    with pytest.raises(KubectlError):
        made.make([{"kind": "Job", "metadata": {"name": "hubusers-k3x9qa"}}])
    said = how_to_fetch(kubectl, "hubusers-k3x9qa-b2c3d", 3600, made)
    assert "for 60 minutes" in said
    assert "kubectl --namespace=jhub cp --container=results hubusers-k3x9qa-b2c3d:/hubusers/runs runs" in said
    assert "kubectl --namespace=jhub delete job/hubusers-k3x9qa --ignore-not-found" in said
