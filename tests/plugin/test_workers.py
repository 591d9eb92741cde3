"""Workers on other machines, which may lack what their master has."""

import json
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from hubusers import create_users, get_session
from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from tests.locust_process import NO_FIRST_SERVER, LocustProcess, run_locust, users_on
from tests.waiting import wait_until


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--accounts", "accounts.csv"], "The accounts in accounts.csv cannot be read: No such file"),
        pytest.param(
            ["NotebookUser", "--notebooks", "mine"],
            "The folder of notebooks mine cannot be read: No such file",
            marks=pytest.mark.thorough,
        ),
    ],
)
def test_a_worker_that_lacks_a_file_ends_the_run_with_the_reason(
    local_hub: LocalHub, tmp_path: Path, arguments: list[str], reason: str
) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    (here / "mine").mkdir(parents=True)
    elsewhere.mkdir()
    (here / "accounts.csv").write_text("name,password\nlacking-ann,one\n")
    with get_session(local_hub.token) as session:
        assert create_users(["lacking-ann"], local_hub.endpoint, session) == {"lacking-ann": True}
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "a",
        "source": "1",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    notebook = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    (here / "mine" / "one.ipynb").write_text(notebook)
    port = str(free_port())
    of_master = ["--headless", "--master", "--master-bind-port", port, "--expect-workers", "1", "-u", "1", "-t", "60s"]
    with (
        LocustProcess(local_hub, [*arguments, *of_master, "--stop-after-failed-spawns", "0"], folder=here) as master,
        LocustProcess(local_hub, ["--worker", "--master-port", port], folder=elsewhere) as worker,
    ):
        assert master.wait() == 4  # nobody came
        assert worker.wait() == 2
    assert f"cannot take part: {reason}" in master.output
    assert worker.output.count(reason) == 1
    assert master.summary() == (0, 0, 0, 0, 0, 0)


@pytest.mark.thorough
def test_what_a_worker_cannot_remove_and_the_master_does_is_counted_once(free_master_port: list[str]) -> None:
    with LocalHub(spawn_seconds=(0, 0), stop_seconds=(11, 11)) as hub:
        arguments = ["--stay", "60", "--server-timeout", "5", "--stop-after-failed-spawns", "0"]
        locust = run_locust(hub, *["--processes", "2", *free_master_port, "-u", "6", "-r", "6", "-t", "5s", *arguments])
        assert locust.summary()[:3] == (6, 6, 0), locust.output
        assert locust.process.returncode in {0, 1, 4}  # 4: interrupted before anybody had a server
        assert users_on(hub) == []


@pytest.mark.thorough
def test_when_all_workers_are_killed_the_run_ends(local_hub: LocalHub, free_master_port: list[str]) -> None:
    arguments = ["--headless", "--processes", "2", *free_master_port, "-u", "4", "-r", "4", "-t", "300s"]
    with LocustProcess(local_hub, [*arguments, "--name-prefix", "lost"]) as locust:
        locust.wait_for("users are there")
        time.sleep(2)
        for worker in psutil.Process(locust.process.pid).children():
            worker.kill()
        assert locust.wait(120) == 1
        assert "All workers were lost, so the run ends." in locust.output
        assert not [name for name in users_on(local_hub) if name.startswith("lost-")]


SLOW = """
import time

from hubusers.plugin import switch_on
from hubusers.users import ServerLifecycleUser

switch_on()


class Thorough(ServerLifecycleUser):
    @classmethod
    def check_settings(cls, settings):
        time.sleep(3)
"""


def test_a_run_does_not_end_while_workers_read_what_their_users_need(
    local_hub: LocalHub, tmp_path: Path, free_master_port: list[str]
) -> None:
    file = tmp_path / "locustfile.py"
    file.write_text(SLOW)
    briefly = ["--lifecycles", "1", "--stay", "0", "--pause", "0", "--stop-after-failed-spawns", "0"]
    locust = run_locust(
        local_hub, *["--processes", "2", *free_master_port, "-u", "2", "-r", "2", *briefly], file=str(file)
    )
    assert locust.process.returncode == 0, locust.output
    assert locust.summary() == (2, 2, 0, 2, 2, 0)


SLOW_TO_LISTEN = """
from locust import events

import time

from hubusers.plugin import switch_on
from hubusers.users import ServerLifecycleUser

# Called before hubusers is: by then the master has sent the run, and users.
events.init.add_listener(lambda **_: time.sleep(1))
switch_on()
"""


def test_a_worker_that_comes_in_the_middle_of_a_run_takes_part_in_it(local_hub: LocalHub, tmp_path: Path) -> None:
    file = tmp_path / "locustfile.py"
    file.write_text(SLOW_TO_LISTEN)
    port = str(free_port())
    lasting = ["--stay", "300", "--server-timeout", "90", *NO_FIRST_SERVER, "--name-prefix", "late"]
    master = ["--headless", "--only-summary", "--master", "--master-bind-port", port, "--expect-workers", "1"]
    worker = ["--worker", "--master-port", port]
    with (
        LocustProcess(local_hub, [*master, "-u", "6", "-r", "6", *lasting]) as locust,
        LocustProcess(local_hub, worker) as first,
    ):
        wait_until(lambda: len(users_of(local_hub, "late", "0")) == 6, lambda: locust.output)
        with LocustProcess(local_hub, worker, file=str(file)) as late:
            # Locust shares the users out anew.
            wait_until(lambda: len(users_of(local_hub, "late", "1")) == 3, lambda: late.output + locust.output)
            locust.interrupt()
            interrupted_at = time.monotonic()
            assert locust.wait() == 0
            assert time.monotonic() - interrupted_at < 90  # and not as long as a worker might take that says nothing
            assert (first.wait(), late.wait()) == (0, 0)
    assert locust.summary()[2::3] == (0, 0)


def users_of(hub: LocalHub, prefix: str, worker: str) -> list[str]:
    return [name for name in users_on(hub) if name.startswith(f"{prefix}-") and name.split("-")[-2] == worker]
