"""The tables behind charts over time: what a chart shows, in a few stretches of time."""

from collections.abc import Callable, Mapping

from hubusers.report.chart import Table, TimeAxis
from hubusers.report.stretches import Stretch, time_of_day

_MOST_ROWS = 12

Column = Callable[[float, float], str]
"""Returns a cell, from the begin and the end of a stretch of time."""


def timetable(axis: TimeAxis, columns: Mapping[str, Column]) -> Table:
    """Return a table with a row for each stretch of time.

    Args:
        axis: The time of the run.
        columns: What makes the cells of each column, by its name.
    """
    stretches = axis.stretches(_MOST_ROWS)
    cells = [[column(one.begin, one.end) for column in columns.values()] for one in stretches]
    times = times_of(stretches, axis)
    return Table(["from (UTC)", *columns], [[time, *row] for time, row in zip(times, cells, strict=True)])


def times_of(stretches: list[Stretch], axis: TimeAxis) -> list[str]:
    """Return when stretches of time begin, as a table shows it."""
    return [time_of_day(one.begin, one.length, with_date=axis.is_long) for one in stretches]
