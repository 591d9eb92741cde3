"""Objects of Kubernetes' API as a cluster with a hub has them: pods, nodes, and events of each reporter."""

from datetime import UTC, datetime
from typing import Any

_POOL = "cloud.google.com/gke-nodepool"

_CONTAINERS = {"hub": "hub", "proxy": "chp", "autohttps": "traefik", "run": "hubusers"}

BEGAN = 1_795_680_000.0
"""Seconds since the epoch."""


def timestamp(seconds: float, *, micro: bool = False) -> str:
    """Return a moment, in seconds after BEGAN, as Kubernetes writes it; newer reporters write microseconds."""
    moment = datetime.fromtimestamp(BEGAN + seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}" if micro else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def event(
    reason: str,
    message: str,
    pod: str = "jupyter-ann",
    *,
    at: float = 10.0,
    until: float | None = None,
    count: int = 1,
    kind: str = "Warning",
    component: str = "kubelet",
    node: str = "",
    uid: str = "",
    about: str = "Pod",
    container: str = "",
) -> dict[str, Any]:
    """Return an event as older reporters (client-go's recorder of core/v1) write it."""
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{pod}.{abs(hash((reason, message))):x}",
            "namespace": "jhub",
            "uid": uid or f"{pod}-{reason}-{message}",
            "resourceVersion": "7",
            "creationTimestamp": timestamp(at),
        },
        "involvedObject": {
            "apiVersion": "v1",
            "kind": about,
            "namespace": "jhub",
            "name": pod,
            "uid": f"uid-{pod}",
            **({"fieldPath": f"spec.containers{{{container}}}"} if container else {}),
        },
        "reason": reason,
        "message": message,
        "source": {"component": component, **({"host": node} if node else {})},
        "firstTimestamp": timestamp(at),
        "lastTimestamp": timestamp(at if until is None else until),
        "count": count,
        "type": kind,
        "eventTime": None,
        "reportingComponent": component,
        "reportingInstance": node,
    }


def newer_event(
    reason: str, message: str, pod: str = "jupyter-ann", *, at: float = 10.0, until: float | None = None, count: int = 1
) -> dict[str, Any]:
    """Return an event as newer reporters (events.k8s.io/v1, as the scheduler) write it, as core/v1 shows it."""
    made = event(reason, message, pod, at=at, component="default-scheduler")
    series = {} if count == 1 else {"series": {"count": count, "lastObservedTime": timestamp(until or at, micro=True)}}
    return {
        **made,
        **series,
        "firstTimestamp": None,
        "lastTimestamp": None,
        "count": None,
        "source": {},
        "action": "Scheduling",
        "eventTime": timestamp(at, micro=True),
        "reportingInstance": "default-scheduler-kube-scheduler-0",
    }


def pod(
    name: str = "jupyter-ann",
    component: str = "singleuser-server",
    *,
    created: float = 5.0,
    node: str = "",
    placed: float | None = None,
    username: str = "",
    container: str = "",
    phase: str = "Pending",
    labels: dict[str, str] | None = None,
    limits: dict[str, str] | None = None,
    **status: Any,
) -> dict[str, Any]:
    """Return a pod as KubeSpawner, or the Zero to JupyterHub chart, makes it.

    Args:
        status: What its status has beside phase and conditions.
    """
    is_placed = bool(node)
    conditions = [
        {
            "type": "PodScheduled",
            "status": "True" if is_placed else "False",
            "lastTransitionTime": timestamp(created if placed is None else placed),
            **({} if is_placed else {"reason": "Unschedulable", "message": "0/1 nodes are available"}),
        },
        *status.pop("conditions", []),
    ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "jhub",
            "uid": f"uid-{name}",
            "creationTimestamp": timestamp(created),
            "labels": {"app": "jupyterhub", "component": component, **(labels or {})},
            "annotations": {"hub.jupyter.org/username": username} if username else {},
        },
        "spec": {
            "containers": [
                {
                    "name": container or _CONTAINERS.get(component, "notebook"),
                    "image": "quay.io/jupyter/base-notebook:2026-11-01",
                    "resources": {"limits": limits or {}},
                }
            ],
            **({"nodeName": node} if node else {}),
        },
        "status": {"phase": phase, "conditions": conditions, **status},
    }


def ended(
    container: str, reason: str, exit_code: int, at: float, *, restarts: int = 1, now: str = "running"
) -> dict[str, Any]:
    """Return the status of a container that ended, and began anew."""
    end = {
        "reason": reason,
        "exitCode": exit_code,
        "startedAt": timestamp(at - 100),
        "finishedAt": timestamp(at),
        "containerID": "containerd://6a7b",
    }
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}}
    states = {"running": {"running": {"startedAt": timestamp(at + 1)}}, "waiting": waiting}
    return {
        "name": container,
        "image": "quay.io/jupyter/base-notebook:2026-11-01",
        "imageID": "sha256:0a1b",
        "ready": now == "running",
        "restartCount": restarts,
        "state": states.get(now, {"terminated": end}),
        "lastState": {"terminated": end} if now in states else {},
    }


def node(name: str, *, created: float = -9000.0, ready: float | None = None, pool: str = "") -> dict[str, Any]:
    """Return a node; one that is not ready yet where it is not said since when."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "creationTimestamp": timestamp(created),
            "labels": {"node.kubernetes.io/instance-type": "n2-highmem-8", **({_POOL: pool} if pool else {})},
        },
        "spec": {},
        "status": {
            "conditions": [
                {
                    "type": "Ready",
                    "status": "False" if ready is None else "True",
                    "reason": "KubeletReady",
                    "lastHeartbeatTime": timestamp(ready or created),
                    "lastTransitionTime": timestamp(ready or created),
                }
            ]
        },
    }
