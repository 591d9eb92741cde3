"""What the cluster did to servers, to the proxy and to the load generator, by its own words."""

import math
from collections.abc import Iterable, Iterator

from hubusers.report import cluster_words as said
from hubusers.report import words
from hubusers.report.causes.catalogue import KINDS, found
from hubusers.report.causes.explained import failures_by_kind
from hubusers.report.causes.facts import Facts
from hubusers.report.finding import Explains, Finding
from hubusers.results.cluster import Restart, Said, Who
from hubusers.results.records import Record

_LOST = {
    *("servers-culled", "server-unreachable", "websockets-cut", "kernel-gone", "kernel-died", "server-exits"),
    *("start-failures", "start-timeout", "session-lost", "files-missing", "save-refused", "other-failures"),
}
"""The kinds of failures that people meet who lose their server."""

_WITHOUT_PROXY = {*_LOST, "hub-away", "gateway-errors", "websockets-refused", "login-broken", "redirect-loop"}
"""Those that people meet while the proxy is away, or does not know their server."""

_BEFORE = 5.0
"""Seconds before the cluster's moment, which is in whole seconds, and late."""

_AFTER = 60.0
"""Seconds after it in which people notice, as at the next thing that they do."""


def proxy_restarted(facts: Facts) -> Iterator[Finding]:
    """Find that the proxy was restarted."""
    restarts = restarts_of(facts, "proxy")
    if not restarts or facts.cluster is None:
        return
    began, ended = restarts[0].ended, restarts[-1].ended
    met = _met(facts, [(one.ended, one.ended) for one in restarts], _WITHOUT_PROXY)
    times = f"{words.counted(len(restarts), 'time')}, the first time " if len(restarts) > 1 else ""
    yield found(
        "proxy-restarted",
        f"The proxy began anew {times}at {words.moment(began)}: {said.why_ended(restarts[0])}.",
        explains="failures" if met else "note",
        share=facts.share_of_failures(met),
        evidence=[*said.of_restarts(facts.cluster, "proxy"), *_how_many(met)],
        began=began,
        ended=ended,
    )


def servers_evicted(facts: Facts) -> Iterator[Finding]:
    """Find that servers were taken off their nodes."""
    if facts.cluster is None:
        return
    told = [*said.said_of(facts.cluster, "evicted"), *said.said_of(facts.cluster, "preempted")]
    if told:
        pods = sum(one.pods for one in told)
        were = "server was taken off its node" if pods == 1 else "servers were taken off their nodes"
        sentence = f"{pods:,} {were}: {'; '.join(_clause(one) for one in told[:2])}."
        evidence = said.quoted(facts.cluster, "evicted", "preempted")
        yield _of_servers(facts, "servers-evicted", sentence, told, evidence)


def servers_out_of_memory(facts: Facts) -> Iterator[Finding]:
    """Find that servers were killed for their memory."""
    if facts.cluster is None:
        return
    if told := said.said_of(facts.cluster, "killed for memory"):
        pods = sum(one.pods for one in told)
        were = "server was killed because it" if pods == 1 else "servers were killed because they"
        sentence = f"{pods:,} {were} used more memory than allowed."
        evidence = said.quoted(facts.cluster, "killed for memory")
        yield _of_servers(facts, "servers-out-of-memory", sentence, told, evidence)


def load_generator_killed(facts: Facts) -> Iterator[Finding]:
    """Find that the cluster ended a pod of the run itself."""
    cluster = facts.cluster
    if cluster is None:
        return
    # What happens to the pods of a run that has ended by itself, while its folder is fetched, is not about the run.
    until = math.inf if facts.run.broke_off else facts.info.ended
    restarts = [one for one in restarts_of(facts, "load generator") if one.ended <= until]
    told = [*said.said_of(cluster, "evicted", "load generator"), *said.said_of(cluster, "preempted", "load generator")]
    lost = [one for one in told if one.first <= until]
    if not restarts and not lost:
        return
    moments = [*(one.ended for one in restarts), *(one.first for one in lost)]
    more_memory, a_place_that_stays = KINDS["load-generator-killed"].remedies
    why = said.why_ended(restarts[0]) if restarts else f"it was {_clause(lost[0])}"
    yield found(
        "load-generator-killed",
        f"At {words.moment(min(moments))} a pod of the run ended: {why}.",
        explains="load generator",
        evidence=said.of_restarts(cluster, "load generator"),
        remedies=[
            *([more_memory] if any(map(said.is_killed_for_memory, restarts)) else []),
            *([a_place_that_stays] if lost else []),
        ],
        began=min(moments),
        ended=max(moments),
    )


def restarts_of(facts: Facts, who: Who) -> list[Restart]:
    """Return what ended of the hub, the proxy or the load generator, in its order."""
    told = facts.cluster.restarts if facts.cluster else []
    return sorted((one for one in told if one.who == who), key=lambda one: one.ended)


def _of_servers(facts: Facts, kind: str, sentence: str, told: list[Said], evidence: Iterable[str]) -> Finding:
    met = _met(facts, [(one.first, one.last) for one in told], _LOST)
    explains: Explains = "failures" if met else "note"
    return found(
        kind,
        sentence,
        explains=explains,
        share=facts.share_of_failures(met),
        evidence=[*evidence, *_how_many(met)],
        began=min(one.first for one in told),
        ended=max(one.last for one in told),
    )


def _met(facts: Facts, spells: Iterable[tuple[float, float]], kinds: set[str]) -> list[Record]:
    """Return the failures of some kinds of people who may have met something that the cluster did."""
    spells = list(spells)
    by_kind = failures_by_kind(facts)
    failed = [record for kind in kinds & by_kind.keys() for record in by_kind[kind]]
    return [
        record
        for record in failed
        if any(
            began - _BEFORE <= record.began + record.seconds and record.began <= ended + _AFTER
            for began, ended in spells
        )
    ]


def _how_many(met: list[Record]) -> list[str]:
    return [f"{words.counted(len(met), 'step')} failed then, or soon after."] if met else []


def _clause(one: Said) -> str:
    return f"{one.what} ({one.words})" if one.words else one.what


CAUSES = (proxy_restarted, servers_evicted, servers_out_of_memory, load_generator_killed)
