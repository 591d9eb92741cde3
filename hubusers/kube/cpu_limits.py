"""Whether the load generator's own pods had to wait for their CPU, because of their limit.

Only the pod itself knows: its kernel counts it in a file. Nobody may look from outside, so kubectl looks from inside,
as it does to fetch the run's folder.
"""

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hubusers.kube.kubectl import Kubectl, KubectlError
from hubusers.kube.pods_seen import OwnPod
from hubusers.results.cluster import Throttled

_EVERY = 60.0
"""Seconds from one look to the next."""

_LOOK = "cat /sys/fs/cgroup/cpu.stat 2>/dev/null || cat /sys/fs/cgroup/cpu/cpu.stat"
"""The file in the kernel's present interface (cgroup v2), or in the one before."""

_LINE = re.compile(r"^(nr_periods|nr_throttled|throttled_usec|throttled_time) (\d+)$", re.MULTILINE)

_MOST_PODS = 100


@dataclass(frozen=True)
class _Counts:
    periods: int
    stopped: int
    seconds: float


class CpuLimits:
    """Looks into the load generator's pods now and then, in a thread of its own.

    Args:
        kubectl: The way into the cluster.
        running: Returns the pods of the load generator that run.
    """

    def __init__(self, kubectl: Kubectl, running: Callable[[], Sequence[OwnPod]]) -> None:
        self._kubectl = kubectl
        self._running = running
        self._counts: dict[OwnPod, _Counts] = {}  # at the last look into each
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="look at CPU limits", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End it; a look that is under way is not waited for."""
        self._over.set()

    def throttled(self) -> list[Throttled]:
        """Return the pods that had to wait."""
        return [
            Throttled(pod.name, pod.cpu_limit, counts.seconds, round(counts.stopped / max(counts.periods, 1), 4))
            for pod, counts in list(self._counts.items())
            if counts.stopped
        ]

    def _run(self) -> None:
        while not self._over.wait(_EVERY):
            for pod in self._running():
                if self._over.is_set() or (pod not in self._counts and len(self._counts) >= _MOST_PODS):
                    break
                if counts := self._look(pod):
                    self._counts[pod] = counts

    def _look(self, pod: OwnPod) -> _Counts | None:
        try:
            text = self._kubectl.run("exec", pod.name, f"--container={pod.container}", "--", "sh", "-c", _LOOK)
        except KubectlError:  # it has just ended, or nobody may look
            return None
        counts = {name: int(number) for name, number in _LINE.findall(text)}
        if "nr_throttled" not in counts:  # without a limit there are no periods
            return None
        seconds = counts.get("throttled_usec", 0) / 1e6 + counts.get("throttled_time", 0) / 1e9
        return _Counts(counts.get("nr_periods", 0), counts["nr_throttled"], seconds)
