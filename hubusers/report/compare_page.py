"""The page of a comparison: its table, the differences with their intervals, and the starts of both runs."""

import shlex
from pathlib import Path

from hubusers.report import words
from hubusers.report.chart import Axis, Chart, Dash, Line, Points, Range, Ranges, Table
from hubusers.report.compare import DOUBT, SMALLEST_SHARE, Comparison, moment
from hubusers.report.compare_measures import SMALLEST_WAIT
from hubusers.report.compare_row import Row
from hubusers.report.page import page
from hubusers.report.thinning import climbing, thinned
from hubusers.results.folder import FinishedRun
from hubusers.results.percentiles import percentile
from hubusers.results.records import START_TO_READY, Record, longest_known

_LOOKS = {"worse": "missed", "better": "held", "no difference": "planned", "cannot tell": "planned"}
_IN_TABLE = (25, 50, 75, 90, 95, 99, 100)
_MINUTES_FROM = 300.0  # seconds; longer runs are drawn in minutes
_FARTHEST = 2.0  # the largest relative difference that is drawn; larger ones end at the edge
_STRETCHES = 20  # of time; each gets a median
_FEWEST_FOR_MEDIAN = 3
_MOST_POINTS = 800  # of one run; the points of both runs overlap


def write_comparison(comparison: Comparison, before: FinishedRun, after: FinishedRun, path: Path) -> None:
    """Write a comparison as a page that stands alone.

    Args:
        comparison: The comparison of the two runs.
        before: The first run.
        after: The second.
        path: The file, which is made or replaced.

    Raises:
        OSError: The file cannot be written.
    """
    html = page(
        "compare.html",
        _charts(before, after, comparison),
        again=shlex.join(["hubusers", "compare", str(before.folder), str(after.folder), "--html", str(path)]),
        title="Before and after",
        comparison=comparison,
        facts=[fact for fact in zip(_FACTS, _facts(before), _facts(after), strict=True) if any(fact[1:])],
        doubt=DOUBT,
        smallest_wait=SMALLEST_WAIT,
        smallest_share=SMALLEST_SHARE,
    )
    path.write_text(html, encoding="utf-8")


_FACTS = [
    "folder",
    "event",
    "hub",
    "JupyterHub",
    "spawner",
    "began",
    "lasted",
    "people planned",
    "starts",
    "workers",
    "hubusers",
]


def _facts(run: FinishedRun) -> list[str]:
    info = run.info
    return [
        str(run.folder),
        info.title,
        info.hub,
        info.hub_version,
        info.spawner,
        moment(info.began),
        words.in_seconds(info.ended - info.began) if info.ended else "",
        "" if info.planned_people is None else f"{info.planned_people:,}",
        f"{len(run.results.records.starts()):,}",
        f"{info.workers:,}" if info.workers else "",
        info.versions.get("hubusers", ""),
    ]


def _charts(before: FinishedRun, after: FinishedRun, comparison: Comparison) -> list[Chart]:
    """Return the intervals, where there are any, and then two charts of the starts."""
    relative = [row for row in comparison.rows if row.low is not None and row.unit != "share"]
    charts = [_distributions(before, after), _over_time(before, after)]
    return [_intervals(relative, comparison.smallest), *charts] if relative else charts


def _intervals(rows: list[Row], smallest: float) -> Chart:
    ends = [_percent(end) for row in rows for end in (row.low, row.high)]
    left, right = min(-5.0, *ends), max(5.0, *ends)
    room = 0.03 * (right - left)
    about = (
        "Each measure after, relative to before, with its interval. Right is worse. Within the grey band "
        f"({100 * smallest:g} % either way) a difference does not matter."
    )
    if right >= 100 * _FARTHEST:
        about += f" Differences above +{100 * _FARTHEST:g} % end at the edge."
    ranges = [
        Range(f"{row.measure}: {row.verdict}", _LOOKS[row.verdict], *map(_percent, (row.low, row.difference, row.high)))
        for row in rows
    ]
    return Chart(
        "intervals",
        "Differences",
        about,
        Ranges(ranges, (-100 * smallest, 100 * smallest), left - room, right + room),
        Axis("difference in %"),
        Table(
            ["measure", "difference", "interval", "verdict"],
            [[row.measure, row.difference_text, row.interval_text, row.verdict] for row in rows],
        ),
    )


def _percent(difference: float | None) -> float:
    return 100 * min(difference or 0.0, _FARTHEST)


def _distributions(before: FinishedRun, after: FinishedRun) -> Chart:
    lines, rows = list[Line](), list[list[str]]()
    for run, name in ((before, "before"), (after, "after")):
        starts = run.results.people.measured(START_TO_READY)
        seconds, ranks = climbing([start.seconds for start in starts if not start.failure])
        shares = [100 * rank / len(starts) for rank in ranks]
        dash: Dash = "dashed" if name == "before" else "solid"
        lines.append(Line(name, name, [0.0, *seconds], [0.0, *shares], steps=True, dash=dash))
        times, known = [start.time_taken for start in starts], longest_known(starts)
        shown = [words.percentile(percentile(times, percent), known) for percent in _IN_TABLE]
        rows.append([name, f"{len(starts):,}", *shown])
    return Chart(
        "distributions",
        "Start to ready",
        "Percentage of the starts whose server was ready within a time. A start that failed is never ready, so with "
        "failures a line ends below 100 %.",
        lines,
        Axis("seconds from start to ready"),
        Table(["run", "starts", *(f"{percent} % within" for percent in _IN_TABLE)], rows),
        Axis("% of the starts", 102),
    )


def _over_time(before: FinishedRun, after: FinishedRun) -> Chart:
    seconds = max(1.0, *(start.began - run.info.began for run in (before, after) for start in _starts(run)))
    unit, title = (60.0, "minutes") if seconds > _MINUTES_FROM else (1.0, "seconds")
    clouds, medians, rows = list[Points](), list[Line](), list[list[str]]()
    fewer = False
    for run, name in ((before, "before"), (after, "after")):
        began, ready = run.info.began, [start for start in _starts(run) if not start.failure]
        shown, every = thinned(ready, _MOST_POINTS)
        fewer = fewer or every > 1
        x = [(start.began - began) / unit for start in shown]
        clouds.append(Points(name, name, x, [start.seconds for start in shown]))
        moments, values = _medians(ready, began, seconds)
        dash: Dash = "dashed" if name == "before" else "solid"
        medians.append(Line(f"median {name}", name, [moment / unit for moment in moments], values, dash=dash))
        rows += [
            [name, f"{moment / unit:,.4g}", words.in_seconds(value)]
            for moment, value in zip(moments, values, strict=True)
        ]
    return Chart(
        "over-time",
        "Start to ready over time",
        "Each start that succeeded, by when it was due, and the median of each stretch of time."
        + (" There are many starts, so only some of them are drawn." if fewer else ""),
        [*clouds, *medians],
        Axis(f"{title} since the run began"),
        Table(["run", f"{title} since it began", "median"], rows),
        Axis("seconds from start to ready"),
    )


def _medians(starts: list[Record], began: float, seconds: float) -> tuple[list[float], list[float]]:
    """Return the middles of stretches of time, in seconds of the run, and the median of the starts in each.

    Stretches with few starts are left out.
    """
    width = seconds / _STRETCHES
    stretches: dict[int, list[float]] = {}
    for start in starts:
        stretches.setdefault(int((start.began - began) / width), []).append(start.seconds)
    full = {number: values for number, values in sorted(stretches.items()) if len(values) >= _FEWEST_FOR_MEDIAN}
    return [(number + 0.5) * width for number in full], [percentile(values, 50) for values in full.values()]


def _starts(run: FinishedRun) -> list[Record]:
    return sorted(run.results.records.of(START_TO_READY), key=lambda record: record.began)
