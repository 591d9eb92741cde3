"""Ctrl-C at each step of a run, from the first request to the report: nothing is left, and the end is in order."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hubusers.local import LocalHub
from tests.faults.interrupting_proxy import At, InterruptingProxy
from tests.locust_process import LocustProcess, users_on

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

BEFORE_THE_RUN = [
    At(r"GET /hub/api/$"),  # the check
    At(r"GET /hub/api/user$", answered=True),
    At(f"POST {ACCOUNT}"),  # the first server
    At(f"POST {ACCOUNT}", answered=True),
    At(f"POST {SERVER}"),
    At(f"GET {ACCOUNT}"),
    At(f"DELETE {SERVER}"),
    At(f"DELETE {SERVER}", answered=True),
    At(f"DELETE {ACCOUNT}"),
]
BETWEEN = At(f"DELETE {ACCOUNT}", answered=True)
IN_THE_RUN = [
    At(r"POST /hub/api/users$"),  # the accounts are made
    At(r"POST /hub/api/users$", answered=True),
    At(f"POST {SERVER}", count=2),  # people start their servers
    At(f"DELETE {SERVER}", count=2),  # and stop them
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
            assert locust.wait(60) in {0, 130}
        assert proxy.was_reached.is_set(), locust.output
    assert users_on(hub) == [], locust.output
    return locust


@pytest.mark.parametrize("at", BEFORE_THE_RUN, ids=str)
def test_before_the_run(hub: LocalHub, tmp_path: Path, at: At) -> None:
    locust = interrupted(hub, tmp_path, at)
    assert locust.process.returncode == 130
    assert "All users spawned" not in locust.output


@pytest.mark.parametrize("at", IN_THE_RUN, ids=str)
def test_in_the_run(hub: LocalHub, tmp_path: Path, at: At) -> None:
    locust = interrupted(hub, tmp_path, at)
    assert locust.process.returncode == 0
    assert locust.summary()[2::3] == (0, 0)


def test_between_the_first_server_and_the_run(hub: LocalHub, tmp_path: Path) -> None:
    locust = interrupted(hub, tmp_path, BETWEEN)
    if locust.process.returncode == 0:  # the run had begun when Locust heard of it
        assert locust.summary()[2::3] == (0, 0)


def test_while_the_report_is_written(hub: LocalHub, tmp_path: Path) -> None:
    env = {"HUBUSERS_RUNS_FOLDER": str(tmp_path)}
    with LocustProcess(hub, arguments(tmp_path), env=env) as locust:
        locust.wait_for("No targets were given")
        locust.interrupt()
        assert locust.wait(60) == 0
    (report,) = tmp_path.glob("*/report.html")
    assert report.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert locust.summary() == (2, 2, 0, 2, 2, 0)
    assert users_on(hub) == []
