"""One start of a server on an incident's hub, as the incident's script sees it: it waits, says things, may fail."""

import random
from asyncio import sleep
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass
class Start:
    """A start that is under way.

    Args:
        username: Whose server it is.
        number: Which start on this hub it is, from 1.
        said: The events of the hub's progress stream so far.
        silent_for: Seconds from the server's launch in which nothing answers at its address; infinity for ever.
    """

    username: str
    number: int
    said: list[dict[str, Any]] = field(default_factory=list)
    silent_for: float = 0.0

    async def wait(self, low: float, high: float | None = None) -> float:
        """Wait so many seconds, or a random number of them in this range; return how many."""
        seconds = random.uniform(low, low if high is None else high)
        await sleep(seconds)
        return seconds

    def say(self, message: str, **more: Any) -> None:
        """Send an event on the hub's progress stream, as a spawner does that has its own words."""
        self.said.append({"message": message, **more})

    def say_of_pod(self, reason: str, message: str, kind: str = "Normal", source: str = "kubelet") -> None:
        """Send an event of the server's pod in the form that KubeSpawner gives it (`KubeSpawner.progress`).

        Args:
            reason: The event's `reason`, a word such as `Pulling`.
            message: Its text.
            kind: Its `type`: `Normal` or `Warning`.
            source: Which part of Kubernetes says it.
        """
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        # KubeSpawner does not know how many events will come, and goes a third of the way to 90 % with each.
        done = self.said[-1].get("progress", 0.0) if self.said else 0.0
        self.say(
            f"{now} [{kind}] {message}",
            progress=int(done + (90 - done) / 3),
            raw_event={
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": f"{self.pod}.{random.getrandbits(60):x}", "namespace": "hub"},
                "involvedObject": {"apiVersion": "v1", "kind": "Pod", "name": self.pod, "namespace": "hub"},
                "type": kind,
                "reason": reason,
                "message": message,
                "source": {"component": source},
                "reportingComponent": source,
                "count": 1,
                "firstTimestamp": now,
                "lastTimestamp": now,
                "eventTime": None,
            },
        )

    @property
    def pod(self) -> str:
        return f"jupyter-{self.username}"
