"""The cluster's words beside what a run found out by itself: one cause has one finding, whoever tells of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from hubusers.report import cluster_words as said
from hubusers.report import words
from hubusers.report.causes.catalogue import KINDS, found
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.waits import LARGE_SHARE
from hubusers.report.finding import Finding
from hubusers.results.cluster import Cluster, What

_NO_ROOM: tuple[What, ...] = ("no place", "no node comes")


def _of_place(cluster: Cluster) -> list[str]:
    told = said.quoted(cluster, *_NO_ROOM, "quota")
    waited = bool(cluster.waits and cluster.waits.waited)
    return [*said.of_waits(cluster), *told, *(said.of_nodes(cluster) if told or waited else [])]


def _of_images(cluster: Cluster) -> list[str]:
    return [*said.of_pulls(cluster), *said.quoted(cluster, "image not pulled")]


def _of_volumes(cluster: Cluster) -> list[str]:
    return said.quoted(cluster, "volume")


def _of_containers(cluster: Cluster) -> list[str]:
    return said.quoted(
        cluster,
        "container not made",
        "container keeps ending",
        "killed for memory",
        "other container killed for memory",
        "probe failed",
    )


def _of_all(cluster: Cluster) -> list[str]:
    return [one for tell in (_of_place, _of_images, _of_volumes, _of_containers) for one in tell(cluster)]


def _of_proxy(cluster: Cluster) -> list[str]:
    return said.of_restarts(cluster, "proxy")


def _of_load_generator(cluster: Cluster) -> list[str]:
    return [said.of_throttled(one) for one in cluster.throttled]


_KNOW_LITTLE = ("spawner-slow", "start-timeout", "start-failures")
"""Kinds that do not know what starts waited for: whatever the cluster said of servers may be why."""

_AROUND = 30.0
"""Seconds before and after a finding in which what the cluster said is about it."""

_EVIDENCE: Mapping[str, Callable[[Cluster], list[str]]] = {
    "waiting-for-nodes": _of_place,
    "no-room": _of_place,
    "image-pull": _of_images,
    "image-missing": _of_images,
    "volume-wait": _of_volumes,
    "volume-failed": _of_volumes,
    "slow-container": _of_containers,
    "server-exits": _of_containers,
    "server-slow-to-answer": _of_containers,
    "slow-scheduling": _of_place,
    "proxy-routes-lost": _of_proxy,
    "load-generator": _of_load_generator,
    **dict.fromkeys(_KNOW_LITTLE, _of_all),
}
"""What the cluster says about findings of a kind."""

_TELL_OF_STARTS = {"no-room", "waiting-for-nodes", "image-pull", "image-missing", "volume-failed", "volume-wait"}
"""Kinds that say what starts waited for."""

_CPU_LIMIT = (
    "Give the load generator's pod more CPU, or no limit of it (`resources.limits.cpu` in its values), or use more "
    "pods (`--workers`)."
)


def with_cluster(facts: Facts, findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings of a run with what its cluster said about them, and with those that only it tells of.

    Args:
        facts: The facts of the run.
        findings: What was found, by the run itself and in the cluster's words.
    """
    cluster = facts.cluster
    if cluster is None:
        return list(findings)
    kinds = {one.kind for one in findings}
    told = [one for one in findings if not _is_told_otherwise(one, findings)]
    if not kinds & _TELL_OF_STARTS and not facts.messages:
        told = _explained(facts, cluster, told)
    is_explained = any(one.kind in _TELL_OF_STARTS for one in told)
    return [one if is_explained and one.kind in _KNOW_LITTLE else _with_evidence(one, cluster) for one in told]


def _is_told_otherwise(one: Finding, findings: Sequence[Finding]) -> bool:
    """Say whether people noticed what the cluster tells, so that another finding is about the same."""
    others = {other.kind: other for other in findings}
    if one.kind == "servers-out-of-memory":
        exits = others.get("server-exits")
        return exits is not None and "OOMKilled" in " ".join(exits.evidence)
    return one.kind == "proxy-restarted" and "proxy-routes-lost" in others


def _with_evidence(one: Finding, cluster: Cluster) -> Finding:
    evidence = _EVIDENCE[one.kind](_meanwhile(cluster, one)) if one.kind in _EVIDENCE else []
    new = [sentence for sentence in evidence if sentence not in (*one.evidence, one.sentence)]
    is_of_cpu = one.kind == "load-generator" and bool(new)
    return replace(
        one,
        evidence=(*one.evidence, *new),
        remedies=(_CPU_LIMIT, *one.remedies) if is_of_cpu else one.remedies,
    )


def _meanwhile(cluster: Cluster, one: Finding) -> Cluster:
    """Return what the cluster said while something was found, or not long before or after."""
    if one.began is None or one.ended is None:
        return cluster
    began, ended = one.began - _AROUND, one.ended + _AROUND
    return replace(
        cluster,
        said=[said for said in cluster.said if said.first <= ended and said.last >= began],
        pulls=[pull for pull in cluster.pulls if pull.first <= ended and pull.last >= began],
        restarts=[restart for restart in cluster.restarts if began <= restart.ended <= ended],
    )


def _explained(facts: Facts, cluster: Cluster, findings: list[Finding]) -> list[Finding]:
    """Return the findings with what starts waited for, where only the cluster tells it: no diary of a start does.

    A finding that spawns were slow, and that nobody said why, is then not needed; one that time was up is an effect.
    """
    slow = next((one for one in findings if one.kind == "spawner-slow"), None)
    in_vain = next((one for one in findings if one.kind == "start-timeout"), None)
    if cause := _of_nodes(facts, cluster, slow or in_vain) or _of_pulls(facts, cluster, slow):
        return [cause, *(one for one in findings if one is not slow)]
    return findings


def _of_nodes(facts: Facts, cluster: Cluster, effect: Finding | None) -> Finding | None:
    waits = cluster.waits
    if effect is None or waits is None or not waits.waited:
        return None
    is_in_vain = effect.kind == "start-timeout"
    whole = sum(one.seconds for one in (facts.starts if is_in_vain else facts.slow_starts))
    if waits.seconds < LARGE_SHARE * whole:
        return None
    no_node = said.said_of(cluster, "no node comes") or not any(node.ready for node in said.new_nodes(cluster))
    return _instead_of(
        effect,
        "no-room" if is_in_vain and no_node else "waiting-for-nodes",
        said.of_waits(cluster),
        share=effect.share if is_in_vain else waits.seconds / whole,
    )


def _of_pulls(facts: Facts, cluster: Cluster, effect: Finding | None) -> Finding | None:
    pulls = said.pulls_for_servers(cluster)
    if effect is None or not pulls or not facts.slow_starts:
        return None
    longest = max(pull.longest for pull in pulls)
    mean = fmean(one.seconds for one in facts.slow_starts)
    if longest < LARGE_SHARE * mean:
        return None
    sentence = (
        f"Nodes had to pull the image of the servers first: that took up to {words.in_seconds(longest)}, and slow "
        f"starts took {words.in_seconds(mean)} on average."
    )
    return _instead_of(effect, "image-pull", [sentence], share=min(effect.share, longest / mean))


def _instead_of(effect: Finding, kind: str, sentences: Iterable[str], *, share: float) -> Finding:
    return found(
        kind,
        " ".join(sentences),
        explains=effect.explains,
        share=share,
        evidence=[] if effect.kind == "start-timeout" else effect.evidence,
        remedies=KINDS[kind].remedies,
        began=effect.began,
        ended=effect.ended,
    )
