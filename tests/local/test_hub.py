"""The local hub: it is real, behaves as its settings say, and leaves nothing behind."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

import hubusers
from hubusers.how_installed import this_installation
from hubusers.hub.client import HubClient
from hubusers.hub.lifecycle import SERVER_PATH
from hubusers.local import LocalHub, LocalHubError
from hubusers.local.hub import STOP_TIMEOUT
from hubusers.local.ports import free_ports
from hubusers.local.processes import processes_of as living_processes_of
from hubusers.local.proxy import is_from_npm, proxy_command
from tests.hub_major import HUB_MAJOR
from tests.spawner_events import spawner_events
from tests.waiting import wait_until

SCOPES = {"admin:users", "admin:servers", "tokens", "access:servers", "read:hub", "read:metrics"}


def processes_of(folder: Path) -> list[int]:
    """The ids of all processes that belong to the hub in this folder."""
    return [process.pid for process in living_processes_of(str(folder))]


def is_taken(port: int, ip: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((ip, port)) == 0


@pytest.fixture
def started_user(local_hub: LocalHub, session: requests.Session, username: str) -> Iterator[str]:
    assert hubusers.start_server(username, local_hub.endpoint, session, profile="small")
    yield username
    assert hubusers.stop_server(username, local_hub.endpoint, session, wait=True)


def test_a_spawn_and_a_stop_take_as_long_as_asked_and_are_written_down(
    local_hub: LocalHub, session: requests.Session, username: str
) -> None:
    hubusers.start_server(username, local_hub.endpoint, session, profile="small")
    hubusers.wait_for_server_to_start(username, local_hub.endpoint, session, poll_interval=0.05)
    hubusers.stop_server(username, local_hub.endpoint, session, wait=True)
    starting, ready, stopping, stopped = spawner_events(local_hub, username=username)
    assert [e["event"] for e in (starting, ready, stopping, stopped)] == ["starting", "ready", "stopping", "stopped"]
    assert starting["user_options"] == {"profile": "small"}
    assert 0.3 <= ready["time"] - starting["time"] < 20
    assert 0.1 <= stopped["time"] - stopping["time"] < 20
    assert abs(ready["time"] - time.time()) < 60


def test_a_stub_server_answers_through_the_proxy(
    local_hub: LocalHub, session: requests.Session, started_user: str
) -> None:
    assert hubusers.wait_for_server_to_start(started_user, local_hub.endpoint, session, poll_interval=0.05)
    answer = session.get(f"{local_hub.url}/user/{started_user}/lab")
    assert answer.json() == {"stub": True, "path": f"/user/{started_user}/lab"}


def test_the_token_is_a_service_with_exactly_the_scopes_that_are_needed(
    local_hub: LocalHub, session: requests.Session
) -> None:
    owner = session.get(f"{local_hub.endpoint}/user").json()
    assert owner["kind"] == "service"
    implied = set(owner["scopes"])
    assert implied >= {*SCOPES, "list:users"}  # of which admin:users is the larger one
    config = Path(hubusers.__file__).parent / "local" / "jupyterhub_config.py"
    granted = config.read_text().partition('"scopes": [')[2].partition("]")[0]
    assert {scope.strip(' "\n') for scope in granted.split(",")} - {""} == SCOPES


def test_the_token_is_on_no_command_line_and_in_no_readable_file(local_hub: LocalHub) -> None:
    command_lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in processes_of(local_hub.folder)]
    assert command_lines
    assert not [line for line in command_lines if local_hub.token in line]
    assert (local_hub.folder / "settings.json").stat().st_mode & 0o077 == 0


def test_all_of_it_listens_on_loopback_only(local_hub: LocalHub) -> None:
    addresses = [
        connection.laddr.ip
        for pid in processes_of(local_hub.folder)
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(addresses) >= 4
    assert set(addresses) == {"127.0.0.1"}


@pytest.mark.thorough
def test_it_is_asked_at_loopback_where_it_listens_everywhere() -> None:
    with LocalHub(ip="0.0.0.0") as hub:  # noqa: S104
        assert hub.url.startswith("http://127.0.0.1:")
        assert requests.get(hub.endpoint, timeout=30).ok


def test_failing_spawns_and_a_limit_and_a_spawn_that_is_cancelled() -> None:
    with LocalHub(spawn_seconds=(4, 4), spawn_failure_share=1, concurrent_spawn_limit=1) as hub:
        with hubusers.get_session(hub.token) as session:
            hubusers.create_users(["ann", "bob"], hub.endpoint, session)
            if HUB_MAJOR > 4:  # JupyterHub 4 does not stop a server that is still starting
                assert hubusers.start_server("bob", hub.endpoint, session)
                assert hubusers.stop_server("bob", hub.endpoint, session, wait=True)
            assert hubusers.start_server("ann", hub.endpoint, session)
            assert HubClient(hub.endpoint, session).request("POST", SERVER_PATH, username="bob").status == 429
            assert not hubusers.wait_for_server_to_start("ann", hub.endpoint, session, poll_interval=0.1)
        assert [event["event"] for event in spawner_events(hub, username="ann")][:2] == ["starting", "failed"]
        if HUB_MAJOR > 4:
            # By now bob's spawn would have ended by itself.
            assert [event["event"] for event in spawner_events(hub, username="bob")] == ["starting", "stopped"]


def test_it_is_asked_at_the_address_that_it_listens_on_and_nothing_is_left_after_a_stop() -> None:
    hub = LocalHub(ip="127.0.0.2")
    hub.start()
    assert hub.url.startswith("http://127.0.0.2:")
    assert requests.get(hub.endpoint, timeout=30).ok
    folder, port = hub.folder, hub.settings.public_port
    assert processes_of(folder)
    assert is_taken(port, hub.ip)
    hub.stop()
    hub.stop()
    assert processes_of(folder) == []
    assert not is_taken(port, hub.ip)
    assert not folder.exists()


def test_a_fork_that_holds_the_pipe_open_does_not_hold_the_hub() -> None:
    """Locust's `--processes` makes such forks."""
    with LocalHub() as hub:
        folder = hub.folder
        supervisor = hub._supervisor
        assert supervisor
        assert supervisor.stdin
        held = os.dup(supervisor.stdin.fileno())
        began = time.monotonic()
    os.close(held)
    assert time.monotonic() - began < STOP_TIMEOUT
    assert processes_of(folder) == []
    assert not folder.exists()


def test_nothing_is_left_when_the_supervisor_was_killed() -> None:
    with LocalHub() as hub:
        folder = hub.folder
        assert hub._supervisor
        hub._supervisor.kill()
        hub._supervisor.wait()
    assert processes_of(folder) == []
    assert not folder.exists()


@pytest.mark.parametrize("which", [pytest.param(0, marks=pytest.mark.thorough), 3], ids=["public", "stub server"])
def test_a_port_that_was_taken_meanwhile_is_exchanged(which: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        choices: list[list[int]] = []

        def some_ports(count: int) -> list[int]:
            ports = free_ports(count)
            if not choices:
                ports[which] = taken.getsockname()[1]
            choices.append(ports)
            return ports

        monkeypatch.setattr("hubusers.local.hub.free_ports", some_ports)
        with LocalHub():
            assert len(choices) == 2


HOLD_A_HUB = """
import sys
from hubusers.local import LocalHub
with LocalHub() as hub:
    print(hub.folder, hub.settings.public_port, flush=True)
    hub.wait()
"""


@pytest.mark.parametrize(
    "ending", [signal.SIGKILL, signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)]
)
def test_nothing_is_left_when_the_parent_dies(ending: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", HOLD_A_HUB], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert parent.stdout
    with parent.stdout:
        folder_text, port = parent.stdout.readline().split()
    folder = Path(folder_text)
    assert processes_of(folder)
    os.kill(parent.pid, ending)
    parent.wait()
    wait_until(lambda: not folder.exists() and not processes_of(folder), "the hub is gone")
    assert not is_taken(int(port))


def test_a_running_hub_is_not_started_again(local_hub: LocalHub) -> None:
    url = local_hub.url
    with pytest.raises(LocalHubError, match="is running already"):
        local_hub.start()
    assert local_hub.url == url


def test_a_taken_port_is_one_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalHubError, match=f"^Port {port} cannot be used: Address already in use"):
            LocalHub(port=port).start()


@pytest.mark.parametrize("port", [0, 8000])
@pytest.mark.parametrize("ip", ["192.0.2.1", "nowhere.invalid", "::"])
def test_an_address_of_another_machine_is_one_clear_error(ip: str, port: int) -> None:
    with pytest.raises(LocalHubError, match=rf"^The address {ip} \(--ip\) cannot be used: [A-Z].* Choose one of this"):
        LocalHub(ip=ip, port=port).start()


def test_a_hub_that_does_not_start_shows_the_end_of_its_log() -> None:
    hub = LocalHub(extra_config="raise SystemExit('no such luck')")
    with pytest.raises(LocalHubError, match="no such luck"):
        hub.start()
    with pytest.raises(LocalHubError, match="not running"):
        _ = hub.url


@pytest.mark.parametrize(
    "arguments",
    [
        {"servers": "podman"},
        {"spawn_seconds": (5, 2)},
        {"spawn_seconds": (-1, 2)},
        {"stop_seconds": (0, float("inf"))},
        {"spawn_failure_share": 1.5},
        {"concurrent_spawn_limit": -1},
        {"slow_spawn_timeout": -1},
        {"port": 70000},
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments))):
        LocalHub(**arguments)


@pytest.mark.parametrize("part", ["jupyterhub", "jupyterlab"])
def test_a_part_that_is_not_installed_is_named(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == part else find_spec(name))
    with pytest.raises(LocalHubError) as raised:
        LocalHub(servers="lab").start()
    extra = "hub" if part == "jupyterhub" else "lab"
    assert str(raised.value).endswith(f" is not installed. {this_installation().to_add(extra)}")


def test_npm_s_proxy_is_told_from_the_one_of_the_same_name(tmp_path: Path) -> None:
    """Fakes of the two commands: only their first lines matter."""
    python_folder, npm_folder = tmp_path / "python", tmp_path / "npm"
    for folder, first_line in ((python_folder, "#!/usr/bin/python3\n"), (npm_folder, "#!/usr/bin/env node\n")):
        folder.mkdir()
        (folder / "configurable-http-proxy").write_text(first_line)
    (npm_folder / "node").write_text("#!/bin/sh\n")
    (npm_folder / "node").chmod(0o755)
    both = proxy_command(f"{python_folder}{os.pathsep}{npm_folder}")
    assert both == [str(npm_folder / "node"), str(npm_folder / "configurable-http-proxy")]
    assert is_from_npm(both)
    only_python = proxy_command(str(python_folder))
    assert only_python is not None
    assert not is_from_npm(only_python)
