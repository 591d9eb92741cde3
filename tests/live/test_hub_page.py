"""The routes of the page Hub; what a person sees there is tested in tests/chromium."""

from locust.web import WebUI

import json
import math
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_login import UserMixin, login_user
from werkzeug.test import TestResponse

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
    assert answer.text == "after= must be seconds of the run, as in after=120.5\n"
    assert not state.asked


@pytest.mark.parametrize("base", ["", "/load/test"])
def test_the_page_and_all_that_it_needs_are_served_below_the_base_path(base: str) -> None:
    client = client_of(make_web_ui(State(), web_base_path=base or None))
    page = get(client, f"{base}/hub")
    assert page.status_code == 200
    assert "default-src 'none'; script-src 'self'" in page.headers["Content-Security-Policy"]
    needed = [part.split('"')[0] for part in page.text.replace('href="', 'src="').split('src="')[1:]]
    assert "./hub/static/plotly.min.js" in needed
    assert all(path.startswith("./") for path in needed)  # relative, whatever the base path
    for path in needed:
        assert get(client, f"{base}{path[1:]}").status_code == 200, path
    assert get(client, f"{base}/hub/state").status_code == 200
    index = get(client, f"{base}/").text
    assert '<script defer src="./hub/static/hub_link.js"></script></head>' in index
    assert get(client, f"{base}/hub/static/hub_link.js").status_code == 200


def test_plotly_is_the_installed_one_and_is_kept_by_browsers() -> None:
    answer = get(client_of(make_web_ui(State())), "/hub/static/plotly.min.js")
    assert "plotly.js v" in answer.text[:200]
    assert "max-age=86400" in answer.headers["Cache-Control"]


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
    paths = ("/hub", "/hub/state", "/hub/static/hub.js", "/hub/static/plotly.min.js")
    for path in paths:
        answer = get(client, path)
        assert answer.status_code == 302, path
        assert answer.location.startswith("/login?"), path
    assert not state.asked
    get(client, "/log-in-as-ann")
    for path in paths:
        assert get(client, path).status_code == 200, path
