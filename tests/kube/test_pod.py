"""What the cluster says of a pod: why it waits, how it ended, what takes it away."""

from typing import Any

import pytest

from hubusers.kube.pod import Pod


def pod(state: dict[str, Any] | None = None, **status: Any) -> Pod:
    """Return a pod whose container `hubusers` is in this state."""
    node = {} if status.pop("no_node", False) else {"nodeName": "node-1"}
    deleted = {"deletionTimestamp": "2026-11-26T09:00:00Z"} if status.pop("deleted", False) else {}
    container = {"name": "hubusers", "image": "hubusers:9", "resources": {"limits": {"memory": "1Gi"}}}
    statuses = [{"name": "hubusers", "state": state}] if state else []
    return Pod(
        {
            "metadata": {"name": "hubusers-k3x9qa-7", **deleted},
            "spec": {**node, "containers": [container]},
            "status": {"containerStatuses": statuses, **status},
        }
    )


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


SILENT = [{"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "True"}]
UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available: 3 Insufficient cpu."}


@pytest.mark.parametrize(
    ("of", "words", "is_final"),
    [
        (pod(no_node=True, conditions=[UNSCHEDULABLE]), "no node has room for it (0/3 nodes", False),
        (pod(no_node=True), "not given it a node yet", False),
        (pod(waiting("ContainerCreating")), "its node node-1 pulls the image and prepares the rest (no volume)", False),
        (pod(waiting("ErrImagePull", "timeout")), "pulls the image", False),  # it is tried again
        (pod(waiting("ImagePullBackOff", 'Back-off "x:9"')), 'hubusers:9 cannot be pulled (Back-off "x:9")', True),
        (pod(waiting("InvalidImageName")), "cannot be pulled (InvalidImageName)", True),
        (pod(waiting("CreateContainerConfigError", 'secret "hub" not found')), 'secret "hub" not found', True),
    ],
)
def test_why_it_waits(of: Pod, words: str, is_final: bool) -> None:
    found = of.waiting("hubusers", ["no node", "no volume"])
    assert words in found.reason
    assert found.is_final is is_final
    assert bool(found.remedy) is is_final
    assert not of.has_begun("hubusers")


@pytest.mark.parametrize(
    ("state", "code", "was_killed"),
    [
        ({"terminated": {"exitCode": 4, "reason": "Error"}}, 4, False),
        ({"terminated": {"exitCode": 0, "reason": "Completed"}}, 0, False),
        ({"terminated": {"exitCode": 137, "reason": "OOMKilled"}}, 137, True),
        ({"terminated": {"exitCode": 137, "reason": "Error"}}, 137, True),
        ({"terminated": {"exitCode": 143, "reason": "Error"}}, 143, False),
    ],
)
def test_how_its_run_ended(state: dict[str, Any], code: int, was_killed: bool) -> None:
    ended = pod(state).exit("hubusers")
    assert ended
    assert (ended.code, ended.was_killed) == (code, was_killed)
    assert pod(state).has_begun("hubusers")
    assert not pod({"running": {}}).exit("hubusers")


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (pod({"running": {}}), ""),
        (
            pod(reason="Evicted", phase="Failed", message="The node was low on memory."),
            "evicted the run's pod: The node",
        ),
        (pod({"running": {}}, deleted=True), "Somebody, or something, deletes"),
        (pod(phase="Unknown"), "The node node-1, on which the run's pod is, does not answer."),
        (pod({"running": {}}, conditions=SILENT), "The node node-1, on which the run's pod is, does not answer."),
        (
            pod(
                {"running": {}},
                deleted=True,
                conditions=[{"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}],
            ),
            "for a pod of a higher priority",
        ),
    ],
)
def test_what_takes_it_away(of: Pod, words: str) -> None:
    assert words in of.taken_away()
    assert bool(of.taken_away()) is bool(words)
