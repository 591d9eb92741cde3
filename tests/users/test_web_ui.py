"""Locust's web UI over a real hub, asked as a browser would ask it."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from tests.locust_process import LocustProcess, users_on
from tests.waiting import wait_until

FORM = {"user_count": 4, "spawn_rate": 4, "stay": "0.2", "pause": "0.1", "poll_interval": "0.2"}


class WebUI:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def answers(self) -> bool:
        try:
            return requests.get(self.url, timeout=5).ok
        except requests.ConnectionError:
            return False

    def swarm(self, **form: Any) -> dict[str, Any]:
        model: dict[str, Any] = requests.post(f"{self.url}/swarm", data={**FORM, **form}, timeout=30).json()
        return model

    def rows(self) -> dict[str, Any]:
        stats = requests.get(f"{self.url}/stats/requests", timeout=5).json()["stats"]
        return {row["name"]: row for row in stats}


def web_users(hub: LocalHub) -> list[str]:
    return [name for name in users_on(hub) if name.startswith("web-")]


@pytest.fixture
def web(local_hub: LocalHub) -> Iterator[tuple[WebUI, LocustProcess]]:
    port = free_port()
    with LocustProcess(local_hub, ["--web-port", str(port), "--name-prefix", "web"]) as locust:
        ui = WebUI(port)
        wait_until(ui.answers, lambda: f"the web UI answers: {locust.output}", 30)
        yield ui, locust
        locust.interrupt()
        assert locust.wait() in {0, 1}
    assert not web_users(local_hub)


def test_two_tests_after_each_other(local_hub: LocalHub, web: tuple[WebUI, LocustProcess]) -> None:
    ui, locust = web
    for _ in range(2):
        assert ui.swarm()["success"], locust.output
        # The users first: until the new test has begun, the statistics are still those of the one before.
        wait_until(lambda: len(web_users(local_hub)) == 4, lambda: locust.output, 30)
        assert "to test another hub" in ui.swarm(host="http://127.0.0.1:9")["message"]
        wait_until(lambda: ui.rows().get("stop to stopped", {}).get("num_requests", 0) > 2, lambda: locust.output, 30)
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
        wait_until(ui.answers, lambda: f"the web UI answers: {locust.output}", 30)
        assert ui.swarm(stay="60", stop_after_failed_spawns="0")["success"], locust.output
        wait_until(lambda: ui.rows().get("start to ready", {}).get("num_requests", 0) == 4, lambda: locust.output, 30)
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
        assert locust.wait() in {0, 1}
        assert users_on(hub) == []


def test_options_are_fields_and_the_token_is_not(local_hub: LocalHub, web: tuple[WebUI, LocustProcess]) -> None:
    ui, _ = web
    page = requests.get(ui.url, timeout=5).text
    for field in ("name_prefix", "server_timeout", "stay", "pause", "server_profile", "user_options", "lifecycles"):
        assert field in page
    assert local_hub.token not in page
    for path in ("/stats/requests", "/stats/report", "/logs", "/tasks", "/exceptions"):
        assert local_hub.token not in requests.get(f"{ui.url}{path}", timeout=5).text
    assert json.dumps(local_hub.url).strip('"') in page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"stay": "never"}, "'never' must be seconds"),
        ({"server_timeout": "0"}, "above 0"),
        ({"server_timeout": "soon"}, "seconds"),
        ({"name_prefix": "My Test"}, "lower-case"),
        ({"user_options": "["}, "JSON object"),
        ({"lifecycles": "-1"}, "whole number"),
        ({"host": "http://127.0.0.1:9"}, "to test another hub, start it with that --host"),
        ({"host": "no url"}, "must be a URL"),
    ],
)
def test_what_is_wrong_is_shown_in_the_form_and_nothing_starts(
    web: tuple[WebUI, LocustProcess], form: dict[str, str], words: str
) -> None:
    ui, locust = web
    answer = ui.swarm(**form)
    assert not answer["success"]
    assert words in answer["message"]
    time.sleep(0.2)
    assert "Ramping" not in locust.output
