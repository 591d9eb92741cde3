"""The machines of the cluster, and the scheduler that gives each pod one of them."""

import copy
import re
from collections import Counter

from tests.kube.events import say
from tests.kube.resources import BY_PLURAL, Object
from tests.kube.store import Store, now

_UNITS = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def quantity(written: object) -> float:
    """Return a quantity as a number: `500m` is 0.5, `1Gi` 1073741824 bytes."""
    found = re.fullmatch(r"([\d.]+)([a-zA-Z]*)", str(written))
    assert found, written
    return float(found[1]) * _UNITS[found[2]]


def add_node(
    store: Store,
    name: str,
    cpu: str = "8",
    memory: str = "32Gi",
    pods: int = 110,
    labels: dict[str, str] | None = None,
) -> None:
    """Add a node that is ready, with room for so much."""
    capacity = {"cpu": cpu, "memory": memory, "pods": str(pods), "ephemeral-storage": "100Gi"}
    given: Object = {
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}},
        "spec": {},
        "status": {
            "capacity": capacity,
            "allocatable": capacity,
            "conditions": [_ready("True", "KubeletReady", "kubelet is posting ready status")],
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": name}],
            "nodeInfo": _INFO,
        },
    }
    given["metadata"]["labels"] |= labels or {}
    store.create(BY_PLURAL["nodes"], "", given)


_INFO = {
    "architecture": "amd64",
    "bootID": "1",
    "containerRuntimeVersion": "containerd://2.1.0",
    "kernelVersion": "6.12.0",
    "kubeProxyVersion": "v1.37.1",
    "kubeletVersion": "v1.37.1",
    "machineID": "1",
    "operatingSystem": "linux",
    "osImage": "Debian GNU/Linux 13 (trixie)",
    "systemUUID": "1",
}


def _ready(status: str, reason: str, message: str) -> Object:
    times = {"lastHeartbeatTime": now(), "lastTransitionTime": now()}
    return {"type": "Ready", "status": status, "reason": reason, "message": message} | times


def lose_node(store: Store, name: str) -> None:
    """Say what the node controller says of a node that has stopped answering."""
    node = copy.deepcopy(store.get("nodes", "", name))
    node["status"]["conditions"] = [_ready("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")]
    node["spec"]["taints"] = [{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "timeAdded": now()}]
    store.update(node)
    for pod in store.all("pods"):
        if pod["spec"].get("nodeName") == name and pod["status"]["phase"] == "Running":
            changed = copy.deepcopy(pod)
            for condition in changed["status"]["conditions"]:
                if condition["type"] == "Ready":
                    condition |= {"status": "False", "lastTransitionTime": now()}
            store.update(changed)
            say(store, changed, "NodeNotReady", "Node is not ready", "Warning", "node-controller")


def find_node(store: Store, name: str) -> None:
    """Say that a lost node answers again."""
    node = copy.deepcopy(store.get("nodes", "", name))
    node["status"]["conditions"] = [_ready("True", "KubeletReady", "kubelet is posting ready status")]
    del node["spec"]["taints"]
    store.update(node)


async def schedule(store: Store) -> None:
    """Give each new pod a node, for as long as the cluster lives."""
    while True:
        seen = store.ticks
        for pod in store.all("pods"):
            if not pod["spec"].get("nodeName") and not pod["metadata"].get("deletionTimestamp"):
                _place(store, pod)
        await store.changed(seen)


def _place(store: Store, pod: Object) -> None:
    nodes = store.all("nodes")
    obstacles: Counter[str] = Counter()
    for node in nodes:
        obstacle = _obstacle(store, pod, node)
        if obstacle:
            obstacles[obstacle] += 1
            continue
        name, metadata = node["metadata"]["name"], pod["metadata"]
        placed = copy.deepcopy(pod)
        placed["spec"]["nodeName"] = name
        placed["status"] |= {"conditions": [scheduled("True")]}
        store.update(placed)
        message = f"Successfully assigned {metadata['namespace']}/{metadata['name']} to {name}"
        say(store, placed, "Scheduled", message, by="default-scheduler")
        return
    why = ", ".join(f"{count} {obstacle}" for obstacle, count in sorted(obstacles.items()))
    message = f"0/{len(nodes)} nodes are available: {why}." if nodes else "no nodes available to schedule pods"
    waiting = copy.deepcopy(pod)
    waiting["status"]["conditions"] = [scheduled("False", "Unschedulable", message)]
    before = pod["status"].get("conditions", [{}])[0]
    if before.get("message") != message:
        store.update(waiting)
        say(store, waiting, "FailedScheduling", message, "Warning", "default-scheduler")


def scheduled(status: str, reason: str = "", message: str = "") -> Object:
    """Return the condition that a pod has, or has not, a node."""
    condition = {"type": "PodScheduled", "status": status, "lastProbeTime": None, "lastTransitionTime": now()}
    return condition | ({"reason": reason, "message": message} if reason else {})


def _obstacle(store: Store, pod: Object, node: Object) -> str:
    """Return why a pod cannot run on a node, in the scheduler's words, or nothing."""
    spec = node["spec"]
    if spec.get("unschedulable"):
        return "node(s) were unschedulable"
    tolerated = {toleration.get("key") for toleration in pod["spec"].get("tolerations", [])}
    for taint in spec.get("taints", []):
        if taint["effect"] != "PreferNoSchedule" and not {taint["key"], None} & tolerated:
            return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
    labels = node["metadata"]["labels"]
    if any(labels.get(key) != value for key, value in (pod["spec"].get("nodeSelector") or {}).items()):
        return "node(s) didn't match Pod's node affinity/selector"
    here = [other for other in store.all("pods") if other["spec"].get("nodeName") == node["metadata"]["name"]]
    here = [other for other in here if other["status"]["phase"] not in ("Succeeded", "Failed")]
    room = node["status"]["allocatable"]
    if len(here) >= int(room["pods"]):
        return "Too many pods"
    for what in ("cpu", "memory"):
        if sum(_requested(one, what) for one in [*here, pod]) > quantity(room[what]):
            return f"Insufficient {what}"
    return ""


def _requested(pod: Object, what: str) -> float:
    total = 0.0
    for container in pod["spec"]["containers"]:
        given = container.get("resources") or {}
        total += quantity((given.get("requests") or {}).get(what) or (given.get("limits") or {}).get(what) or 0)
    return total
