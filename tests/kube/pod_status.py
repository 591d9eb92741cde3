"""The status of a pod: what its containers are at, as the kubelet writes it."""

import copy
from typing import Any

from tests.kube.nodes import scheduled
from tests.kube.resources import Object
from tests.kube.store import now


class PodStatus:
    """What the kubelet knows of a pod and its containers."""

    def __init__(self, spec: Object, address: str) -> None:
        self.spec, self.address, self.since = spec, address, now()
        self.initialized = not spec.get("initContainers")
        self.failed = False
        self.reason = self.message = ""
        self._containers: dict[str, Object] = {}
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            later = container in spec["containers"] and not self.initialized
            self._containers[container["name"]] = {
                "name": container["name"],
                "image": container["image"],
                "imageID": "",
                "ready": False,
                "started": False,
                "restartCount": 0,
                "state": {"waiting": {"reason": "PodInitializing" if later else "ContainerCreating"}},
                "lastState": {},
            }

    def waits(self, name: str, reason: str, message: str = "") -> None:
        waiting = {"reason": reason} | ({"message": message} if message else {})
        self._set(name, {"waiting": waiting})

    def runs(self, name: str) -> None:
        self._set(name, {"running": {"startedAt": now()}}, ready=True)
        self._containers[name] |= {"containerID": f"containerd://{name}", "imageID": f"sha256:{name}"}

    def ended(self, name: str, code: int, killed_for: str = "") -> None:
        """Say how a container ended, by its exit code."""
        since = self._containers[name]["state"].get("running", {}).get("startedAt", now())
        reason = killed_for or ("Completed" if code == 0 else "Error")
        self._terminated(name, {"exitCode": code, "reason": reason, "startedAt": since})

    def cannot_start(self, name: str, message: str) -> None:
        self._terminated(name, {"exitCode": 128, "reason": "StartError", "message": message, "startedAt": now()})

    def _terminated(self, name: str, how: Object) -> None:
        container_id = self._containers[name].get("containerID", f"containerd://{name}")
        self._set(name, {"terminated": how | {"finishedAt": now(), "containerID": container_id}})

    def backs_off(self, name: str) -> None:
        """Say that an ended container waits before it is started again."""
        last = self._containers[name]["state"]
        self.waits(name, "CrashLoopBackOff", f"back-off 10s restarting failed container={name}")
        self._containers[name]["lastState"] = last

    def restarts(self, name: str) -> None:
        self._containers[name]["restartCount"] += 1

    def _set(self, name: str, state: Object, ready: bool = False) -> None:
        self._containers[name] |= {"state": state, "ready": ready, "started": ready}

    def exit_code(self, name: str) -> int | None:
        """Return the exit code of a container that has ended."""
        terminated = self._containers[name]["state"].get("terminated")
        return terminated["exitCode"] if terminated else None

    def _of(self, which: str) -> list[Object]:
        return [self._containers[container["name"]] for container in self.spec.get(which) or []]

    @property
    def phase(self) -> str:
        codes = [self.exit_code(container["name"]) for container in self.spec["containers"]]
        if self.reason or self.failed:
            return "Failed"
        if None not in codes:
            return "Failed" if any(codes) else "Succeeded"
        begun = any("waiting" not in state["state"] or state["lastState"] for state in self._of("containers"))
        return "Running" if begun else "Pending"

    def on(self, pod: Object) -> Object:
        """Return a pod with this status."""
        changed = copy.deepcopy(pod)
        phase = self.phase
        ready = phase == "Running" and all(state["ready"] for state in self._of("containers"))
        status: dict[str, Any] = changed["status"]
        before = {condition["type"]: condition for condition in status.get("conditions", [])}
        why_not = "PodCompleted" if phase in ("Succeeded", "Failed") else "ContainersNotReady"
        conditions = [before.get("PodScheduled") or scheduled("True")]
        for kind, holds in (("Initialized", self.initialized), ("ContainersReady", ready), ("Ready", ready)):
            condition = {"type": kind, "status": str(holds), "lastProbeTime": None, "lastTransitionTime": now()}
            condition |= {} if holds else {"reason": why_not}
            same = kind in before and before[kind]["status"] == condition["status"]
            conditions.append(before[kind] if same else condition)
        if self.reason:
            target = {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet"}
            conditions.append(target | {"message": self.message, "lastTransitionTime": now(), "lastProbeTime": None})
        status |= {
            "phase": phase,
            "conditions": conditions,
            "hostIP": "127.0.0.1",
            "podIP": self.address,
            "podIPs": [{"ip": self.address}],
            "startTime": self.since,
            "containerStatuses": copy.deepcopy(self._of("containers")),
        }
        if self.spec.get("initContainers"):
            status["initContainerStatuses"] = copy.deepcopy(self._of("initContainers"))
        if self.reason:
            status |= {"reason": self.reason, "message": self.message}
        return changed
