"""What made people wait or fail in a run, and what to change: all findings, in the order of what they explain."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace

from hubusers.report import words
from hubusers.report.causes import (
    broken_answers,
    browsers,
    cluster,
    gateway,
    hub,
    hub_away,
    limits,
    load_generator,
    logins,
    notebooks,
    other_load,
    proxy,
    routes,
    slow_work,
    starts,
    waits,
    websockets,
)
from hubusers.report.causes.cluster_evidence import with_cluster
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.unexplained import unexplained
from hubusers.report.doubts import failed_requests, ramp_was_cut
from hubusers.report.evidence import SLOW_ANSWER
from hubusers.report.finding import Explains, Finding
from hubusers.report.page import plain
from hubusers.results.folder import FinishedRun
from hubusers.results.records import CELL, KERNEL_READY, LOGIN, SAVED, SPAWN_PAGE, START_TO_READY, counted
from hubusers.results.targets import Outcome, step_of

_CAUSES: tuple[Callable[[Facts], Iterable[Finding]], ...] = (
    *waits.CAUSES,
    *limits.CAUSES,
    *hub.CAUSES,
    *hub_away.CAUSES,
    *broken_answers.CAUSES,
    *other_load.CAUSES,
    *proxy.CAUSES,
    *routes.CAUSES,
    *gateway.CAUSES,
    *starts.CAUSES,
    *logins.CAUSES,
    *browsers.CAUSES,
    *websockets.CAUSES,
    *notebooks.CAUSES,
    *slow_work.CAUSES,
    *load_generator.CAUSES,
    *cluster.CAUSES,
)
"""All functions that look for causes."""

_LONG_STARTS = (
    *["no-room", "waiting-for-nodes", "image-missing", "image-pull", "volume-failed", "volume-wait", "slow-scheduling"],
    *["server-slow-to-answer", "slow-container", "start-messages", "spawner-slow"],
)
_LONG_SPAWNS = (*_LONG_STARTS, "hub-blocked", "hub-busy", "busy-machine")

_SERVERS_GONE = ("servers-evicted", "servers-out-of-memory")

_CAUSED_BY: dict[str, tuple[str, ...]] = {
    # Spawns that take long keep their places.
    "spawn-limit": _LONG_SPAWNS,
    "start-timeout": ("spawn-limit", *_LONG_SPAWNS),
    "hub-exited": ("server-exits", "image-missing", "volume-failed", "no-room", "start-timeout", "start-failures"),
    "hub-away": ("hub-exited", "hub-restarted", "proxy-restarted"),
    "redirect-loop": ("proxy-routes-lost", "proxy-restarted"),
    "gateway-errors": ("hub-restarted", "proxy-restarted", "hub-away"),
    "server-unreachable": (*_SERVERS_GONE, "proxy-routes-lost", "proxy-restarted", "gateway-errors", "hub-restarted"),
    "websockets-cut": (
        *(*_SERVERS_GONE, "servers-culled", "proxy-routes-lost", "proxy-restarted"),
        *("hub-exited", "hub-restarted", "hub-away"),
    ),
    "websockets-refused": ("proxy-routes-lost", "proxy-restarted", "hub-away"),
    "files-missing": ("proxy-routes-lost", "proxy-restarted", "gateway-errors", "hub-away"),
    "servers-culled": _SERVERS_GONE,
    "kernel-died": ("servers-out-of-memory",),
    "login-broken": ("database-errors", "gateway-errors", "hub-away", "hub-blocked"),
    "start-failures": ("database-errors", "hub-restarted"),
    "save-refused": ("proxy-routes-lost",),
    "kernel-gone": (*_SERVERS_GONE, "servers-culled", "proxy-routes-lost", "hub-restarted"),
    "session-lost": ("hub-restarted", "database-errors"),
    "login-slow": ("hub-blocked", "hub-busy", "busy-machine"),
    "hub-busy": ("other-load",),
    "hub-blocked": ("other-load",),
    # The hub looks whether a server answers in turns of its own.
    "server-slow-to-answer": ("hub-blocked", "hub-busy", "busy-machine"),
}
"""For each effect the causes that it may have; the first one that was found is taken."""

_SLOW_STEPS: dict[str, set[str]] = {
    **{kind: {START_TO_READY, SPAWN_PAGE} for kind in (*_LONG_STARTS, "spawn-limit", "server-limit")},
    "login-slow": {LOGIN},
    "provider-slow": {LOGIN},
    "slow-storage": {KERNEL_READY, SAVED},
    "slow-kernels": {KERNEL_READY, CELL},
}
"""The steps that the causes of only a few steps make slow; targets of other steps are not missed because of them."""

_SEEN_LATE = 5.0
"""Seconds after its beginning in which a cause is seen; its effects may be seen sooner."""

_LATEST_EFFECT = 60.0
"""Seconds after a cause is over in which an effect of it begins at the latest."""

_SHOWN_AT_THE_END = 2
"""How many findings the last lines of a run name."""


def findings_of(run: FinishedRun) -> list[Finding]:
    """Return what made people wait or fail in a run.

    Causes come before their effects. Otherwise those come first that explain most of the missed targets, then those of
    failures, then those of waiting; notes come last.

    Args:
        run: A run that is over. One that ended for want of an extra has none: what it met by then was no rush.
    """
    if run.info.lacked_an_extra:
        return []
    facts = Facts(run)
    explained = with_cluster(facts, [finding for cause in _CAUSES for finding in cause(facts)])
    return in_order([*explained, *unexplained(facts, explained)], run)


def in_order(found: Iterable[Finding], run: FinishedRun) -> list[Finding]:
    """Link findings as cause and effect, and bring them into the order that `findings_of` describes."""
    missed = Facts(run).missed
    return _causes_first(sorted(_linked(list(found)), key=lambda finding: _rank(finding, missed)))


def in_sentences(run: FinishedRun, findings: list[Finding]) -> list[str]:
    """Return the first findings for a terminal, each with what to look at or to change first; or what there is to say
    without any.

    Args:
        run: The run.
        findings: Its findings, as `findings_of` returns them.
    """
    causes = [finding for finding in findings if finding.explains != "note"]
    if not causes:
        return [without_causes(run)]
    return [
        plain(" ".join([f"{finding.title}: {finding.sentence}", *finding.remedies[:1]]))
        for finding in causes[:_SHOWN_AT_THE_END]
    ]


def without_causes(run: FinishedRun) -> str:
    """Say that nothing limited a run, or what is not known about it and what would tell.

    Args:
        run: A run in which no cause was found.
    """
    if run.info.lacked_an_extra:
        return run.info.ended_because
    facts = Facts(run)
    bad = _bad(facts)
    if not facts.starts and not bad and _nobody_asked(run):
        return (
            "Nobody asked for a server, so nothing is known of how servers start. A user class asks for one with "
            "self.server() or self.start_server()."
        )
    if not facts.starts:
        bad.insert(0, "no server start was measured")
    was_whole = not (run.info.ended_because or run.broke_off or ramp_was_cut(run))
    away = list(hub_away.away(facts))
    if away and not bad:
        sentences = " ".join(finding.sentence for finding in away)
        return f"No step failed, and nobody had to wait too long, but the hub was away for a time. {sentences}"
    if not bad and (by_cluster := [finding.sentence for cause in cluster.CAUSES for finding in cause(facts)]):
        return f"No step failed, and nobody had to wait too long, but look at what the cluster did. {by_cluster[0]}"
    broken = failed_requests(facts.requests)
    if not bad and broken:
        return f"No step failed, and nobody had to wait too long, but {broken[0]}.{_still_under_way(facts)}"
    if not bad and run.info.generator:
        until = "" if was_whole else " until the run ended"
        return (
            f"No step failed, and nobody had to wait too long{until}, but the load generator was late, so perhaps less "
            f"came to the hub than was asked for.{_still_under_way(facts)}"
        )
    if not bad:
        nothing = "Nothing limited it" if was_whole else "Until the run ended, before its time, nothing limited it"
        if run.damages:
            nothing = "As far as its files can be read, nothing limited it"
        if run.info.people_lost:
            nothing += " for people who were not lost with their worker"
        return f"{nothing}: no step failed, and nobody had to wait too long.{_still_under_way(facts)}"
    if not (was_whole or facts.missed or facts.failures or facts.slow_starts):
        return f"The run ended too early to tell what limits it: {', and '.join(bad)}."
    return f"It is not known what limited the run: {', and '.join(bad)}. {_what_would_tell(facts)}"


def _nobody_asked(run: FinishedRun) -> bool:
    """Return whether people came, and it is known that none of them wanted a server."""
    reached = run.results.people.reached(run.info.people_came or 0)
    return reached.came > 0 and not (reached.asked or reached.waiting or run.lacks_data or run.info.people_lost)


def _bad(facts: Facts) -> list[str]:
    """Say what did not succeed, as clauses."""
    starts, bad = words.counted(len(facts.starts), "start"), list[str]()
    if failed := sum(record.failed for record in facts.starts):
        bad.append(f"{failed:,} of {starts} failed")
    if unfinished := sum(record.is_unfinished for record in counted(facts.starts)):
        were = "was" if unfinished == 1 else "were"
        bad.append(f"{unfinished:,} of {starts} {were} under way when the run ended")
    bad += [words.times_failed(*step) for step in facts.records.failed_steps()]
    # Of several with one text the first: that of the whole run.
    missed = {one.target.text: one.shown for one in reversed(facts.missed)}
    bad += [f"a target was missed ({text}, measured {shown})" for text, shown in missed.items()]
    if facts.slow_starts and not facts.missed:
        bad.append(f"{len(facts.slow_starts):,} of {starts} took long")
    return bad


def _still_under_way(facts: Facts) -> str:
    """Say how many starts the end of the run broke off; "" where it broke off none."""
    if not facts.unfinished:
        return ""
    were = words.counted(len(facts.unfinished), "start was", "starts were")
    return f" {were} still under way at the end, for no longer than others had taken."


def _what_would_tell(facts: Facts) -> str:
    if not facts.samples:
        return (
            f"{_probes(facts.evidence.probe)}Give the token the scope read:metrics, to see what the hub was busy with."
        )
    return "Look at the hub's log for this time."


def _probes(median: float | None) -> str:
    if median is None:
        return ""
    if math.isinf(median):
        return "Most probes of the hub failed: the hub or the proxy was busy or down, not the spawner alone. "
    probe = f"The median probe of the hub took {words.in_seconds(median)}"
    if median > SLOW_ANSWER:
        return f"{probe}: the hub or the proxy was busy, not the spawner alone. "
    return f"{probe}: neither the hub nor the proxy was slow to answer. "


def _linked(found: list[Finding]) -> list[Finding]:
    return [one if one.because_of else replace(one, because_of=_cause_of(one, found)) for one in found]


def _cause_of(effect: Finding, found: list[Finding]) -> str:
    """Return the kind of the first cause of a finding that was found, and was there in time; "" where none was."""
    kinds = {one.kind for one in found if one.explains != "note" and _may_come_of(effect, one)}
    return next((kind for kind in _CAUSED_BY.get(effect.kind, ()) if kind in kinds), "")


def _may_come_of(effect: Finding, cause: Finding) -> bool:
    """Say whether a cause was there before an effect was over, and not long before it began."""
    if cause.began is not None and effect.ended is not None and cause.began > effect.ended + _SEEN_LATE:
        return False
    return effect.began is None or cause.ended is None or effect.began <= cause.ended + _LATEST_EFFECT


def _causes_first(ordered: list[Finding]) -> list[Finding]:
    """Move each cause before the first of its effects."""
    result: list[Finding] = []
    begun: list[Finding] = []

    def add(finding: Finding) -> None:
        if finding in begun:  # also where causes go in circles
            return
        begun.append(finding)
        for cause in ordered:
            if cause.kind == finding.because_of:
                add(cause)
        result.append(finding)

    for finding in ordered:
        add(finding)
    return result


def _rank(finding: Finding, missed: list[Outcome]) -> tuple[int, float]:
    by_explains: dict[Explains, int] = {"failures": 1, "slowness": 2, "load generator": 2, "note": 3}
    explained = "slowness" if finding.explains == "load generator" else finding.explains
    slow_steps = _SLOW_STEPS.get(finding.kind, set())
    is_behind_targets = any(
        explained == _missed_because_of(one) and (not slow_steps or step_of(one.target) in slow_steps) for one in missed
    )
    return 0 if is_behind_targets else by_explains[finding.explains], -finding.share


def _missed_because_of(one: Outcome) -> Explains:
    """Return what made a target be missed: failures, also where they made a percentile endless, or slowness."""
    if one.target.measure.startswith("failed ") or (one.measured is not None and math.isinf(one.measured)):
        return "failures"
    return "slowness"
