"""Is a target held? The same question while a run lasts and after it."""

import math
from dataclasses import dataclass
from typing import Literal

from hubusers.event.model import Target
from hubusers.results.records import CELL, START_TO_READY, STOP_TO_STOPPED, Record
from hubusers.results.results import Results

State = Literal["held", "missed", "undecided", "not measured"]


@dataclass(frozen=True)
class Outcome:
    """What became of one target."""

    target: Target
    measured: float | None  # seconds, or a share of 1; infinite where too many failed; None without measurements
    count: int  # of the measurements
    worst: float | None = None  # what it would be if every start that is not over turned out badly

    @property
    def state(self) -> State:
        if self.measured is None:
            return "not measured"
        if self.measured > self.target.at_most:
            return "missed"
        return "undecided" if self.worst is not None and self.worst > self.target.at_most else "held"

    @property
    def shown(self) -> str:
        """The measured value, in words."""
        if self.measured is None:
            return "not measured"
        if math.isinf(self.measured):
            return "never"
        number = _in_digits(self.measured, 4 if self.target.percentile else 3, self.target)
        return f"{number} {'s' if self.target.percentile else '%'}"


def outcome(target: Target, results: Results, under_way: int = 0) -> Outcome:
    """Measure a target.

    What failed counts as having taken for ever: "95 of 100 have their server within a minute" is not held when ten of
    them never get one. A start that the end of the run broke off is known to have taken longer than it had until then;
    one that had taken longer than any that became ready may have been going to fail.

    Args:
        target: What to measure.
        results: Of the run, or of a part of it.
        under_way: Starts that are not over, and of which nothing is known.
    """
    values, unfinished = _values(target, results), _unfinished(target, results)
    if _step_of(target) == START_TO_READY:
        unfinished += [0.0] * under_way
    count = len(values) + len(unfinished)
    if not count:
        return Outcome(target, None, 0)
    worst = 1.0 if target.percentile is None else math.inf
    return Outcome(
        target, _measured(target, values + unfinished), count, _measured(target, values + [worst] * len(unfinished))
    )


def _measured(target: Target, values: list[float]) -> float:
    if target.percentile is None:
        return sum(values) / len(values)
    return nearest_rank(values, target.percentile)


def _in_digits(value: float, digits: int, target: Target) -> str:
    """Round a value, but not to the limit itself, or to the other side of it."""
    factor = 1 if target.percentile else 100
    for more in range(digits, 16):
        shown = f"{factor * value:,.{more}g}"
        rounded = float(shown.replace(",", ""))
        if value == target.at_most or (rounded > factor * target.at_most) == (value > target.at_most):
            break
    return shown


def nearest_rank(values: list[float], percentile: float) -> float:
    """Return the smallest of the values that so many of 100 values do not exceed; some values may be infinite."""
    rank = math.ceil(round(percentile / 100 * len(values), 9))
    return sorted(values)[max(rank, 1) - 1]


def _values(target: Target, results: Results) -> list[float]:
    """Return seconds for a percentile; for a share, 1 where it is the case and 0 where not."""
    measure = target.measure
    if measure == "hub probe":
        return [math.inf if probe.failure else probe.seconds for probe in results.probes]
    if measure == "failed probes":
        return [float(bool(probe.failure)) for probe in results.probes]
    if measure in {"requests", "failed requests"}:
        return _of_requests(target, results)
    records = _records(target, results)
    if measure in {"failed starts", "failed stops", "failed cells"}:
        return [float(bool(record.failure)) for record in records]
    if measure == "throttled starts":
        return [float(record.throttled > 0) for record in records]
    if measure == "throttled wait":
        return [math.inf if record.failure else record.throttled for record in records]
    return [math.inf if record.failure else record.seconds for record in records]


_STEPS_OF_MEASURES = {
    "throttled wait": START_TO_READY,
    "throttled starts": START_TO_READY,
    "failed starts": START_TO_READY,
    "failed stops": STOP_TO_STOPPED,
    "failed cells": CELL,
}


def _step_of(target: Target) -> str:
    return _STEPS_OF_MEASURES.get(target.measure, target.measure)


def _records(target: Target, results: Results) -> list[Record]:
    return [record for record in results.records.of(_step_of(target)) if target.cohort in {None, record.cohort}]


def _unfinished(target: Target, results: Results) -> list[float]:
    """Return, of starts that the end broke off, what is known: the seconds so far, or that they had not failed yet."""
    if _step_of(target) != START_TO_READY:
        return []
    records = [record for record in results.records.unfinished() if target.cohort in {None, record.cohort}]
    longest = max((record.seconds for record in _records(target, results) if not record.failure), default=0.0)
    records = [record for record in records if record.seconds > longest]
    if target.measure == "failed starts":
        return [0.0] * len(records)
    if target.measure == "throttled starts":
        return [float(record.throttled > 0) for record in records]
    return [record.throttled if target.measure == "throttled wait" else record.seconds for record in records]


def _of_requests(target: Target, results: Results) -> list[float]:
    values: list[float] = []
    for name in results.requests.names() if target.request is None else [target.request]:
        times = results.requests.of(name)
        failed = [position in times.failures for position in range(len(times))]
        if target.measure == "failed requests":
            values += map(float, failed)
        else:
            values += [math.inf if bad else seconds for seconds, bad in zip(times.seconds, failed, strict=True)]
    return values
