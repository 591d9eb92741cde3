"""The columns that `kubectl get` prints: the server makes them."""

from datetime import UTC, datetime
from typing import Any

from tests.kube.resources import Object, Resource

_COLUMNS = {
    "pods": ["Name", "Ready", "Status", "Restarts", "Age"],
    "jobs": ["Name", "Status", "Completions", "Duration", "Age"],
    "nodes": ["Name", "Status", "Roles", "Age", "Version"],
    "events": ["Last Seen", "Type", "Reason", "Object", "Message"],
    "namespaces": ["Name", "Status", "Age"],
    "secrets": ["Name", "Type", "Data", "Age"],
    "configmaps": ["Name", "Data", "Age"],
}


def table(resource: Resource, objects: list[Object], version: str, headers: bool = True) -> Object:
    """Return objects as a `Table`."""
    columns = _COLUMNS.get(resource.plural, ["Name", "Age"])
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": version},
        "columnDefinitions": [
            {
                "name": name,
                "type": "string",
                "format": "name" if name == "Name" else "",
                "description": "",
                "priority": 0,
            }
            for name in columns
        ]
        if headers
        else None,
        "rows": [
            {
                "cells": [_cell(resource.plural, found, column) for column in columns],
                "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
                | {"metadata": found["metadata"]},
            }
            for found in objects
        ],
    }


def _cell(plural: str, found: Object, column: str) -> Any:
    status, metadata = found.get("status") or {}, found["metadata"]
    match column:
        case "Name":
            return metadata["name"]
        case "Age":
            return _age(metadata["creationTimestamp"])
        case "Ready":
            states = status.get("containerStatuses", [])
            return f"{sum(state['ready'] for state in states)}/{len(found['spec']['containers'])}"
        case "Status" if plural == "pods":
            return pod_status(found)
        case "Status" if plural == "jobs":
            return next((c["type"] for c in status.get("conditions", []) if c["status"] == "True"), "Running")
        case "Status" if plural == "nodes":
            ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", []))
            cordoned = ",SchedulingDisabled" if found["spec"].get("unschedulable") else ""
            return ("Ready" if ready else "NotReady") + cordoned
        case "Status":
            return status.get("phase", "")
        case "Restarts":
            return str(sum(state["restartCount"] for state in status.get("containerStatuses", [])))
        case "Completions":
            return f"{status.get('succeeded', 0)}/{found['spec']['completions']}"
        case "Duration":
            return _age(status["startTime"]) if "startTime" in status else ""
        case "Roles":
            return "<none>"
        case "Version":
            return status.get("nodeInfo", {}).get("kubeletVersion", "")
        case "Data":
            return len(found.get("data") or {}) + len(found.get("binaryData") or {})
        case "Type":
            return found.get("type", "")
        case "Last Seen":
            return _age(found["lastTimestamp"])
        case "Object":
            return f"{found['involvedObject']['kind'].lower()}/{found['involvedObject']['name']}"
        case _:
            return found.get(column.lower(), "")


def pod_status(pod: Object) -> str:
    """Return what `kubectl get pods` shows as a pod's status: its phase, or why it is not what it should be."""
    status = pod.get("status") or {}
    shown: str = status.get("reason") or status["phase"]
    for container in status.get("containerStatuses", []):
        state = container["state"]
        shown = (state.get("waiting") or state.get("terminated") or {}).get("reason") or shown
    if pod["metadata"].get("deletionTimestamp"):
        return "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return shown


def _age(since: str) -> str:
    seconds = int((datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds())
    return f"{seconds}s" if seconds < 120 else f"{seconds // 60}m"
