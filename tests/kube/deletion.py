"""How objects go: at once, with a grace period, with what they own, or with their namespace."""

import copy
from datetime import UTC, datetime, timedelta

from tests.kube.resources import Object
from tests.kube.store import Refused, Store, resource_of

_FOREGROUND = "foregroundDeletion"


def delete(store: Store, found: Object, options: Object) -> Object:
    """Delete an object by the options of the request (`DeleteOptions`), and return the answer.

    A pod on a node stays, marked, until its kubelet has ended its containers; without a grace period it goes at once.
    """
    resource, metadata = resource_of(found), found["metadata"]
    for field, wanted in (options.get("preconditions") or {}).items():
        if metadata.get(field) != wanted:
            message = (
                f"Operation cannot be fulfilled on {resource.qualified} {metadata['name']!r}: Precondition failed: "
                f"{field} in precondition: {wanted}, in object meta: {metadata.get(field)}"
            )
            raise Refused(409, "Conflict", message)
    policy = options.get("propagationPolicy", "Background")
    if policy == "Orphan":
        _orphan(store, metadata["uid"])
    elif policy == "Foreground" and dependents(store, metadata["uid"]):
        kept = copy.deepcopy(found)
        kept["metadata"]["finalizers"] = [*metadata.get("finalizers", []), _FOREGROUND]
        found = store.update(kept)
        return store.mark_deleted(found, 0)
    if resource.plural == "pods":
        grace = _grace(found, options)
        if grace:
            ends = datetime.now(UTC) + timedelta(seconds=grace)
            return store.mark_deleted(found, grace, ends.strftime("%Y-%m-%dT%H:%M:%SZ"))
    if resource.plural == "namespaces":
        terminating = copy.deepcopy(found)
        terminating["status"]["phase"] = "Terminating"
        return store.mark_deleted(store.update(terminating), None)
    if metadata.get("finalizers"):
        return store.mark_deleted(found, 0)
    last = store.remove(found)
    if resource.plural == "pods":
        return last
    details = {"name": metadata["name"], "group": resource.group, "kind": resource.plural, "uid": metadata["uid"]}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def _grace(pod: Object, options: Object) -> int:
    """Return for how many seconds a pod may go on; a second request can only shorten it."""
    if not pod["spec"].get("nodeName") or pod["status"]["phase"] in ("Succeeded", "Failed"):
        return 0
    grace = options.get("gracePeriodSeconds")
    seconds = int(pod["spec"]["terminationGracePeriodSeconds"] if grace is None else grace)
    before = pod["metadata"].get("deletionGracePeriodSeconds")
    return seconds if before is None else min(seconds, before)


def dependents(store: Store, uid: str) -> list[Object]:
    """Return all objects that another one owns."""
    return [
        found
        for found in list(store.objects.values())
        if any(owner["uid"] == uid for owner in found["metadata"].get("ownerReferences", []))
    ]


def _orphan(store: Store, uid: str) -> None:
    for found in dependents(store, uid):
        kept = copy.deepcopy(found)
        owners = [owner for owner in kept["metadata"]["ownerReferences"] if owner["uid"] != uid]
        kept["metadata"]["ownerReferences"] = owners
        store.update(kept)


async def collect_garbage(store: Store) -> None:
    """Delete what belonged to something that is gone, for as long as the cluster lives."""
    while True:
        seen = store.ticks
        _collect(store)
        await store.changed(seen)


def _collect(store: Store) -> None:
    for found in list(store.objects.values()):
        metadata = found["metadata"]
        owners = metadata.get("ownerReferences", [])
        gone = metadata.get("deletionTimestamp")
        if owners and not gone and all(_deletes(store, owner) for owner in owners):
            delete(store, found, {})
        elif gone and _FOREGROUND in metadata.get("finalizers", []) and not dependents(store, metadata["uid"]):
            store.remove(found)
        elif gone and found["kind"] == "Namespace":
            _empty(store, found)


def _deletes(store: Store, owner: Object) -> bool:
    """Return whether an owner takes along what it owns: it is gone, or waits for that (`Foreground`)."""
    living = next((found for found in store.objects.values() if found["metadata"]["uid"] == owner["uid"]), None)
    return living is None or _FOREGROUND in living["metadata"].get("finalizers", [])


def _empty(store: Store, namespace: Object) -> None:
    """Delete what is in a namespace that is going, and in the end the namespace."""
    name = namespace["metadata"]["name"]
    inside = [found for (_, of, _), found in list(store.objects.items()) if of == name]
    for found in inside:
        if not found["metadata"].get("deletionTimestamp"):
            delete(store, found, {})
    if not inside:
        store.remove(namespace)
