"""Events: what the cluster says that it does with an object."""

import copy
import uuid
from datetime import UTC, datetime

from tests.kube.resources import BY_PLURAL, Object
from tests.kube.store import Store, now, resource_of


def say(store: Store, about: Object, reason: str, message: str, kind: str = "Normal", by: str = "kubelet") -> None:
    """Keep an event about an object; one that was said before is counted up, as Kubernetes does.

    Nothing is said where the namespace is gone or going.
    """
    metadata = about["metadata"]
    namespace = metadata.get("namespace", "default")
    found = store.find("namespaces", "", namespace)
    if found is None or found["metadata"].get("deletionTimestamp"):
        return
    for event in store.all("events", namespace):
        same = event["involvedObject"]["uid"] == metadata["uid"]
        if same and (event["reason"], event["message"]) == (reason, message):
            again = copy.deepcopy(event)
            again |= {"count": event["count"] + 1, "lastTimestamp": now()}
            store.update(again)
            return
    resource = resource_of(about)
    event = {
        "metadata": {"name": f"{metadata['name']}.{uuid.uuid4().hex[:16]}"},
        "involvedObject": {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "name": metadata["name"],
            "namespace": metadata.get("namespace", ""),
            "resourceVersion": metadata["resourceVersion"],
            "uid": metadata["uid"],
        },
        "reason": reason,
        "message": message,
        "type": kind,
        "count": 1,
        "firstTimestamp": now(),
        "lastTimestamp": now(),
        "eventTime": None,
        "source": {"component": by},
        "reportingComponent": by,
        "reportingInstance": "",
    }
    if by == "default-scheduler":
        # The scheduler writes the new form of events: the moment to the microsecond, and no count.
        event |= {"eventTime": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")}
        event |= {"action": "Binding", "reportingInstance": "default-scheduler-1"}
    store.create(BY_PLURAL["events"], namespace, event)
