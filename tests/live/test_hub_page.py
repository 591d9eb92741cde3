"""The routes of the page Hub; what a person sees there is tested in tests/chromium."""

from locust.web import WebUI

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_login import UserMixin, login_user
from werkzeug.test import TestResponse

from hubusers.live.hub_page import _STATIC
from hubusers.report.colours import COLOURS
from tests.live.made_up_web_ui import State, make_web_ui


@pytest.fixture(autouse=True)
def _locust_on_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["locust"])  # Locust's page reads it, and pytest's options are not Locust's


def client_of(web_ui: WebUI) -> FlaskClient:
    assert web_ui.app
    return web_ui.app.test_client()


def get(client: FlaskClient, path: str, **options: Any) -> TestResponse:
    return client.get(path, buffered=True, **options)  # read to the end, so that files are closed


def test_what_the_run_says_passes_through() -> None:
    state = State(run={"id": "k3x9qa"}, points=[{"t": 12.0, "p95": None}], targets=[], notes=["Häh? <b>"])
    client = client_of(make_web_ui(state))
    answer = get(client, "/hub/state?after=120.5")
    assert answer.json == state.answer
    assert answer.headers["Cache-Control"] == "no-store"
    get(client, "/hub/state")
    assert state.asked == [120.5, 0.0]


def test_infinity_and_nan_become_null() -> None:
    state = State(points=[{"t": 1.0, "p99": math.inf, "cpu": math.nan, "probe": -math.inf}], notes=["Infinity"])
    text = get(client_of(make_web_ui(state)), "/hub/state").text

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    answer = json.loads(text, parse_constant=refuse)
    assert answer == {"points": [{"t": 1.0, "p99": None, "cpu": None, "probe": None}], "notes": ["Infinity"]}


@pytest.mark.parametrize("after", ["", "soon", "nan", "inf", "-inf"])
def test_a_value_that_is_not_a_time_is_refused_in_a_sentence(after: str) -> None:
    state = State()
    answer = get(client_of(make_web_ui(state)), "/hub/state", query_string={"after": after})
    assert answer.status_code == 400
    assert answer.text == "after= must be seconds of the run, as in after=12.5\n"
    assert not state.asked


@pytest.mark.parametrize("base", ["", "/load/test"])
def test_the_page_and_all_that_it_needs_are_served_below_the_base_path(base: str) -> None:
    client = client_of(make_web_ui(State(), web_base_path=base or None))
    page = get(client, f"{base}/hub")
    assert page.status_code == 200
    assert "default-src 'none'; script-src 'self'" in page.headers["Content-Security-Policy"]
    needed = [part.split('"')[0] for part in page.text.replace('href="', 'src="').split('src="')[1:]]
    assert {"./hub/static/colours.css", "./hub/static/uplot.min.js", "./hub/static/hub.js"} <= {*needed}
    assert all(path.startswith("./") for path in needed)  # relative, whatever the base path
    for path in {*needed} - {"./hub/start"}:  # which is a page of its own
        assert get(client, f"{base}{path[1:]}").status_code == 200, path
    assert get(client, f"{base}/hub/state").status_code == 200
    index = get(client, f"{base}/").text
    for script in ("hub_link.js", "look_on.js"):
        assert f'<script defer src="./hub/static/{script}"></script>' in index
        assert get(client, f"{base}/hub/static/{script}").status_code == 200


def test_all_modules_are_loaded_with_the_page() -> None:
    """A browser that finds out about a module from another one asks for it later, one after the other."""
    page = (_STATIC / "hub.html").read_text(encoding="utf-8")
    preloaded = set(re.findall(r'modulepreload" href="\./hub/static/(.*?)"', page))
    modules = [(_STATIC / name).read_text("utf-8") for name in {"hub.js", *preloaded}]
    assert preloaded == {name for module in modules for name in re.findall(r' from "\./(.*)"', module)}
    assert sum(path.stat().st_size for path in _STATIC.iterdir()) < 150_000


def test_the_colours_are_those_of_the_report() -> None:
    answer = get(client_of(make_web_ui(State())), "/hub/static/colours.css")
    light, dark = answer.text.splitlines()
    assert answer.mimetype == "text/css"
    assert light.startswith(f":root {{ --people: {COLOURS['people'].light};")
    assert dark.startswith(f':root[data-theme="dark"] {{ --people: {COLOURS["people"].dark};')


def test_the_report_is_the_file_of_the_run_and_no_script_runs_in_it(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    shown: list[Path] = []
    client = client_of(make_web_ui(State(), report=lambda: shown[-1] if shown else None))
    before = get(client, "/hub/report")
    assert (before.status_code, before.mimetype) == (404, "text/plain")
    assert before.text.startswith("There is no report yet: ")
    shown.append(report)
    assert get(client, "/hub/report").text == f"The report is not there any more: {report}\n"
    report.write_text("<h1>It holds</h1>", encoding="utf-8")
    answer = get(client, "/hub/report")
    assert (answer.status_code, answer.text) == (200, "<h1>It holds</h1>")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_those_who_look_say_when_they_will_look_again() -> None:
    looks: list[float] = []
    client = client_of(make_web_ui(State(), note_look=looks.append))
    get(client, "/hub")
    get(client, "/hub/state?after=3&again=2")
    assert get(client, "/hub/look?again=60").status_code == 204
    assert looks == [0.0, 2.0, 60.0]
    assert get(client, "/hub/state?again=soon").text == "again= must be seconds until the next look, as in again=12.5\n"


def test_nothing_but_static_files_is_served_as_such() -> None:
    client = client_of(make_web_ui(State()))
    assert get(client, "/hub/static/../hub_page.py").status_code == 404
    assert get(client, "/hub/static/missing.js").status_code == 404


def test_only_locusts_own_page_is_changed() -> None:
    client = client_of(make_web_ui(State()))
    for path in ("/hub", "/stats/requests", "/stats/report", "/login"):
        assert "hub_link" not in get(client, path).text, path


class Person(UserMixin):  # type: ignore[misc]
    id = "ann"


def test_the_login_is_asked_for_where_locust_asks_for_it() -> None:
    state = State(points=[])
    web_ui = make_web_ui(state, web_login=True)
    assert web_ui.app
    web_ui.app.secret_key = "known to the test"
    web_ui.login_manager.user_loader(lambda _: Person())
    web_ui.app.add_url_rule("/log-in-as-ann", view_func=lambda: str(login_user(Person())))
    client = client_of(web_ui)
    paths = ("/hub", "/hub/state", "/hub/report", "/hub/look", "/hub/static/hub.js", "/hub/static/colours.css")
    for path in paths:
        answer = get(client, path)
        assert answer.status_code == 302, path
        assert answer.location.startswith("/login?"), path
    assert not state.asked
    get(client, "/log-in-as-ann")
    expected = {"/hub/report": 404, "/hub/look": 204}
    for path in paths:
        assert get(client, path).status_code == expected.get(path, 200), path
