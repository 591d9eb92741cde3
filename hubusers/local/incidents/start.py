"""One start of a server on an incident's hub, as the incident's script sees it: it waits, says things, may fail."""

import random
from asyncio import sleep
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass
class Start:
    """A start that is under way.

    Args:
        username: Whose server it is.
        number: Which start this is since the hub started, from 1.
        user_options: The options that the user chose.
        returning: Whether the user has had a server before.
        said: The events of the hub's progress stream so far.
    """

    username: str
    number: int
    user_options: Mapping[str, Any] = field(default_factory=dict)
    returning: bool = False
    said: list[dict[str, Any]] = field(default_factory=list)

    async def wait(self, low: float, high: float | None = None) -> None:
        """Wait some seconds: so many, or a random number of them in this range."""
        await sleep(random.uniform(low, low if high is None else high))

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
