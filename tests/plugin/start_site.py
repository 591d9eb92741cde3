"""The start form's page over a hub and a Locust that are made up: it notes what it would start."""

from locust.env import Environment
from locust.web import WebUI

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from flask.testing import FlaskClient

from hubusers.hub.endpoint import hub_url
from hubusers.plugin import starter
from hubusers.plugin.arrivals import EventShape
from hubusers.plugin.recording import Recording
from hubusers.plugin.run_control import RunControl
from hubusers.plugin.starter import Starter
from hubusers.plugin.web_form import check_before_swarm
from hubusers.plugin.web_guard import guard
from hubusers.plugin.web_pages import add_start_page
from hubusers.plugin.who_comes import WhoComes
from hubusers.run.phase import Phase
from hubusers.run.run import Run
from hubusers.settings.access import Access
from hubusers.settings.settings import Settings
from hubusers.users import NotebookUser, ServerLifecycleUser
from tests.plugin.test_run_control import Alone_, Quiet, options
from tests.waiting import wait_until

EVENT = """
title = "Statistics <b>101</b>"
[[cohorts]]
name = "students"
people = 12
arrivals = { pattern = "evenly", over = "1m" }
stay = "90m"
[[targets]]
measure = "start to ready"
percentile = 95
at_most = "60s"
"""


class Idle(Alone_):
    """Creates no accounts, as nobody comes."""

    def let_people_come(self, run: Run) -> None:
        self.control.let_users_come(run)


class Answering(Quiet):
    """Has an answer as well, which is told at the end of a run in the web UI."""

    answer: tuple[str, ...] = ()


class Site:
    """A web UI, what it would start, and the hub that it checks.

    Args:
        folder: In which Locust was started.
        given: Options of the command line.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, **given: Any) -> None:
        monkeypatch.chdir(folder)
        monkeypatch.setattr("sys.argv", ["locust"])  # which Locust's page parses once more
        monkeypatch.setattr("hubusers.plugin.recording.Recorder", Answering)
        monkeypatch.setattr(Recording, "write_report", lambda *_, **__: None)
        monkeypatch.setattr(starter, "start_test", self.start_test)
        self.environment = Environment(
            user_classes=[ServerLifecycleUser, NotebookUser],
            host=given.pop("host", "http://127.0.0.1:9"),
            parsed_options=options(
                headless=False,
                stats_history_enabled=False,
                web_login=given.pop("web_login", False),
                **given,
            ),
        )
        self.runner = self.environment.create_local_runner()
        role = Idle(self.runner)
        role.asked = []
        self.control = RunControl(self.environment, role, Access("a-token"))
        self.started: list[tuple[int, float, float | None]] = []
        self.checked: list[Settings] = []
        self.check: Callable[[], None] = lambda: None
        monkeypatch.setattr(self.control.before_run, "check_hub", self.check_hub)
        shape = EventShape(self.control.advance_event, lambda: self.control.event_is_over)
        who_comes = WhoComes(self.environment, self.control.before_run, shape)
        self.control.start()
        who_comes.choose(who_comes.choice)
        self.web_ui = WebUI(
            self.environment, "127.0.0.1", 0, delayed_start=True, web_login=self.control.options.web_login
        )
        self.starter = Starter(self.web_ui, self.control, who_comes)
        add_start_page(self.web_ui, self.starter)
        guard(self.web_ui, "127.0.0.1", "")
        check_before_swarm(self.web_ui, self.starter)
        assert self.web_ui.app
        self.web_ui.app.secret_key = "for the login"
        self.client: FlaskClient = self.web_ui.app.test_client()

    def check_hub(self, settings: Settings, *_: object, **__: object) -> None:
        self.checked.append(settings)
        if settings.run_id and self.control.phase is not Phase.STARTING:
            self.check()
            self.environment.host = hub_url(settings.endpoint)  # as the real check does

    def start_test(self, _: object, users: int, spawn_rate: float, run_time: float | None) -> None:
        self.started.append((users, spawn_rate, run_time))
        self.control.begin_run()

    def state(self) -> dict[str, Any]:
        return dict(self.client.get("/hub/start/state").json or {})

    def swarm(self, **form: str) -> dict[str, Any]:
        """Press START in Locust's own form."""
        return dict(self.client.post("/swarm", data=form).json or {})

    def form(self) -> dict[str, str]:
        """Return the fields that a browser would post of the form as it is."""
        return dict(self.page().forms[0].form_values())

    def page(self, html: str = "") -> Any:
        return lxml.html.fromstring(html or self.client.get("/hub/start").text)

    def post(self, **typed: str) -> Any:
        """Press START on the form with some fields filled in; return the page that comes back."""
        answer = self.client.post("/hub/start", data=self.form() | typed)
        assert answer.status_code in {303, 409, 422}, answer.text
        return self.page(answer.text) if answer.status_code != 303 else None

    def run_begins(self) -> None:
        wait_until(lambda: self.control.phase is Phase.RUNNING, lambda: str(self.starter.failure))

    def run_ends(self) -> None:
        self.runner.state = "running"
        self.control.note_stopping()
        self.control.end_run()


def found(page: Any, selector: str) -> list[Any]:
    """Return the elements that a CSS selector of tags, classes, ids and attributes finds; in a document, or below."""
    path = ""
    for step in re.findall(r"(?:[^\s']|'[^']*')+", selector):
        tag, tests = re.fullmatch(r"([\w-]*)(.*)", step).groups()  # type: ignore[union-attr]
        path += f"//{tag or '*'}"
        for kind, name, value in re.findall(r"""([.#]|\[)([\w-]+)(?:='([^']*)'\])?""", tests):
            if kind == ".":
                path += f"[contains(concat(' ', @class, ' '), ' {name} ')]"
            else:
                path += f"[@id='{name}']" if kind == "#" else f"[@{name}='{value}']" if value else f"[@{name}]"
    elements: list[Any] = page.xpath(f".{path}")
    return elements


def words(page: Any, selector: str) -> list[str]:
    """Return the text of the elements that a selector finds."""
    return [" ".join(element.text_content().split()) for element in found(page, selector)]
