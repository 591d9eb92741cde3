"""What the cluster says while a run lasts, with the user's own kubectl: pods, events and nodes, as far as it may."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping

from hubusers.documentation import documented
from hubusers.kube.cluster_clock import ahead
from hubusers.kube.cluster_objects import Object
from hubusers.kube.cluster_tally import Tally
from hubusers.kube.cpu_limits import CpuLimits
from hubusers.kube.events_seen import EventsSeen
from hubusers.kube.kubectl import Kubectl
from hubusers.kube.nodes_seen import NodesSeen
from hubusers.kube.object_stream import ObjectStream
from hubusers.kube.pods_seen import OwnPod, PodsSeen
from hubusers.report import words
from hubusers.results.cluster import MOST_NODES, Cluster

_NOT_SEEN: Mapping[str, str] = {
    "pods": "restarts of hub and proxy, kills for memory, waits of servers for a place",
    "events": "what scheduler and nodes said, which images were pulled",
    "nodes": "which nodes came and went",
}
"""What is then not told, by what may not be seen."""

_ROLE: Mapping[str, str] = {
    "pods": "the Role hubusers-watch",
    "events": "the Role hubusers-watch",
    "nodes": "the ClusterRole hubusers-watch-nodes",
}
"""What shows it, as docs/how-to/kubernetes.md has it."""

_LOST = 30.0
"""Seconds; what could not be seen for a shorter time came late, but came."""


class ClusterWatch:
    """Watches the cluster from `start` to `stop`.

    It holds counts, and the pods and events that are there at the moment, so a run of a week takes no more than one of
    an hour. Nothing of it ends a run: what cannot be seen is said in a note.

    Args:
        kubectl: The way into the cluster, and into the hub's namespace.
        run: The name of the run's Job.
    """

    def __init__(self, kubectl: Kubectl, run: str) -> None:
        self._kubectl = kubectl
        self._run = run
        self._lock = threading.Lock()
        self._ahead: float | None = None
        self._tally = Tally()
        self._began = 0.0
        self._streams: dict[str, ObjectStream] = {}

    def start(self) -> None:
        """Begin to watch. What there is to see comes in by threads."""
        self._ahead = ahead(self._kubectl)
        # The cluster's times are in whole seconds, and its clock is known to half a second.
        self._began = float(int(self._now())) - 1.0
        self._nodes = NodesSeen(self._began)
        self._pods = PodsSeen(self._began, self._tally, self._run)
        self._events = EventsSeen(self._began, self._tally, self._pods)
        self._cpu = CpuLimits(self._kubectl, self._own_pods)
        self._streams = {
            "pods": self._stream("pods", self._pods.see, self._pod_gone),
            "events": self._stream("events", self._events.see, self._events.gone),
            "nodes": self._stream("nodes", self._nodes.see, self._node_gone),
        }
        for stream in self._streams.values():
            stream.start()
        self._cpu.start()

    def stop(self) -> Cluster:
        """End the watch, and return what the cluster said."""
        cluster = self.cluster()
        self._cpu.stop()
        for stream in self._streams.values():
            stream.stop()
        return cluster

    def cluster(self) -> Cluster:
        """Return what the cluster has said by now."""
        for stream in self._streams.values():
            stream.settle()
        now, could_see = self._now(), {name: stream.refused is None for name, stream in self._streams.items()}
        with self._lock:
            return Cluster(
                began=self._began,
                ended=max(now, self._began),
                nodes=self._nodes.listed() if could_see["nodes"] else None,
                more_nodes=max(0, len(self._nodes) - MOST_NODES),
                waits=self._pods.waits(now) if could_see["pods"] else None,
                seen=self._pods.whose(),
                said=self._tally.said(),
                pulls=self._tally.pulls(self._nodes.names_of_new()),
                restarts=list(self._tally.restarts),
                beside=list(self._tally.beside),
                more_restarts=self._tally.more_restarts,
                throttled=self._cpu.throttled(),
                clock=None if self._ahead is None else round(self._ahead, 1),
                notes=[*_refused(self._streams), *_lost(self._streams), *self._without_hub()],
            )

    def _now(self) -> float:
        return time.time() + (self._ahead or 0.0)

    def _without_hub(self) -> Iterator[str]:
        """Yield a note where no pod of the hub was seen, though other pods were."""
        seen = self._pods.whose()
        if seen and "hub" not in seen:
            yield (
                "No pod of the hub was seen in its namespace (by the label component=hub), so whether the hub was "
                "restarted is not told."
            )

    def _stream(self, resource: str, see: Callable[[Object], None], gone: Callable[[str], None]) -> ObjectStream:
        return ObjectStream(self._kubectl, resource, see, gone, self._lock)

    def _pod_gone(self, uid: str) -> None:
        self._pods.gone(uid, self._now())

    def _node_gone(self, uid: str) -> None:
        self._nodes.gone(uid, self._now())

    def _own_pods(self) -> list[OwnPod]:
        with self._lock:
            return self._pods.own_running()


def _refused(streams: Mapping[str, ObjectStream]) -> Iterator[str]:
    """Yield a note on what may not be seen, if there is anything."""
    if refused := [resource for resource, stream in streams.items() if stream.refused]:
        roles = list(dict.fromkeys(_ROLE[resource] for resource in refused))
        yield (
            f"Your kubectl may not see the cluster's {_and(refused)}, so this is not told: "
            f"{'; '.join(_NOT_SEEN[resource] for resource in refused)}. {_and(roles)[0].upper()}{_and(roles)[1:]} "
            f"{'allows' if len(roles) == 1 else 'allow'} it "
            f"({documented('how-to/kubernetes', 'what-the-cluster-says')})."
        )


def _lost(streams: Mapping[str, ObjectStream]) -> Iterator[str]:
    """Yield a note on each kind of objects that could not be seen all of the time."""
    for resource, stream in streams.items():
        if not stream.refused and (stream.seconds_lost >= _LOST or (stream.error and not stream.has_seen)):
            why = f": {stream.error}" if stream.error else "."
            yield f"The cluster's {resource} could not be seen for {words.in_seconds(stream.seconds_lost)}{why}"


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
