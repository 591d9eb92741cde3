"""The page *Hub* in Locust's web UI: a run while it lasts, its clean-up, its answer, and the report."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request, send_file, send_from_directory
from flask.typing import ResponseReturnValue

from hubusers.report import colours

_STATIC = Path(__file__).parent / "static"
TAB_SCRIPT = (
    b'<script defer src="./hub/static/hub_link.js"></script><script defer src="./hub/static/look_on.js"></script>'
)
"""Adds a tab for the page to Locust's own page, and counts those who read that one as well."""

View = Callable[..., ResponseReturnValue]

_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'"

_REPORT_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""The report is one file without scripts, with its styles and pictures inside."""


def hub_page(
    content: Callable[[float], dict[str, Any]],
    report: Callable[[], Path | None],
    note_look: Callable[[float], None],
    protected: Callable[[View], View],
    url_prefix: str,
) -> Blueprint:
    """Return the page, for the web UI of the process that records the run.

    Args:
        content: Returns what the page shows, with the points that are later than a number of seconds of the run.
        report: Returns where the report of the last run is; None where there is none.
        note_look: Called when a browser asks for the page or its news, with the seconds after which it asks again.
        protected: Wraps a view, so that it asks for a login where the web UI does.
        url_prefix: What the paths of the web UI begin with.
    """
    page = Blueprint("hub_page", __name__, url_prefix=url_prefix)

    def hub() -> ResponseReturnValue:
        note_look(0.0)
        response = send_from_directory(_STATIC, "hub.html")
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    def hub_state() -> ResponseReturnValue:
        seconds, again = _number("after"), _number("again")
        if seconds is None or again is None:
            name, of = ("after", "of the run") if seconds is None else ("again", "until the next look")
            return Response(f"{name}= must be seconds {of}, as in {name}=12.5\n", 400, mimetype="text/plain")
        note_look(again)
        return Response(_json(content(seconds)), mimetype="application/json", headers={"Cache-Control": "no-store"})

    def hub_static(name: str) -> ResponseReturnValue:
        return send_from_directory(_STATIC, name)

    def hub_colours() -> ResponseReturnValue:
        light, dark = " ".join(colours.variables("light")), " ".join(colours.variables("dark"))
        return Response(f':root {{ {light} }}\n:root[data-theme="dark"] {{ {dark} }}\n', mimetype="text/css")

    def hub_report() -> ResponseReturnValue:
        path = report()
        if not path or not path.exists():
            reason = (
                "There is no report yet: it is written when a run has ended and has cleaned up.\n"
                if not path
                else f"The report is not there any more: {path}\n"
            )
            return Response(reason, 404, mimetype="text/plain")
        response = send_file(path, mimetype="text/html", max_age=0)
        response.headers["Content-Security-Policy"] = _REPORT_POLICY
        return response

    def hub_look() -> ResponseReturnValue:
        note_look(_number("again") or 0.0)
        return Response(status=204)

    views: dict[str, View] = {
        "/hub": hub,
        "/hub/state": hub_state,
        "/hub/look": hub_look,
        "/hub/report": hub_report,
        "/hub/static/colours.css": hub_colours,
        "/hub/static/<name>": hub_static,
    }
    for rule, view in views.items():
        page.add_url_rule(rule, view.__name__, protected(view))
    return page


def _number(name: str) -> float | None:
    """Return what a request asks with, 0 without it; None if it is not a number."""
    try:
        number = float(request.args.get(name, "0"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _json(state: dict[str, Any]) -> str:
    try:
        return json.dumps(state, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(state))


def _finite(value: Any) -> Any:
    """Replace infinity and NaN by None: JSON does not have them, and a browser would reject the whole text."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
