"""What the lateness of the load generator can explain: it makes times longer, by a little."""

import math

from hubusers.results.folder import FinishedRun
from hubusers.results.results import Results
from hubusers.results.targets import Outcome, outcome

_TURNS = 6
"""How often a process can be as late as in its worst moments during one step, for its requests and their answers."""


def too_long_by(run: FinishedRun) -> float | None:
    """Return by how many seconds a time may be too long, at most, because a process of the run was late.

    0.0 where none was late. None where one was and no figures are known, as in runs of the first versions.
    """
    if not run.info.generator:
        return 0.0
    late = run.info.late_processes
    # A process that was late in some seconds only cannot make anything longer by more than these.
    return max(min(_TURNS * one.lateness, one.seconds) for one in late) if late else None


def may_explain(one: Outcome, run: FinishedRun) -> bool:
    """Say whether a target may have been missed only because the load generator was late.

    It was not if it was missed by more than any process was late, or by the people of the other processes as well.

    Args:
        one: What a missed target measured, in the whole run or in a part of it.
        run: The run.
    """
    seconds = too_long_by(run)
    if seconds is None:
        return True
    if one.target.percentile is None or one.measured is None or math.isinf(one.measured):
        return False  # lateness makes times longer, but nothing fail
    if one.measured - seconds > one.target.at_most:
        return False
    late = {process.worker for process in run.info.late_processes}
    others = Results()
    for record in run.results.records:
        if record.worker not in late:
            others.records.note(record)
    return not len(others.records) or outcome(one.target, others).state != "missed"
