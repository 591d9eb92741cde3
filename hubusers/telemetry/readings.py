"""Takes the figures of `measures.py` from a run, in the process that knows all of its users.

That is the only one, or the master: workers tell it of each step, so that nothing is counted twice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from hubusers.report.finding import Finding
from hubusers.report.verdict import Verdict
from hubusers.results.distinct import Distinct
from hubusers.results.records import ARRIVAL, Record
from hubusers.results.run_info import RunInfo
from hubusers.results.targets import Outcome
from hubusers.run.run import Run
from hubusers.run.user_counts import UserCounts
from hubusers.telemetry import measures
from hubusers.telemetry.measures import Measure


@dataclass(frozen=True)
class Reading:
    """A figure with its value.

    Attributes:
        measure: What it is.
        value: In the unit of the measure; infinite for a target that too many failures miss.
        attributes: Some or all of those of the measure.
    """

    measure: Measure
    value: float
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class RunSoFar:
    """Where the figures of a run come from; each is asked anew for every reading.

    Attributes:
        run: Its settings, and what was measured, as it grows.
        info: What is known of it; when people could come, and at the end when the last one had left.
        cohorts: Returns what people do now, by cohort.
        outcomes: Returns how it stands with the targets.
        strained: Returns in how many spans of five seconds a process of the load generator could not keep up.
    """

    run: Run
    info: RunInfo
    cohorts: Callable[[], Mapping[str, UserCounts]]
    outcomes: Callable[[], list[Outcome]]
    strained: Callable[[], int]


class Readings:
    """The readings of one run for one exporter.

    Args:
        run: Where they come from.
    """

    def __init__(self, run: RunSoFar) -> None:
        self._run, self._results = run, run.run.results
        self._records_read = self._probes_read = 0
        self._step = Distinct(measures.MOST_VALUES, measures.OTHER)
        self._error = Distinct(measures.MOST_VALUES, measures.OTHER)
        self._answer: list[Reading] = []

    def new_times(self) -> Iterator[Reading]:
        """Return the values of histograms that have come since the last call, each once."""
        records = self._results.records.since(self._records_read)
        self._records_read += len(records)
        for record in records:
            if record.step != ARRIVAL or record.failure:  # an arrival takes no time, unless there is no account
                yield Reading(measures.STEP_DURATION, record.seconds, self._attributes_of(record))
        probes = self._results.probes[self._probes_read :]
        self._probes_read += len(probes)
        for probe in probes:
            outcome = measures.FAILURE if probe.failure else measures.SUCCESS
            yield Reading(
                measures.PROBE_DURATION, probe.seconds, {measures.OUTCOME: outcome} | self._error_type(probe.failure)
            )

    def now(self) -> Iterator[Reading]:
        """Return all counters and gauges as they are."""
        for cohort, counts in self._run.cohorts().items():
            of_cohort = {measures.COHORT: cohort}
            yield Reading(measures.PEOPLE_ARRIVED, counts.arrived, of_cohort)
            yield Reading(measures.PEOPLE_LEFT, counts.left, of_cohort)
            yield Reading(measures.THROTTLED, counts.throttled, of_cohort)
            yield Reading(measures.SERVERS, counts.pending, of_cohort | {measures.STATE: measures.PENDING})
            yield Reading(measures.SERVERS, counts.ready, of_cohort | {measures.STATE: measures.READY})
        yield from _targets(self._run.outcomes())
        yield Reading(measures.STRAINED, self._run.strained(), {})
        yield from self._answer

    def note_answer(self, verdict: Verdict, findings: Iterable[Finding]) -> None:
        """Take in what came of the run; from now on it is among the gauges."""
        self._answer = [Reading(measures.VERDICT, 1, {measures.ANSWER: verdict.answer})]
        shares: dict[tuple[str, str], float] = {}
        for finding in findings:  # there may be several of a kind
            kind = finding.kind, finding.explains
            shares[kind] = max(shares.get(kind, 0.0), finding.share)
        for (name, explains), share in shares.items():
            attributes = {measures.KIND: name, measures.EXPLAINS: explains}
            self._answer.append(Reading(measures.FINDING, share, attributes))

    def _attributes_of(self, record: Record) -> dict[str, str]:
        outcome = measures.FAILURE if record.failed else measures.UNFINISHED if record.failure else measures.SUCCESS
        return {
            measures.STEP: self._step(record.step),
            measures.COHORT: record.cohort,
            measures.OUTCOME: outcome,
        } | self._error_type(record.failure if record.failed else "")

    def _error_type(self, failure: str) -> dict[str, str]:
        return {measures.ERROR_TYPE: self._error(failure)} if failure else {}


def _targets(outcomes: Iterable[Outcome]) -> Iterator[Reading]:
    for outcome in outcomes:
        target = {measures.TARGET: outcome.target.text}
        if outcome.measured is not None:
            measure = measures.TARGET_SHARE if outcome.target.percentile is None else measures.TARGET_DURATION
            yield Reading(measure, outcome.measured, target)
        if outcome.state in {"held", "missed"}:
            yield Reading(measures.TARGET_HELD, float(outcome.state == "held"), target)
