"""Starts and stops a JupyterHub on this machine."""

import contextlib
import errno
import importlib.util
import os
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import requests

from hubusers.how_installed import this_installation
from hubusers.local.arguments import DEFAULTS, chosen_arguments
from hubusers.local.incidents import Incident, incident_called
from hubusers.local.ports import LOOPBACK, free_ports
from hubusers.local.processes import kill_processes_of
from hubusers.local.proxy import is_from_npm, proxy_command
from hubusers.local.settings import FOLDER_VARIABLE, LocalSettings

START_TIMEOUT = 60.0
"""Seconds until a new hub must answer. A small machine needs about 3."""

STOP_TIMEOUT = 30.0
"""Seconds until the supervisor must end; more than it gives the hub."""

_TRIES = 3
_PORT_TAKEN = "ddress already in use"  # "address" in Node.js, "Address" in Python
_LOG_LINES = 15


class LocalHubError(Exception):
    """The local hub cannot be started, or did not start. The text says why and what to do."""


@dataclass
class LocalHub:
    """A real JupyterHub, with a real proxy and an SQLite database, on free loopback ports; a context manager.

    Args:
        servers: `"stub"`, the default: one small HTTP server stands in for all servers. `"lab"`: real single-user
            servers with JupyterLab, about 100 MB each.
        spawn_seconds: How long a spawn takes: a random number of seconds in this range; none by default.
        stop_seconds: How long a stop takes: a random number of seconds in this range; none by default.
        spawn_failure_share: The share of spawns that fail, from 0, the default, to 1.
        concurrent_spawn_limit: How many spawns may be pending before the hub answers 429; 0, the default, for no limit.
        slow_spawn_timeout: Seconds that the hub waits for the server before it answers a start request; 0, the default,
            as on Kubernetes deployments.
        port: The port of the proxy; 0 for a free one.
        ip: The IPv4 address that the proxy listens on. By default only this machine can reach it.
        extra_config: Lines to add to the hub's `jupyterhub_config.py`.
        incident: The name of an incident to rehearse, from `hubusers.local.incidents`. It sets what is not given here.

    Raises:
        ValueError: An argument is out of range, or there is no such incident.
    """

    servers: Literal["stub", "lab"] | None = None
    spawn_seconds: tuple[float, float] | None = None
    stop_seconds: tuple[float, float] | None = None
    spawn_failure_share: float | None = None
    concurrent_spawn_limit: int | None = None
    slow_spawn_timeout: float | None = None
    port: int = 0
    ip: str = LOOPBACK
    extra_config: str = ""
    incident: str = ""
    _chosen: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    _incident: Incident | None = field(default=None, init=False, repr=False)
    _settings: LocalSettings | None = field(default=None, init=False, repr=False)
    _supervisor: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.incident:
            self._incident = incident_called(self.incident)
        self._chosen = chosen_arguments(
            {name: getattr(self, name) for name in DEFAULTS}, self._incident.hub if self._incident else {}
        )
        if not 0 <= self.port <= 65535:
            raise ValueError(f"port must be from 0 (any free one) to 65535, not {self.port}")

    def __enter__(self) -> "LocalHub":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def settings(self) -> LocalSettings:
        if self._settings is None:
            raise LocalHubError("the local hub is not running")
        return self._settings

    @property
    def url(self) -> str:
        everywhere = self.ip == "0.0.0.0"  # noqa: S104  # nobody can connect to this one
        return f"http://{LOOPBACK if everywhere else self.ip}:{self.settings.public_port}"

    @property
    def endpoint(self) -> str:
        return f"{self.url}/hub/api"

    @property
    def token(self) -> str:
        """The token of a service with the scopes that hubusers needs; a new one at every start."""
        return self.settings.token

    @property
    def folder(self) -> Path:
        """The folder with the database and the log, until the hub is stopped."""
        return Path(self.settings.folder)

    @property
    def events_path(self) -> Path:
        """A file with what really happened to each server: a line of JSON per event, with its `time` in seconds."""
        return self.settings.events_path

    @property
    def proxy(self) -> str:
        """Which proxy runs: `"npm"` or `"PyPI"`."""
        return "npm" if is_from_npm(self.settings.proxy_command) else "PyPI"

    @property
    def rehearsal(self) -> list[str]:
        """The options of Locust that rehearse the hub's incident; files that they name are in the hub's folder."""
        if self._incident is None:
            return []
        accounts = ["--accounts", str(self._accounts_path)] if self._incident.people else []
        return ["--event", str(self._event_path), *accounts, *self._incident.options]

    @property
    def _event_path(self) -> Path:
        return self.folder / f"{self.incident}.toml"

    @property
    def _accounts_path(self) -> Path:
        return self.folder / "accounts.csv"

    def start(self) -> None:
        """Start the hub and return when it answers through its proxy.

        Raises:
            LocalHubError: A part is not installed, the address or port cannot be used, the hub did not start, or it is
                running already.
        """
        if self._settings is not None:
            raise LocalHubError("The local hub is running already.")
        command = _checked_parts(self._chosen["servers"])
        _check_address(self.ip, self.port)
        for attempt in range(1, _TRIES + 1):
            try:
                self._start_once(command)
                self._await_answer()
                return
            except LocalHubError as error:
                self.stop()
                # Another program may have taken the port between choosing it and listening on it.
                if attempt == _TRIES or _PORT_TAKEN not in str(error):
                    raise
            except BaseException:
                self.stop()
                raise

    def has_ended(self) -> bool:
        """Return whether the hub, or another process that it needs, has ended by itself."""
        assert self._supervisor and self._supervisor.stdout
        return bool(select.select([self._supervisor.stdout], [], [], 0)[0])

    def wait(self) -> int:
        """Wait until the hub ends by itself, and return its exit code."""
        assert self._supervisor and self._supervisor.stdout
        line = self._supervisor.stdout.readline()
        return int(line) if line.strip() else 1

    def crash(self) -> None:
        """Kill the hub, as happens when memory runs out; its proxy, servers and database stay."""
        assert self._supervisor and self._supervisor.stdin
        self._supervisor.stdin.write(b"kill\n")
        self._supervisor.stdin.flush()
        self.wait()

    def restart(self) -> None:
        """Start the hub again after a crash, on the same database; return when it answers.

        Raises:
            LocalHubError: The hub did not start.
        """
        assert self._supervisor and self._supervisor.stdin
        self._supervisor.stdin.write(b"start\n")
        self._supervisor.stdin.flush()
        self._await_answer()

    def stop(self) -> None:
        """End the hub with its proxy and servers, and remove its folder. Does nothing if the hub is not running."""
        supervisor, self._supervisor = self._supervisor, None
        settings, self._settings = self._settings, None
        if settings is None:
            return
        try:
            if supervisor is not None:
                _end_supervisor(supervisor)
        finally:
            # The supervisor has done this, unless it never started or was killed.
            if Path(settings.folder).exists():
                kill_processes_of(settings.folder, STOP_TIMEOUT)
                shutil.rmtree(settings.folder, ignore_errors=True)

    def _start_once(self, command: list[str]) -> None:
        public_port, proxy_api_port, hub_port, stub_port, behind_relay_port = free_ports(5)
        public_port = self.port or public_port
        self._settings = LocalSettings(
            folder=tempfile.mkdtemp(prefix="hubusers-local-hub-"),
            token=secrets.token_hex(32),
            **self._chosen,
            proxy_command=command,
            ip=self.ip,
            public_port=public_port,
            proxy_port=behind_relay_port if self._incident and self._incident.relay else public_port,
            proxy_api_port=proxy_api_port,
            proxy_api_token=secrets.token_hex(32),
            hub_port=hub_port,
            stub_port=stub_port,
            extra_config=self.extra_config,
            incident=self.incident,
        )
        self._settings.write()
        self._settings.events_path.touch()
        if self._incident:
            self._event_path.write_text(self._incident.event, encoding="utf-8")
            if people := self._incident.people:
                lines = ["name,password", *(f"{name},any" for name in people), ""]
                self._accounts_path.write_text("\n".join(lines), encoding="utf-8")
        self._supervisor = subprocess.Popen(
            [sys.executable, "-m", "hubusers.local.supervisor"],
            env={**os.environ, FOLDER_VARIABLE: self._settings.folder, "PYTHONPATH": _python_path()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C in a terminal should reach only the process that holds the pipe
        )

    def _await_answer(self) -> None:
        give_up_at = time.monotonic() + START_TIMEOUT
        # Ask the hub itself first: a proxy logs an error for each request to a hub that does not listen yet.
        to_answer = [f"http://{LOOPBACK}:{self.settings.hub_port}/hub/api", self.endpoint]
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic() < give_up_at:
                # npm's proxy logs this and goes on; the stub server ends and the hub does not notice.
                if _PORT_TAKEN in self._log():
                    raise LocalHubError("A port of the local hub was taken (address already in use): start it again.")
                if self.has_ended():
                    raise LocalHubError(
                        f"The local hub ended while it started. Its log ends with:\n{self.end_of_log()}"
                    )
                with contextlib.suppress(requests.RequestException):
                    if session.get(to_answer[0], timeout=5).status_code == requests.codes.ok:
                        del to_answer[0]
                if not to_answer:
                    return
                time.sleep(0.05)
        raise LocalHubError(
            f"The local hub did not answer within {START_TIMEOUT:g} seconds. Its log ends with:\n{self.end_of_log()}"
        )

    def end_of_log(self) -> str:
        return "\n".join(self._log().splitlines()[-_LOG_LINES:]) or "(nothing)"

    def _log(self) -> str:
        try:
            return self.settings.log_path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


def _checked_parts(servers: str) -> list[str]:
    """Return the proxy's command; raise LocalHubError if a part is not installed."""
    if importlib.util.find_spec("jupyterhub") is None:
        raise LocalHubError(f"JupyterHub is not installed. {this_installation().to_add('hub')}")
    if servers == "lab" and importlib.util.find_spec("jupyterlab") is None:
        raise LocalHubError(f"JupyterLab is not installed. {this_installation().to_add('lab')}")
    command = proxy_command()
    if command is None:
        raise LocalHubError(
            f"No proxy is installed. {this_installation().to_add('hub')}, or: npm install -g configurable-http-proxy"
        )
    return command


def _end_supervisor(supervisor: subprocess.Popen[bytes]) -> None:
    assert supervisor.stdin and supervisor.stdout
    with contextlib.suppress(OSError):  # it may be dead
        # Closing the pipe is not enough: a fork of this process, such as a Locust worker, may hold it open.
        supervisor.stdin.write(b"stop\n")
        supervisor.stdin.close()
    try:
        supervisor.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        supervisor.kill()
        supervisor.wait()
    finally:
        supervisor.stdout.close()


def _check_address(ip: str, port: int) -> None:
    """Raise LocalHubError if no proxy could listen on this address, or on this port of it (0: on any)."""
    try:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((ip, port))
    except OSError as error:
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise LocalHubError(f"Port {port} cannot be used: {error.strerror}. Choose another one.") from None
        raise LocalHubError(
            f"The address {ip} (--ip) cannot be used: {error.strerror}. Choose one of this machine, such as {LOOPBACK}."
        ) from None


def _python_path() -> str:
    # The hub must import this package, even if it is not installed.
    return os.pathsep.join(_package_paths())


def _package_paths() -> Iterator[str]:
    yield str(Path(__file__).parents[2])
    if path := os.environ.get("PYTHONPATH"):
        yield path
