"""What goes wrong on command: a test switches it on, and off again."""

import asyncio
from dataclasses import dataclass, field

from tests.kube.resources import Object, Resource
from tests.kube.store import Refused, Store


@dataclass(frozen=True)
class Refusal:
    """Requests that are forbidden; an empty field means any."""

    verb: str = ""
    resource: str = ""
    """Plural, with its subresource if it is about one: `pods/exec`."""
    namespace: str = ""
    name: str = ""

    def meets(self, verb: str, resource: str, namespace: str, name: str) -> bool:
        mine = (self.verb, self.resource, self.namespace, self.name)
        return all(own in ("", asked) for own, asked in zip(mine, (verb, resource, namespace, name), strict=True))


@dataclass
class Faults:
    """The faults that are on. Each method is called by a test, by its name (`Cluster.fault`)."""

    store: Store
    refusals: list[Refusal] = field(default_factory=list)
    unknown_images: list[str] = field(default_factory=list)
    """Parts of names of images that cannot be pulled."""
    hanging: list[str] = field(default_factory=list)
    """Beginnings of names of pods whose deletion does not come to its end."""
    lost_nodes: list[str] = field(default_factory=list)
    pull_seconds: float = 0
    streams: dict[str, set[asyncio.Transport]] = field(default_factory=dict)
    """The open streams, by kind: watch, log, exec, portforward."""

    def refuse(self, verb: str = "", resource: str = "", namespace: str = "", name: str = "") -> None:
        """Answer 403 to such requests from now on, and `no` to `kubectl auth can-i`."""
        self.refusals.append(Refusal(verb, resource, namespace, name))

    def allow(self) -> None:
        """Refuse nothing any more."""
        self.refusals.clear()

    def cannot_pull(self, image: str) -> None:
        """Let pulls of images whose name has this in it fail from now on."""
        self.unknown_images.append(image)

    def is_unknown(self, image: str) -> bool:
        return any(part in image for part in self.unknown_images)

    def pull_slowly(self, seconds: float) -> None:
        """Let each pull of an image take so long."""
        self.pull_seconds = seconds

    def can_pull(self) -> None:
        """Let every image be pulled again."""
        self.unknown_images.clear()
        self.store.wake()

    def hang_deletion(self, pod: str) -> None:
        """Let pods whose name begins with this stay Terminating, with their containers as they are."""
        self.hanging.append(pod)

    def finish_deletion(self) -> None:
        """Let deletions go on that hang."""
        self.hanging.clear()
        self.store.wake()

    def drop(self, stream: str) -> int:
        """Cut all open streams of a kind (watch, log, exec, portforward), and return how many there were."""
        cut = self.streams.pop(stream, set())
        for transport in cut:
            transport.abort()
        return len(cut)

    def forget_changes(self) -> None:
        """Answer watches that ask for changes from before now with 410 Gone, as after a compaction."""
        self.store.oldest = self.store.version

    def check(self, verb: str, resource: Resource, part: str, namespace: str, name: str) -> None:
        """Raise `Refused` if a request is forbidden."""
        asked = f"{resource.plural}/{part}" if part else resource.plural
        if any(refusal.meets(verb, asked, namespace, name) for refusal in self.refusals):
            where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
            about = f'{resource.qualified} "{name}"' if name else resource.qualified
            message = (
                f'{about} is forbidden: User "tester" cannot {verb} resource "{asked}" '
                f'in API group "{resource.group}" {where}'
            )
            details = {"name": name, "group": resource.group, "kind": resource.plural}
            raise Refused(403, "Forbidden", message, details)

    def review(self, spec: Object) -> bool:
        """Return whether a `SelfSubjectAccessReview` says yes."""
        asked = spec.get("resourceAttributes") or {}
        part = f"/{asked['subresource']}" if asked.get("subresource") else ""
        resource = f"{asked.get('resource', '')}{part}"
        verb, namespace, name = (asked.get(field, "") for field in ("verb", "namespace", "name"))
        return not any(refusal.meets(verb, resource, namespace, name) for refusal in self.refusals)
