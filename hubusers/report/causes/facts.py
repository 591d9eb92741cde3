"""The facts of a run that causes are looked for in, gathered once."""

from collections.abc import Iterable
from functools import cached_property
from statistics import fmean

from hubusers.event.model import Target
from hubusers.report.causes.explained import failures_by_kind
from hubusers.report.counts import Count
from hubusers.report.evidence import Evidence, busiest, gather
from hubusers.report.how_far import how_far
from hubusers.report.hub_intervals import Interval, intervals
from hubusers.results.folder import FinishedRun
from hubusers.results.records import (
    GIT_PULL,
    LAB_LOADED,
    LOGIN,
    LONG_WAIT,
    PAGE_LOADED,
    SPAWN_PAGE,
    START_TO_READY,
    STEPS,
    Record,
    hanging,
)
from hubusers.results.targets import Outcome, outcome

USUAL_START = 30.0
"""Seconds. People who have set targets, but none for starts, do not mind a start that takes no longer than is usual."""

_OF_THE_HUB = (LOGIN, SPAWN_PAGE, START_TO_READY, GIT_PULL, LAB_LOADED, PAGE_LOADED)
"""Steps that nobody wants to wait for. How long others take, such as a cell, may be what somebody asked for."""

_TIME_WAS_UP = {"start-timeout", "spawn-limit", "server-limit", "limit-before-hub"}
"""Kinds of failures that are waits which nobody waited out."""

_OUR_TIME_WAS_UP = "timed out"
"""How a step fails that the run gave up."""

_REQUEST_MEASURES = {"hub probe", "requests"}


class Facts:
    """The facts of one run.

    Args:
        run: A run that is over.
    """

    def __init__(self, run: FinishedRun) -> None:
        self.run = run
        self.info = run.info
        self.results = run.results
        self.cluster = run.cluster  # what it said; None where nobody watched it
        self.records = run.results.records
        self.requests = run.results.requests
        self.probes = run.results.probes
        self.samples = run.results.hub_samples
        self.messages = run.results.messages.rows()
        self.targets: list[Target] = run.event.targets if run.event else []
        climbed = how_far(run)
        self.outcomes: list[Outcome] = [
            *(outcome(target, run.results) for target in self.targets),
            # A target that is held on the whole may be missed in the last steps of a climb.
            *(one for step in (climbed.steps if climbed else []) for one in step.missed),
        ]
        self.starts = self.records.starts()
        self.failures = self.records.failed()  # of all steps
        self.unfinished = self.records.unfinished()

    @cached_property
    def requests_to_hub(self) -> list[str]:
        """The names of the requests that went to the hub and to its servers; those to an identity provider are URLs."""
        return [name for name in self.requests.names() if "://" not in name]

    @cached_property
    def evidence(self) -> Evidence:
        """The figures of where the time of starts went."""
        return gather(self.results)

    @cached_property
    def intervals(self) -> list[Interval]:
        """What the hub did between two readings of its metrics."""
        return intervals(self.samples)

    @cached_property
    def slow_starts(self) -> list[Record]:
        """The starts that took too long; see `slow`."""
        return self.slow(START_TO_READY)

    @cached_property
    def all_slow(self) -> list[Record]:
        """The records of all steps that took too long: those that have a target, and those that nobody waits for."""
        judged = {one.target.measure for one in self.outcomes}
        return [record for step in STEPS if step in _OF_THE_HUB or step in judged for record in self.slow(step)]

    @property
    def is_anything_slow(self) -> bool:
        """Whether people waited too long for anything."""
        return bool(self.all_slow) or self.are_answers_slow

    @cached_property
    def busy_intervals(self) -> list[Interval]:
        """The intervals in which most people waited: for what was slow, or else for their servers."""
        waiting = Count((one.began, one.began + one.seconds) for one in self.all_slow or self.starts)
        return busiest(self.intervals, [waiting.mean(one.begin, one.end) for one in self.intervals])

    @property
    def missed(self) -> list[Outcome]:
        """The targets that were missed, over the whole run or in a step of a climbing event."""
        return [one for one in self.outcomes if one.state == "missed"]

    @property
    def are_answers_slow(self) -> bool:
        """Whether a target of the time that answers take was missed."""
        return any(one.target.measure in _REQUEST_MEASURES for one in self.missed)

    def slow(self, step: str, limit: float = 0.0) -> list[Record]:
        """Return the records of a step that took too long, the longest first; none where the step was not slow.

        Where the event has targets for the time that the step takes, those targets judge: the records are the ones that
        took longer than a target that was missed, or may have been. Without such targets a step is slow if its slower
        half took longer than the limit, on average; the records are those that took longer than it. Steps that failed
        count only if their time was up: what made the others fail is another matter than what made them slow. Starts
        that the end of the run broke off are slow in any case when they had waited longer than the limit and much
        longer than the others took: they may hang.

        Args:
            step: The step.
            limit: In seconds, where there is no target; 0 for the usual one.
        """
        limit = limit or (USUAL_START if self.targets and step == START_TO_READY else LONG_WAIT)
        records = sorted(
            (record for record in self.records.all_of(step) if record not in self._failed_otherwise),
            key=lambda record: record.seconds,
            reverse=True,
        )
        judged = [one for one in self.outcomes if one.target.measure == step]
        hung = set(hanging(records))
        if judged:
            bad = [one.target for one in judged if one.state in {"missed", "undecided"}]
            return [one for one in records if any(_is_beyond(one, target, limit) for target in bad) or one in hung]
        slower_half = records[: (len(records) + 1) // 2]
        if not records or fmean(record.seconds for record in slower_half) <= limit:
            return [one for one in records if one in hung]
        return [one for one in records if one.seconds > limit or one in hung]

    @cached_property
    def _failed_otherwise(self) -> set[Record]:
        """The records that failed, but not because their time was up."""
        by_kind = failures_by_kind(self)
        return {
            record
            for kind in by_kind.keys() - _TIME_WAS_UP
            for record in by_kind[kind]
            if not record.failure.startswith(_OUR_TIME_WAS_UP)
        }

    def share_of_failures(self, records: Iterable[Record]) -> float:
        """Return which part of all failures some of them are; starts that still waited at the end are among them."""
        all_of_them = len(self.failures) + len(self.unfinished)
        return len(list(records)) / all_of_them if all_of_them else 0.0


def _is_beyond(record: Record, target: Target, limit: float) -> bool:
    if target.cohort not in {None, record.cohort}:
        return False
    # Of a start that the end of the run broke off it is not known whether it would have been in time.
    return record.seconds > (min(limit, target.at_most) if record.is_unfinished else target.at_most)
