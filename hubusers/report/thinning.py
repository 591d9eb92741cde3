"""Draws fewer points where there are too many, without hiding what matters."""

from collections.abc import Sequence
from typing import TypeVar

from hubusers.report.counts import Count

Item = TypeVar("Item")

MOST_POINTS = 2_000
"""Most points in a scatter plot; more hide each other, and make a report too large to mail."""

MOST_MARKS = 500
"""Most marks, such as crosses, which are larger than points."""

_MOST_ON_A_LINE = 800
"""More than the pixels in the width of a chart."""


def thinned(points: list[Item], most: int = MOST_POINTS) -> tuple[list[Item], int]:
    """Return every n-th point, so that at most `most` are left, and n."""
    every = max(1, -(-len(points) // most))
    return points[::every], every


def climbing(values: list[float]) -> tuple[list[float], list[int]]:
    """Return the points of a cumulative line: values in order, and how many values are not larger.

    Of many points some are left out, but never the last one. Those that stay are exact.
    """
    ordered = sorted(values)
    ranks = list(range(1, len(ordered) + 1))
    kept, _ = thinned(ranks, _MOST_ON_A_LINE)
    if ranks and kept[-1] != ranks[-1]:
        kept.append(ranks[-1])
    return [ordered[rank - 1] for rank in kept], kept


def steps_of(count: Count, begin: float, end: float) -> tuple[list[float], list[int]]:
    """Return the moments and values of a count from `begin` to `end`; of many, the highest in each stretch of time."""
    within = [time for time in count.times if begin < time < end]
    if len(within) <= _MOST_ON_A_LINE:
        moments = [begin, *within, end]
        return moments, [count.at(moment) for moment in moments]
    width = (end - begin) / _MOST_ON_A_LINE
    moments = [begin + number * width for number in range(_MOST_ON_A_LINE)]
    return [*moments, end], [*(count.highest(moment, moment + width) for moment in moments), count.at(end)]


def highest_of(points: Sequence[tuple[float, float | None]]) -> tuple[list[float], list[float | None]]:
    """Return the moments and values of a line; of many, the highest value of each few neighbours.

    Gaps stay: among neighbours of which one has no value, none is shown.
    """
    every = max(1, -(-len(points) // _MOST_ON_A_LINE))
    moments, values = list[float](), list[float | None]()
    for first in range(0, len(points), every):
        some = points[first : first + every]
        known = [(value, moment) for moment, value in some if value is not None]
        value, moment = max(known) if len(known) == len(some) else (None, some[0][0])
        moments.append(moment)
        values.append(value)
    return moments, values
