"""What the cluster said while a run lasted, as the run's cluster.json has it: nodes, pods, images, restarts.

All moments are the cluster's own, in seconds since the epoch. No name of a person is in it: of people's servers there
are counts, and the cluster's words without names.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, TypeAdapter

from hubusers.results.run_info import known_moment

CLUSTER_FILE = "cluster.json"

Who = Literal[
    "servers", "hub", "proxy", "load generator", "other load tests", "placeholders", "image pullers", "other pods"
]
"""Whose pods something is said of."""

What = Literal[
    "no place",
    "node asked for",
    "no node comes",
    "image not pulled",
    "volume",
    "container not made",
    "evicted",
    "preempted",
    "killed for memory",
    "other container killed for memory",
    "container keeps ending",
    "probe failed",
    "quota",
    "other warning",
]
"""What is said: the pod has no place on a node; a node is asked for, or none will come for it; …

"Other" containers are those beside the hub's own in its pod, the server's own in its, and so on.
"""

MOST_KINDS = 200
"""How many different things that were said are counted apart."""

MOST_NODES = 300
MOST_IMAGES = 50
MOST_RESTARTS = 100
"""How many of each are listed; those beyond are counted only."""


@dataclass(frozen=True)
class Node:
    """One node of the cluster."""

    name: str
    instance_type: str  # "" where the cluster does not tell, like the next one
    pool: str
    came: float  # when it was made known to the cluster
    is_new: bool  # whether it came after the watch began
    ready: float | None = None  # when it was ready for pods first; None for one that was there before, or never was
    left: float | None = None  # when it was gone; None for one that stayed


@dataclass(frozen=True)
class Waits:
    """How long people's servers waited for a place on a node, by their pods."""

    pods: int = 0  # all that were made
    waited: int = 0  # of them, a second or more
    seconds: float = 0.0  # of all together
    longest: float = 0.0
    most_at_once: int = 0
    still: int = 0  # of them, that had no place when the watch ended


@dataclass(frozen=True)
class Said:
    """Something that was said of pods, counted."""

    what: What
    who: Who
    words: str  # without names and numbers
    count: int
    pods: int
    first: float
    last: float


@dataclass(frozen=True)
class Pull:
    """An image that nodes pulled."""

    image: str
    who: Who  # for whose pods
    count: int
    nodes: int
    new_nodes: int  # of them, those that came after the watch began
    seconds: float  # of all pulls together
    longest: float
    first: float
    last: float
    size: int | None = None  # bytes; older clusters do not tell


@dataclass(frozen=True)
class Restart:
    """A container of the hub, the proxy or the load generator that ended, or a pod of theirs that another replaced."""

    who: Who
    pod: str
    container: str  # "" where the whole pod was replaced
    ended: float  # when the one before had ended
    reason: str = ""  # in Kubernetes' words, such as "OOMKilled", or "Error"
    exit_code: int | None = None
    restarts: int = 0  # how often Kubernetes had restarted the container by then
    memory_limit: str = ""  # of the container, such as "1Gi"


@dataclass(frozen=True)
class Throttled:
    """A pod of the load generator that had to wait for its CPU, because of its limit."""

    pod: str
    cpu_limit: str  # such as "2"
    seconds: float  # for which its threads waited, in all
    share: float  # of the periods of 0.1 s in which it worked, those in which it was stopped


@dataclass(frozen=True)
class Cluster:
    """What the cluster said while it was watched."""

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    began: float  # of the watch
    ended: float
    nodes: list[Node] | None = None  # None where they could not be seen
    more_nodes: int = 0  # that are not listed
    waits: Waits | None = None  # None where pods could not be seen
    seen: list[Who] = field(default_factory=list)  # whose pods there were
    said: list[Said] = field(default_factory=list)  # in the order in which it was said first
    pulls: list[Pull] = field(default_factory=list)
    restarts: list[Restart] = field(default_factory=list)
    beside: list[Restart] = field(default_factory=list)  # of other containers in the same pods, which are not the hub
    more_restarts: int = 0  # of both, that are not listed
    throttled: list[Throttled] = field(default_factory=list)
    clock: float | None = None  # seconds that the cluster's clock is ahead of the one of the watch; None: not known
    notes: list[str] = field(default_factory=list)  # sentences: what could not be seen, and what would show it


_CLUSTER = TypeAdapter(Cluster)


def write_cluster(folder: Path, cluster: Cluster) -> None:
    """Write what the cluster said into a run's folder; what was written before is replaced as a whole.

    Raises:
        OSError: The file cannot be written.
    """
    unfinished = folder / f".{CLUSTER_FILE}"
    unfinished.write_bytes(_CLUSTER.dump_json(cluster, indent=2) + b"\n")
    unfinished.replace(folder / CLUSTER_FILE)


def read_cluster(folder: Path) -> Cluster | None:
    """Return what the cluster said of a run; None for a run that nobody watched in a cluster.

    Raises:
        ValueError: The file is damaged.
        OSError: It cannot be read.
    """
    try:
        text = (folder / CLUSTER_FILE).read_bytes()
    except FileNotFoundError:
        return None
    cluster = _CLUSTER.validate_json(text)
    for moment in _moments(cluster):
        known_moment(moment)
    return cluster


def _moments(cluster: Cluster) -> Iterator[float]:
    yield from (cluster.began, cluster.ended)
    for said in cluster.said:
        yield from (said.first, said.last)
    for pull in cluster.pulls:
        yield from (pull.first, pull.last)
    for restart in (*cluster.restarts, *cluster.beside):
        yield restart.ended
    for node in cluster.nodes or []:
        yield from (moment for moment in (node.came, node.ready, node.left) if moment is not None)
