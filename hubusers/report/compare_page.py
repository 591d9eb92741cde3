"""The page of a comparison: its table, the differences with their intervals, and the starts of both runs."""

from pathlib import Path

from hubusers.report import words
from hubusers.report.chart import COLOURS, FAILED, PLANNED, Chart, TimeAxis, Trace, figure, line, points
from hubusers.report.compare import DOUBT, SMALLEST_SHARE, Comparison, Row, moment
from hubusers.report.compare_measures import SMALLEST_WAIT
from hubusers.report.page import page
from hubusers.report.thinning import climbing, thinned
from hubusers.results.folder import FinishedRun
from hubusers.results.percentiles import percentile
from hubusers.results.records import START_TO_READY, Record

_LOOKS = {"worse": FAILED, "better": COLOURS[2], "no difference": PLANNED}
_COLOURS = (COLOURS[0], COLOURS[1])  # before, after
_FARTHEST = 2.0  # the largest relative difference that is drawn; larger ones end at the edge
_STRETCHES = 40  # of time; each gets a median
_FEWEST_FOR_MEDIAN = 3
_MOST_POINTS = 1500  # of one run; the points of both runs overlap


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
    names = [row.measure for row in rows]
    ends = [_percent(end) for row in rows for end in (row.low, row.high)]
    left, right = min(-5.0, *ends), max(5.0, *ends)
    room = 0.03 * (right - left)
    shape = {"xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    band = {"type": "rect", "x0": -100 * smallest, "x1": 100 * smallest, "fillcolor": PLANNED, "opacity": 0.18}
    zero = {"type": "line", "x0": 0, "x1": 0, "line": {"color": PLANNED, "width": 1}}
    about = (
        "Each measure after, relative to before, with its interval. Right is worse. Within the grey band "
        f"({100 * smallest:g} % either way) a difference does not matter."
    )
    if right >= 100 * _FARTHEST:
        about += f" Differences above +{100 * _FARTHEST:g} % end at the edge."
    return Chart(
        "intervals",
        "Differences",
        about,
        figure(
            [_with_intervals(rows, verdict) for verdict in _LOOKS if verdict in {row.verdict for row in rows}],
            {"title": {"text": "difference"}, "range": [left - room, right + room], "ticksuffix": " %"},
            {"categoryorder": "array", "categoryarray": names[::-1], "range": [-0.6, len(names) - 0.4]},
            height=90 + 30 * len(rows),
            shapes=[{**shape, **band, "line": {"width": 0}}, {**shape, **zero}],
            showlegend=True,
        ),
    )


def _with_intervals(rows: list[Row], verdict: str) -> Trace:
    chosen = [row for row in rows if row.verdict == verdict]
    colour = _LOOKS[verdict]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": verdict,
        "x": [_percent(row.difference) for row in chosen],
        "y": [row.measure for row in chosen],
        "marker": {"color": colour, "size": 10},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [_percent(row.high) - _percent(row.difference) for row in chosen],
            "arrayminus": [_percent(row.difference) - _percent(row.low) for row in chosen],
            "color": colour,
            "thickness": 2.5,
            "width": 5,
        },
        "text": [f"{row.difference_text} ({row.interval_text})" for row in chosen],
        "hovertemplate": f"%{{y}}: %{{text}}<extra>{verdict}</extra>",
    }


def _percent(difference: float | None) -> float:
    return round(100 * min(difference or 0.0, _FARTHEST), 2)


def _distributions(before: FinishedRun, after: FinishedRun) -> Chart:
    traces = []
    for run, name, colour in zip((before, after), ("before", "after"), _COLOURS, strict=True):
        starts = run.results.people.measured(START_TO_READY)
        seconds, ranks = climbing([start.seconds for start in starts if not start.failure])
        traces.append(
            line(
                [0.0, *(round(value, 4) for value in seconds)],
                [0.0, *(round(100 * rank / len(starts), 3) for rank in ranks)],
                name,
                colour,
                "%{y:.1f} % had their server within %{x:.2f} s",
                line={"shape": "hv", "dash": "dot" if name == "before" else "solid"},
            )
        )
    return Chart(
        "distributions",
        "Start to ready",
        "Percentage of the starts whose server was ready within a time. A start that failed is never ready, so with "
        "failures a line ends below 100 %.",
        figure(
            traces,
            {"title": {"text": "seconds from start to ready"}, "rangemode": "tozero"},
            {"title": {"text": "% of the starts"}, "range": [0, 102]},
        ),
    )


def _over_time(before: FinishedRun, after: FinishedRun) -> Chart:
    seconds = max(1.0, *(start.began - run.info.began for run in (before, after) for start in _starts(run)))
    clouds: list[Trace] = []
    medians: list[Trace] = []
    fewer = False
    for run, name, colour in zip((before, after), ("before", "after"), _COLOURS, strict=True):
        axis = TimeAxis(run.info.began, seconds)
        ready = [start for start in _starts(run) if not start.failure]
        shown, every = thinned(ready, _MOST_POINTS)
        fewer = fewer or every > 1
        marker = {"color": colour, "size": 4, "opacity": 0.35, "symbol": "circle" if name == "after" else "circle-open"}
        clouds.append(
            points(
                axis.positions([start.began for start in shown]),
                [round(start.seconds, 4) for start in shown],
                name,
                marker,
                "%{y:.2f} s, due after %{x:.2f}",
                showlegend=False,
            )
        )
        moments, values = _medians(ready, run.info.began, seconds)
        dash = {"dash": "dot" if name == "before" else "solid", "width": 3}
        hover = "median %{y:.2f} s, around %{x:.2f}"
        medians.append(line(axis.positions(moments), values, f"median {name}", colour, hover, line=dash))
    return Chart(
        "over-time",
        "Start to ready over time",
        "Each start that succeeded, by when it was due, and the median of each stretch of time."
        + (" There are many starts, so only some of them are drawn." if fewer else ""),
        figure([*clouds, *medians], axis.layout, {"title": {"text": "seconds from start to ready"}}),
        over_time=True,
    )


def _medians(starts: list[Record], began: float, seconds: float) -> tuple[list[float], list[float]]:
    """Return the middles of stretches of time, and the median of the starts in each; those with few are left out."""
    width = seconds / _STRETCHES
    stretches: dict[int, list[float]] = {}
    for start in starts:
        stretches.setdefault(int((start.began - began) / width), []).append(start.seconds)
    full = {number: values for number, values in sorted(stretches.items()) if len(values) >= _FEWEST_FOR_MEDIAN}
    return [began + (number + 0.5) * width for number in full], [
        round(percentile(values, 50), 4) for values in full.values()
    ]


def _starts(run: FinishedRun) -> list[Record]:
    return sorted(run.results.records.of(START_TO_READY), key=lambda record: record.began)
