"""A run that is stopped, in any way and in any phase, leaves nothing behind, or names what it leaves."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from tests.locust_process import NO_FIRST_SERVER, LocustProcess, users_on
from tests.spawner_events import spawner_events
from tests.waiting import wait_until


def bound(users: int) -> float:
    """Return the seconds that a clean-up may take, by docs/how-to/clean-up.md: the server timeout, plus one a user."""
    return 60 + users


def in_mid_spawn(hub: LocalHub) -> int:
    events = Counter(event["event"] for event in spawner_events(hub))
    return events["starting"] - events["ready"] - events["failed"]


def spawns(hub: LocalHub) -> int:
    return len(spawner_events(hub, "starting"))


def wait_for_spawns(hub: LocalHub, count: int, locust: LocustProcess) -> None:
    wait_until(lambda: spawns(hub) == count, lambda: locust.output)


def press_ctrl_c(locust: LocustProcess, url: str) -> None:
    locust.interrupt()


def send_sigterm(locust: LocustProcess, url: str) -> None:
    locust.process.terminate()


def wait_for_the_time_limit(locust: LocustProcess, url: str) -> None:
    locust.wait_for("--run-time limit reached", 60)


def stop_in_the_web_ui(locust: LocustProcess, url: str) -> None:
    requests.post(f"{url}/stop", timeout=600)
    locust.wait_for("Clean-up: users: ")
    assert locust.summary()[2] == 0
    locust.interrupt()  # the web UI goes on until somebody ends it


@pytest.mark.parametrize(
    ("stop", "how", "code"),
    [
        (press_ctrl_c, ["--headless"], 4),  # the wait was broken off, which says nothing of the hub, good or bad
        pytest.param(send_sigterm, ["--headless"], 4, marks=pytest.mark.thorough),
        # Nobody got a server while the run lasted.
        pytest.param(wait_for_the_time_limit, ["--headless", "--run-time", "30s"], 1, marks=pytest.mark.thorough),
        pytest.param(stop_in_the_web_ui, ["--autostart"], 1, marks=pytest.mark.thorough),
    ],
)
def test_many_users_most_of_them_in_mid_spawn(
    stop: Callable[[LocustProcess, str], None], how: list[str], code: int, many: int
) -> None:
    port = free_port()
    how = [*how, "--web-port", str(port)]
    with (
        LocalHub(spawn_seconds=(50, 60), stop_seconds=(0, 2)) as hub,
        LocustProcess(hub, [*how, "-u", str(many), "-r", str(many), "--only-summary", *NO_FIRST_SERVER]) as locust,
    ):
        wait_until(lambda: in_mid_spawn(hub) > many * 0.6, lambda: f"{in_mid_spawn(hub)} servers in mid-spawn")
        stop(locust, f"http://127.0.0.1:{port}")
        stopped_at = time.monotonic()
        assert locust.wait(bound(many)) == code
        assert time.monotonic() - stopped_at < bound(many)
        created, removed, left, started, servers_removed, servers_left = locust.summary()
        assert created == removed > many * 0.6
        assert started == servers_removed > many * 0.6
        assert (left, servers_left) == (0, 0)
        assert "Clean-up: users: " in locust.lines[-1]
        assert users_on(hub) == []


@pytest.mark.thorough
@pytest.mark.parametrize("seconds", [0.6, 1.7, 2.9])
def test_ctrl_c_at_some_moment(seconds: float) -> None:
    with (
        LocalHub(spawn_seconds=(1, 3), stop_seconds=(0, 1)) as hub,
        LocustProcess(hub, ["--headless", "-u", "30", "-r", "30", "--stay", "0-1", "--pause", "0-1"]) as locust,
    ):
        locust.wait_for("their names begin with")
        time.sleep(seconds)
        locust.interrupt()
        # Where nobody had a server by then, the run says nothing of the hub.
        assert locust.wait() == (4 if "the run ended before anybody got a server" in locust.output else 0)
        created, removed, left, started, servers_removed, servers_left = locust.summary()
        assert created == removed > 0
        assert started == servers_removed
        assert (left, servers_left) == (0, 0)
        assert users_on(hub) == []


def test_an_end_while_the_first_server_is_tried_or_in_an_event(tmp_path: Path) -> None:
    event = tmp_path / "event.toml"
    arrivals = 'name = "a"\npeople = 6\narrivals = { pattern = "at once" }\nstay = "1h"'
    event.write_text(f'title = "Long"\n[[cohorts]]\n{arrivals}\n')
    of_event = ["--headless", "--event", str(event), *NO_FIRST_SERVER]
    with LocalHub(spawn_seconds=(30, 30)) as hub:
        with LocustProcess(hub, ["--headless", "-u", "5"]) as locust:
            wait_for_spawns(hub, 1, locust)
            send_sigterm(locust, "")
            assert locust.wait() == 130
        assert users_on(hub) == []
        for processes in (
            [],
            ["--processes", "2", "--master-bind-port", port := str(free_port()), "--master-port", port],
        ):
            so_far = spawns(hub)
            with LocustProcess(hub, [*of_event, *processes]) as locust:
                wait_for_spawns(hub, so_far + 6, locust)
                send_sigterm(locust, "")
                assert locust.wait() == 4  # nobody had a server yet
            assert locust.summary() == (6, 6, 0, 6, 6, 0)
            assert users_on(hub) == []


def test_an_end_while_the_master_waits_for_workers(local_hub: LocalHub, free_master_port: list[str]) -> None:
    arguments = ["--headless", "--master", *free_master_port, "--expect-workers", "1", *NO_FIRST_SERVER]
    with LocustProcess(local_hub, arguments) as locust:
        locust.wait_for("Waiting for workers")
        press_ctrl_c(locust, "")
        assert locust.wait() == 130


@pytest.mark.thorough
def test_ctrl_c_in_the_clean_up_after_the_time_limit_does_not_end_it() -> None:
    with (
        LocalHub(spawn_seconds=(3, 3), stop_seconds=(3, 3)) as hub,
        LocustProcess(hub, ["--headless", "-u", "10", "-r", "10", "-t", "6s", *NO_FIRST_SERVER]) as locust,
    ):
        locust.wait_for("Clean-up: removing")
        assert locust.stop() == 0
        assert locust.output.count("Clean-up: removing") == 1
        assert "The clean-up goes on; Ctrl-C once more ends it at once" in locust.output
        assert locust.summary()[:3] == (10, 10, 0)
        assert users_on(hub) == []


def test_ctrl_c_twice_ends_at_once_and_says_what_is_left() -> None:
    with (
        LocalHub(spawn_seconds=(0.1, 0.1), stop_seconds=(10, 10)) as hub,  # so a clean-up takes that long, at least
        LocustProcess(hub, ["--headless", "-u", "10", "-r", "10", "--stay", "300", *NO_FIRST_SERVER]) as locust,
    ):
        wait_until(lambda: len(spawner_events(hub, "ready")) == 10, lambda: locust.output)
        locust.interrupt()
        locust.wait_for("Clean-up: removing")
        time.sleep(1.1)  # or it would count as the same one
        locust.interrupt()
        assert locust.wait() == 130
        assert locust.summary()[2] > 0
        *_, left, no_report = locust.lines
        assert "neither an answer nor a report" in no_report
        run_as_printed(left.partition("to remove what is left: ")[2], hub)
        assert users_on(hub) == []


@pytest.mark.thorough
def test_ctrl_c_twice_with_workers(free_master_port: list[str]) -> None:
    """The master cannot see what its workers hold, and still must not say that nothing is left."""
    with (
        LocalHub(spawn_seconds=(30, 30), stop_seconds=(5, 5)) as hub,
        LocustProcess(
            hub,
            ["--headless", "-u", "30", "-r", "30", "--processes", "2", *free_master_port, *NO_FIRST_SERVER],
        ) as locust,
    ):
        wait_until(lambda: in_mid_spawn(hub) > 25, lambda: locust.output)
        time.sleep(4)  # each worker has reported by then
        locust.interrupt()
        locust.wait_for("Clean-up: removing")
        time.sleep(1.1)  # or it would count as the same one
        locust.interrupt()
        assert locust.wait(20) == 130
        lefts = [line for line in locust.lines if "to remove what is left: " in line]
        assert len(lefts) == 3  # two workers and the master
        run_as_printed(lefts[-1].partition("to remove what is left: ")[2], hub)
        assert users_on(hub) == []


def run_as_printed(command: str, hub: LocalHub) -> None:
    """Run the command that a run named, as a person would paste it."""
    command = command.strip().replace("hubusers purge", f"{sys.executable} -m hubusers purge --yes")
    env = {**os.environ, "JUPYTERHUB_API_TOKEN": hub.token}
    purge = subprocess.run(["/bin/sh", "-c", command], env=env, capture_output=True, text=True, timeout=120)
    assert purge.returncode == 0, purge.stdout + purge.stderr
