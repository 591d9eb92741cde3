"""Pages that stand alone: one HTML file with its styles, scripts and charts inside, which fetches nothing."""

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]

from hubusers.report import words
from hubusers.report.chart import Chart

# All but tab, line feed and carriage return; XML 1.0 cannot hold them, and no reader misses them.
_CONTROL_CHARACTERS = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def page(template: str, charts: list[Chart], **content: Any) -> str:
    """Return a page: a template of this package, which includes style.css, plotly and charts.js through base.html.

    Args:
        template: Its name.
        charts: What the page draws, each into the element of the template whose id is "chart-" and its name.
        content: What else the template shows. All of it is escaped.
    """
    html = environment().get_template(template)
    models = [{"name": chart.name, "over_time": chart.over_time, **chart.figure} for chart in charts]
    return html.render(charts=charts, chart_models=models, plotly=get_plotlyjs(), **content)


def markdown(template: str, **content: Any) -> str:
    """Return a text of Markdown; its template passes what others wrote through the filter `md`."""
    return environment().get_template(template).render(**content)


def printable(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _CONTROL_CHARACTERS.sub("", text)


def environment() -> Environment:
    """Return Jinja as this package uses it: HTML is escaped, and a name that is not there is an error."""
    made = Environment(
        loader=PackageLoader("hubusers.report"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(in_seconds=_in_seconds, md=_markdown)
    return made


def _in_seconds(seconds: float | None) -> str:
    return "–" if seconds is None else words.in_seconds(seconds)


def _markdown(text: str) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|~$&])", r"\\\1", " ".join(printable(text).split()))
