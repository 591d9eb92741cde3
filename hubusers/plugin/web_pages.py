"""Adds the page Hub and the start form to Locust's web UI."""

from locust.web import WebUI

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gevent
from gevent.pywsgi import WSGIServer

from hubusers.live.hub_page import TAB_SCRIPT, hub_page
from hubusers.log import get_logger
from hubusers.plugin.listening import check_port_is_free
from hubusers.plugin.locust_internals import add_script_to_locusts_page, url_prefix_of
from hubusers.plugin.start_form import StartForm
from hubusers.plugin.start_page import start_page
from hubusers.plugin.starter import Starter
from hubusers.settings.access import SettingsError

LOG = get_logger(__name__)

_ALL_ADDRESSES = {"", "0.0.0.0", "::"}  # noqa: S104  # for comparison only

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


def say_when_it_answers(web_ui: WebUI, options: argparse.Namespace) -> None:
    """Log where to look, once the web UI listens there.

    Args:
        web_ui: Before it starts.
        options: Locust's.

    Logs:
        INFO the URL.
    """
    begins_by_itself = options.autostart
    page = f"{options.web_url.rstrip('/') or _url_of(web_ui)}/hub{'' if begins_by_itself else '/start'}"

    def wait_and_say() -> None:
        while not (web_ui.server and web_ui.server.started):
            gevent.sleep(0.05)
        LOG.info("%s: %s", "Watch it live" if begins_by_itself else "Start a run, and watch it live", page)

    gevent.spawn(wait_and_say)


def check_it_is_wanted(arguments: Sequence[str]) -> None:
    """Raise SettingsError when the command line asks for a run without a web UI, and something else for one.

    Locust obeys the other, so the run would never begin.

    Args:
        arguments: Of Locust's command line.
    """
    if "--headless" in arguments:
        raise SettingsError(
            "Something asks for the web UI with headful (locust.conf, pyproject.toml, LOCUST_HEADFUL or --headful), "
            "and the command line for a run without it. Leave out one of them; for the web UI, use "
            "`hubusers run --web`, or `locust` without --headless."
        )


def check_it_can_listen(web_ui: WebUI) -> None:
    """Listen for a moment where the web UI is going to, before the hub is asked for anything.

    Raises:
        SettingsError: It could not listen there.
    """
    check_port_is_free(
        WSGIServer((web_ui.host, web_ui.port), web_ui.app),  # as Locust makes its own
        "The web UI",
        host_option="--web-host",
        port_option="--web-port (-P)",
    )


def _url_of(web_ui: WebUI) -> str:
    """Return the URL of the web UI, for a browser of this machine."""
    host = "127.0.0.1" if web_ui.host in _ALL_ADDRESSES else web_ui.host
    scheme = "https" if web_ui.tls_cert and web_ui.tls_key else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{web_ui.port}{url_prefix_of(web_ui)}"
