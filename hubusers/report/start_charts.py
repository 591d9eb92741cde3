"""The charts of the times from start to ready: how they are distributed, and how they were over time."""

import math
from itertools import cycle

from hubusers import durations
from hubusers.event.model import Target
from hubusers.report import words
from hubusers.report.chart import Axis, Chart, Dash, Line, Points, Table, TimeAxis
from hubusers.report.chart_tables import times_of, timetable
from hubusers.report.colours import COHORTS
from hubusers.report.rush import closer
from hubusers.report.thinning import MOST_MARKS, MOST_POINTS, climbing, thinned
from hubusers.results.percentiles import percentile
from hubusers.results.records import START_TO_READY, Record, longest_known
from hubusers.results.results import Results

_PERCENTILES: dict[int, Dash] = {50: "solid", 95: "dashed", 99: "dotted"}
_MARKED = 95  # the percentile whose absence is marked
_IN_TABLE = (25, 50, 75, 90, 95, 99, 100)
_MOST_STRETCHES = 24


def start_charts(results: Results, targets: list[Target], axis: TimeAxis, rush: TimeAxis | None) -> list[Chart]:
    """Return the charts of the starts; none where no start was over.

    Args:
        results: Those of the run.
        targets: Those of its event.
        axis: The time of the run.
        rush: The short time in which most people came; None where they came all the time.
    """
    starts = results.records.of(START_TO_READY)
    if not starts:
        return []
    targets = [target for target in targets if target.measure == START_TO_READY]
    measured = results.people.measured(START_TO_READY)
    charts = [_distribution(measured, targets), _percentiles(measured, targets, axis)]
    if rush:
        charts.append(closer(_percentiles(measured, targets, rush)))
    return [*charts, _over_time(starts, axis)]


def _distribution(starts: list[Record], targets: list[Target]) -> Chart:
    succeeded = [record.seconds for record in starts if not record.failure]
    last = max([*succeeded, *(target.at_most for target in targets)], default=0.0) or 1.0
    series, rows = list[Line | Points](), list[list[str]]()
    groups = _by_cohort(starts)
    colours = _colours(groups)
    for cohort, records in groups.items():
        seconds, ranks = climbing([record.seconds for record in records if not record.failure])
        shares = [100 * rank / len(records) for rank in ranks]
        x, y = [0.0, *seconds, last], [0.0, *shares, shares[-1] if shares else 0.0]
        series.append(Line(cohort, colours[cohort], x, y, steps=True))
        known, times = longest_known(records), [record.time_taken for record in records]
        shown = [words.percentile(percentile(times, percent), known) for percent in _IN_TABLE]
        rows.append([cohort, f"{len(records):,}", *shown])
    if targets:
        x, y = [target.at_most for target in targets], [target.percentile or 0.0 for target in targets]
        series.append(Points("target", "target", x, y, "diamond"))
    return Chart(
        "distribution",
        "Start to ready",
        "Percentage of the starts whose server was ready within a time. A start that failed is never ready, so with "
        "failures the line stays below 100 %." + (" A target is held when its line passes above ◇." if targets else ""),
        series,
        Axis("seconds from start to ready", 1.03 * last),
        Table(["of the starts", "count", *(f"{percent} % within" for percent in _IN_TABLE)], rows),
        Axis("% of the starts", 102),
    )


def _percentiles(starts: list[Record], targets: list[Target], axis: TimeAxis) -> Chart:
    stretches, known = axis.stretches(_MOST_STRETCHES), longest_known(starts)
    times = [[one.time_taken for one in starts if one.began in stretch] for stretch in stretches]
    middles = [stretch.middle for stretch in stretches]
    rows = [[at, f"{len(some):,}"] for at, some in zip(times_of(stretches, axis), times, strict=True)]
    series, never = list[Line | Points](), list[float]()
    for percent, dash in _PERCENTILES.items():
        values = [percentile(some, percent) if some else None for some in times]
        for row, value in zip(rows, values, strict=True):
            row.append("–" if value is None else words.percentile(value, known))
        y = [None if value is None or known is None or value > known else value for value in values]
        series.append(Line(f"p{percent}", f"p{percent}", middles, y, dash=dash))
        if percent == _MARKED:
            never = [at for at, value in zip(middles, values, strict=True) if value is not None and math.isinf(value)]
    for target in targets:
        at_most = f"target: p{target.percentile:g} at most {words.in_seconds(target.at_most)}"
        series.append(Line(at_most, "target", [axis.begin, axis.end], [target.at_most] * 2, dash="dotted"))
    top = max(value for one in series for value in [*one.y, 0.0] if value is not None) or 1.0
    about = (
        f"Percentiles of the starts that were due in each {durations.in_words(stretches[0].length)}. In the hub’s own "
        "metrics, and so in Grafana, a start counts when it is over, and without what it waited before the hub took it."
    )
    if never:
        about += f" × is where too many starts failed: p{_MARKED} is never."
        series.append(Points(f"p{_MARKED} is never", "failed", never, [top] * len(never), "cross"))
    return Chart(
        "percentiles",
        "Start to ready over time, percentiles",
        about,
        series,
        axis,
        Table(["due from (UTC)", "starts", *(f"p{percent}" for percent in _PERCENTILES)], rows),
        Axis("seconds from start to ready", 1.1 * top),
    )


def _over_time(starts: list[Record], axis: TimeAxis) -> Chart:
    colours = _colours(_by_cohort(starts))
    succeeded, every = thinned(sorted((one for one in starts if not one.failure), key=lambda one: one.began))
    failed, every_failed = thinned(
        sorted((one for one in starts if one.failure), key=lambda one: one.began), MOST_MARKS
    )
    series = [
        Points(cohort, colours[cohort], [one.began for one in records], [one.seconds for one in records])
        for cohort, records in _by_cohort(succeeded).items()
    ]
    if failed:
        x, y = [one.began for one in failed], [one.seconds for one in failed]
        series.append(Points("failed", "failed", x, y, "cross"))
    about = "Each start, by when it was due. × is a start that failed, by the seconds until it had."
    if every > 1:
        about += f" There are more than {MOST_POINTS:,}, so only every {words.nth(every)} that succeeded is drawn."
    if every_failed > 1:
        about += f" Of those that failed, every {words.nth(every_failed)} is drawn."

    def cell(begin: float, end: float, *, of_failed: bool) -> str:
        some = [one.seconds for one in starts if begin <= one.began < end and bool(one.failure) is of_failed]
        return f"{len(some):,}" if of_failed else f"{len(some):,}, longest {words.longest_of(some)}" if some else "0"

    return Chart(
        "starts",
        "Start to ready over time, each start",
        about,
        series,
        axis,
        timetable(
            axis,
            {
                "succeeded": lambda begin, end: cell(begin, end, of_failed=False),
                "failed": lambda begin, end: cell(begin, end, of_failed=True),
            },
        ),
        Axis("seconds from start to ready"),
    )


def _colours(groups: dict[str, list[Record]]) -> dict[str, str]:
    return dict(zip(groups, cycle(COHORTS if len(groups) > 1 else ["people"]), strict=False))


def _by_cohort(records: list[Record]) -> dict[str, list[Record]]:
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record.cohort or "all", []).append(record)
    return dict(sorted(groups.items()))
