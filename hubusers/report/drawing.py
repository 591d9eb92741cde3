"""Draws charts as SVG for the inside of a page: no script, and colours that follow light, dark and print."""

import io
import logging
import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from hubusers.report import words
from hubusers.report.chart import Axis, Bars, Chart, Line, Points, Ranges, TimeAxis
from hubusers.report.colours import COLOURS
from hubusers.report.stretches import date, round_seconds, time_of_day
from hubusers.report.svg_in_page import GRID, QUIET, TEXT, for_a_page

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _HEIGHT = 480, 240  # in the units of the drawing: pixels, where it is not scaled
_LEFT, _RIGHT, _BOTTOM, _TOP = 62, 14, 46, 46
_ROW = 42  # the height of a bar or a range with its name
_TEXT_SIZE = 13
_LONGEST_NAME = 64  # letters that fit beside each other
_MOST_TICKS = 7
_MOST_LONG_TICKS = 5  # with seconds
_MOST_TICKS_WITH_DATES = 3
_LABELLED_IN_MINUTES = 300.0  # seconds; longer axes need none

_DASHES: dict[str, Any] = {"solid": "solid", "dashed": (0, (5, 2.5)), "dotted": (0, (1.2, 2))}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_STYLE: dict[Any, Any] = {
    "font.size": _TEXT_SIZE,
    "text.color": TEXT,
    "text.parse_math": False,  # names come from hubs and event files
    "axes.labelcolor": QUIET,
    "axes.labelsize": _TEXT_SIZE,
    "axes.edgecolor": QUIET,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 1,
    "xtick.color": QUIET,
    "xtick.labelcolor": TEXT,
    "ytick.color": QUIET,
    "ytick.labelcolor": TEXT,
    "figure.dpi": 72,
    "svg.fonttype": "none",  # text stays text, in the letters of the page
}


def can_draw() -> bool:
    """Return whether matplotlib is there, which comes with the extra `report`."""
    try:
        import matplotlib.backends.backend_svg  # noqa: F401  # as below; it needs numpy and more
    except ImportError:
        return False
    return True


def svg_of(chart: Chart) -> Markup:
    """Return a chart as an SVG element. The same chart is always the same text."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # of caches, about which nobody can do anything
    # Here, because they take half a second, which a run without a report should not spend.
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    rows = _rows(chart)
    height = _HEIGHT if rows is None else _BOTTOM + 10 + _ROW * rows
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": chart.name}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the page has fonts of its own
        figure = Figure(figsize=(_WIDTH / 72, height / 72), frameon=False)
        top = _TOP if isinstance(chart.x, TimeAxis) else 10
        left = _LEFT if rows is None else 8
        place = (left / _WIDTH, _BOTTOM / height, (_WIDTH - left - _RIGHT) / _WIDTH, (height - _BOTTOM - top) / height)
        axes = figure.add_axes(place)
        axes.patch.set_visible(False)
        axes.spines["top"].set_visible(isinstance(chart.x, TimeAxis))
        if isinstance(chart.content, Bars):
            _draw_bars(axes, chart.content)
        elif isinstance(chart.content, Ranges):
            _draw_ranges(axes, chart.content)
        else:
            _draw_series(axes, chart, chart.content)
        if isinstance(chart.x, TimeAxis):
            _mark_times(axes, chart.x)
        else:
            axes.set_xlabel(chart.x.title)
        written = io.StringIO()
        FigureCanvasSVG(figure).print_svg(written, metadata=_NO_METADATA)  # type: ignore[no-untyped-call]
    label = f"{chart.title}. {chart.about}"
    return Markup(for_a_page(written.getvalue(), label, _titles(chart)))  # noqa: S704  # lxml has escaped all of it


def _rows(chart: Chart) -> int | None:
    if isinstance(chart.content, Bars):
        return len(chart.content.names)
    return len(chart.content.ranges) if isinstance(chart.content, Ranges) else None


def _draw_series(axes: "Axes", chart: Chart, content: Sequence[Line | Points]) -> None:
    for number, one in enumerate(content):
        colour = COLOURS[one.colour].light
        gid = f"series-{number}"
        if isinstance(one, Line):
            y = [float("nan") if value is None else value for value in one.y]
            style = "steps-post" if one.steps else "default"
            axes.plot(one.x, y, color=colour, linewidth=2, linestyle=_DASHES[one.dash], drawstyle=style, gid=gid)
            _mark_alone(axes, one, colour)
        elif one.mark == "dot":
            _draw_dots(axes, one.x, one.y, colour, gid)
        else:
            _draw_marks(axes, one, colour, gid)
    axes.set_ylabel(chart.y.title)
    _number_axis(axes.yaxis, whole=all(isinstance(value, int) for one in content for value in one.y))
    if chart.y.level is not None:
        axes.axhline(chart.y.level, color=COLOURS["target"].light, linewidth=1.2, linestyle=_DASHES["dotted"])
    highest = chart.y.highest
    if highest is None:
        highest = 1.05 * max((value for one in content for value in one.y if value is not None), default=0) or 1
    axes.set_ylim(0, highest)
    if isinstance(chart.x, Axis):
        _number_axis(axes.xaxis)
        axes.set_xlim(0, chart.x.highest)


def _mark_alone(axes: "Axes", line: Line, colour: str) -> None:
    """Draw values that have no neighbour as points: a line of one value cannot be seen."""
    y = [None, *line.y, None]
    alone = [n for n in range(len(line.y)) if y[n + 1] is not None and y[n] is None and y[n + 2] is None]
    if alone and not line.steps:
        _draw_dots(axes, [line.x[n] for n in alone], [line.y[n] or 0.0 for n in alone], colour, "")


def _draw_dots(axes: "Axes", x: Sequence[float], y: Sequence[float], colour: str, gid: str) -> None:
    """Draw points as lines of no length with round ends: in one path, thousands of them take little space."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if not x:
        return
    places = [place for place in zip(x, y, strict=True) for _ in range(2)]
    path = Path(places, [Path.MOVETO, Path.LINETO] * len(x))
    path.should_simplify = False  # it would leave out lines of no length
    axes.add_patch(
        PathPatch(
            path, fill=False, edgecolor=colour, linewidth=4, capstyle="round", transform=axes.transData, gid=gid or None
        )
    )


def _draw_marks(axes: "Axes", points: Points, colour: str, gid: str) -> None:
    axes.plot(
        points.x,
        points.y,
        linestyle="none",
        marker={"cross": "x", "diamond": "D"}[points.mark],
        markersize=8 if points.mark == "diamond" else 7,
        markerfacecolor="none",
        markeredgecolor=colour,
        markeredgewidth=2,
        clip_on=False,
        zorder=3,
        gid=gid,
    )


def _draw_bars(axes: "Axes", bars: Bars) -> None:
    for row, (name, value) in enumerate(zip(bars.names, bars.values, strict=True)):
        axes.barh(row + 0.62, value, height=0.38, color=COLOURS[bars.colour].light, gid=f"bar-{row}")
        axes.text(0, row + 0.22, f"{_short(name)}: {value:,.0f}", va="center", ha="left")
    _lie(axes, len(bars.names))
    axes.set_xlim(0, max(1.0, *bars.values))
    _number_axis(axes.xaxis, whole=True)


def _draw_ranges(axes: "Axes", ranges: Ranges) -> None:
    axes.axvspan(*ranges.band, color=COLOURS["planned"].light, alpha=0.18, linewidth=0)
    axes.axvline(0, color=COLOURS["planned"].light, linewidth=1.2)
    for row, one in enumerate(ranges.ranges):
        colour = COLOURS[one.colour].light
        y = row + 0.7
        axes.plot([one.low, one.high], [y, y], color=colour, linewidth=2.5, gid=f"range-{row}")
        axes.plot([one.low, one.value, one.high], [y] * 3, linestyle="none", marker="|", color=colour, markersize=9)
        _draw_dots(axes, [one.value] * 2, [y] * 2, colour, "")
        axes.text(0.0, row + 0.25, _short(one.name), va="center", ha="left", transform=axes.get_yaxis_transform())
    _lie(axes, len(ranges.ranges))
    axes.set_xlim(ranges.low, ranges.high)
    _number_axis(axes.xaxis)


def _lie(axes: "Axes", rows: int) -> None:
    """Let bars or ranges lie below each other, from the top, each below its name."""
    axes.set_ylim(rows, 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _short(name: str) -> str:
    name = words.printable(name)
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _number_axis(axis: Any, *, whole: bool = False) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10], integer=whole))


def _mark_times(axes: "Axes", axis: TimeAxis) -> None:
    """Mark the time of day below, in UTC, and the time since the run began above."""
    room = 0.02 * axis.seconds  # so that points at the ends are whole
    axes.set_xlim(axis.begin - room, axis.end + room)
    most = _MOST_TICKS if axis.seconds > _LABELLED_IN_MINUTES else _MOST_LONG_TICKS
    step = round_seconds(axis.seconds / (_MOST_TICKS_WITH_DATES if axis.is_long else most))
    of_day = _multiples(step, axis.begin, axis.end)
    axes.set_xticks(of_day, [time_of_day(moment, step, with_date=axis.is_long) for moment in of_day])
    axes.set_xlabel(f"UTC, {date(axis.begin)}")
    unit, name = next(pair for pair in ((3600, "hours"), (60, "minutes"), (1, "seconds")) if step >= pair[0])
    # Texts, because a second axis would take as long as all the rest.
    above = axes.get_xaxis_transform()
    for seconds in _multiples(step, axis.begin - axis.run_began, axis.end - axis.run_began):
        place = axis.run_began + seconds
        axes.text(place, 1.02, f"{seconds / unit:,.10g}", ha="center", va="bottom", transform=above)
    axes.set_title(f"{name} since the run began", color=QUIET, size=_TEXT_SIZE, pad=_TEXT_SIZE + 8)


def _multiples(step: float, begin: float, end: float) -> list[float]:
    return [number * step for number in range(math.ceil(begin / step), math.floor(end / step) + 1)]


def _titles(chart: Chart) -> dict[str, str]:
    """Return what is shown where a pointer rests on a part of the drawing, by the part's id."""
    if isinstance(chart.content, Bars):
        bars = zip(chart.content.names, chart.content.values, strict=True)
        return {f"bar-{row}": f"{name}: {value:,.0f}" for row, (name, value) in enumerate(bars)}
    if isinstance(chart.content, Ranges):
        return {f"range-{row}": one.name for row, one in enumerate(chart.content.ranges)}
    return {f"series-{number}": one.name for number, one in enumerate(chart.content)}
