"""Locust's web UI over a real hub, asked as a browser would ask it."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from hubusers.settings.options import OPTIONS
from tests.locust_process import LocustProcess, users_on
from tests.waiting import wait_until

FORM = {"user_count": 4, "spawn_rate": 4, "stay": "0.2", "pause": "0.1", "poll_interval": "0.2"}

UNTOUCHED_OPTIONS = {
    option.name: "false" if option.read is None else str(option.default)
    for option in OPTIONS.values()
    if option.in_web_form and option.name != "name_prefix"
}
"""Fields of hubusers that scripts post that were written for Locust's own form, when it offered them too."""

EVENT = """
title = "Three people"

[[cohorts]]
name = "students"
people = 3
arrivals = { pattern = "at once" }
stay = "1s"
"""


class WebUI:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def answers(self) -> bool:
        try:
            return requests.get(self.url, timeout=30).ok
        except requests.ConnectionError:
            return False

    def swarm(self, **form: Any) -> dict[str, Any]:
        model: dict[str, Any] = requests.post(f"{self.url}/swarm", data={**FORM, **form}, timeout=30).json()
        return model

    def page(self) -> dict[str, Any]:
        """Return what Locust's page is made of."""
        page = requests.get(self.url, timeout=30).text
        found: dict[str, Any] = json.JSONDecoder().raw_decode(page, page.index("{", page.index("templateArgs")))[0]
        return found

    def untouched_form(self) -> dict[str, Any]:
        """Return all fields that the page's form posts when nobody changed them, as text, as a browser does."""
        page = self.page()
        form = {
            "user_count": "0" if page["hide_common_options"] else "1",
            "spawn_rate": "0" if page["hide_common_options"] else "1",
            "host": page["host"],
            "run_time": page["run_time"],
            "profile": page["profile"],
            **{name: option["default_value"] for name, option in page["extra_options"].items()},
        }
        if page["show_userclass_picker"]:
            form["shape_class"] = page["available_shape_classes"][0]
        return {
            name: "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in form.items()
        }

    def post_form(self, form: dict[str, Any]) -> dict[str, Any]:
        """Post the form as the page's script does."""
        headers = {"Origin": self.url, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
        model: dict[str, Any] = requests.post(f"{self.url}/swarm", data=form, headers=headers, timeout=30).json()
        return model

    def state(self) -> str:
        state: str = requests.get(f"{self.url}/stats/requests", timeout=30).json()["state"]
        return state

    def rows(self) -> dict[str, Any]:
        stats = requests.get(f"{self.url}/stats/requests", timeout=30).json()["stats"]
        return {row["name"]: row for row in stats}


def web_users(hub: LocalHub) -> list[str]:
    return [name for name in users_on(hub) if name.startswith("web-")]


@pytest.fixture
def web(local_hub: LocalHub) -> Iterator[tuple[WebUI, LocustProcess]]:
    yield from running_web_ui(local_hub)


@pytest.fixture(scope="module")
def idle(local_hub: LocalHub) -> Iterator[tuple[WebUI, LocustProcess]]:
    """A web UI for the tests that start nothing."""
    yield from running_web_ui(local_hub)


def running_web_ui(local_hub: LocalHub) -> Iterator[tuple[WebUI, LocustProcess]]:
    port = free_port()
    with LocustProcess(local_hub, ["--web-port", str(port), "--name-prefix", "web"]) as locust:
        ui = WebUI(port)
        wait_until(ui.answers, lambda: f"the web UI answers: {locust.output}")
        yield ui, locust
        locust.interrupt()
        assert locust.wait() in {0, 1, 4}  # 4: interrupted before anybody had a server
    assert not web_users(local_hub)


def test_two_tests_after_each_other(local_hub: LocalHub, web: tuple[WebUI, LocustProcess]) -> None:
    ui, locust = web
    for _ in range(2):
        assert ui.swarm()["success"], locust.output
        # The users first: until the new test has begun, the statistics are still those of the one before.
        wait_until(lambda: len(web_users(local_hub)) == 4, lambda: locust.output)
        assert "to test another hub" in ui.swarm(host="http://127.0.0.1:9")["message"]
        wait_until(lambda: ui.rows().get("stop to stopped", {}).get("num_requests", 0) > 2, lambda: locust.output)
        requests.post(f"{ui.url}/stop", timeout=60)
        assert not web_users(local_hub)
        assert locust.summary()[:3] == (4, 4, 0)


def test_no_test_starts_in_the_clean_up_of_the_one_before() -> None:
    port = free_port()
    with (
        LocalHub(spawn_seconds=(0, 0.1), stop_seconds=(4, 4)) as hub,
        LocustProcess(hub, ["--web-port", str(port), "--name-prefix", "web"]) as locust,
    ):
        ui = WebUI(port)
        wait_until(ui.answers, lambda: f"the web UI answers: {locust.output}")
        assert ui.swarm(stay="60", stop_after_failed_spawns="0")["success"], locust.output
        wait_until(lambda: ui.rows().get("start to ready", {}).get("num_requests", 0) == 4, lambda: locust.output)
        with ThreadPoolExecutor() as pool:
            stopped = pool.submit(requests.post, f"{ui.url}/stop", timeout=60)
            locust.wait_for("Clean-up: removing")
            answer = ui.swarm(stop_after_failed_spawns="0")
            assert not answer["success"]
            assert "The clean-up of the test before goes on" in answer["message"]
            assert stopped.result().ok
        assert locust.summary() == (4, 4, 0, 4, 4, 0)
        assert ui.swarm(stop_after_failed_spawns="0")["success"]
        locust.interrupt()
        assert locust.wait() in {0, 1, 4}  # 4: interrupted before anybody had a server
        assert users_on(hub) == []


def test_options_are_fields_of_the_start_form_and_the_token_is_nowhere(
    local_hub: LocalHub, idle: tuple[WebUI, LocustProcess]
) -> None:
    ui, _ = idle
    page, form = requests.get(ui.url, timeout=30).text, requests.get(f"{ui.url}/hub/start", timeout=30).text
    for field in ("name_prefix", "server_timeout", "stay", "pause", "server_profile", "user_options", "lifecycles"):
        assert f'name="{field}"' in form
        assert f'"{field}"' not in page  # Locust would cut its explanation off
    assert "%(" not in form
    for path in (
        "",
        "/hub/start",
        "/hub/start/state",
        "/stats/requests",
        "/stats/report",
        "/logs",
        "/tasks",
        "/exceptions",
    ):
        assert local_hub.token not in requests.get(f"{ui.url}{path}", timeout=30).text
    assert json.dumps(local_hub.url).strip('"') in page


HIDDEN = [
    *["runs_folder", "event", "time_scale", "dry_run", "hub_token", "hub_token_file", "password_file", "accounts"],
    *["named_servers", "notebooks", "ca_bundle", "insecure", "web_url"],  # ours
    *["event_text", "token_owner", "run_id", "run_workers", "run_user_classes"],  # what processes told each other
    *["web_host", "headless", "autoquit", "csv_prefix", "logfile", "users", "num_users", "tags", "stop_timeout"],
    *["user_classes", "shape_class"],  # Locust's, of its class picker
    *["nothing_that_exists", "", "<b>"],
]


def test_what_the_form_does_not_offer_is_refused(idle: tuple[WebUI, LocustProcess], tmp_path: Path) -> None:
    ui, locust = idle
    before = ui.page()
    for field in HIDDEN:
        answer = ui.swarm(**{field: str(tmp_path / "runs")})
        assert not answer["success"], field
        assert "The web form cannot change this: " in answer["message"]
        assert field.replace("_", "-") in answer["message"] or field in answer["message"]
    assert "--runs-folder" in ui.swarm(runs_folder=str(tmp_path / "runs"))["message"]
    user = {"user_class_name": "ServerLifecycleUser", "host": "http://127.0.0.1:9", "abstract": True}
    refused = requests.post(f"{ui.url}/user", json=user, timeout=30)
    assert refused.status_code == 400
    assert "--class-picker" in refused.json()["message"]
    assert ui.page() == before
    assert ui.state() == "ready"
    assert "their names begin with" not in locust.output
    assert not list(tmp_path.iterdir())


def test_the_untouched_form_starts_a_test_with_all_its_fields_as_text(web: tuple[WebUI, LocustProcess]) -> None:
    ui, locust = web
    form = {**ui.untouched_form(), **UNTOUCHED_OPTIONS}
    assert form["lifecycles"] == "0"
    assert form["keep"] == "false"
    assert form["server_timeout"] == "60s"
    assert ui.post_form(form)["success"], locust.output
    wait_until(lambda: ui.state() == "running", lambda: locust.output)
    assert ui.post_form({**form, "stay": "never"})["message"].startswith("--stay: 'never' is not")
    assert ui.post_form({**form, "user_count": "2"})["success"]


def test_the_untouched_form_starts_an_event(local_hub: LocalHub, tmp_path: Path) -> None:
    event = tmp_path / "event.toml"
    event.write_text(EVENT, encoding="utf-8")
    port = free_port()
    arguments = ["--web-port", str(port), "--name-prefix", "web", "--event", str(event)]
    with LocustProcess(local_hub, arguments) as locust:
        ui = WebUI(port)
        wait_until(ui.answers, lambda: f"the web UI answers: {locust.output}")
        form = {**ui.untouched_form(), **UNTOUCHED_OPTIONS}
        for field, text in {"stay": "5", "lifecycles": "1", "keep": "true", "user_options": "{}"}.items():
            flag = f"--{field.replace('_', '-')}"
            assert f"Leave out {flag}: the event's file says it." in ui.post_form({**form, field: text})["message"]
        assert ui.post_form({**form, "server_timeout": "2m"})["success"], locust.output
        locust.wait_for("Everybody has come, and has left again")
        wait_until(lambda: ui.state() == "stopped", lambda: locust.output)
        locust.interrupt()
        assert locust.wait() in {0, 1, 4}  # 4: interrupted before anybody had a server
    assert locust.summary()[:3] == (3, 3, 0)


def test_pages_of_other_sites_start_and_stop_nothing(idle: tuple[WebUI, LocustProcess]) -> None:
    """All kinds of them are in tests/plugin/test_web_guard.py."""
    ui, _ = idle
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for path in ("swarm", "stop", "stats/reset", "user", "hub/start", "hub/start/stop"):
        assert requests.post(f"{ui.url}/{path}", data=FORM, headers=foreign, timeout=30).status_code == 403
    assert requests.get(f"{ui.url}/logs", headers=foreign, timeout=30).status_code == 403
    rebound = {"Host": "evil.example:8089", "Origin": "http://evil.example:8089"}
    answer = requests.post(f"{ui.url}/swarm", data=FORM, headers=rebound, timeout=30).json()
    assert "--web-url http://evil.example:8089" in answer["message"]
    assert ui.state() == "ready"


def test_the_class_picker_changes_what_it_offers(local_hub: LocalHub) -> None:
    port = free_port()
    with LocustProcess(local_hub, ["--web-port", str(port), "--name-prefix", "web", "--class-picker"]) as locust:
        ui = WebUI(port)
        wait_until(ui.answers, lambda: f"the web UI answers: {locust.output}")
        assert "'Nobody' must be one of" in ui.swarm(user_classes=["ServerLifecycleUser", "Nobody"])["message"]
        assert "'Nobody' must be one of Default" in ui.swarm(shape_class="Nobody")["message"]
        page = {"user_class_name": "ServerLifecycleUser", "host": "", "weight": 2, "fixed_count": 0}
        page["tasks"] = ["live_through_a_server"]
        for change, words in (
            ({"host": "http://127.0.0.1:9"}, "to test another hub"),
            ({"abstract": True}, "cannot change this of a user class: abstract"),
            ({**page, "weight": "heavy"}, "weight must be a whole number"),
            ({**page, "fixed_count": -5}, "fixed_count must be a whole number"),
            ({"user_class_name": "Nobody"}, "Only user classes of Locust's class picker"),
            ({"user_class_name": ["x"]}, "Only user classes of Locust's class picker"),
        ):
            answer = requests.post(f"{ui.url}/user", json={**page, **change}, timeout=30)
            assert answer.status_code == 400, change
            assert words in answer.json()["message"]
        assert requests.post(f"{ui.url}/user", data="[", timeout=30).status_code == 400
        assert requests.post(f"{ui.url}/user", json=page, timeout=30).status_code == 201
        form = ui.untouched_form()
        assert form["shape_class"] == "Default"
        assert ui.post_form({**form, "user_classes": ["ServerLifecycleUser"]})["success"], locust.output
        wait_until(lambda: web_users(local_hub) != [], lambda: locust.output)
        locust.interrupt()
        assert locust.wait() in {0, 1, 4}  # 4: interrupted before anybody had a server
    assert not web_users(local_hub)


WRONG: list[tuple[dict[str, str], str]] = [
    ({"stay": "never"}, "--stay: 'never' is not a duration or a range"),
    ({"server_timeout": "0"}, "--server-timeout: must be longer than 0 seconds"),
    ({"server_timeout": "soon"}, "--server-timeout: 'soon' is not a duration"),
    ({"name_prefix": "My Test"}, "--name-prefix: the prefix 'My Test' must be lower-case"),
    ({"user_options": "["}, "--user-options: '[' must be a JSON object"),
    ({"lifecycles": "-1"}, "--lifecycles: '-1' must be a whole number"),
    ({"wait": "hope"}, "--wait: 'hope' must be one of"),
    ({"after_failure": "hope"}, "--after-failure: 'hope' must be one of"),
    ({"host": "http://127.0.0.1:9"}, "to test another hub, start it with that --host"),
    ({"host": "no url"}, "must begin with http:// or https://"),
]


def test_what_is_wrong_is_shown_in_the_form_and_nothing_starts(idle: tuple[WebUI, LocustProcess]) -> None:
    ui, locust = idle
    before = ui.page()
    for form, words in WRONG:
        answer = ui.swarm(**form)
        assert not answer["success"], form
        assert words in answer["message"]
    time.sleep(0.2)
    assert ui.page() == before
    assert "their names begin with" not in locust.output
