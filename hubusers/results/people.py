"""Everybody who came, how far they got, and the measures of a step with everybody in it who came for that step.

Times of those who got through say nothing of those who did not. So a person whom an earlier step kept from a step that
they came for counts in the measures of that step, as a failure.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from hubusers.results.percentiles import percentile
from hubusers.results.records import (
    ARRIVAL,
    CELL,
    KERNEL_READY,
    LOGIN,
    NOT_REACHED,
    PAGE_LOADED,
    SAVED,
    SERVER_HELD,
    START_TO_READY,
    STOP_TO_STOPPED,
    Record,
    Records,
    counted,
    hanging,
    in_order,
    longest_known,
)
from hubusers.results.visit import IN_JUPYTER, LADDER, Kind, Visit

_WAITS = (ARRIVAL, LOGIN, START_TO_READY)
"""The steps that the end of a run may break off while a person waits for a server."""

_REPEATED = {KERNEL_READY, CELL, SAVED}


@dataclass(frozen=True)
class Reached:
    """How far everybody got. A person who came several times counts by the best visit."""

    came: int
    asked: int  # who asked for a server, or stopped before
    logged_in: int | None  # None where nobody had to
    got_server: int
    could_work: int  # in a browser: a cell succeeded; otherwise the server was ready
    has_browser: bool  # whether anybody had one
    stopped: dict[str, int]  # people who never could work, by the step that failed
    waiting: int  # people who still waited for a server when the run ended
    under_way: int  # people who never could work, and whom nothing had stopped by then
    lost: dict[str, int]  # people who could work, until this step failed
    visits: int
    visits_in_vain: int  # that a failure ended, or in which the person waited too long for a server
    share_in_vain: float  # of the people, or of the visits where that is more; those who are under way are left out
    without_account: int = 0  # of those who waited: people whose account was not made when the run ended


class People:
    """Everybody of a run, from its records. It reads new records when it is asked.

    Args:
        records: Those of the run, or of a part of it, as they grow.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._seen = 0
        self._visits: list[Visit] = []
        self._failing: list[Visit] = []  # those with a failure, of whatever step
        self._present: dict[str, dict[int, Visit]] = {}  # by name and lifecycle
        self._people = 0
        self._kinds: defaultdict[str, Kind] = defaultdict(Kind)

    def visits(self) -> list[Visit]:
        """Return all visits, in the order in which they were first heard of."""
        for record in self._records.since(self._seen):
            visit = self._visit(record)
            if record.failed and not visit.failed:
                self._failing.append(visit)
            visit.note(record)
            kind = self._kinds[visit.kind]
            kind.steps.add(record.step)
            kind.has_gone_well |= record.step == STOP_TO_STOPPED and not record.failure and not visit.failed
        self._seen = len(self._records)
        return self._visits

    def measured(self, step: str, cohort: str | None = None, user_class: str | None = None) -> list[Record]:
        """Return the records that count in the measures of a step, with those of people who did not get to it.

        Nobody comes in order to stop a server. So people who never had one count in the measures of stops only where
        nobody got that far.

        Args:
            step: The step.
            cohort: Whose records; None for everybody's.
            user_class: Whose records; None for everybody's.

        Returns:
            The records of the step, as `hubusers.results.records.counted` leaves them, and one for each time that the
            step was not reached.
        """

        def is_wanted(record: Record) -> bool:
            return cohort in {None, record.cohort} and user_class in {None, record.user_class}

        own = counted(filter(is_wanted, self._records.all_of(step)))
        return own + [record for record in self._not_reached(step) if is_wanted(record)]

    def _not_reached(self, step: str) -> list[Record]:
        """Return a record for each time that people came for a step, and an earlier failure kept them from it.

        A person would have run as many cells as others did on average, and counts as many times.
        """
        if step not in {*LADDER, STOP_TO_STOPPED}:
            return []
        if step == STOP_TO_STOPPED and any(visit.has_server for visit in self.visits()):
            return []
        found: list[Record] = []
        self.visits()
        usual = self._usual(step) if self._failing else {}
        for visit in self._failing:
            record = self._failure(visit)
            if not record or not self._comes_for(visit.kind, step):
                continue
            found += _times_not_reached(visit, step, usual.get(visit.kind, 1)) * [
                Record(
                    step=step,
                    username=record.username,
                    began=record.began + record.seconds,
                    seconds=0.0,
                    late=0.0,
                    failure=NOT_REACHED,
                    cohort=record.cohort,
                    lifecycle=record.lifecycle,
                    worker=record.worker,
                    user_class=record.user_class,
                )
            ]
        return found

    def summary(self, step: str) -> str:
        """Return percentiles of a step's seconds, and how far off they may be; "" when nobody took the step.

        In percentiles a failure never ended, and an unfinished start took longer than it had until then. The error is
        the p95 of how late an end was seen. A server is never seen ready before it is, so a true time is the shown one,
        or shorter by up to the error.
        """
        of_step = self._records.all_of(step)
        if not of_step:
            return ""
        records = self.measured(step)
        succeeded = [record for record in records if not record.failure]
        unfinished = sum(record.is_unfinished for record in of_step)
        counts = f"{len(succeeded)} measured, {sum(record.failed for record in of_step)} failed"
        if not_reached := sum(record.failure == NOT_REACHED for record in records):
            counts += f", {not_reached} not reached"
        if unfinished:
            counts += f", {unfinished} unfinished"
        if not succeeded:
            return f"{step}: {counts}"
        times, known = [record.time_taken for record in records], longest_known(records)
        shown = ", ".join(f"p{percent} {_in_digits(percentile(times, percent), known)}" for percent in (50, 95, 99))
        return f"{step}: {shown} ± {percentile((record.late for record in succeeded), 95):.3f} seconds ({counts})"

    def reached(self, came: int = 0, *, waited_in_vain: bool = True) -> Reached:
        """Return how far everybody got.

        Args:
            came: How many people came, where that is known; those who left no record are counted as under way.
            waited_in_vain: Whether a wait that the end of the run broke off was in vain, if percentiles count it.
        """
        visits = self.visits()
        hang, waits = set[int](), set[int]()
        for step in _WAITS:
            of_step = self._records.all_of(step)
            hang |= {id(record) for record in hanging(of_step)}
            waits |= {id(record) for record in counted(of_step) if record.is_unfinished and waited_in_vain}
        served = {visit.person for visit in visits if self._could_work(visit) and not self._failure(visit)}
        # People whom the end of the run kept from coming once more had what they came for, unless the start hung.
        in_vain_waits = {
            id(visit.last)
            for visit in visits
            if id(visit.last) in waits and (visit.person not in served or id(visit.last) in hang)
        }
        best: dict[int, Visit] = {}
        in_vain = content = 0
        for visit in visits:
            if self._failure(visit) or id(visit.last) in in_vain_waits:
                in_vain += 1
            elif self._could_work(visit):
                content += 1
            if visit.person not in best or self._worth(visit) >= self._worth(best[visit.person]):
                best[visit.person] = visit
        people = list(best.values())
        workers = [visit for visit in people if self._could_work(visit)]
        others = [visit for visit in people if not self._could_work(visit)]
        waiting = [visit for visit in others if visit.is_waiting]
        people_in_vain = sum(bool(self._failure(visit) or id(visit.last) in in_vain_waits) for visit in people)
        people_content = sum(not self._failure(visit) for visit in workers)
        came = max(came, len(people))
        stopped = _by_step(self._failure(visit) for visit in others)
        return Reached(
            came=came,
            asked=sum(bool(visit.has_server or START_TO_READY in visit.taken or visit.stopped) for visit in people),
            logged_in=_logged_in(people),
            got_server=sum(visit.has_server for visit in people),
            could_work=len(workers),
            has_browser=any(kind.has_browser for kind in self._kinds.values()),
            stopped=stopped,
            waiting=len(waiting),
            under_way=came - len(workers) - len(waiting) - sum(stopped.values()),
            lost=_by_step(self._failure(visit) for visit in workers),
            visits=max(len(visits), came),
            visits_in_vain=in_vain,
            share_in_vain=max(_share(people_in_vain, people_content), _share(in_vain, content)),
            without_account=sum(visit.last is not None and visit.last.step == ARRIVAL for visit in waiting),
        )

    def _visit(self, record: Record) -> Visit:
        """Return the visit that a record belongs to."""
        if record.step == ARRIVAL or record.username not in self._present:
            # An account that was given serves a second person when the first one is done.
            self._present[record.username] = {}
            self._people += 1
        visits, lifecycle = self._present[record.username], max(record.lifecycle, 1)
        if lifecycle not in visits:
            person = next((visit.person for visit in visits.values()), self._people)
            visits[lifecycle] = Visit(person, record)
            self._visits.append(visits[lifecycle])
        return visits[lifecycle]

    def _could_work(self, visit: Visit) -> bool:
        work = self._kinds[visit.kind].work
        return visit.has_server if work == START_TO_READY else work in visit.succeeded

    def _failure(self, visit: Visit) -> Record | None:
        """Return the failure that made a visit vain; None where there is none."""
        work = self._kinds[visit.kind].work
        # People see a wrong output, and go on.
        return visit.stopped or (None if work in visit.succeeded else visit.failed.get(work))

    def _worth(self, visit: Visit) -> tuple[bool, bool]:
        """Return by what the best visit of a person is chosen; of equal ones it is the last."""
        return self._could_work(visit), not self._failure(visit)

    def _comes_for(self, kind: str, step: str) -> bool:
        """Return whether people of a kind come for a step: some of them take it, or nobody shows what they come for."""
        steps = self._kinds[kind].steps
        if step in steps or step in {START_TO_READY, STOP_TO_STOPPED}:
            return True
        # Of people of whom nobody got to the server it is not known which page they came for.
        if (step == PAGE_LOADED and steps & IN_JUPYTER) or (step in IN_JUPYTER and PAGE_LOADED in steps):
            return False
        if START_TO_READY in steps and not self._kinds[kind].has_browser:
            return not any(step in other.steps for other in self._kinds.values())
        return True

    def _usual(self, step: str) -> dict[str, int]:
        """Return how often people of each kind take a step in a visit that no failure ended."""
        taken: defaultdict[str, list[int]] = defaultdict(list)
        for visit in self.visits() if step in _REPEATED else []:
            if visit.taken[step] and not visit.stopped:
                taken[visit.kind].append(visit.taken[step])
        return {kind: round(fmean(counts)) for kind, counts in taken.items()}


def _times_not_reached(visit: Visit, step: str, usual: int) -> int:
    """Return how often a step is missing in a visit that a failure ended."""
    if step == STOP_TO_STOPPED:
        return 1
    if step in _REPEATED:
        return max(0, usual - visit.taken[step])
    return int(not visit.taken[step] and LADDER.index(step) > visit.height)


def _share(in_vain: int, content: int) -> float:
    return in_vain / (in_vain + content) if in_vain else 0.0


def _by_step(failures: Iterable[Record | None]) -> dict[str, int]:
    counts = Counter(SERVER_HELD if record.step == STOP_TO_STOPPED else record.step for record in failures if record)
    return {step: counts[step] for step in in_order(counts)}


def _logged_in(people: list[Visit]) -> int | None:
    if not any(visit.taken[LOGIN] for visit in people):
        return None
    # A person who walked away and comes back is still logged in.
    return sum(LOGIN in visit.succeeded or visit.has_server for visit in people)


def _in_digits(seconds: float, known: float | None) -> str:
    if math.isinf(seconds):
        return "never"
    return f"{seconds:.3f}" if known is not None and seconds <= known else f"over {seconds:.3f}"
