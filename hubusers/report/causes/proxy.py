"""Whether the proxy, or something else before the hub, made people wait or fail."""

import math
from collections.abc import Iterable

from hubusers.report import words
from hubusers.report.causes.catalogue import found
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.hub import is_at_fault
from hubusers.report.causes.untold import untold
from hubusers.report.finding import Finding

_TURNS = 2
"""How often a process can be late with one request: when it is sent, and when its answer is there."""


def slow(facts: Facts) -> Iterable[Finding]:
    """Find that requests lost their time between people and a hub that was not busy."""
    evidence = facts.evidence
    if not facts.is_anything_slow or not evidence.is_lost_on_the_way or is_at_fault(facts) or _may_be_lateness(facts):
        return
    total = sum(start.seconds for start in facts.slow_starts)
    spawns = (evidence.spawn or 0.0) / evidence.mean if evidence.mean else 0.0
    yield found(
        "proxy-slow",
        f"{_on_the_way(facts)}, while the hub itself was not busy.",
        explains="slowness",
        # The spawns took their time behind the proxy.
        share=max(0.0, sum(map(untold, facts.slow_starts)) / total - spawns) if total else 1.0,
        evidence=_not_busy(facts),
    )


def _may_be_lateness(facts: Facts) -> bool:
    """Say whether requests may only look late because the load generator was late with them, and with their answers."""
    evidence = facts.evidence
    lateness = _TURNS * max((one.lateness for one in facts.info.late_processes), default=0.0)
    lost = [] if evidence.probe is None else [evidence.probe]
    if evidence.client_requests is not None and evidence.hub_requests is not None:
        lost.append(evidence.client_requests - evidence.hub_requests)
    return all(seconds <= lateness for seconds in lost)


def _on_the_way(facts: Facts) -> str:
    evidence, said = facts.evidence, []
    if evidence.client_requests is not None and evidence.hub_requests is not None:
        here, there = words.in_seconds(evidence.client_requests), words.in_seconds(evidence.hub_requests)
        said.append(f"Requests took {here} as seen from here, and {there} in the hub")
    if evidence.probe is not None:
        probe = (
            f"the median probe of the hub took {words.in_seconds(evidence.probe)}"
            if math.isfinite(evidence.probe)
            else "most probes of the hub failed"
        )
        said.append(probe if said else probe.capitalize())
    return ", ".join(said)


def _not_busy(facts: Facts) -> list[str]:
    evidence, said = facts.evidence, []
    if evidence.cpu is not None:
        said.append(f"The hub used {words.in_percent(evidence.cpu)} of a core while most starts were under way.")
    if evidence.event_loop is not None:
        said.append(f"95 % of its event loop intervals took at most {words.in_seconds(evidence.event_loop)} then.")
    return said


CAUSES = (slow,)
