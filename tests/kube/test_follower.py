"""A cluster that refuses: it is asked again for some seconds; a run that cannot be told to end is deleted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hubusers.kube.follower import Follower
from hubusers.kube.interrupts import Interrupts
from hubusers.kube.kubectl import Kubectl, NotAllowed
from hubusers.kube.made import Made
from hubusers.kube.patience import Patience
from hubusers.kube.pod import Model, Pod
from tests.kube.test_kubectl import fake

REFUSED = NotAllowed("You may not do this in the cluster: pods is forbidden.")


class Clock(Interrupts):
    """Waits without taking time."""

    now = 0.0

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in ("patience", "follower"):
        monkeypatch.setattr(f"hubusers.kube.{module}.time.monotonic", lambda: clock.now)
    return clock


def refused_until(second: float, clock: Clock) -> Callable[[], str]:
    def question() -> str:
        if clock.now < second:
            raise REFUSED
        return "an answer"

    return question


def test_a_refusal_is_believed_when_it_was_repeated(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    assert Patience(clock).ask(refused_until(10, clock)) == "an answer"
    assert "It is tried again for 15 s." in caplog.text
    with pytest.raises(NotAllowed):
        Patience(clock).ask(refused_until(100, clock))
    assert 25 <= clock.now < 28


@pytest.mark.parametrize(
    ("says", "is_deleted"),
    [
        ("Error from server (Forbidden): pods/exec is forbidden", True),
        ("Error from server: admission webhook no-exec denied the request", True),
        ("command terminated with exit code 1", False),  # the run does not listen yet
        ("", True),  # it was told, and does not end
    ],
)
def test_a_run_that_cannot_be_told_to_end_ends_with_its_job(
    says: str, is_deleted: bool, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.count = 1
    script = (
        f'echo "$2 $3" >> {tmp_path}/asked; [ "$2" = delete ] || [ -z "{says}" ] || {{ echo "{says}" >&2; exit 1; }}'
    )
    kubectl = Kubectl(program=fake(tmp_path, script))

    class Seen(Made):
        def pods(self) -> list[Pod]:
            """Return its pod, which ends after a minute."""
            state: Model = {"terminated": {"exitCode": 4}} if clock.now > 60 else {"running": {}}
            deleted = {"deletionTimestamp": "now"} if "delete job/run" in (tmp_path / "asked").read_text() else {}
            status = {"containerStatuses": [{"name": "hubusers", "state": state}]}
            return [Pod({"metadata": {"name": "a-pod", **deleted}, "status": status})]

    (tmp_path / "asked").touch()
    made = Seen(kubectl, "run")
    Follower(kubectl, made, Patience(clock), None, 30.0).until_it_ends(made.pods()[0])
    assert ("delete job/run" in (tmp_path / "asked").read_text()) == is_deleted
    assert ("The run is told to end by the deletion of its pod" in caplog.text) == is_deleted
    assert "Somebody" not in caplog.text
