"""Workers, masters and whole runs that are killed, with no chance to clean up after themselves."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import hubusers
from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from tests.locust_process import LocustProcess, users_on
from tests.spawner_events import spawner_events
from tests.waiting import wait_until

ONE_OF_MANY = ["--stay", "0.5-1.5", "--pause", "0.1", "--poll-interval", "0.2"]


def ready_after(hub: LocalHub, moment: float) -> int:
    return sum(event["time"] > moment for event in spawner_events(hub, "ready"))


def test_a_killed_worker_is_cleaned_up_after_by_the_master() -> None:
    port = str(free_port())
    master = ["--headless", "--only-summary", "--enable-rebalancing", "--master", "--expect-workers", "2"]
    worker = ["--worker", "--master-port", port]
    with (
        LocalHub(spawn_seconds=(0.5, 1.5), stop_seconds=(0, 0.5)) as hub,
        LocustProcess(hub, [*master, "--master-bind-port", port, "-u", "12", "-r", "12", *ONE_OF_MANY]) as locust,
        LocustProcess(hub, worker) as other,
        LocustProcess(hub, worker) as killed,
    ):
        wait_until(lambda: len(users_on(hub)) >= 12 and len(spawner_events(hub, "ready")) > 12, lambda: locust.output)
        os.kill(killed.process.pid, signal.SIGKILL)
        killed_at = time.time()
        # The other one goes on, and takes over its users.
        wait_until(lambda: len(users_on(hub)) >= 18, lambda: locust.output)
        wait_until(lambda: ready_after(hub, killed_at + 5) > 10, lambda: locust.output)
        locust.stop()
        assert other.wait() == 0
        created, removed, left, started, servers_removed, servers_left = locust.summary()
        assert created == removed >= 18  # twelve, and six more for those of the killed one
        assert (left, servers_left) == (0, 0)
        assert started == servers_removed
        assert users_on(hub) == []


@pytest.mark.thorough
def test_workers_whose_master_was_killed_end_and_remove_their_own(tmp_path: Path) -> None:
    port = str(free_port())
    # A worker gives its master a minute; the test should not take that long.
    impatient = tmp_path / "locustfile.py"
    impatient.write_text(
        "from locust import runners\n"
        "from hubusers.plugin import switch_on\n"
        "from hubusers.users import ServerLifecycleUser\n"
        "runners.MASTER_HEARTBEAT_TIMEOUT = 5\n"
        "switch_on()\n"
    )
    master = ["--headless", "--only-summary", "--master", "--expect-workers", "2", "--master-bind-port", port]
    worker = ["--worker", "--master-port", port]
    with (
        LocalHub(spawn_seconds=(1, 3), stop_seconds=(0, 0.5)) as hub,
        LocustProcess(hub, [*master, "-u", "18", "-r", "18", *ONE_OF_MANY], file=str(impatient)) as locust,
        LocustProcess(hub, worker, file=str(impatient)) as first,
        LocustProcess(hub, worker, file=str(impatient)) as second,
    ):
        wait_until(lambda: len(users_on(hub)) >= 18, lambda: locust.output)
        time.sleep(2)
        os.kill(locust.process.pid, signal.SIGKILL)
        for one in (first, second):
            assert one.wait() == 0
            created, removed, left, *_, servers_left = one.summary()
            assert created == removed >= 9
            assert (left, servers_left) == (0, 0)
        assert users_on(hub) == []


def test_what_a_killed_run_left_is_purged(free_master_port: list[str]) -> None:
    with LocalHub(spawn_seconds=(1, 3), stop_seconds=(0, 0.5)) as hub:
        with hubusers.get_session(hub.token) as session:
            others = ["ann", "hub-stress-test-admin", "hub-stress-tester-abc123-0-1"]
            hubusers.create_users(others, hub.endpoint, session)
        with LocustProcess(
            hub, ["--headless", "-u", "20", "-r", "20", "--processes", "2", *free_master_port]
        ) as locust:
            # With the first server that the run has tried.
            wait_until(lambda: len(spawner_events(hub, "starting")) >= 21, lambda: locust.output)
            os.killpg(locust.process.pid, signal.SIGKILL)
            locust.process.wait()
        assert len(users_on(hub)) >= 23
        env = {**os.environ, "JUPYTERHUB_ENDPOINT": hub.endpoint, "JUPYTERHUB_API_TOKEN": hub.token}
        purge = subprocess.run(
            [sys.executable, "-m", "hubusers", "purge", "--yes"], env=env, capture_output=True, text=True, timeout=120
        )
        assert purge.returncode == 0, purge.stdout + purge.stderr
        assert ", 0 left." in purge.stdout
        assert sorted(users_on(hub)) == sorted(others)
