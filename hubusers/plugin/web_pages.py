"""Adds the page Hub and the start form to Locust's web UI."""

from locust.web import WebUI

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hubusers.live.hub_page import TAB_SCRIPT, hub_page
from hubusers.plugin.locust_internals import add_script_to_locusts_page, url_prefix_of
from hubusers.plugin.start_form import StartForm
from hubusers.plugin.start_page import start_page
from hubusers.plugin.starter import Starter

_LINK_SCRIPT = b'<script defer src="./hub/static/start_link.js"></script>'
"""Adds a link to the start form to Locust's own form."""


def add_hub_page(
    web_ui: WebUI,
    content: Callable[[float], dict[str, Any]],
    report: Callable[[], Path | None] = lambda: None,
    note_look: Callable[[float], None] = lambda _: None,
) -> None:
    """Add the page, and a tab in Locust's own page that leads to it, before the web UI starts.

    Args:
        web_ui: Locust's.
        content: Returns what the page shows, with the points that are later than a number of seconds of the run.
        report: Returns where the report of the last run is; None where there is none.
        note_look: Called when a browser asks for the page or its news, with the seconds after which it asks again.
    """
    assert web_ui.app
    protected, prefix = web_ui.auth_required_if_enabled, url_prefix_of(web_ui)
    web_ui.app.register_blueprint(hub_page(content, report, note_look, protected, prefix))
    add_script_to_locusts_page(web_ui, TAB_SCRIPT)


def add_start_page(web_ui: WebUI, starter: Starter) -> None:
    """Add the start form, and a link in Locust's own form that leads to it, before the web UI starts."""
    assert web_ui.app
    form = StartForm(starter, Path())
    web_ui.app.register_blueprint(start_page(form, web_ui.auth_required_if_enabled, url_prefix_of(web_ui)))
    add_script_to_locusts_page(web_ui, _LINK_SCRIPT)
