"""Is a target held? The same question while a run lasts and after it."""

import math
from dataclasses import dataclass
from typing import Literal

from hubusers.event.model import Target
from hubusers.results.records import CELL, START_TO_READY, STOP_TO_STOPPED, Record
from hubusers.results.results import Results

State = Literal["held", "missed", "not measured"]


@dataclass(frozen=True)
class Outcome:
    """What became of one target."""

    target: Target
    measured: float | None  # seconds, or a share of 1; infinite where too many failed; None without measurements
    count: int  # of the measurements

    @property
    def state(self) -> State:
        if self.measured is None:
            return "not measured"
        return "held" if self.measured <= self.target.at_most else "missed"

    @property
    def shown(self) -> str:
        """The measured value, in words."""
        if self.measured is None:
            return "not measured"
        if self.target.percentile is None:
            return f"{100 * self.measured:.3g} %"
        return "never" if math.isinf(self.measured) else f"{self.measured:,.4g} s"


def outcome(target: Target, results: Results) -> Outcome:
    """Measure a target.

    What failed counts as having taken for ever: "95 of 100 have their server within a minute" is not held when ten of
    them never get one.
    """
    values = _values(target, results)
    if not values:
        return Outcome(target, None, 0)
    if target.percentile is None:
        return Outcome(target, sum(values) / len(values), len(values))
    return Outcome(target, nearest_rank(values, target.percentile), len(values))


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
        return [record.throttled for record in records]
    return [math.inf if record.failure else record.seconds for record in records]


_STEPS_OF_SHARES = {
    "throttled wait": START_TO_READY,
    "throttled starts": START_TO_READY,
    "failed starts": START_TO_READY,
    "failed stops": STOP_TO_STOPPED,
    "failed cells": CELL,
}


def _records(target: Target, results: Results) -> list[Record]:
    step = _STEPS_OF_SHARES.get(target.measure, target.measure)
    return [record for record in results.records.of(step) if target.cohort in {None, record.cohort}]


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
