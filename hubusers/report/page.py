"""Pages in one HTML file, with styles and charts inside; they fetch nothing, and need no script."""

import re
from collections.abc import Iterator
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from hubusers.how_installed import this_installation
from hubusers.report import words
from hubusers.report.chart import Chart
from hubusers.report.colours import variables
from hubusers.report.drawing import can_draw, svg_of
from hubusers.report.finding import Finding

_MARKED = re.compile(r"(“[^”]*”|`[^`]+`|(?<!\w)\*[^*\s](?:[^*]*[^*\s])?\*(?!\w))")


def page(template: str, charts: list[Chart], *, again: str, **content: Any) -> str:
    """Return a page: a template of this package, which includes style.css through base.html.

    Where nothing can be drawn, the page has the figures of the charts in tables, and says how to get the drawings.

    Args:
        template: The name of the template.
        charts: What it draws.
        again: The command that writes the page again.
        content: What else the template shows. All of it is escaped.
    """
    grounds = {"light": " ".join(variables("light")), "dark": " ".join(variables("dark"))}
    to_draw = this_installation().to_add("report", again) if charts and not can_draw() else ""
    return environment().get_template(template).render(charts=charts, colours=grounds, to_draw=to_draw, **content)


def markdown(template: str, **content: Any) -> str:
    """Return a Markdown text. Its template passes all text from outside through the filter `md`."""
    return environment().get_template(template).render(**content)


def plain(text: str) -> str:
    """Return a text of ours for a terminal, where asterisks show nothing: what stands between them is quoted."""
    return "".join(f"“{part}”" if mark == "*" else f"{mark}{part}{mark}" for mark, part in _parts(text))


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
    made.filters.update(
        in_seconds=_in_seconds,
        in_percent=words.in_percent,
        clock=words.clock,
        md=_markdown,
        marked=_marked,
        md_marked=_markdown_marked,
        span=_span,
        svg=svg_of,
        breakable=_breakable,
    )
    return made


def _in_seconds(seconds: float | None) -> str:
    return "–" if seconds is None else words.in_seconds(seconds)


def _marked(text: str) -> Markup:
    """Return a text as HTML in which what stands between backquotes is code, and between asterisks emphasised."""
    marks = {"`": Markup("<code>{}</code>"), "*": Markup("<em>{}</em>")}
    return Markup("").join(marks[mark].format(part) if mark else escape(part) for mark, part in _parts(text))


def _breakable(path: str) -> Markup:
    """Return a name that may hold a path, which narrow screens may break at its slashes."""
    return Markup("/<wbr>").join(path.split("/"))


def _span(finding: Finding, run_began: float) -> str:
    return words.span(finding.began, finding.ended, run_began) if finding.began is not None else ""


def _markdown_marked(text: str) -> str:
    """Return a text for Markdown, on one line, in which only backquotes and asterisks of ours have a meaning."""
    parts = _parts(" ".join(words.printable(text).split()))
    return "".join(f"{mark}{part if mark == '`' else _escaped(part)}{mark}" for mark, part in parts)


def _markdown(text: str) -> str:
    """Return a text that Markdown shows literally, on one line."""
    return _escaped(" ".join(words.printable(text).split()))


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|~$&])", r"\\\1", text)


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of a text of ours, each with the mark that it stands between: "`", "*" or none.

    What is quoted, “as this”, are the words of a hub, and has no marks.
    """
    for part in _MARKED.split(text):
        is_marked = _MARKED.fullmatch(part) and part[0] != "“"
        yield (part[0], part[1:-1]) if is_marked else ("", part)
