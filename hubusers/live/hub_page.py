"""The page *Hub* in Locust's web UI: live charts of the hub and its servers while a run lasts."""

import json
import math
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request, send_from_directory
from flask.typing import ResponseReturnValue

_STATIC = Path(__file__).parent / "static"
_PLOTLY = str(files("plotly") / "package_data")
_PLOTLY_SECONDS = 24 * 3600
"""How long a browser keeps plotly, which is 5 MB and changes with its version only."""

TAB_SCRIPT = b'<script defer src="./hub/static/hub_link.js"></script>'
"""Adds a tab for the page to Locust's own page."""

View = Callable[..., ResponseReturnValue]

_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'"  # plotly adds its style sheets at run time
)


def hub_page(
    content: Callable[[float], dict[str, Any]], protected: Callable[[View], View], url_prefix: str
) -> Blueprint:
    """Return the page, for the web UI of the process that records the run.

    Args:
        content: Returns what the page shows, with the points that are later than a number of seconds of the run.
        protected: Wraps a view, so that it asks for a login where the web UI does.
        url_prefix: What the paths of the web UI begin with.
    """
    page = Blueprint("hub_page", __name__, url_prefix=url_prefix)

    def hub() -> ResponseReturnValue:
        response = send_from_directory(_STATIC, "hub.html")
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    def hub_state() -> ResponseReturnValue:
        after = request.args.get("after", "0")
        try:
            seconds = float(after)
        except ValueError:
            seconds = math.nan
        if not math.isfinite(seconds):
            return Response("after= must be seconds of the run, as in after=120.5\n", 400, mimetype="text/plain")
        return Response(_json(content(seconds)), mimetype="application/json", headers={"Cache-Control": "no-store"})

    def hub_static(name: str) -> ResponseReturnValue:
        if name == "plotly.min.js":
            return send_from_directory(_PLOTLY, name, max_age=_PLOTLY_SECONDS)
        return send_from_directory(_STATIC, name)

    for rule, view in (("/hub", hub), ("/hub/state", hub_state), ("/hub/static/<name>", hub_static)):
        page.add_url_rule(rule, view.__name__, protected(view))
    return page


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
