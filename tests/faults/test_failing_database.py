"""A hub whose database fails for some seconds: it answers a good token with 403, and the run must not believe it."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

import hubusers
from hubusers.local import LocalHub
from tests.faults.test_exiting_hub import in_folder, notes_of
from tests.locust_process import LocustProcess, users_on
from tests.spawner_events import spawner_events
from tests.waiting import wait_until

FAILS = """
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

@event.listens_for(Engine, "before_cursor_execute")
def fail(conn, cursor, statement, parameters, context, executemany, broken=Path({file!r})):
    if broken.exists():
        raise OperationalError(statement, parameters, Exception("the server closed the connection unexpectedly"))
"""

BRISK = ["--stay", "0-0.5", "--pause", "0-0.5"]


class Database:
    """The database of a hub."""

    def __init__(self, folder: Path) -> None:
        self._broken = folder / "broken"
        self.config = FAILS.format(file=str(self._broken))

    @contextmanager
    def broken(self) -> Iterator[None]:
        self._broken.touch()
        yield
        self._broken.unlink()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path)


def ready_on(hub: LocalHub) -> int:
    return len(spawner_events(hub, "ready"))


def users_with_a_ready_server(hub: LocalHub) -> int:
    headers = {"Authorization": f"token {hub.token}"}
    return len(requests.get(f"{hub.endpoint}/users?state=ready", headers=headers, timeout=30).json())


@pytest.mark.parametrize("workers", [[], pytest.param(["--processes", "2"], marks=pytest.mark.thorough)])
def test_for_some_seconds_in_mid_run(
    database: Database, tmp_path: Path, workers: list[str], free_master_port: list[str]
) -> None:
    with LocalHub(spawn_seconds=(0.5, 1), extra_config=database.config) as hub:
        arguments = ["--headless", "-u", "10", "-r", "10", *BRISK, *workers, *(free_master_port if workers else [])]
        with LocustProcess(hub, arguments, env=in_folder(tmp_path)) as locust:
            wait_until(lambda: ready_on(hub) > 10, lambda: locust.output)
            with database.broken():
                locust.wait_for("does not accept the token")
                time.sleep(2)
            locust.wait_for("and then accepted it again")
            before = ready_on(hub)
            wait_until(lambda: ready_on(hub) > before + 10, lambda: locust.output)
            assert locust.stop() == 1
        assert "does not accept the API token any more" not in locust.output
        assert locust.summary()[2::3] == (0, 0)
        assert users_on(hub) == []
        # Where a spawn failed before others had succeeded, another note says that starts were held back.
        (note,) = (note for note in notes_of(tmp_path) if "held back, for at most" not in note)
        assert note.startswith("The hub refused the API token from ")
        assert " s and then accepted it again. A hub whose database fails does so" in note


def test_when_the_run_ends(database: Database) -> None:
    with LocalHub(extra_config=database.config) as hub:
        arguments = ["--headless", "-u", "10", "-r", "10", "--stay", "300", "--server-timeout", "30"]
        with LocustProcess(hub, arguments) as locust:
            # A hub that cannot write in the middle of a spawn never gets over it, so all are ready.
            wait_until(lambda: users_with_a_ready_server(hub) == 10, lambda: locust.output)
            with database.broken():
                locust.interrupt()
                locust.wait_for("Clean-up: removing 10 users")
                time.sleep(4)
            assert locust.wait() == 0
        assert locust.summary() == (10, 10, 0, 10, 10, 0)
        assert users_on(hub) == []


def test_while_users_are_purged(database: Database) -> None:
    with LocalHub(extra_config=database.config) as hub:
        session, names = hubusers.get_session(hub.token), [f"hub-stress-test-k3x9qa-0-{number}" for number in range(5)]
        hubusers.create_users(names, hub.endpoint, session)
        with ThreadPoolExecutor(1) as thread:
            with database.broken():
                removing = thread.submit(hubusers.delete_users, names, hub.endpoint, session)
                time.sleep(4)
                assert not removing.done()
            assert removing.result(60) == dict.fromkeys(names, True)
        assert users_on(hub) == []
