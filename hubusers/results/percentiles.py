"""The one definition of a percentile, for targets, reports, comparisons and the live page alike."""

import math
from collections.abc import Iterable


def percentile(values: Iterable[float], percent: float) -> float:
    """Return a percentile by the nearest-rank method: the smallest value that `percent` % of all values do not exceed.

    It is always one of the values, never something between two of them. A failure goes in as infinity: a run in which
    every tenth start failed has no finite p95, because there is no time within which 95 % had their server.

    Args:
        values: At least one; some may be infinite.
        percent: Above 0, at most 100.
    """
    ordered = sorted(values)
    rank = math.ceil(round(percent / 100 * len(ordered), 9))  # rounded, because 0.07 * 100 is a little more than 7
    return ordered[max(rank, 1) - 1]
