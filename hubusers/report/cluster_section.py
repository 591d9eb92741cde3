"""What the report shows of the cluster: nodes, waits for them, restarts, what was said, and images."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from hubusers.counting import counted
from hubusers.report import cluster_words, words
from hubusers.results.cluster import Cluster, Node, Pull, Restart, Said, What

MOST_SAID = 20
"""How many different things that were said are shown, those that tell most first."""

MOST_RESTARTS = 20
"""How many restarts are shown one by one."""

MOST_KINDS_OF_NODES = 15

_TELLS_MOST: tuple[What, ...] = (
    "killed for memory",
    "other container killed for memory",
    "evicted",
    "preempted",
    "no node comes",
    "no place",
    "quota",
    "volume",
    "image not pulled",
    "container not made",
    "container keeps ending",
    "probe failed",
    "node asked for",
    "other warning",
)

_CLOCKS_DIFFER = 1.0
"""Seconds; less is within what is known of them."""


@dataclass(frozen=True)
class KindOfNode:
    """The nodes of one instance type in one pool."""

    name: str
    before: int
    came: int
    left: int
    ready_after: float | None  # seconds, on average, from when a node was there until it was ready
    first_came: float | None  # seconds since the epoch


@dataclass(frozen=True)
class ClusterSection:
    """Everything that the report shows of the cluster."""

    sentences: list[str]
    nodes: list[KindOfNode]  # of which one came or left first
    restarts: list[Restart]
    beside: list[Restart]  # those of them that are of other containers in the same pods
    more_restarts: int
    said: list[Said]
    more_said: int
    pulls: list[Pull]
    notes: list[str]

    @property
    def has_said(self) -> bool:
        """Whether there is anything to show beside the notes."""
        return bool(self.sentences or self.nodes or self.restarts or self.said or self.pulls)


def cluster_section(cluster: Cluster | None) -> ClusterSection | None:
    """Return what the report shows of the cluster; None for a run that nobody watched in one."""
    if cluster is None:
        return None
    said = sorted(cluster.said, key=lambda one: (_TELLS_MOST.index(one.what), -one.pods))
    restarts = sorted([*cluster.restarts, *cluster.beside], key=lambda one: one.ended)
    return ClusterSection(
        sentences=in_short(cluster),
        nodes=_kinds_of_nodes(cluster.nodes or [])[:MOST_KINDS_OF_NODES],
        restarts=restarts[:MOST_RESTARTS],
        beside=cluster.beside,
        more_restarts=max(0, len(restarts) - MOST_RESTARTS) + cluster.more_restarts,
        said=said[:MOST_SAID],
        more_said=max(0, len(said) - MOST_SAID),
        pulls=cluster.pulls,
        notes=cluster.notes,
    )


def in_short(cluster: Cluster) -> list[str]:
    """Say the most important of it: nodes, waits for them, restarts, and what the load generator lacked."""
    sentences = [*_nodes(cluster), *cluster_words.of_waits(cluster)]
    if cluster.waits and cluster.waits.pods and not cluster.waits.waited:
        sentences.append("No server's pod waited for a place on a node.")
    sentences += _began_anew(cluster)
    sentences += [cluster_words.of_throttled(one) for one in cluster.throttled]
    if cluster.clock is not None and abs(cluster.clock) >= _CLOCKS_DIFFER:
        ahead = "ahead of" if cluster.clock > 0 else "behind"
        sentences.append(
            f"The cluster's clock is {words.in_seconds(abs(cluster.clock))} {ahead} that of the machine that kubectl "
            "ran on. All times here are the cluster's."
        )
    return sentences


def _nodes(cluster: Cluster) -> Iterator[str]:
    if cluster.nodes is None:
        return
    came, left = len(cluster_words.new_nodes(cluster)), sum(node.left is not None for node in cluster.nodes)
    before = sum(not node.is_new for node in cluster.nodes) + cluster.more_nodes
    after = before + came - left
    changed = f"{came or 'none'} came, {left or 'none'} left" if came or left else "none came or left"
    yield f"The cluster had {counted(before, 'node')} before the run and {after:,} at its end: {changed}."
    if came:
        yield from cluster_words.of_nodes(cluster)


def _began_anew(cluster: Cluster) -> Iterator[str]:
    for who in ("hub", "proxy", "load generator"):
        ends = [one for one in cluster.restarts if one.who == who]
        if ends:
            yield f"The {who} ended {counted(len(ends), 'time')}: {cluster_words.why_ended(ends[0])}."
    whole = [who for who in ("hub", "proxy") if who in cluster.seen and all(one.who != who for one in cluster.restarts)]
    if whole:
        yield f"The {' and the '.join(whole)} {'was' if len(whole) == 1 else 'were'} not restarted."
    for who, container in dict.fromkeys((one.who, one.container) for one in cluster.beside):
        ends = [one for one in cluster.beside if (one.who, one.container) == (who, container)]
        yield (
            f"Beside the {who}, in its pod, the container {container} ended {counted(len(ends), 'time')}: "
            f"{cluster_words.why_ended(ends[0])}."
        )


def _kinds_of_nodes(nodes: list[Node]) -> list[KindOfNode]:
    by_kind = defaultdict[str, list[Node]](list)
    for node in nodes:
        by_kind[cluster_words.kind_of(node) or "type not told"].append(node)
    rows = [_kind(name, some) for name, some in by_kind.items()]
    return sorted(rows, key=lambda row: (-(row.came + row.left), -row.before))


def _kind(name: str, nodes: list[Node]) -> KindOfNode:
    came = [node for node in nodes if node.is_new]
    took = [node.ready - node.came for node in came if node.ready is not None]
    return KindOfNode(
        name=name,
        before=len(nodes) - len(came),
        came=len(came),
        left=sum(node.left is not None for node in nodes),
        ready_after=fmean(took) if took else None,
        first_came=min((node.came for node in came), default=None),
    )
