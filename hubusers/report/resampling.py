"""How certain a difference between two runs is: intervals for percentiles, means and shares.

The times of a run are not independent: people who come while the hub is busy wait, and so do those after them. So whole
blocks of neighbours in time are resampled, not single times (a circular block bootstrap). Two runs of one event see the
same rush at the same point, so each draw takes the same blocks of both: what the event does to both then does not widen
the interval.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hubusers.results.percentiles import percentile

FEWEST_PIECES = 8
"""With fewer pieces of a run to draw from, an interval would mean nothing."""

Array = NDArray[np.float64]

_DRAWS = 4000
_SEED = 1  # the same runs always give the same answer
_MOST_PIECES = 200
_MOST_BLOCKS = 16  # in a run; each block is long enough for a short queue
_FEWEST_BLOCKS = 8  # where queues are long; fewer would not show how much blocks differ
_RESEMBLING = 0.2  # autocorrelation; 200 independent pieces hardly ever have more
_MOST_VALUES = 1000  # candidates for a percentile, a tenth of a percent apart


class Statistic(Protocol):
    """A number that sums up a run's measurements, which are in order of time."""

    @property
    def count(self) -> int: ...

    @property
    def estimate(self) -> float: ...

    def course(self, pieces: int) -> Array:
        """Return how high the values were in each of `pieces` pieces, on the same scale for both runs."""

    def drawn(self, weights: Array) -> Array:
        """Return the number for each row of weights, which say how often each piece of the run counts."""


@dataclass(frozen=True)
class Percentile:
    """The value that `percent` % of the values do not exceed; some may be infinite."""

    values: Sequence[float]
    percent: float

    @property
    def count(self) -> int:
        return len(self.values)

    @property
    def estimate(self) -> float:
        return percentile(self.values, self.percent)

    def course(self, pieces: int) -> Array:
        # Ranks show how long a rush goes on to have an effect, even where few values are beyond the percentile.
        ranks = np.argsort(np.argsort(np.asarray(self.values), kind="stable"))
        return np.bincount(_pieces(self.count, pieces), weights=ranks / self.count) * pieces / self.count

    def drawn(self, weights: Array) -> Array:
        values = np.asarray(self.values, dtype=float)
        order = np.argsort(values, kind="stable")
        bins = min(self.count, _MOST_VALUES)
        bin_of = np.arange(self.count) * bins // self.count
        counts = np.zeros((weights.shape[1], bins))
        np.add.at(counts, (_pieces(self.count, weights.shape[1])[order], bin_of), 1)
        reached = weights @ np.cumsum(counts, axis=1)
        enough = reached >= self.percent / 100 * reached[:, -1:] - 1e-9
        largest = values[order][np.searchsorted(bin_of, np.arange(bins), side="right") - 1]
        return np.asarray(largest[np.argmax(enough, axis=1)])


@dataclass(frozen=True)
class Mean:
    """The mean of finite values."""

    values: Sequence[float]

    @property
    def count(self) -> int:
        return len(self.values)

    @property
    def estimate(self) -> float:
        return math.fsum(self.values) / self.count

    def course(self, pieces: int) -> Array:
        excess = np.asarray(self.values) - self.estimate
        return np.bincount(_pieces(self.count, pieces), weights=excess) * pieces / (sum(self.values) or 1.0)

    def drawn(self, weights: Array) -> Array:
        pieces = _pieces(self.count, weights.shape[1])
        return np.asarray((weights @ np.bincount(pieces, weights=self.values)) / (weights @ np.bincount(pieces)))


def relative_difference(before: float, after: float) -> float:
    """Return the relative growth of a number; infinite where it was 0, or has become infinite."""
    return float(_as_relative(_contrast(np.float64(before), np.float64(after))))


def relative_interval(before: Statistic, after: Statistic, doubt: float) -> tuple[float, float]:
    """Return an interval for the relative difference of a number between two runs.

    Args:
        before: The number in the first run, from at least `FEWEST_PIECES` measurements.
        after: The number in the second run, likewise.
        doubt: The share of cases, such as 0.05, in which the true difference may be outside.
    """
    pieces = min(before.count, after.count, _MOST_PIECES)
    length = _block_length(after.course(pieces) - before.course(pieces))
    weights = _block_weights(pieces, length)
    contrasts = _contrast(before.drawn(weights), after.drawn(weights))
    estimate = float(_contrast(np.float64(before.estimate), np.float64(after.estimate)))
    low, high = np.quantile(contrasts, [doubt / 2, 1 - doubt / 2])
    # A few blocks vary less than all possible ones: widen the interval as Student's t widens the normal distribution.
    wider = _wider_for(pieces / length, doubt)
    low = estimate - wider * max(estimate - low, 0)
    high = estimate + wider * max(high - estimate, 0)
    return float(_as_relative(np.float64(max(low, -1)))), float(_as_relative(np.float64(min(high, 1))))


def share_interval(before: tuple[int, int], after: tuple[int, int], doubt: float) -> tuple[float, float]:
    """Return an interval for the difference of two shares, by Newcombe's method from Wilson's intervals.

    Args:
        before: In the first run, the number of cases and the number of all.
        after: The same in the second run.
        doubt: The share of cases, such as 0.05, in which the true difference may be outside.
    """
    z = NormalDist().inv_cdf(1 - doubt / 2)
    share_before, low_before, high_before = _wilson(*before, z)
    share_after, low_after, high_after = _wilson(*after, z)
    difference = share_after - share_before
    return (
        difference - math.hypot(share_after - low_after, high_before - share_before),
        difference + math.hypot(high_after - share_after, share_before - low_before),
    )


def _wilson(count: int, of: int, z: float) -> tuple[float, float, float]:
    share = count / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return share, middle - half, middle + half


def _pieces(count: int, pieces: int) -> NDArray[np.intp]:
    """Return, for each of `count` measurements, the number of the equal piece that it is in."""
    return np.arange(count) * pieces // count


def _block_length(noise: Array) -> int:
    """Return how many pieces make a block: twice as many as resemble each other, within bounds."""
    pieces = len(noise)
    noise = noise - noise.mean()
    resemblance = np.correlate(noise, noise, "full")[pieces - 1 :]  # by the distance in pieces
    different = np.flatnonzero(resemblance <= _RESEMBLING * resemblance[0])
    wanted = 2 * (int(different[0]) if len(different) else pieces)
    return math.ceil(min(max(wanted, pieces / _MOST_BLOCKS), pieces / _FEWEST_BLOCKS))


@lru_cache(maxsize=8)
def _block_weights(pieces: int, length: int) -> Array:
    """Draw blocks of neighbouring pieces, where the last and the first are neighbours; a row for each draw."""
    first = np.random.default_rng(_SEED).integers(pieces, size=(_DRAWS, math.ceil(pieces / length)))
    cells = first + pieces * np.arange(_DRAWS)[:, None]
    begins = np.bincount(cells.ravel(), minlength=_DRAWS * pieces).reshape(_DRAWS, pieces)
    weights = np.zeros((_DRAWS, pieces))
    for step in range(length):
        weights += np.roll(begins, step, axis=1)
    return weights


def _contrast(before: Array | np.float64, after: Array | np.float64) -> Array:
    """Return (after - before) / (after + before): from -1 to 1 even for zero and infinity, and 0 for equals."""
    with np.errstate(invalid="ignore"):
        contrast = (after - before) / (after + before)
    contrast = np.where(np.isinf(after), 1.0, contrast)
    contrast = np.where(np.isinf(before), -1.0, contrast)
    return np.where((after == before) | np.isnan(contrast), 0.0, contrast)


def _as_relative(contrast: Array | np.float64) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(2 * contrast / (1 - contrast))


def _wider_for(blocks: float, doubt: float) -> float:
    """Return how much wider Student's t is than the normal distribution, by Cornish and Fisher's expansion."""
    z = NormalDist().inv_cdf(1 - doubt / 2)
    freedom = blocks - 1
    t = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return t / z * math.sqrt(blocks / freedom)
