"""What the hub did between two readings of its metrics, whose counts begin when the hub starts."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

from hubusers.results.hub_samples import HubSample, Observations

_INEXACT = 2.0
"""Seconds by which the start of a process may be told differently from reading to reading."""


@dataclass(frozen=True)
class Interval:
    """The time between two readings. None is what this hub does not report, or what is unknown after a restart."""

    begin: float  # seconds since the epoch
    end: float
    cpu_seconds: float | None  # that the hub's process used
    event_loop: Observations | None  # intervals of the hub's event loop
    spawns: Observations  # successful ones
    failed_spawns: Observations  # but for those that were refused at once, as at a limit

    @property
    def cpu(self) -> float | None:
        """The hub's CPU, as a share of a core."""
        return None if self.cpu_seconds is None else self.cpu_seconds / (self.end - self.begin)


def intervals(samples: list[HubSample]) -> list[Interval]:
    return [
        Interval(
            earlier.time,
            later.time,
            _grown(earlier.cpu_seconds, later.cpu_seconds),
            difference(earlier.event_loop, later.event_loop),
            _spawns(earlier, later, "success"),
            _that_lasted(together([_spawns(earlier, later, status) for status in ("failure", "error")])),
        )
        for earlier, later in itertools.pairwise(samples)
        if later.time > earlier.time
    ]


def difference(earlier: Observations | None, later: Observations | None) -> Observations | None:
    """Return what was observed between two readings; None when one is missing, or the hub was restarted."""
    if earlier is None or later is None or later.count < earlier.count:
        return None
    return Observations(
        later.count - earlier.count,
        later.seconds - earlier.seconds,
        {limit: count - earlier.buckets.get(limit, 0.0) for limit, count in later.buckets.items()},
    )


def is_restart(earlier: HubSample, later: HubSample) -> bool:
    """Say whether the hub's process began anew between two readings."""
    if earlier.started is not None and later.started is not None:
        # In some containers the time that a process began is off by a second now and then.
        return later.started > earlier.started + _INEXACT
    return _grown(earlier.cpu_seconds, later.cpu_seconds) is None and later.cpu_seconds is not None


def in_all(
    samples: list[HubSample], of: Callable[[HubSample], dict[str, Observations]]
) -> dict[str, tuple[float, float]]:
    """Return what was observed from the first reading to the last, whatever restarts there were.

    Args:
        samples: The readings.
        of: Which histograms of a reading, by any key.

    Returns:
        The count and the seconds of each key.
    """
    totals: dict[str, tuple[float, float]] = {}

    def add(histograms: dict[str, Observations], factor: int) -> None:
        for key, one in histograms.items():
            count, seconds = totals.get(key, (0.0, 0.0))
            totals[key] = (count + factor * one.count, seconds + factor * one.seconds)

    if samples:
        # What a process counted after its last reading is not known.
        add(of(samples[0]), -1)
        for earlier, later in itertools.pairwise(samples):
            if is_restart(earlier, later):
                add(of(earlier), 1)
        add(of(samples[-1]), 1)
    return totals


def together(observations: list[Observations]) -> Observations:
    """Return several observations as one."""
    limits = {limit for one in observations for limit in one.buckets}
    return Observations(
        sum(one.count for one in observations),
        sum(one.seconds for one in observations),
        {limit: sum(one.buckets.get(limit, 0.0) for one in observations) for limit in limits},
    )


def at_most(observations: Observations, percent: float) -> float | None:
    """Return a percentile of a histogram: the upper bound, in seconds, of the bucket that it lies in.

    A percentile beyond the last bucket is returned as the bound of that bucket, which is too low. None when nothing was
    observed.
    """
    limits = sorted((float(limit), count) for limit, count in observations.buckets.items())
    if not limits or observations.count <= 0:
        return None
    finite = [limit for limit, _ in limits if math.isfinite(limit)]
    wanted = percent / 100 * observations.count
    found = next((limit for limit, count in limits if count >= wanted), math.inf)
    return min(found, max(finite)) if finite else None


def _spawns(earlier: HubSample, later: HubSample, status: str) -> Observations:
    none = Observations()
    return difference(earlier.spawns.get(status, none), later.spawns.get(status, none)) or none


def _that_lasted(observations: Observations) -> Observations:
    """Return observations without those in the first bucket, which took no time that matters."""
    first = min(observations.buckets, key=float, default="")
    return Observations(observations.count - observations.buckets.get(first, 0.0), observations.seconds)


def _grown(earlier: float | None, later: float | None) -> float | None:
    return None if earlier is None or later is None or later < earlier else later - earlier
