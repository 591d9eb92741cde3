"""What the cluster said of a run, in sentences."""

from collections.abc import Iterable
from statistics import fmean

from hubusers import durations
from hubusers.counting import counted
from hubusers.report import words
from hubusers.results.cluster import Cluster, Node, Pull, Restart, Said, Throttled, What, Who

_MOST = 3
"""How many different things that were said a finding quotes of each kind."""

NAMES: dict[Who, str] = {
    "servers": "people's servers",
    "hub": "the hub",
    "proxy": "the proxy",
    "load generator": "the load generator",
    "other load tests": "other load tests with hubusers",
    "placeholders": "placeholders for people",
    "image pullers": "what pulls images before people come",
    "other pods": "other pods",
}


def lasting(seconds: float) -> str:
    """Return how long something of a cluster lasted, which takes seconds or hours, as in "2m 10s"."""
    return durations.in_words(max(1, round(seconds)))


def said_of(cluster: Cluster, what: What, who: Who = "servers") -> list[Said]:
    """Return what was said of this kind, of these pods: that of most pods first."""
    return sorted((one for one in cluster.said if (one.what, one.who) == (what, who)), key=lambda one: -one.pods)


def quoted(cluster: Cluster, *whats: What, who: Who = "servers") -> list[str]:
    """Return sentences with what was said of some kinds, the most frequent of each."""
    return [_quoted(one) for what in whats for one in said_of(cluster, what, who)[:_MOST]]


def _quoted(one: Said) -> str:
    until = f" to {words.moment(one.last)}" if one.last - one.first >= 1 else ""
    pods = counted(one.pods, "pod")
    return f"Kubernetes said of {pods}, {words.moment(one.first)}{until}: “{one.words}”."


def of_waits(cluster: Cluster) -> list[str]:
    """Say how long servers waited for a place on a node, by their pods; as a list of one or none."""
    waits = cluster.waits
    if waits is None or not waits.waited:
        return []
    mean, longest = lasting(waits.seconds / waits.waited), lasting(waits.longest)
    took = f"{mean} on average, {longest} at most" if waits.waited > 1 else longest
    still = f"; {waits.still:,} had none at the end" if waits.still else ""
    return [
        f"By their pods, {waits.waited:,} of {counted(waits.pods, 'server')} waited for a place on a node: "
        f"{took}{still}."
    ]


def new_nodes(cluster: Cluster) -> list[Node]:
    """Return the nodes that came while the cluster was watched, in their order."""
    return sorted((node for node in cluster.nodes or [] if node.is_new), key=lambda node: node.came)


def of_nodes(cluster: Cluster) -> list[str]:
    """Say which nodes came, and how soon they were ready; as a list of one or two sentences, or none."""
    if cluster.nodes is None:
        return []
    came = new_nodes(cluster)
    if not came:
        return ["No node came."]
    ready = [node.ready for node in came if node.ready is not None]
    kinds = dict.fromkeys(kind_of(node) for node in came if kind_of(node))
    of_kind = f" ({', '.join(kinds)})" if kinds else ""
    sentences = [f"{counted(len(came), 'node')} came{of_kind}"]
    if not ready:
        return [f"{sentences[0]}, of which none was ready before the end."]
    asked = [one.first for one in cluster.said if one.what == "node asked for"]
    if asked and min(ready) > min(asked):
        sentences.append(f"the first was ready {lasting(min(ready) - min(asked))} after the first one was asked for")
    took = [node.ready - node.came for node in came if node.ready is not None]
    sentences.append(f"from when a node was there until it was ready it took {lasting(fmean(took))} on average")
    if len(ready) < len(came):
        sentences.append(f"{len(came) - len(ready):,} of them were not ready before the end")
    return [f"{'; '.join(sentences)}."]


def kind_of(node: Node) -> str:
    """Return what a node is, as far as it is known: its instance type and its pool."""
    return ", ".join(filter(None, (node.instance_type, f"pool {node.pool}" if node.pool else "")))


def pulls_for_servers(cluster: Cluster) -> list[Pull]:
    """Return the images that nodes pulled for people's servers, also in advance; those that took longest first."""
    return [pull for pull in cluster.pulls if pull.who in ("servers", "image pullers")]


def of_pulls(cluster: Cluster) -> list[str]:
    """Say which images nodes pulled for people's servers, those first that took longest."""
    return [
        f"Nodes pulled “{pull.image}” {counted(pull.count, 'time')}, on {counted(pull.nodes, 'node')}"
        f"{f' ({pull.new_nodes:,} of them new)' if pull.new_nodes else ''}: "
        f"{words.in_seconds(pull.seconds / pull.count)} on average, {words.in_seconds(pull.longest)} at most"
        f"{f'; it has {pull.size / 1e9:.1f} GB' if pull.size else ''}."
        for pull in pulls_for_servers(cluster)[:_MOST]
        if pull.longest >= 1
    ]


def is_killed_for_memory(restart: Restart) -> bool:
    """Say whether something ended because it took more memory than it may."""
    return restart.reason == "OOMKilled"


def why_ended(restart: Restart) -> str:
    """Say why something of the hub, the proxy or the load generator ended, as a clause with its subject."""
    if not restart.container:
        return f"the pod was replaced by another one{f' ({restart.reason})' if restart.reason else ''}"
    if is_killed_for_memory(restart):
        limit = f" of {restart.memory_limit}" if restart.memory_limit else ""
        return f"Kubernetes killed it because it used more memory than its limit{limit}"
    code = "" if restart.exit_code is None else f" with exit code {restart.exit_code}"
    return f"its container {restart.container} ended{code}{f' ({restart.reason})' if restart.reason else ''}"


def of_restarts(cluster: Cluster, who: Who, restarts: Iterable[Restart] | None = None) -> list[str]:
    """Say what Kubernetes tells of the ends of the hub, the proxy or the load generator, and of its probes.

    Args:
        cluster: What the cluster said.
        who: Of which of them.
        restarts: Those to tell; all where none are given.
    """
    told = [one for one in cluster.restarts if one.who == who] if restarts is None else list(restarts)
    sentences = [
        f"Kubernetes tells of the pod “{one.pod}”, {words.moment(one.ended)}: {_told(one)}." for one in told[:_MOST]
    ]
    if len(told) > _MOST:
        sentences.append(f"So it was {counted(len(told) - _MOST, 'more time')}.")
    return [*sentences, *quoted(cluster, "probe failed", "evicted", "preempted", who=who)]


def _told(restart: Restart) -> str:
    if not restart.container:
        return f"it took the place of another one{f' ({restart.reason})' if restart.reason else ''}"
    details = [
        restart.reason,
        "" if restart.exit_code is None else f"exit code {restart.exit_code}",
        f"memory limit {restart.memory_limit}" if restart.memory_limit else "",
        f"restart {restart.restarts:,}" if restart.restarts else "",
    ]
    return f"its container {restart.container} ended ({', '.join(filter(None, details))})"


def of_throttled(throttled: Throttled) -> str:
    """Say how long a pod of the load generator had to wait for its CPU."""
    limit = f" of {throttled.cpu_limit}" if throttled.cpu_limit else ""
    return (
        f"Pod {throttled.pod} met its CPU limit{limit} in {words.in_percent(throttled.share)} of its time: its threads "
        f"stood still for {words.in_seconds(throttled.seconds)} in all."
    )
