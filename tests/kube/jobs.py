"""The Job controller: makes the pods of Jobs, counts how they end, and removes what is over."""

import asyncio
import copy
from datetime import UTC, datetime
from typing import Any

from tests.kube.deletion import delete
from tests.kube.events import say
from tests.kube.resources import BY_PLURAL, Object
from tests.kube.store import Store, now


async def run_jobs(store: Store) -> None:
    """Look after all Jobs, for as long as the cluster lives."""
    while True:
        seen = store.ticks
        wake_in = min([_look_after(store, job) for job in store.all("jobs")], default=None)
        change = asyncio.create_task(store.changed(seen))
        await asyncio.wait({change}, timeout=None if wake_in in (None, _NEVER) else wake_in)
        change.cancel()


_NEVER = float("inf")


def _look_after(store: Store, job: Object) -> float:
    """Do what a Job needs now, and return in how many seconds it needs something more."""
    spec, status = job["spec"], job["status"]
    if job["metadata"].get("deletionTimestamp"):
        return _NEVER
    if _condition(status, "Complete") or _condition(status, "Failed"):
        return _after_its_end(store, job)
    pods = [pod for pod in store.all("pods", job["metadata"]["namespace"]) if _owns(job, pod)]
    phases = [_phase(pod) for pod in pods]
    succeeded = phases.count("Succeeded")
    failed, active = phases.count("Failed"), phases.count("Pending") + phases.count("Running")
    gone = _lost_pods(job, pods)
    failed += gone
    deadline = _left(job["status"].get("startTime", now()), spec.get("activeDeadlineSeconds"))
    if failed > spec["backoffLimit"] or deadline <= 0:
        reason = "DeadlineExceeded" if deadline <= 0 else "BackoffLimitExceeded"
        message = {
            "DeadlineExceeded": "Job was active longer than specified deadline",
            "BackoffLimitExceeded": "Job has reached the specified backoff limit",
        }[reason]
        _fail(store, job, pods, failed, reason, message)
        return _NEVER
    changed = copy.deepcopy(job)
    changed["status"].setdefault("startTime", now())
    if succeeded >= spec["completions"]:
        changed["status"] |= {"succeeded": succeeded, "completionTime": now(), "ready": 0, "terminating": 0}
        changed["status"].pop("active", None)
        changed["status"]["conditions"] = [_made("SuccessCriteriaMet", "CompletionsReached"), _made("Complete")]
        store.update(changed)
        say(store, changed, "Completed", "Job completed", by="job-controller")
        return _NEVER
    wanted = min(spec["parallelism"], spec["completions"] - succeeded) - active
    for _ in range(0 if spec["suspend"] else wanted):
        _make_pod(store, changed)
        active += 1
    ready = sum(_is_ready(pod) for pod in pods)
    changed["status"] |= {"active": active, "ready": ready, "terminating": 0, "failed": failed, "succeeded": succeeded}
    for count in ("active", "failed", "succeeded"):
        if not changed["status"][count]:
            del changed["status"][count]
    store.update(changed)
    return deadline


def _phase(pod: Object) -> str:
    """Return the phase of a pod; one that is being deleted counts as failed."""
    phase: str = pod["status"]["phase"]
    return "Failed" if "deletionTimestamp" in pod["metadata"] and phase != "Succeeded" else phase


def _lost_pods(job: Object, pods: list[Object]) -> int:
    """Return how many pods of a Job are gone without having succeeded."""
    known: set[str] = set(filter(None, job["metadata"].get("annotations", {}).get(_KNOWN, "").split(",")))
    return len(known - {pod["metadata"]["uid"] for pod in pods})


_KNOWN = "tests/pods"
"""Which pods were made for a Job. Kubernetes keeps that in finalizers of the pods."""


def _make_pod(store: Store, job: Object) -> None:
    metadata = job["metadata"]
    template = copy.deepcopy(job["spec"]["template"])
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": metadata["name"], "uid": metadata["uid"]}
    template["metadata"] |= {
        "generateName": f"{metadata['name']}-",
        "ownerReferences": [owner | {"controller": True, "blockOwnerDeletion": True}],
    }
    template["status"] = {"phase": "Pending", "qosClass": "BestEffort"}
    pod = store.create(BY_PLURAL["pods"], metadata["namespace"], template)
    known = metadata.setdefault("annotations", {})
    known[_KNOWN] = ",".join(filter(None, [known.get(_KNOWN, ""), pod["metadata"]["uid"]]))
    say(store, job, "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}", by="job-controller")


def _fail(store: Store, job: Object, pods: list[Object], failed: int, reason: str, message: str) -> None:
    """End a Job that has failed: first its pods, and only then it is `Failed`."""
    changed = copy.deepcopy(job)
    living = [pod for pod in pods if pod["status"]["phase"] in ("Pending", "Running")]
    for pod in living:
        if "deletionTimestamp" not in pod["metadata"]:
            delete(store, pod, {})
    changed["status"] |= {"failed": failed, "ready": 0, "terminating": len(living)}
    changed["status"].pop("active", None)
    target = _condition(job["status"], "FailureTarget") or _made("FailureTarget", reason, message)
    changed["status"]["conditions"] = [target] if living else [target, _made("Failed", reason, message)]
    store.update(changed)
    if not _condition(job["status"], "FailureTarget"):
        say(store, changed, reason, message, "Warning", "job-controller")


def _after_its_end(store: Store, job: Object) -> float:
    limit = job["spec"].get("ttlSecondsAfterFinished")
    ends = _condition(job["status"], "Complete") or _condition(job["status"], "Failed")
    left = _left(ends["lastTransitionTime"] if ends else now(), limit)
    if left <= 0:
        delete(store, job, {"propagationPolicy": "Foreground"})
    return left


def _left(since: str, seconds: float | None) -> float:
    """Return how many of some seconds since a moment are left."""
    if seconds is None:
        return _NEVER
    return seconds - (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()


def _owns(job: Object, pod: Object) -> bool:
    return any(owner["uid"] == job["metadata"]["uid"] for owner in pod["metadata"].get("ownerReferences", []))


def _is_ready(pod: Object) -> bool:
    conditions: list[Any] = pod["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _condition(status: Object, kind: str) -> Object | None:
    return next((condition for condition in status.get("conditions", []) if condition["type"] == kind), None)


def _made(kind: str, reason: str = "", message: str = "") -> Object:
    condition = {"type": kind, "status": "True", "lastProbeTime": now(), "lastTransitionTime": now()}
    return condition | ({"reason": reason} if reason else {}) | ({"message": message} if message else {})
