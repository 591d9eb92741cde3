"""Other people are on the hub too: a run touches only users that it made, and copes when others touch those."""

import random
import sqlite3
import time

import pytest
import requests

import hubusers
from hubusers.accounts.names import is_made_up
from hubusers.local import LocalHub
from tests.locust_process import LocustProcess, users_on
from tests.scripted_hub import ScriptedHub
from tests.spawner_events import spawner_events
from tests.waiting import wait_until

ARGUMENTS = ["--headless", "-u", "10", "-r", "10", "--stay", "0-0.5", "--pause", "0-0.5", "--poll-interval", "0.3"]


def active_since(hub: LocalHub, moment: float) -> set[str]:
    """Return the runs' users whose servers have become ready after a moment."""
    return {
        event["username"]
        for event in spawner_events(hub, "ready")
        if event["time"] > moment and is_made_up(event["username"], "hub-stress-test")
    }


def test_two_runs_at_once_and_people_with_the_same_prefix() -> None:
    others = ["ann", "hub-stress-test", "hub-stress-test-admin", "hub-stress-test-0", "hub-stress-tester-abc123-0-1"]
    with LocalHub(spawn_seconds=(0.2, 1), stop_seconds=(0, 0.3)) as hub, hubusers.get_session(hub.token) as session:
        hubusers.create_users(others, hub.endpoint, session)
        hubusers.start_servers([others], hub.endpoint, session)
        assert all(hubusers.wait_for_servers_to_start([others], hub.endpoint, session).values())
        with LocustProcess(hub, ARGUMENTS) as first, LocustProcess(hub, ARGUMENTS) as second:
            for locust in (first, second):
                locust.wait_for("users are there")
            wait_until(lambda: len(users_on(hub)) == 20 + len(others), lambda: first.output + second.output)
            served = 20 + 2  # with the first server that each run tries
            wait_until(lambda: len(active_since(hub, 0)) == served, lambda: first.output + second.output)
            assert first.stop() == 0
            ended_at = time.time()
            assert len(set(users_on(hub)) - set(others)) == 10
            wait_until(lambda: len(active_since(hub, ended_at)) == 10, lambda: second.output)
            assert second.stop() == 0
            assert first.summary()[:3] == second.summary()[:3] == (10, 10, 0)
        assert sorted(users_on(hub)) == sorted(others)
        touched = {event["username"] for event in spawner_events(hub, "stopping", "stopped")}
        assert not touched & set(others)


@pytest.mark.thorough
def test_someone_deletes_users_and_stops_servers_of_the_run() -> None:
    with (
        LocalHub(spawn_seconds=(0.5, 2), stop_seconds=(0, 0.3)) as hub,
        LocustProcess(hub, ARGUMENTS) as locust,
        hubusers.get_session(hub.token) as session,
    ):
        locust.wait_for("users are there")
        wait_until(lambda: len(active_since(hub, 0)) > 10, lambda: locust.output)
        names = sorted(users_on(hub))
        deleted, stopped = names[:3], names[3:6]
        assert all(hubusers.delete_users(deleted, hub.endpoint, session).values())
        for name in stopped:
            requests.delete(f"{hub.endpoint}/users/{name}/server", headers=session.headers, timeout=20)
        touched_at = time.time()
        # Users whose server was stopped begin again; users who were deleted do not.
        wait_until(lambda: active_since(hub, touched_at + 3) >= set(names[3:]), lambda: locust.output)
        assert not active_since(hub, touched_at + 3) & set(deleted)
        assert locust.stop() == 1
        assert "user gone" in locust.output
        assert locust.summary()[:3] == (10, 10, 0)
        assert users_on(hub) == []


@pytest.mark.thorough
def test_five_thousand_others() -> None:
    with LocalHub(spawn_seconds=(0.2, 0.5), stop_seconds=(0, 0.2)) as hub:
        # Through the API each takes the hub some 20 ms; the database takes all of them at once.
        others = [f"{random.choice(['student', 'hub-stress-test'])}-{number}" for number in range(5000)]
        with sqlite3.connect(hub.folder / "jupyterhub.sqlite", timeout=30) as database:
            database.executemany(
                "INSERT INTO users (name, admin, cookie_id) VALUES (?, 0, ?)",
                [(name, f"cookie-{name}") for name in others],
            )
        database.close()
        with (
            ScriptedHub(before=hub) as front,
            LocustProcess(hub, ARGUMENTS, env={"JUPYTERHUB_ENDPOINT": front.endpoint}) as locust,
        ):
            wait_until(lambda: len(active_since(hub, 0)) > 10, lambda: locust.output)
            stopped_at = time.monotonic()
            assert locust.stop() == 0
            assert time.monotonic() - stopped_at < 20
            assert locust.summary()[:3] == (10, 10, 0)
            # The run asked about its own users only, also in its one look at the hub's list.
            (listing,) = (asked.path for asked in front.asked if "/users?" in asked.path)
            assert "name_filter=hub-stress-test-" in listing
            named = {asked.path.split("/")[4] for asked in front.asked if "/users/" in asked.path}
            assert not named & set(others)
        assert sorted(users_on(hub)) == sorted(others)
