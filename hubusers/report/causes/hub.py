"""Whether the hub's process was too busy, or stood still, while people waited."""

import math
from collections.abc import Iterable
from urllib.parse import urlsplit

from hubusers.report import words
from hubusers.report.causes.catalogue import KINDS, found
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.untold import untold
from hubusers.report.causes.work import dearest_requests
from hubusers.report.evidence import SLOW_ANSWER, cpu_of
from hubusers.report.finding import Finding
from hubusers.report.hub_intervals import Interval, together
from hubusers.results.hub_samples import Observations

FULL_CORE = 0.85
"""Share of a core. A hub is one process with one thread: close to a whole core, its work piles up."""

LATE_TURN = 0.25
"""Seconds. During a turn of the hub's event loop nobody gets an answer, and people notice a quarter of a second."""

STANDS_STILL = 0.2
"""Share of the time that an event loop spends in late turns; below that, few people meet one."""

_MUCH_LATER = 2.0
"""How many times the length of a turn an answer may be late because of such turns."""

_LATEST_PROBE = 10.0
"""Seconds. A probe that takes longer is given up."""


_OFTEN = 0.3
"""Share of the time in which a load generator on the same machine is late, if the machine has no time for either."""

_ABOUT_AS_LATE = 2.0
"""How many times longer than the load generator's lateness the hub's turns are then at most."""


def busy(facts: Facts) -> Iterable[Finding]:
    """Find that the hub's core was full while people waited."""
    if not is_busy(facts):
        return
    began, ended = _span([one for one in facts.busy_intervals if (one.cpu or 0.0) >= FULL_CORE])
    yield found(
        "hub-busy",
        f"The hub used {words.in_percent(_cpu(facts) or 0.0)} of a core while most people waited.",
        explains="slowness",
        share=_share_of_the_hub(facts),
        evidence=[*_turns(facts), *dearest_requests(facts)],
        began=began,
        ended=ended,
    )


def blocked(facts: Facts) -> Iterable[Finding]:
    """Find that something stopped the hub's event loop while people waited."""
    if is_busy(facts) or not is_blocked(facts):
        return
    cpu, turns = _cpu(facts), late_turns(facts.busy_intervals)
    used = f"The hub used only {words.in_percent(cpu)} of a core, but" if cpu is not None else "The hub"
    if turns.count:
        share = min(1.0, turns.seconds / _seconds(facts.busy_intervals))
        stood = (
            f"stood still for {words.in_percent(share)} of the time in which most people waited: "
            f"{words.counted(math.ceil(turns.count), 'turn')} of its event loop took "
            f"{words.in_seconds(turns.seconds / turns.count)} each, on average. Meanwhile nobody got an answer."
        )
    else:
        share, stood = 1.0, "answered late, even the simplest requests."
    began, ended = _span([one for one in facts.intervals if late_turns([one]).count >= 1])
    is_starved = _is_starved(facts, turns)
    yield found(
        "busy-machine" if is_starved else "hub-blocked",
        f"{used} {stood}{_of_the_machine(facts, is_starved=is_starved)}",
        explains="slowness",
        share=min(share, _share_of_the_hub(facts)),
        evidence=[*_probes(facts), *dearest_requests(facts)],
        remedies=() if is_starved or not _is_local(facts) else [MACHINE_FIRST, *KINDS["hub-blocked"].remedies],
        began=began,
        ended=ended,
    )


MACHINE_FIRST = (
    "Look first whether other processes kept the machine busy (`top`, `uptime`): hub and load generator share it. If "
    "not, code in the hub blocked it."
)


def _of_the_machine(facts: Facts, *, is_starved: bool) -> str:
    """Say how late the load generator was, where it shares the hub's machine; "" where it does not."""
    if is_starved:
        return " The load generator, on the same machine, was late as well, though it used little of its core."
    if not _is_local(facts):
        return ""
    if not facts.info.late_processes:
        return " The load generator, on the same machine, was not late."
    return " The load generator, on the same machine, was late as well, so perhaps the machine was too busy."


def _is_local(facts: Facts) -> bool:
    return urlsplit(facts.info.hub).hostname in {"127.0.0.1", "localhost", "::1"}


def _is_starved(facts: Facts, turns: Observations) -> bool:
    """Say whether something else took the time of a machine that the hub shares with the load generator.

    Then both are late, by about as much. What blocks the hub makes only the hub late.
    """
    late, length = facts.info.late_processes, turns.seconds / turns.count if turns.count else 0.0
    often = any(one.seconds >= _OFTEN * one.lasted and one.cpu < FULL_CORE for one in late)
    return _is_local(facts) and often and length <= _ABOUT_AS_LATE * max(one.lateness for one in late)


def is_at_fault(facts: Facts) -> bool:
    """Say whether the hub's own process made starts slow, so that long spawns are no sign of a slow spawner."""
    return is_busy(facts) or is_blocked(facts)


def is_busy(facts: Facts) -> bool:
    """Say whether the hub's core was full while people waited."""
    return facts.is_anything_slow and (_cpu(facts) or 0.0) >= FULL_CORE


def is_blocked(facts: Facts) -> bool:
    """Say whether the hub's event loop stood still for much of the time in which people waited."""
    if not facts.is_anything_slow:
        return False
    if any(one.event_loop is not None for one in facts.intervals):
        turns = late_turns(facts.busy_intervals)
        stands_still = turns.count >= 1 and turns.seconds >= STANDS_STILL * _seconds(facts.busy_intervals)
        return stands_still and not _is_later_elsewhere(facts, turns.seconds / turns.count)
    # JupyterHub 4 does not measure its event loop. A hub that answers late by its own measure as well stood still.
    evidence = facts.evidence
    is_late = evidence.probe is not None and SLOW_ANSWER < evidence.probe < math.inf
    return is_late and _cpu(facts) is not None and not evidence.is_lost_on_the_way


def _is_later_elsewhere(facts: Facts, turn: float) -> bool:
    """Say whether answers are much later than turns of this length make them: then they lose their time on the way."""
    probe = facts.evidence.probe
    return facts.evidence.is_lost_on_the_way and probe is not None and min(probe, _LATEST_PROBE) > _MUCH_LATER * turn


def _cpu(facts: Facts) -> float | None:
    return cpu_of(facts.busy_intervals)


def late_turns(some: list[Interval]) -> Observations:
    """Return the late turns of the hub's event loop, and the seconds that they took together at least."""
    turns = together([one.event_loop for one in some if one.event_loop is not None])
    limits = sorted((float(limit), count) for limit, count in turns.buckets.items())
    quick = max((count for limit, count in limits if limit <= LATE_TURN), default=turns.count)
    at_most, before = 0.0, 0.0
    for limit, count in limits:
        if limit <= LATE_TURN:
            at_most += limit * (count - before)
            before = count
    return Observations(turns.count - quick, max(0.0, turns.seconds - at_most) if turns.count > quick else 0.0)


def _share_of_the_hub(facts: Facts) -> float:
    """Return the share of the time of slow starts that may be the hub's own: not a limit, nor what a spawner told."""
    total = sum(start.seconds for start in facts.slow_starts)
    return sum(map(untold, facts.slow_starts)) / total if total else 1.0


def _turns(facts: Facts) -> list[str]:
    turns = late_turns(facts.busy_intervals)
    if turns.count < 1:
        return []
    return [
        f"{words.counted(math.ceil(turns.count), 'turn')} of its event loop took longer than {LATE_TURN:g} s: "
        f"{words.in_seconds(turns.seconds / turns.count)} each, on average."
    ]


def _probes(facts: Facts) -> list[str]:
    late = [probe for probe in facts.probes if probe.time_taken > SLOW_ANSWER]
    if not late:
        return []
    worst = max(late, key=lambda probe: probe.time_taken)
    took = f"{words.in_seconds(worst.seconds)}{', not answered' if worst.failure else ''}"
    return [
        f"{len(late):,} of {words.counted(len(facts.probes), 'probe')} of the hub were late, the latest ({took}) at "
        f"{words.moment(worst.began)}."
    ]


def _seconds(some: list[Interval]) -> float:
    return sum(one.end - one.begin for one in some)


def _span(some: list[Interval]) -> tuple[float | None, float | None]:
    return (some[0].begin, some[-1].end) if some else (None, None)


CAUSES = (busy, blocked)
