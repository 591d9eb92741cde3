"""The one definition of a percentile, for targets, reports, comparisons and the live page alike."""

import math
from collections.abc import Iterable, Mapping


def percentile(values: Iterable[float], percent: float) -> float:
    """Return a percentile by the nearest-rank method: the smallest value that `percent` % of all values do not exceed.

    It is always one of the values, never something between two of them. A failure goes in as infinity: a run in which
    every tenth start failed has no finite p95, because there is no time within which 95 % had their server.

    Args:
        values: At least one; some may be infinite.
        percent: Above 0, at most 100.
    """
    ordered = sorted(values)
    return ordered[rank(percent, len(ordered)) - 1]


def percentile_of_counts(counts: Mapping[float, int], percent: float) -> float:
    """Return the same of values that are counted.

    Args:
        counts: How often there is which value; at least one.
        percent: Above 0, at most 100.
    """
    place = rank(percent, sum(counts.values()))
    for value in sorted(counts):
        place -= counts[value]
        if place <= 0:
            break
    return value


def rank(percent: float, count: int) -> int:
    """Return the place of a percentile among so many values, the smallest of which is at 1."""
    return max(1, math.ceil(round(percent / 100 * count, 9)))  # rounded: 0.07 * 100 is a little more than 7
