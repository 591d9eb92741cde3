"""Ctrl-C at each step of a run, from the first request to the report: nothing is left, and the end is in order."""

import contextlib
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import hubusers
from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from tests.faults.interrupting_proxy import At, InterruptingProxy
from tests.locust_process import NO_FIRST_SERVER, LocustProcess, users_on
from tests.waiting import wait_until

EVENT = """
title = "Two people"

[[cohorts]]
name = "people"
people = 2
arrivals = { pattern = "at once" }
stay = "2s"
"""

ACCOUNT = r"/hub/api/users/[^/?]+$"
SERVER = r"/hub/api/users/[^/]+/server$"

PROGRESS = SERVER.replace("$", "/progress")


def one_more(at: At) -> Any:
    """Return a moment that is like another one here, for `--thorough`."""
    return pytest.param(at, marks=pytest.mark.thorough)


BEFORE_THE_RUN = [
    At(r"GET /hub/api/$"),  # the check
    one_more(At(r"GET /hub/api/user$", answered=True)),
    one_more(At(f"POST {ACCOUNT}")),  # the first server
    At(f"POST {ACCOUNT}", answered=True),
    one_more(At(f"POST {SERVER}")),
    At(f"GET {PROGRESS}"),
    one_more(At(f"DELETE {SERVER}")),
    At(f"DELETE {SERVER}", answered=True),
    one_more(At(f"DELETE {ACCOUNT}")),
]
BETWEEN = At(f"DELETE {ACCOUNT}", answered=True)
IN_THE_RUN = [
    one_more(At(r"POST /hub/api/users$")),  # the accounts are made
    At(r"POST /hub/api/users$", answered=True),
    At(f"POST {SERVER}", count=2),  # people start their servers
    one_more(At(f"DELETE {SERVER}", count=2)),  # and stop them
    At(f"DELETE {ACCOUNT}", count=2),  # the clean-up
]


@pytest.fixture(scope="module")
def hub() -> Iterator[LocalHub]:
    with LocalHub(spawn_seconds=(0.5, 0.5), stop_seconds=(0.5, 0.5)) as hub:
        yield hub


def arguments(tmp_path: Path) -> list[str]:
    event = tmp_path / "event.toml"
    event.write_text(EVENT)
    return ["--headless", "--only-summary", "--event", str(event)]


def interrupted(hub: LocalHub, tmp_path: Path, at: At) -> LocustProcess:
    with InterruptingProxy(hub.url, at, lambda: locust.interrupt()) as proxy:
        with LocustProcess(hub, arguments(tmp_path), env={"JUPYTERHUB_ENDPOINT": f"{proxy.url}/hub/api"}) as locust:
            locust.wait()
        assert proxy.was_reached.is_set(), locust.output
    assert users_on(hub) == [], locust.output
    return locust


@pytest.mark.parametrize("at", BEFORE_THE_RUN, ids=str)
def test_before_the_run(hub: LocalHub, tmp_path: Path, at: At) -> None:
    locust = interrupted(hub, tmp_path, at)
    assert locust.process.returncode == 130
    assert "users are there" not in locust.output


@pytest.mark.parametrize("at", IN_THE_RUN, ids=str)
def test_in_the_run(hub: LocalHub, tmp_path: Path, at: At) -> None:
    assert_nothing_is_left_of_the_run(interrupted(hub, tmp_path, at))


def assert_nothing_is_left_of_the_run(locust: LocustProcess) -> None:
    not_all_had_come = re.search(r"stopped the run when [01] of 2 people had come", locust.output)
    nobody_could_work = re.search(r"the run ended before anybody (got a server|could work)", locust.output)
    assert locust.process.returncode == (4 if not_all_had_come or nobody_could_work else 0), locust.output
    assert locust.summary()[2::3] == (0, 0)


def test_a_first_server_is_not_kept(hub: LocalHub) -> None:
    """With --keep, what a run has made stays; but no run has begun yet."""
    with InterruptingProxy(hub.url, At(f"GET {PROGRESS}"), lambda: locust.interrupt()) as proxy:
        env = {"JUPYTERHUB_ENDPOINT": f"{proxy.url}/hub/api"}
        with LocustProcess(hub, ["--headless", "-u", "1", "--keep"], env=env) as locust:
            assert locust.wait() == 130
        assert proxy.was_reached.is_set(), locust.output
    assert users_on(hub) == [], locust.output


def test_while_the_web_ui_checks_the_hub(hub: LocalHub) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with InterruptingProxy(hub.url, At(f"POST {SERVER}"), lambda: locust.interrupt()) as proxy:
        env = {"JUPYTERHUB_ENDPOINT": f"{proxy.url}/hub/api"}
        with LocustProcess(hub, ["--web-port", str(port)], env=env) as locust:
            wait_until(lambda: answers(url), lambda: locust.output)
            with contextlib.suppress(requests.ConnectionError):  # Locust may end before it answers
                answer = requests.post(f"{url}/swarm", data={"user_count": "1", "spawn_rate": "1"}, timeout=60)
                assert not answer.json()["success"]
            assert proxy.was_reached.is_set(), locust.output
            assert locust.wait() == 130
    assert users_on(hub) == [], locust.output
    assert "users are there" not in locust.output


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).ok
    except requests.ConnectionError:
        return False


def test_sigterm_twice_ends_as_ctrl_c_twice_does(hub: LocalHub) -> None:
    with LocustProcess(hub, ["--headless", "--only-summary", "-u", "3", "-r", "3", *NO_FIRST_SERVER]) as locust:
        locust.wait_for("users are there")
        locust.process.terminate()
        locust.wait_for("Clean-up: removing")
        time.sleep(1.1)  # or it would count as the same one
        locust.process.terminate()
        assert locust.wait() in {0, 4, 130}  # not 130 where the clean-up was done by then
    with hubusers.get_session(hub.token) as session:
        hubusers.purge_users(hub.endpoint, session, prefix="hub-stress-test-")


def test_between_the_first_server_and_the_run(hub: LocalHub, tmp_path: Path) -> None:
    locust = interrupted(hub, tmp_path, BETWEEN)
    if locust.process.returncode != 130:  # the run had begun when Locust heard of it
        assert_nothing_is_left_of_the_run(locust)


def test_while_the_report_is_written(hub: LocalHub, tmp_path: Path) -> None:
    env = {"HUBUSERS_RUNS_FOLDER": str(tmp_path)}
    with LocustProcess(hub, arguments(tmp_path), env=env) as locust:
        wait_until(lambda: any(tmp_path.glob("*/locust-requests.csv")), lambda: locust.output)  # just before it
        locust.interrupt()
        assert locust.wait() == 0
    (report,) = tmp_path.glob("*/report.html")
    assert report.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert locust.summary() == (2, 2, 0, 2, 2, 0)
    assert users_on(hub) == []
