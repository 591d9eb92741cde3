"""Counts what the cluster says, by its words; bounded, however long a run is."""

from dataclasses import dataclass, field

from hubusers.kube.event_words import Heard, Pulled
from hubusers.results.cluster import MOST_IMAGES, MOST_KINDS, MOST_RESTARTS, Pull, Restart, Said, What, Who
from hubusers.results.distinct import Distinct

_MOST_PODS = 20_000
"""How many pods are told apart for each kind of thing that is said."""


@dataclass
class _SaidSoFar:
    count: int
    first: float
    last: float
    pods: set[int] = field(default_factory=set)


@dataclass
class _PulledSoFar:
    count: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    first: float = 0.0
    last: float = 0.0
    size: int | None = None
    nodes: set[str] = field(default_factory=set)


class Tally:
    """What was said, which images were pulled, and what began anew."""

    def __init__(self) -> None:
        self.restarts: list[Restart] = []
        self.beside: list[Restart] = []
        self.more_restarts = 0
        self._said: dict[tuple[What, Who, str], _SaidSoFar] = {}
        self._pulled: dict[tuple[str, Who], _PulledSoFar] = {}
        self._kinds = Distinct(MOST_KINDS, "(other words)")
        self._images = Distinct(MOST_IMAGES, "(other images)")

    def say(self, heard: Heard, who: Who, pod: str, first: float, last: float, count: int = 1) -> None:
        """Count something that was said of a pod.

        Args:
            heard: What was said.
            who: Whose pod it is.
            pod: Its identifier.
            first: When it was said first; of several times.
            last: When it was said last.
            count: How often.
        """
        key = (heard.what, who, self._kinds(heard.words))
        so_far = self._said.setdefault(key, _SaidSoFar(0, first, last))
        so_far.count += count
        so_far.first, so_far.last = min(so_far.first, first), max(so_far.last, last)
        if len(so_far.pods) < _MOST_PODS:
            so_far.pods.add(hash(pod))

    def pull(self, pulled: Pulled, who: Who, node: str, moment: float) -> None:
        """Count an image that a node pulled for a pod."""
        so_far = self._pulled.setdefault((self._images(pulled.image), who), _PulledSoFar(first=moment, last=moment))
        so_far.count += 1
        so_far.seconds += pulled.seconds
        so_far.longest = max(so_far.longest, pulled.seconds)
        so_far.first, so_far.last = min(so_far.first, moment), max(so_far.last, moment)
        so_far.size = pulled.size or so_far.size
        so_far.nodes.add(node)

    def restart(self, restart: Restart, *, is_beside: bool = False) -> None:
        """Note that the hub, the proxy or the load generator ended, or a container beside it in its pod."""
        restarts = self.beside if is_beside else self.restarts
        if len(restarts) < MOST_RESTARTS:
            restarts.append(restart)
        else:
            self.more_restarts += 1

    def said(self) -> list[Said]:
        """Return what was said, in the order in which it was said first."""
        rows = [
            Said(what, who, words, one.count, len(one.pods), one.first, one.last)
            for (what, who, words), one in self._said.items()
        ]
        return sorted(rows, key=lambda row: row.first)

    def pulls(self, new_nodes: set[str]) -> list[Pull]:
        """Return the images that were pulled, those first that took longest in all.

        Args:
            new_nodes: The names of the nodes that came while the watch lasted.
        """
        rows = [
            Pull(
                image=image,
                who=who,
                count=one.count,
                nodes=len(one.nodes),
                new_nodes=len(one.nodes & new_nodes),
                seconds=round(one.seconds, 3),
                longest=round(one.longest, 3),
                first=one.first,
                last=one.last,
                size=one.size,
            )
            for (image, who), one in self._pulled.items()
        ]
        return sorted(rows, key=lambda row: -row.seconds)
