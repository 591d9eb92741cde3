"""Fewer points where there are too many to draw, without hiding what matters."""

from typing import TypeVar

from hubusers.report.counts import Count

Item = TypeVar("Item")

MOST_POINTS = 5_000
"""In one scatter; more are slow to draw and hide each other."""

_MOST_ON_A_LINE = 1_500
"""More than a chart has columns of pixels."""


def thinned(points: list[Item], most: int = MOST_POINTS) -> tuple[list[Item], int]:
    """Return every n-th point so that no more than `most` are left, and n."""
    every = max(1, -(-len(points) // most))
    return points[::every], every


def climbing(values: list[float]) -> tuple[list[float], list[int]]:
    """Return values in order, and how many are not larger: the points of a cumulative line, a part of them if many.

    Each point that is left is exact; the last is always among them.
    """
    ordered = sorted(values)
    ranks = list(range(1, len(ordered) + 1))
    kept, _ = thinned(ranks, _MOST_ON_A_LINE)
    if ranks and kept[-1] != ranks[-1]:
        kept.append(ranks[-1])
    return [ordered[rank - 1] for rank in kept], kept


def steps_of(count: Count, begin: float, end: float) -> tuple[list[float], list[int]]:
    """Return moments and values of a count for a line in steps; if they are many, the highest value of each stretch."""
    if len(count.times) <= _MOST_ON_A_LINE:
        return [begin, *map(float, count.times), end], [count.at(begin), *map(int, count.values), count.at(end)]
    width = (end - begin) / _MOST_ON_A_LINE
    moments = [begin + number * width for number in range(_MOST_ON_A_LINE)]
    return [*moments, end], [*(count.highest(moment, moment + width) for moment in moments), count.at(end)]
