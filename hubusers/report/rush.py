"""The rush of a run: the short time in which most people came, which charts also show from closer by."""

from dataclasses import replace

from hubusers.report.chart import Chart, TimeAxis
from hubusers.results.percentiles import percentile
from hubusers.results.records import Record

_MOST_STARTS = 0.9  # share that is due in it
_SHORT = 0.25  # share of the run that it lasts at most
_FEWEST_STARTS = 20


def rush_of(starts: list[Record], axis: TimeAxis) -> TimeAxis | None:
    """Return the shortest time in which nine of ten starts were due, until most of those were over.

    Args:
        starts: Those of the run.
        axis: The whole time of the run.

    Returns:
        None where it is more than a quarter of the run, or less than a second, or starts are few.
    """
    due = sorted(start.began for start in starts)
    count = round(_MOST_STARTS * len(due))
    if count < _FEWEST_STARTS:
        return None
    begin, last = min(zip(due, due[count - 1 :], strict=False), key=lambda pair: pair[1] - pair[0])
    end = last + percentile([start.seconds for start in starts if begin <= start.began <= last], 95)
    if not 1 <= end - begin <= _SHORT * axis.seconds:
        return None
    return TimeAxis(axis.run_began, begin, min(end, axis.end))


def closer(chart: Chart) -> Chart:
    """Return a chart over the time of the rush under a name and a title of its own."""
    about = f"The same while most people came. {chart.about}"
    return replace(chart, name=f"{chart.name}-closer", title=f"{chart.title}, from closer by", about=about)
