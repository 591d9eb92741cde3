"""The objects of the cluster, with what Kubernetes promises of them: versions, and each change for those who watch."""

import asyncio
import bisect
import copy
import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.kube.resources import BY_KIND, BY_PLURAL, Object, Resource

Key = tuple[str, str, str]
"""Plural, namespace (or nothing) and name."""


def now() -> str:
    """Return the time as Kubernetes writes it, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Refused(Exception):
    """An answer of the API that is an error: a `Status`."""

    def __init__(self, code: int, reason: str, message: str, details: Object | None = None) -> None:
        super().__init__(message)
        self.code, self.reason, self.details = code, reason, details or {}

    @property
    def status(self) -> Object:
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": str(self),
            "reason": self.reason,
            "details": self.details,
            "code": self.code,
        }


def not_found(resource: Resource, name: str) -> Refused:
    details = {"name": name, "group": resource.group, "kind": resource.plural}
    return Refused(404, "NotFound", f'{resource.qualified} "{name}" not found', details)


@dataclass(frozen=True)
class Change:
    """One change, with the object before and after; a watch with a selector needs both."""

    version: int
    plural: str
    before: Object | None
    after: Object | None


@dataclass
class Store:
    """All objects in memory, and each change that was made."""

    objects: dict[Key, Object] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    oldest: int = 0
    """Watches from before this version are answered 410: a test may forget what was."""
    _versions: Iterator[int] = field(default_factory=lambda: itertools.count(1001))
    version: int = 1000
    ticks: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def find(self, plural: str, namespace: str, name: str) -> Object | None:
        """Return an object as it is kept: change it only through `update`."""
        return self.objects.get((plural, namespace, name))

    def get(self, plural: str, namespace: str, name: str) -> Object:
        found = self.find(plural, namespace, name)
        if found is None:
            raise not_found(BY_PLURAL[plural], name)
        return found

    def all(self, plural: str, namespace: str = "") -> list[Object]:
        """Return the objects of a kind, of one namespace or of all."""
        return [
            found
            for (kind, of_namespace, _), found in sorted(self.objects.items())
            if kind == plural and namespace in ("", of_namespace)
        ]

    def create(self, resource: Resource, namespace: str, given: Object) -> Object:
        created: Object = {"apiVersion": resource.api_version, "kind": resource.kind} | copy.deepcopy(given)
        metadata = created.setdefault("metadata", {})
        if not metadata.get("name"):
            metadata["name"] = f"{metadata['generateName']}{uuid.uuid4().hex[:5]}"
        if resource.namespaced:
            metadata["namespace"] = namespace
        metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": now()}
        if "spec" in created:
            metadata["generation"] = 1
        key = (resource.plural, namespace, metadata["name"])
        if key in self.objects:
            details = {"name": metadata["name"], "group": resource.group, "kind": resource.plural}
            message = f'{resource.qualified} "{metadata["name"]}" already exists'
            raise Refused(409, "AlreadyExists", message, details)
        self._keep(key, created)
        return created

    def update(self, changed: Object) -> Object:
        """Keep a changed copy of an object; nothing happens if nothing changed."""
        resource = resource_of(changed)
        key = (resource.plural, changed["metadata"].get("namespace", ""), changed["metadata"]["name"])
        before = self.objects.get(key)
        if before is None:
            raise not_found(resource, key[2])
        asked_for = changed["metadata"].get("resourceVersion")
        if asked_for not in (None, before["metadata"]["resourceVersion"]):
            message = (
                f'Operation cannot be fulfilled on {resource.qualified} "{key[2]}": the object has been modified; '
                "please apply your changes to the latest version and try again"
            )
            raise Refused(409, "Conflict", message, {"name": key[2], "group": resource.group, "kind": resource.plural})
        for fixed in ("uid", "creationTimestamp", "resourceVersion", "generation", "deletionTimestamp"):
            if fixed in before["metadata"]:
                changed["metadata"][fixed] = before["metadata"][fixed]
        if changed == before:
            return before
        if changed.get("spec") != before.get("spec"):
            changed["metadata"]["generation"] = before["metadata"].get("generation", 1) + 1
        self._keep(key, changed)
        return changed

    def mark_deleted(self, before: Object, grace: int | None, ends: str | None = None) -> Object:
        """Say that an object is being deleted; it stays until somebody removes it.

        Args:
            grace: For how many seconds it may go on.
            ends: When that is over, as it is written.
        """
        marked = copy.deepcopy(before)
        if ends or "deletionTimestamp" not in marked["metadata"]:
            marked["metadata"]["deletionTimestamp"] = ends or now()
        if grace is not None:
            marked["metadata"]["deletionGracePeriodSeconds"] = grace
        resource = resource_of(before)
        self._keep((resource.plural, before["metadata"].get("namespace", ""), before["metadata"]["name"]), marked)
        return marked

    def remove(self, found: Object) -> Object:
        resource = resource_of(found)
        key = (resource.plural, found["metadata"].get("namespace", ""), found["metadata"]["name"])
        before = self.objects.pop(key, None)
        if before is None:
            raise not_found(resource, key[2])
        self.version = next(self._versions)
        last = copy.deepcopy(before)
        last["metadata"]["resourceVersion"] = str(self.version)
        self._tell(Change(self.version, key[0], last, None))
        return last

    def _keep(self, key: Key, kept: Object) -> None:
        self.version = next(self._versions)
        kept["metadata"]["resourceVersion"] = str(self.version)
        before = self.objects.get(key)
        self.objects[key] = kept
        self._tell(Change(self.version, key[0], before, kept))

    def _tell(self, change: Change) -> None:
        self.changes.append(change)
        self.wake()

    def since(self, version: int) -> list[Change]:
        """Return the changes after a version."""
        return self.changes[bisect.bisect_right(self.changes, version, key=lambda change: change.version) :]

    async def changed(self, since: int | None = None) -> None:
        """Wait for the next change of any object, or of a fault.

        Args:
            since: The number of changes (`ticks`) that the caller has seen; return at once if there were more.
        """
        if since in (None, self.ticks):
            await self._changed.wait()

    def wake(self) -> None:
        """Let all who wait for a change look again."""
        self.ticks += 1
        self._changed.set()
        self._changed = asyncio.Event()


def resource_of(found: Object) -> Resource:
    return BY_KIND[found["apiVersion"], found["kind"]]
