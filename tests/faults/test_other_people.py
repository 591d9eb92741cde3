"""Others are on the hub as well: nobody is touched whom the run did not make, and somebody may touch those it made."""

import random
import sqlite3
import time

import requests

import hubusers
from hubusers.local import LocalHub
from tests.locust_process import LocustProcess, events_of, run_locust, users_on, wait_until

BRISK = ["--stay", "0-0.5", "--pause", "0-0.5", "--poll-interval", "0.3"]


def test_two_runs_at_once_and_people_with_the_same_prefix() -> None:
    others = ["ann", "hub-stress-test", "hub-stress-test-admin", "hub-stress-test-0", "hub-stress-tester-abc123-0-1"]
    with LocalHub(spawn_seconds=(0.2, 1), stop_seconds=(0, 0.3)) as hub, hubusers.get_session(hub.token) as session:
        hubusers.create_users(others, hub.endpoint, session)
        hubusers.start_servers([others], hub.endpoint, session)
        assert all(hubusers.wait_for_servers_to_start([others], hub.endpoint, session).values())
        arguments = ["--headless", "-u", "20", "-r", "20", *BRISK]
        with (
            LocustProcess(hub, [*arguments, "-t", "8s"]) as short,
            LocustProcess(hub, [*arguments, "-t", "25s"]) as long,
        ):
            assert short.wait() == 0
            ended_at = time.time()
            made_by_long = {name for name in users_on(hub) if name not in others}
            assert len(made_by_long) == 20
            assert long.wait() == 0
            assert sum(event["time"] > ended_at and event["event"] == "ready" for event in events_of(hub)) > 10
            assert short.summary()[:3] == long.summary()[:3] == (20, 20, 0)
        assert sorted(users_on(hub)) == sorted(others)
        touched = [
            event
            for event in events_of(hub)
            if event["username"] in others and event["event"] in {"stopping", "stopped"}
        ]
        assert touched == []


def test_someone_deletes_users_and_stops_servers_of_the_run() -> None:
    with (
        LocalHub(spawn_seconds=(0.5, 2), stop_seconds=(0, 0.3)) as hub,
        LocustProcess(hub, ["--headless", "--json", "-u", "20", "-r", "20", "-t", "20s", *BRISK]) as locust,
        hubusers.get_session(hub.token) as session,
    ):
        wait_until(lambda: len(users_on(hub)) >= 20, lambda: locust.output, 60)
        time.sleep(2)
        names = sorted(users_on(hub))
        victims = names[:5]
        assert all(hubusers.delete_users(victims, hub.endpoint, session).values())
        for name in names[5:10]:
            requests.delete(f"{hub.endpoint}/users/{name}/server", headers=session.headers, timeout=20)
        touched_at = time.time()
        assert locust.wait() == 1
        assert "user gone" in locust.output
        went_on = {event["username"] for event in events_of(hub) if event["time"] > touched_at + 3}
        assert went_on.isdisjoint(victims)
        assert len(went_on & set(names[5:])) == 15
        assert locust.summary()[:3] == (20, 20, 0)
        assert users_on(hub) == []


def test_five_thousand_others() -> None:
    with LocalHub(spawn_seconds=(0.2, 0.5), stop_seconds=(0, 0.2)) as hub:
        arguments = ["-u", "20", "-r", "20", "-t", "6s", *BRISK]
        started = time.monotonic()
        run_locust(hub, *arguments)
        alone = time.monotonic() - started
        # Through the API each takes the hub some 20 ms; the database takes all of them at once.
        others = [f"{random.choice(['student', 'hub-stress-test'])}-{number}" for number in range(5000)]
        with sqlite3.connect(hub.folder / "jupyterhub.sqlite", timeout=30) as database:
            database.executemany(
                "INSERT INTO users (name, admin, cookie_id) VALUES (?, 0, ?)",
                [(name, f"cookie-{name}") for name in others],
            )
        database.close()
        assert len(users_on(hub)) == 5000
        started = time.monotonic()
        locust = run_locust(hub, *arguments)
        assert time.monotonic() - started < alone + 10
        assert locust.process.returncode == 0
        assert locust.summary()[:3] == (20, 20, 0)
        assert sorted(users_on(hub)) == sorted(others)
