"""What tests share: a real JupyterHub, sessions for it, and a scripted one for what no real hub does on command."""

import locust  # noqa: F401  # patches the standard library for gevent; must come before everything else
from locust.event import EventHook

import os
import signal
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
import requests
from hypothesis import settings

import hubusers
from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from tests.http.sessions import Row
from tests.scripted_hub import ScriptedHub

# The same examples each time; `pytest --hypothesis-profile=thorough` looks for new ones.
settings.load_profile("ci")
settings.register_profile("thorough", max_examples=1000, deadline=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="Run the tests that are marked as thorough, too.")
    parser.addoption("--many", default="50", metavar="N", help="How many users there are where there are many.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--thorough"):
        left_out = [item for item in items if item.get_closest_marker("thorough")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_xdist_auto_num_workers() -> int:
    """Most tests wait for a hub or for a run of Locust, so each core can do two at the same time."""
    return 2 * (os.cpu_count() or 1)


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As in what a script starts with `&`, and in all that is started from there; but tests press Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(config, "workerinput"):  # a worker of pytest-xdist
        config.pluginmanager.register(_AwakeBetweenTests())


class _AwakeBetweenTests:
    """Lets a worker of pytest-xdist wait for its next test.

    A thread brings that test. gevent does not know of this thread, and ends a wait that nothing in its own loop could
    end. During a test it still does, so that a test that waits for nothing fails at once.
    """

    def __init__(self) -> None:
        self._timer = gevent.get_hub().loop.timer(1, repeat=1)
        self._timer.start(int)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        self._timer.stop()
        try:
            return (yield)
        finally:
            self._timer.start(int)


@pytest.fixture
def many(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--many"))


@pytest.fixture(scope="session")
def local_hub() -> Iterator[LocalHub]:
    """A real hub whose spawns and stops take a moment, so that nothing is ready by chance."""
    with LocalHub(spawn_seconds=(0.3, 0.5), stop_seconds=(0.1, 0.2)) as hub:
        yield hub


@pytest.fixture
def session(local_hub: LocalHub) -> Iterator[requests.Session]:
    with hubusers.get_session(local_hub.token) as session:
        yield session


@pytest.fixture
def usernames(request: pytest.FixtureRequest, local_hub: LocalHub, session: requests.Session) -> Iterator[list[str]]:
    """Five accounts on the hub, named after the test and gone after it."""
    names = [f"{request.node.name.replace('_', '-').replace('[', '-').replace(']', '')}-{n}".lower() for n in range(5)]
    assert all(hubusers.create_users(names, local_hub.endpoint, session).values())
    yield names
    assert all(hubusers.delete_users(names, local_hub.endpoint, session).values())


@pytest.fixture
def username(usernames: list[str]) -> str:
    return usernames[0]


@pytest.fixture
def free_master_port() -> list[str]:
    """Options for a master, and its own workers, that do not meet those of another test."""
    port = str(free_port())
    return ["--master-bind-port", port, "--master-port", port]


@pytest.fixture
def scripted_hub() -> Iterator[ScriptedHub]:
    with ScriptedHub() as hub:
        yield hub


@pytest.fixture
def rows() -> list[Row]:
    return []


@pytest.fixture
def event(rows: list[Row]) -> EventHook:
    event = EventHook()

    def note(request_type: str, name: str, exception: Exception | None, **_: Any) -> None:
        rows.append((request_type, name, str(exception) if exception else None))

    event.add_listener(note)
    return event


@pytest.fixture
def any_session() -> Iterator[requests.Session]:
    with hubusers.get_session("0123456789abcdef") as session:
        yield session
