"""What all charts share: colours, axes, hover text and one time axis, as plain Plotly figures."""

import html
from dataclasses import dataclass
from typing import Any

COLOURS = ["#2a7fc1", "#d98a00", "#00926b", "#b564a0", "#3fa7d6", "#8a7a2f", "#7569c9"]
"""Distinct for colour-blind people (after Okabe and Ito), and strong enough on white and on black."""

FAILED = "#d4510c"
PLANNED = "#8b93a1"

_MINUTES_FROM = 300.0
"""Seconds; longer runs are drawn in minutes."""

Trace = dict[str, Any]


@dataclass(frozen=True)
class TimeAxis:
    """The time since a run began: the same axis in all charts over time."""

    began: float  # seconds since the epoch
    seconds: float  # its length

    @property
    def unit(self) -> float:
        """Seconds."""
        return 60.0 if self.seconds > _MINUTES_FROM else 1.0

    @property
    def title(self) -> str:
        return "minutes since the run began" if self.unit == 60 else "seconds since the run began"

    def positions(self, times: list[float]) -> list[float]:
        """Return the positions on the axis of moments, in seconds since the epoch."""
        return [round((time - self.began) / self.unit, 4) for time in times]

    @property
    def layout(self) -> dict[str, Any]:
        last = self.seconds / self.unit
        # A little room on both sides, so that points at the ends are whole.
        return {"title": {"text": self.title}, "range": [-0.02 * last, 1.02 * last], "hoverformat": ".2f"}


@dataclass(frozen=True)
class Chart:
    """One chart of a page."""

    name: str  # unique in its page, fit for an element's id
    title: str
    about: str  # what it shows, in a sentence or two
    figure: dict[str, Any]
    over_time: bool = False  # zooms together with the others over time


def figure(traces: list[Trace], x: dict[str, Any], y: dict[str, Any], **layout: Any) -> dict[str, Any]:
    """Return a figure in the style of all charts.

    The colours of text and grid are in style.css, because they differ in light and dark pages.

    Args:
        traces: What is drawn.
        x: The horizontal axis, as in Plotly's layout.
        y: The vertical axis.
        layout: More of Plotly's layout.
    """
    return {
        "data": traces,
        "layout": {
            "xaxis": {"automargin": True, "zeroline": False, **x},
            "yaxis": {"automargin": True, "zeroline": False, "rangemode": "tozero", **y},
            "margin": {"l": 56, "r": 16, "t": 34, "b": 44},  # the toolbar stands above the plot
            "height": 300,
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "hovermode": "closest",
            "showlegend": len(traces) > 1,
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            **layout,
        },
    }


def line(x: list[float], y: list[Any], name: str, colour: str, hover: str, **more: Any) -> Trace:
    """Return a line.

    Args:
        x: Positions.
        y: Values; None leaves a gap.
        name: In the legend and the hover text.
        colour: The colour of the line.
        hover: The hover text, in Plotly's template language.
        more: More of Plotly's trace.
    """
    style = {"color": colour, "width": 2, **more.pop("line", {})}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": plain(name),
        "line": style,
        "hovertemplate": f"{hover}<extra>{plain(name)}</extra>",
        **more,
    }


def points(x: list[float], y: list[float], name: str, marker: dict[str, Any], hover: str, **more: Any) -> Trace:
    """Return separate points; the arguments are those of `line`, with Plotly's marker instead of a colour."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": y,
        "name": plain(name),
        "marker": marker,
        "hovertemplate": f"{hover}<extra>{plain(name)}</extra>",
        **more,
    }


def plain(text: str) -> str:
    """Return a text that Plotly shows literally; otherwise it would read tags as formatting and make links."""
    return html.escape(text, quote=False).replace("%{", "%&#123;")
