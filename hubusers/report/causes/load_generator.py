"""Whether the load generator itself was late, and whether that explains anything."""

from collections.abc import Iterable
from statistics import fmean

from hubusers.report import words
from hubusers.report.causes.catalogue import found
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.kinds.load_generator import LESS_TO_DO
from hubusers.report.finding import Finding
from hubusers.report.lateness import may_explain, too_long_by
from hubusers.results.late_processes import LateProcess

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
        _what_happened(facts, explains=explains)
        if late
        else facts.info.generator,  # the first versions have no figures
        explains="load generator" if explains else "note",
        share=share,
        evidence=map(_of_worker, late) if facts.info.workers > 1 else (),
        remedies=LESS_TO_DO if late and all(one.had_room for one in late) else (),
    )


def _what_happened(facts: Facts, *, explains: bool) -> str:
    late = facts.info.late_processes
    most = max(late, key=lambda one: one.seconds / one.lasted)
    cpu = words.in_percent(max(one.cpu for one in late))
    if explains:
        effect = f"So times may be up to {words.in_seconds(too_long_by(facts.run) or 0.0)} too long."
    else:
        effect = "That does not explain what was slow or failed." if _is_bad(facts) else "Nothing was slow for that."
    return (
        f"For {words.in_seconds(most.seconds)} of {words.in_seconds(most.lasted)}, a process of the load generator "
        f"could not keep up: it woke up to {words.in_seconds(max(one.lateness for one in late))} late, and used up to "
        f"{cpu} of a core. {effect}"
    )


def _of_worker(one: LateProcess) -> str:
    return (
        f"Worker {one.worker} could not keep up for {words.in_seconds(one.seconds)} of {words.in_seconds(one.lasted)}: "
        f"it woke up to {words.in_seconds(one.lateness)} late, and used up to {words.in_percent(one.cpu)} of a core."
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
