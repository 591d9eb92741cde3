"""Whether the load generator itself was late, and whether that explains anything."""

import math
from collections.abc import Iterable
from statistics import fmean

from hubusers.report import words
from hubusers.report.causes.catalogue import found
from hubusers.report.causes.facts import Facts
from hubusers.report.finding import Finding
from hubusers.results.results import Results
from hubusers.results.targets import Outcome, outcome

_TURNS = 10
"""How often a process can be late during one step: for its requests, and for their answers."""

_MATTERS = 0.2
"""Share of the time that people waited; if lateness can be less of it, it does not explain that they waited."""


def lateness(facts: Facts) -> Iterable[Finding]:
    """Find that processes of the run were late; a cause where what is slow may be their lateness, else a note."""
    if not facts.info.generator:
        return
    late = facts.info.late_processes
    if not late:  # a run of the first versions, of which no figures are known
        yield found("load-generator", facts.info.generator, explains="load generator")
        return
    worst = max(one.lateness for one in late)
    share = _share(facts, worst)
    explains = share > 0.0
    most = max(late, key=lambda one: one.seconds / one.lasted)
    note = (
        f"For {words.in_seconds(most.seconds)} of {words.in_seconds(most.lasted)}, a process of the load generator "
        f"could not keep up: it woke up to {words.in_seconds(worst)} late. "
        f"{'That does not explain what was slow or failed.' if _is_bad(facts) else 'Nothing was slow for that.'}"
    )
    yield found(
        "load-generator",
        facts.info.generator if explains else note,
        explains="load generator" if explains else "note",
        share=share,
        evidence=[
            f"{'Worker ' + str(one.worker) if facts.info.workers > 1 else 'The process'} could not keep up for "
            f"{words.in_seconds(one.seconds)} of {words.in_seconds(one.lasted)}: it woke up to "
            f"{words.in_seconds(one.lateness)} late, and used up to {words.in_percent(one.cpu)} of a core."
            for one in late
        ],
    )


def _share(facts: Facts, lateness: float) -> float:
    """Return which part of what is slow may be lateness; 0 where it cannot be the reason."""
    slow = facts.all_slow
    if not slow:
        return 1.0 if facts.are_answers_slow else 0.0
    missed = [one for one in facts.missed if one.target.percentile is not None]
    if missed and not any(_may_be_lateness(one, facts, lateness) for one in missed):
        return 0.0
    share = min(1.0, _TURNS * lateness / fmean(record.seconds for record in slow))
    return share if missed or share >= _MATTERS else 0.0


def _may_be_lateness(one: Outcome, facts: Facts, lateness: float) -> bool:
    """Say whether a target may have been missed only because processes were late.

    It was not if people of the other processes missed it as well, or if it was missed by more than they were late.
    """
    if one.measured is None or math.isinf(one.measured):
        return False  # lateness makes times longer, but nothing fail
    if one.measured - _TURNS * lateness > one.target.at_most:
        return False
    late = {process.worker for process in facts.info.late_processes}
    others = Results()
    for record in facts.records:
        if record.worker not in late:
            others.records.note(record)
    return not len(others.records) or outcome(one.target, others).state != "missed"


def _is_bad(facts: Facts) -> bool:
    return bool(facts.missed or facts.failures or facts.all_slow)


CAUSES = (lateness,)
