"""Pages in one HTML file, with styles, scripts and charts inside; they fetch nothing."""

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]

from hubusers.report import words
from hubusers.report.chart import Chart
from hubusers.report.finding import Finding

# All but tab, line feed and carriage return. XML 1.0 cannot hold them.
_CONTROL_CHARACTERS = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def page(template: str, charts: list[Chart], **content: Any) -> str:
    """Return a page: a template of this package, which includes style.css, plotly and charts.js through base.html.

    Args:
        template: The name of the template.
        charts: The page draws each into the element whose id is "chart-" and the name of the chart.
        content: What else the template shows. All of it is escaped.
    """
    html = environment().get_template(template)
    models = [{"name": chart.name, "over_time": chart.over_time, **chart.figure} for chart in charts]
    return html.render(charts=charts, chart_models=models, plotly=get_plotlyjs(), **content)


def markdown(template: str, **content: Any) -> str:
    """Return a Markdown text. Its template passes all text from outside through the filter `md`."""
    return environment().get_template(template).render(**content)


def printable(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _CONTROL_CHARACTERS.sub("", text)


def environment() -> Environment:
    """Return Jinja's environment for this package: HTML is escaped, and a missing name is an error."""
    made = Environment(
        loader=PackageLoader("hubusers.report"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(in_seconds=_in_seconds, in_percent=words.in_percent, md=_markdown, code=_with_code, span=_span)
    return made


def _in_seconds(seconds: float | None) -> str:
    return "–" if seconds is None else words.in_seconds(seconds)


def _with_code(text: str) -> Markup:
    """Return a text as HTML in which what stands between backquotes is code."""
    parts = re.split("`([^`]+)`", text)  # every second one stood between backquotes
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if number % 2 else escape(part) for number, part in enumerate(parts))


def _span(finding: Finding, run_began: float) -> str:
    return words.span(finding.began, finding.ended, run_began) if finding.began is not None else ""


def _markdown(text: str) -> str:
    """Return a text that Markdown shows literally, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|~$&])", r"\\\1", " ".join(printable(text).split()))
