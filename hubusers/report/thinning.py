"""Draws fewer points where there are too many, without hiding what matters."""

from typing import TypeVar

from hubusers.report.counts import Count

Item = TypeVar("Item")

MOST_POINTS = 5_000
"""Most points in a scatter plot; more are slow to draw and hide each other."""

_MOST_ON_A_LINE = 1_500
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
    """Return the moments and values of a count; of many, the highest value in each stretch of time."""
    if len(count.times) <= _MOST_ON_A_LINE:
        return [begin, *map(float, count.times), end], [count.at(begin), *map(int, count.values), count.at(end)]
    width = (end - begin) / _MOST_ON_A_LINE
    moments = [begin + number * width for number in range(_MOST_ON_A_LINE)]
    return [*moments, end], [*(count.highest(moment, moment + width) for moment in moments), count.at(end)]
