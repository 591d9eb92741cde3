"""What the cluster said, as findings of its own and as evidence of others."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from hubusers.report.causes.kinds.load_generator import MORE_PROCESSES
from hubusers.report.finding import Finding
from hubusers.report.findings import findings_of, in_sentences, without_causes
from hubusers.results.cluster import Cluster, Node, Pull, Restart, Said, Throttled, Waits, What, Who
from hubusers.results.folder import FinishedRun
from hubusers.results.hub_samples import Probe
from hubusers.results.late_processes import LateProcess
from hubusers.results.records import Record
from hubusers.results.start_messages import StartMessage
from tests.report.causes.failing import starts, step, text_of
from tests.report.causes.rush import Rush
from tests.report.made_up_run import BEGAN
from tests.report.runs import finished, start

KILLED = Restart("hub", "hub-1", "hub", BEGAN + 26, "OOMKilled", 137, 1, "1Gi")
CRASHED = replace(KILLED, reason="Error", exit_code=1)
PROXY = Restart("proxy", "proxy-1", "chp", BEGAN + 20, "OOMKilled", 137, 1)
FULL = "Insufficient memory; node(s) had untolerated taint {x: y}"


def cluster(**known: Any) -> Cluster:
    return Cluster(BEGAN - 20, BEGAN + 200, **{"nodes": [], "waits": Waits(10), **known})


def said(what: What, words: str, who: Who = "servers", pods: int = 4, first: float = 5.0, last: float = 40.0) -> Said:
    return Said(what, who, words, pods, pods, BEGAN + first, BEGAN + last)


def run(told: Cluster, records: Iterable[Record] = (), gone: Iterable[int] = (), **known: Any) -> FinishedRun:
    """Return a run whose hub does not answer probes in some seconds."""
    made = replace(finished(records or [start(1, 1.0)], ended=BEGAN + 60, **known), cluster=told)
    missing = set(gone)
    made.results.probes = [Probe(BEGAN + n, 0.01, "HTTP 503" if n in missing else "") for n in range(60)]
    return made


def kinds(found: Iterable[Finding]) -> list[str]:
    return [one.kind for one in found]


def rush(told: Cluster, **known: Any) -> list[Finding]:
    return findings_of(replace(Rush(**known).run, cluster=told))


@pytest.mark.parametrize(
    ("restart", "why"),
    [
        (KILLED, "Kubernetes killed it because it used more memory than its limit of 1Gi."),
        (CRASHED, "its container hub ended with exit code 1 (Error)."),
        (replace(KILLED, container="", reason="evicted: Low."), "the pod was replaced by another one (evicted: Low.)."),
    ],
)
def test_a_hub_that_began_anew_and_nobody_noticed(restart: Restart, why: str) -> None:
    made = run(cluster(restarts=[restart]))
    [finding] = findings_of(made)
    assert (finding.kind, finding.explains) == ("hub-restarted", "note")
    assert finding.sentence.startswith(f"The hub's process began anew, at 08:00:26 UTC: {why}")
    [sentence] = in_sentences(made, [finding])
    assert "Nothing limited it" not in sentence
    assert why in sentence


def test_the_probes_and_the_cluster_tell_of_one_absence() -> None:
    replaced = Restart("hub", "hub-2", "", BEGAN + 27)
    refused = start(21, 0.1, "hub error: HTTP 503")
    made = run(cluster(restarts=[KILLED, replaced]), [refused, start(1, 1.0)], gone=range(20, 28))
    [finding] = findings_of(made)
    assert (finding.kind, finding.explains, finding.began) == ("hub-restarted", "failures", BEGAN + 20)
    assert "killed it because it used more memory" in finding.sentence
    assert "Probes of the hub failed: HTTP 503 (8)." in finding.evidence
    assert (
        "Kubernetes tells of the pod “hub-1”, 08:00:26 UTC: its container hub ended (OOMKilled, exit code 137, memory "
        "limit 1Gi, restart 1)."
    ) in finding.evidence


def test_a_hub_that_was_killed_for_memory_did_not_end_itself() -> None:
    failed = [start(10 + n, 5.0, "spawn failed", reason="It died.") for n in range(5)]
    crashed = findings_of(run(cluster(restarts=[CRASHED]), failed, gone=range(20, 30)))
    assert "hub-exited" in kinds(crashed)
    killed = findings_of(run(cluster(restarts=[KILLED]), failed, gone=range(20, 30)))
    assert "hub-restarted" in kinds(killed)
    assert "hub-exited" not in kinds(killed)


def test_a_proxy_that_began_anew() -> None:
    quiet = run(cluster(restarts=[PROXY]))
    [finding] = findings_of(quiet)
    assert (finding.kind, finding.explains) == ("proxy-restarted", "note")
    assert without_causes(quiet) == (
        "No step failed, and nobody had to wait too long, but look at what the cluster did. The proxy began anew at "
        "08:00:20 UTC: Kubernetes killed it because it used more memory than its limit."
    )
    lost = [step("kernel ready", n, "server unreachable: HTTP 503", seconds=12.0) for n in range(9, 14)]
    [cause, effect] = findings_of(run(cluster(restarts=[PROXY]), [*lost, start(1, 1.0)]))
    assert (cause.kind, cause.explains, effect.kind) == ("proxy-restarted", "failures", "server-unreachable")
    assert effect.because_of == "proxy-restarted"


def test_servers_that_were_taken_away() -> None:
    low = said("evicted", "The node was low on resource: memory", first=20.0, last=25.0)
    killed = said("killed for memory", "container notebook: OOMKilled", pods=2, first=20.0, last=25.0)
    gone = [step("stop to stopped", n, "server was gone", seconds=3.0) for n in range(18, 24)]
    found = {one.kind: one for one in findings_of(run(cluster(said=[low, killed]), [*gone, start(1, 1.0)]))}
    evicted, memory, effect = (found[kind] for kind in ("servers-evicted", "servers-out-of-memory", "servers-culled"))
    assert evicted.sentence == ("4 servers were taken off their nodes: evicted (The node was low on resource: memory).")
    assert memory.sentence == "2 servers were killed because they used more memory than allowed."
    assert {evicted.explains, memory.explains} == {"failures"}
    assert effect.because_of == "servers-evicted"


def test_placeholders_that_give_way_are_as_it_should_be() -> None:
    made = run(cluster(said=[said("preempted", "for a pod of a higher priority", "placeholders")]))
    assert findings_of(made) == []
    assert without_causes(made).startswith("Nothing limited it")


@pytest.mark.parametrize("is_killed", [True, False])
def test_a_load_generator_that_the_cluster_ended(is_killed: bool) -> None:
    end = Restart("load generator", "hubusers-x", "hubusers", BEGAN + 70, "OOMKilled", 137, 0, "512Mi")
    low = said("evicted", "The node was low on resource: memory", "load generator", 1, 70.0, 70.0)
    told = cluster(restarts=[end]) if is_killed else cluster(said=[low])
    [finding] = findings_of(replace(run(told), broke_off=True))
    why = (
        "Kubernetes killed it because it used more memory than its limit of 512Mi"
        if is_killed
        else "it was evicted (The node was low on resource: memory)"
    )
    assert (finding.kind, finding.explains) == ("load-generator-killed", "load generator")
    assert finding.sentence == f"At 08:01:10 UTC a pod of the run ended: {why}."
    [remedy] = finding.remedies
    assert remedy.startswith("After *OOMKilled*" if is_killed else "If it was taken off its node")


@pytest.mark.parametrize(("after", "is_told"), [(-20.0, True), (5.0, False)])
def test_what_happens_to_its_pods_after_a_run_has_ended_is_not_about_it(after: float, is_told: bool) -> None:
    moment = 60 + after
    end = Restart("load generator", "hubusers-x-worker-0", "hubusers", BEGAN + moment, "Error", 137)
    low = said("evicted", "The node was low on resource: memory", "load generator", 1, moment, moment)
    made = run(cluster(restarts=[end], said=[low]))
    assert ("load-generator-killed" in kinds(findings_of(made))) is is_told


NODE_PARTS = (("waiting for a node", 50.0), ("spawning", 10.0))
NO_DIARY = (("spawning", 60.0),)
WAITED = Waits(10, 10, 500.0, 55.0, 10, 0)


def test_nodes_that_come_late_are_evidence_of_what_the_diaries_tell() -> None:
    nodes = [Node("n-1", "m5.large", "users", BEGAN + 20, is_new=True, ready=BEGAN + 48)]
    words = [said("no place", FULL, pods=10), said("node asked for", "node group users, 10 nodes at most", first=8)]
    messages = (StartMessage("{n} nodes", "waiting for a node", 10, 500.0, 50.0, BEGAN, BEGAN + 5, "…"),)
    told = cluster(nodes=nodes, waits=WAITED, said=words)
    [finding] = rush(told, seconds=60, spawn=60, parts=NODE_PARTS, messages=messages)
    assert finding.kind == "waiting-for-nodes"
    assert "waited for a node" in finding.sentence
    assert f"Kubernetes said of 10 pods, 08:00:05 UTC to 08:00:40 UTC: “{FULL}”." in finding.evidence
    assert (
        "1 node came (m5.large, pool users); the first was ready 40s after the first one was asked for; from when a "
        "node was there until it was ready it took 28s on average."
    ) in finding.evidence


def test_without_diaries_the_cluster_says_what_starts_waited_for() -> None:
    plain = rush(cluster(), seconds=60, spawn=60, parts=NO_DIARY)
    assert kinds(plain) == ["spawner-slow"]
    nodes = [Node("n-1", "m5.large", "users", BEGAN + 20, is_new=True, ready=BEGAN + 48)]
    told = cluster(nodes=nodes, waits=WAITED, said=[said("no place", FULL, pods=10)])
    [finding] = rush(told, seconds=60, spawn=60, parts=NO_DIARY)
    assert (finding.kind, finding.explains) == ("waiting-for-nodes", "slowness")
    assert finding.sentence == (
        "By their pods, 10 of 10 servers waited for a place on a node: 50s on average, 55s at most."
    )
    assert finding.share == pytest.approx(500 / 600)
    assert FULL in text_of(finding)


def test_images_that_new_nodes_pulled() -> None:
    pull = Pull("quay.io/a/b:1", "servers", 3, 3, 3, 150.0, 55.0, BEGAN + 20, BEGAN + 40, 4_100_000_000)
    [finding] = rush(cluster(pulls=[pull]), seconds=60, spawn=60, parts=NO_DIARY)
    assert finding.kind == "image-pull"
    assert "that took up to 55 s, and slow starts took 60 s on average" in finding.sentence
    assert (
        "Nodes pulled “quay.io/a/b:1” 3 times, on 3 nodes (3 of them new): 50 s on average, 55 s at most; it has "
        "4.1 GB."
    ) in finding.evidence
    own = replace(pull, who="load generator")
    assert kinds(rush(cluster(pulls=[own]), seconds=60, spawn=60, parts=NO_DIARY)) == ["spawner-slow"]
    assert kinds(rush(cluster(pulls=[replace(pull, longest=5.0)]), seconds=60, spawn=60, parts=NO_DIARY)) == [
        "spawner-slow"
    ]


def test_no_room_and_no_node_came() -> None:
    words = [said("no place", FULL, pods=5), said("no node comes", "max node group size reached", pods=5)]
    waits = Waits(8, 5, 5 * 295.0, 300.0, 5, 5)
    failures = starts((5, "timed out", ""), good=3, seconds=300.0)
    cause, effect = findings_of(run(cluster(waits=waits, said=words), failures))
    assert (cause.kind, cause.explains, effect.kind) == ("no-room", "failures", "start-timeout")
    assert effect.because_of == "no-room"
    assert "5 had none at the end" in cause.sentence
    assert "No node came." in cause.evidence
    assert "max node group size reached" in text_of(cause)


def test_what_is_known_already_is_not_said_twice() -> None:
    waits = Waits(8, 5, 5 * 295.0, 300.0, 5, 5)
    reason = "0/3 nodes are available: 3 Insufficient memory."
    failures = starts((5, "spawn failed", reason), good=3, seconds=300.0)
    [finding] = findings_of(run(cluster(waits=waits, said=[said("no place", FULL, pods=5)]), failures))
    assert finding.kind == "no-room"
    assert FULL in text_of(finding)


def test_words_of_another_time_are_not_about_a_finding() -> None:
    failures = starts((5, "spawn failed", "ErrImagePull"), good=3, seconds=5.0)
    late = said("image not pulled", "Back-off pulling image", first=150, last=160)
    [finding] = findings_of(run(cluster(said=[late]), failures))
    assert (finding.kind, "Back-off" in text_of(finding)) == ("image-missing", False)


def test_a_load_generator_that_met_its_cpu_limit() -> None:
    late = [LateProcess(0, 30.0, 60.0, 0.5, 0.98)]
    told = cluster(throttled=[Throttled("hubusers-x", "1", 12.5, 0.31)])
    made = run(told, [start(n, 1.0) for n in range(5)], generator="It was late.", late_processes=late)
    [finding] = findings_of(made)
    assert finding.kind == "load-generator"
    assert finding.evidence[-1] == (
        "Pod hubusers-x met its CPU limit of 1 in 31 % of its time: its threads stood still for 12.5 s in all."
    )
    assert finding.remedies[0].startswith("Give the load generator's pod more CPU")
    assert MORE_PROCESSES in finding.remedies
