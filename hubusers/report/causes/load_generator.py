"""Whether the load generator itself was late, and whether that explains anything."""

from collections.abc import Iterable
from statistics import fmean

from hubusers.report import words
from hubusers.report.causes.catalogue import found
from hubusers.report.causes.facts import Facts
from hubusers.report.finding import Finding
from hubusers.report.lateness import may_explain, too_long_by

_MATTERS = 0.5
"""Share of the time that people waited; if lateness can be less of it, it does not explain that they waited."""


def lateness(facts: Facts) -> Iterable[Finding]:
    """Find that processes of the run were late; a cause where what is slow may be their lateness, else a note."""
    if not facts.info.generator:
        return
    late, share = facts.info.late_processes, _share(facts)
    explains = share > 0.0
    yield found(
        "load-generator",
        _note(facts) if late and not explains else facts.info.generator,  # a first version's run has no figures
        explains="load generator" if explains else "note",
        share=share,
        evidence=[
            f"{'Worker ' + str(one.worker) if facts.info.workers > 1 else 'The process'} could not keep up for "
            f"{words.in_seconds(one.seconds)} of {words.in_seconds(one.lasted)}: it woke up to "
            f"{words.in_seconds(one.lateness)} late, and used up to {words.in_percent(one.cpu)} of a core."
            for one in late
        ],
    )


def _note(facts: Facts) -> str:
    late = facts.info.late_processes
    most = max(late, key=lambda one: one.seconds / one.lasted)
    return (
        f"For {words.in_seconds(most.seconds)} of {words.in_seconds(most.lasted)}, a process of the load generator "
        f"could not keep up: it woke up to {words.in_seconds(max(one.lateness for one in late))} late. "
        f"{'That does not explain what was slow or failed.' if _is_bad(facts) else 'Nothing was slow for that.'}"
    )


def _share(facts: Facts) -> float:
    """Return which part of what is slow may be lateness; 0 where it cannot be the reason."""
    slow, seconds = facts.all_slow, too_long_by(facts.run)
    if not slow or seconds is None:
        return 1.0 if facts.is_anything_slow else 0.0
    missed = [one for one in facts.missed if one.target.percentile is not None]
    if missed and not any(may_explain(one, facts.run) for one in missed):
        return 0.0
    share = min(1.0, seconds / fmean(record.seconds for record in slow))
    return share if missed or share >= _MATTERS else 0.0


def _is_bad(facts: Facts) -> bool:
    return bool(facts.missed or facts.failures or facts.all_slow)


CAUSES = (lateness,)
