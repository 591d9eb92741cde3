"""The measures that two runs are compared by: each a statistic of what happened, in order of time."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from hubusers.report.resampling import Mean, Percentile, Statistic
from hubusers.results.records import START_TO_READY, STOP_TO_STOPPED, Record, longest_known
from hubusers.results.results import Results

Unit = Literal["seconds", "share", "bytes"]

SMALLEST_WAIT = 0.02
"""Seconds. Nobody feels a smaller difference, even where it is large in percent."""

FAILED_STARTS = "failed starts"
MEAN_START = "start to ready mean"
THROTTLED_WAIT = "throttled wait mean"
REQUESTS = "requests p95"


@dataclass(frozen=True)
class Measure:
    """One number of a run. Less is better in all of them."""

    name: str
    unit: Unit
    of: Callable[[Results], Statistic | None]  # None: not measured
    floor: float = 0.0  # smallest absolute difference that matters
    judged: bool = True

    @property
    def is_of_starts(self) -> bool:
        return self.name.startswith(START_TO_READY) or self.name in {FAILED_STARTS, THROTTLED_WAIT}

    def is_of_unfinished(self, results: Results) -> bool:
        """Return whether it is a percentile that falls on a start that the end of the run broke off.

        It is then over the time that this start had, and nobody knows by how much.
        """
        statistic = self.of(results)
        if not isinstance(statistic, Percentile) or not self.name.startswith(START_TO_READY):
            return False
        known = longest_known(results.people.measured(START_TO_READY))
        return math.isfinite(statistic.estimate) and (known is None or statistic.estimate > known)


def _percentile(values: list[float], percent: int) -> Statistic | None:
    return Percentile(values, percent) if values else None


def _of_step(step: str, percent: int) -> Callable[[Results], Statistic | None]:
    def statistic(results: Results) -> Statistic | None:
        # A failure counts as never over: a hub that fails the slow ones must not look fast.
        return _percentile([one.time_taken for one in _in_order(results, step)], percent)

    return statistic


def share_ready(results: Results) -> float:
    """Return the share of the starts that the mean of start to ready covers: of those that count, the ones that became
    ready, not those that failed, were not reached, or hung until the run ended."""
    starts = results.people.measured(START_TO_READY)
    return sum(not one.failure for one in starts) / len(starts)


def _mean_start(results: Results) -> Statistic | None:
    ready = [one.seconds for one in _in_order(results, START_TO_READY) if not one.failure]
    return Mean(ready) if ready else None


def _failed_starts(results: Results) -> Statistic | None:
    return Mean([float(one.failed) for one in _in_order(results, START_TO_READY)])


def _throttled_wait(results: Results) -> Statistic | None:
    return Mean([one.throttled for one in _in_order(results, START_TO_READY)])


def _of_probes(percent: int) -> Callable[[Results], Statistic | None]:
    def statistic(results: Results) -> Statistic | None:
        probes = sorted(results.probes, key=lambda probe: probe.began)
        return _percentile([probe.time_taken for probe in probes], percent)

    return statistic


def _of_requests(results: Results) -> Statistic | None:
    return _percentile(results.requests.in_order(), 95)


def _cpu_per_start(results: Results) -> Statistic | None:
    cpu = [sample.cpu_seconds for sample in results.hub_samples if sample.cpu_seconds is not None]
    starts = len(results.records.of(START_TO_READY))
    if len(cpu) < 2 or not starts:
        return None
    used = sum(max(after - before, 0.0) for before, after in pairwise(cpu))  # a hub that restarts counts from zero
    return Mean([used / starts])


def _highest_memory(results: Results) -> Statistic | None:
    memory = [sample.memory for sample in results.hub_samples if sample.memory is not None]
    return Percentile(memory, 100) if memory else None


def _in_order(results: Results, step: str) -> list[Record]:
    return sorted(results.people.measured(step), key=lambda record: record.began)


MEASURES = [
    Measure("start to ready p50", "seconds", _of_step(START_TO_READY, 50), SMALLEST_WAIT),
    Measure("start to ready p95", "seconds", _of_step(START_TO_READY, 95), SMALLEST_WAIT),
    Measure(MEAN_START, "seconds", _mean_start, SMALLEST_WAIT),
    Measure("stop to stopped p50", "seconds", _of_step(STOP_TO_STOPPED, 50), SMALLEST_WAIT),
    Measure("stop to stopped p95", "seconds", _of_step(STOP_TO_STOPPED, 95), SMALLEST_WAIT),
    Measure(FAILED_STARTS, "share", _failed_starts),
    Measure(THROTTLED_WAIT, "seconds", _throttled_wait, SMALLEST_WAIT),
    Measure("hub probe p50", "seconds", _of_probes(50), SMALLEST_WAIT),
    Measure("hub probe p95", "seconds", _of_probes(95), SMALLEST_WAIT),
    Measure(REQUESTS, "seconds", _of_requests, SMALLEST_WAIT),
    # Not judged: between equal runs on a shared machine it differed by up to 28 %, with what else used its cores.
    Measure("hub CPU per start", "seconds", _cpu_per_start, judged=False),
    Measure("hub memory, highest", "bytes", _highest_memory, judged=False),
]
