"""Whether targets are held, while a run lasts and after it."""

import math
from dataclasses import dataclass
from typing import Literal

from hubusers import durations
from hubusers.event.model import Target
from hubusers.results.percentiles import percentile, percentile_of_counts, rank
from hubusers.results.records import CELL, NOT_REACHED, START_TO_READY, STOP_TO_STOPPED, Record
from hubusers.results.request_times import times_taken
from hubusers.results.results import Results

State = Literal["held", "missed", "undecided", "not measured", "not judged"]


@dataclass(frozen=True)
class Outcome:
    """The result of one target."""

    target: Target
    measured: float | None  # seconds, or a share of 1; infinite where too many failed; None without measurements
    count: int  # how many measurements, with those of people who did not get to the step
    worst: float | None = None  # what it would be if every start that is not over turned out badly
    failed: int = 0  # of the measurements of a percentile
    not_reached: int = 0  # of the failed ones: those of people whom an earlier failure kept from the step
    over: int = 0  # of the measurements of a percentile: those that were longer than the target allows
    people: int = 0  # whose measurements these are; 0 where they are not of people
    is_whole: bool = True  # whether the run was; what was held until it was cut short was not held to its end

    @property
    def state(self) -> State:
        if self.measured is None:
            return "not measured"
        if self.measured > self.target.at_most:
            return "missed"
        if not self.is_whole:
            return "not judged"
        return "undecided" if self.worst is not None and self.worst > self.target.at_most else "held"

    @property
    def may_be_over(self) -> int:
        """How many measurements may be longer than the target says, of so many."""
        return self.count - rank(self.target.percentile or 100.0, self.count)

    @property
    def counts(self) -> str:
        """How many measurements there are, and how many of them failed, as in "60 (3 failed, 8 not reached)"."""
        parts = []
        if self.failed > self.not_reached:
            parts.append(f"{self.failed - self.not_reached:,} failed")
        if self.not_reached:
            parts.append(f"{self.not_reached:,} {NOT_REACHED}")
        return f"{self.count:,} ({', '.join(parts)})" if parts else f"{self.count:,}"

    @property
    def shown(self) -> str:
        """The measured value, in words."""
        if self.measured is None:
            return "not measured"
        if math.isinf(self.measured):
            return "never"
        shown = _in_digits(self.measured, self.target)
        if self.target.percentile is None:
            return shown
        # A percentile that a bad end of unfinished starts would raise is one of theirs.
        is_of_unfinished = self.worst is not None and self.worst > self.measured
        return f"over {shown}" if is_of_unfinished else shown


def outcome(target: Target, results: Results, under_way: int = 0) -> Outcome:
    """Measure a target.

    A failure counts as never over: "95 % have their server within a minute" is missed when 10 % never get one, or do
    not get as far as asking for it. `hubusers.results.people` says who counts.

    Args:
        target: What to measure.
        results: The results of the run, or of a part of it.
        under_way: Starts that are not over, and of which nothing is known.
    """
    if target.measure in {"requests", "failed requests"}:
        return _outcome_of_requests(target, results)
    measured, worst, records = _values(target, results)
    if step_of(target) == START_TO_READY:
        measured += [0.0] * under_way
        worst += [_worst(target)] * under_way
    if not measured:
        return Outcome(target, None, 0)
    not_reached = sum(record.failure == NOT_REACHED for record in records)
    return Outcome(
        target,
        _summed_up(target, measured),
        len(measured),
        _summed_up(target, worst),
        failed=sum(map(math.isinf, measured)) or not_reached,
        not_reached=not_reached,
        over=0 if target.percentile is None else sum(value > target.at_most for value in measured),
        people=len({record.username for record in records}),
    )


def _summed_up(target: Target, values: list[float]) -> float:
    if target.percentile is None:
        return sum(values) / len(values)
    return percentile(values, target.percentile)


def _worst(target: Target) -> float:
    return 1.0 if target.percentile is None else math.inf


def _in_digits(value: float, target: Target) -> str:
    """Round a value as in all tables, but not to the limit itself, or to the other side of it."""
    is_time = target.percentile is not None
    for digits in range(durations.digits_of_measured(value) if is_time else 3, 16):
        rounded = float(f"{value:.{digits}g}")
        if value == target.at_most or (rounded > target.at_most) == (value > target.at_most):
            break
    return durations.in_one_unit(value, digits) if is_time else f"{100 * rounded:,.{max(digits, 6)}g} %"


def _values(target: Target, results: Results) -> tuple[list[float], list[float], list[Record]]:
    """Return the values as they were measured, and as they would be if every unfinished start turned out badly.

    Values are seconds where the target has a percentile. For a share they are 1 where it is the case, otherwise 0.

    Returns:
        Both lists, and the records that they are of; none for probes.
    """
    measure = target.measure
    if measure in {"hub probe", "failed probes"}:
        values = _of_probes(target, results)
        return values, list(values), []
    records = results.people.measured(step_of(target), target.cohort)
    if measure == "throttled starts":
        # People who did not ask were not throttled. Where nobody asked, that is not good news about throttling.
        records = [record for record in records if record.failure != NOT_REACHED] or records
    values = [_value(measure, record) for record in records]
    worst = [_worst(target) if record.is_unfinished else value for record, value in zip(records, values, strict=True)]
    return values, worst, records


def _value(measure: str, record: Record) -> float:
    if measure in {"failed starts", "failed stops", "failed cells"}:
        return float(record.failed)
    if measure == "throttled starts":
        return float(record.throttled > 0 or record.failure == NOT_REACHED)
    if measure == "throttled wait":
        return math.inf if record.failed else record.throttled
    return record.time_taken


_STEPS_OF_MEASURES = {
    "throttled wait": START_TO_READY,
    "throttled starts": START_TO_READY,
    "failed starts": START_TO_READY,
    "failed stops": STOP_TO_STOPPED,
    "failed cells": CELL,
}


def step_of(target: Target) -> str:
    """Return the step that a target measures; for one of requests or probes, the name of its measure."""
    return _STEPS_OF_MEASURES.get(target.measure, target.measure)


def _of_probes(target: Target, results: Results) -> list[float]:
    if target.measure == "failed probes":
        return [float(bool(probe.failure)) for probe in results.probes]
    return [probe.time_taken for probe in results.probes]


def _outcome_of_requests(target: Target, results: Results) -> Outcome:
    """Measure a target of requests, which may be so many that they are only counted."""
    names = results.requests.names() if target.request is None else [target.request]
    all_of_them = [results.requests.of(name) for name in names]
    count, failed = sum(map(len, all_of_them)), sum(of.failed for of in all_of_them)
    if not count:
        return Outcome(target, None, 0)
    if target.percentile is None:
        share = failed / count
        return Outcome(target, share, count, share)
    counts = times_taken(all_of_them)
    measured = percentile_of_counts(counts, target.percentile)
    over = sum(how_many for seconds, how_many in counts.items() if seconds > target.at_most)
    return Outcome(target, measured, count, measured, failed=failed, over=over)
