"""The kubelet: runs the pods of all nodes as processes of this machine, and says in their status how they are."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.kube.containers import Container, Image
from tests.kube.faults import Faults
from tests.kube.pods import RunningPod
from tests.kube.resources import Object
from tests.kube.store import Store


@dataclass
class Kubelet:
    """Starts what the scheduler has placed."""

    store: Store
    faults: Faults
    folder: Path
    addresses: str
    """The first three parts of the addresses of pods, as in `127.3.4`."""
    images: dict[str, Image]
    """By the beginning of the image's name; the empty one is for all others."""
    pods: dict[str, RunningPod] = field(default_factory=dict)
    """By uid."""
    pulled: set[tuple[str, str]] = field(default_factory=set)
    """Node and image."""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(10))

    async def run(self) -> None:
        while True:
            seen = self.store.ticks
            for pod in self.store.all("pods"):
                uid, status = pod["metadata"]["uid"], pod["status"]
                if pod["spec"].get("nodeName") and uid not in self.pods and status["phase"] == "Pending":
                    self.pods[uid] = RunningPod(self, pod, f"{self.addresses}.{next(self._numbers)}")
            await self.store.changed(seen)

    def image(self, name: str) -> Image:
        beginning = max((known for known in self.images if name.startswith(known)), key=len)
        return self.images[beginning]

    def hosts_file(self, namespace: str) -> Path:
        """Return the file in which pods of a namespace find the addresses of services."""
        file = self.folder / "hosts" / namespace
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            file.write_text("127.0.0.1 localhost\n")
        return file

    def container(self, pod: Object, name: str) -> Container | None:
        """Return the container of a pod, running or ended; nothing if it has not started yet."""
        running = self.pods.get(pod["metadata"]["uid"])
        return running.containers.get(name) if running else None

    def end_all(self) -> None:
        """Kill everything, as the cluster itself ends."""
        for pod in self.pods.values():
            pod.kill()
