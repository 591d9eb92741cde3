"""The fast hub, and our users, as processes of their own, for as long as a with-block lasts."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from benchmarks.fast_hub import LOOPBACK

ROOT = Path(__file__).resolve().parent.parent
"""The folder that `python -m benchmarks.…` runs in."""

HUB_CPU, GENERATOR_CPU = 0, 1
"""The CPU that each has for itself, where they are not to get into each other's way."""

STARTS = "POST /users/{name}/server"
"""The requests that the hub counts once for each lifecycle."""

_SECONDS_TO_END = 10.0
_SECONDS_TO_CLEAN_UP = 240.0


@dataclass(frozen=True)
class Counts:
    """What the hub had to do so far."""

    requests: dict[str, int]
    """By method and path, such as `GET /users/{name}`."""

    cpu_seconds: float


@dataclass(frozen=True)
class RunningHub:
    """A hub that listens: the fast one, unless a token is given."""

    url: str
    token: str = "anything"  # noqa: S105  # which the fast one takes

    @property
    def endpoint(self) -> str:
        return f"{self.url}/hub/api"

    def counts(self) -> Counts:
        return Counts(**requests.get(f"{self.url}/counts", timeout=10).json())

    def ready_times(self) -> dict[str, float]:
        """Return when each user's server became ready the last time, in seconds since 1970."""
        times: dict[str, float] = requests.get(f"{self.url}/ready-times", timeout=10).json()
        return times


@contextmanager
def running_fast_hub(
    *, spawn_seconds: float = 2.0, stop_seconds: float = 0.0, cpu: int | None = None
) -> Iterator[RunningHub]:
    """Have a fast hub on a free port of this machine.

    Args:
        spawn_seconds: From asking for a server until it is ready.
        stop_seconds: From stopping a server until it is gone.
        cpu: The only CPU that it runs on.
    """
    arguments = ["--spawn-seconds", str(spawn_seconds), "--stop-seconds", str(stop_seconds)]
    if cpu is not None:
        arguments += ["--cpu", str(cpu)]
    with listening("benchmarks.fast_hub", *arguments) as port:
        yield RunningHub(f"http://{LOOPBACK}:{port}")


@contextmanager
def listening(module: str, *arguments: str) -> Iterator[int]:
    """Run a module that says `listening on PORT` and ends when its standard input closes; the port is the value."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            port = _first_line(process).removeprefix("listening on ").strip()
            if not port.isdecimal():
                raise RuntimeError(f"{module} did not start; see above")
            yield int(port)
        finally:
            _end(process)


def _first_line(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline() if process.stdout else ""


def _end(process: subprocess.Popen[str]) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()


class DidNotRun(Exception):
    """A load generator did not do what was to be measured; the text says what it did instead."""


@dataclass(frozen=True)
class RunningUsers:
    """A Locust process, with its workers if it has any, that sends users to a hub."""

    process: psutil.Popen
    _output: Path

    def output(self) -> str:
        """Return what it has printed and logged so far."""
        return self._output.read_text(encoding="utf-8")

    def wait_until(self, done: Callable[[], bool], seconds: float, what: str) -> None:
        """Look twice a second whether something has come about.

        Raises:
            DidNotRun: It has not within this many seconds, or the process has ended before.
        """
        give_up_at = time.monotonic() + seconds
        while not done():
            if self.process.poll() is not None:
                raise DidNotRun(f"ended (exit code {self.process.returncode}) before {what}:\n{self.output()}")
            if time.monotonic() > give_up_at:
                raise DidNotRun(f"not within {seconds:g} seconds: {what}")
            time.sleep(0.5)

    def end(self) -> None:
        """End it as an operator does, and wait until it has cleaned up."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_SECONDS_TO_CLEAN_UP)
        except subprocess.TimeoutExpired:
            for process in [*self.process.children(), self.process]:
                process.kill()
            self.process.wait()


def environment_for(hub: RunningHub) -> dict[str, str]:
    """Return this process's environment without what the operator has set for tests, and with the way to the hub."""
    read_by_them = ("JUPYTERHUB_", "HUBUSERS_", "LOCUST_", "SERVER_")
    return {name: value for name, value in os.environ.items() if not name.startswith(read_by_them)} | {
        "JUPYTERHUB_ENDPOINT": hub.endpoint,
        "HUBUSERS_RUNS_FOLDER": "",
        "JUPYTERHUB_API_TOKEN": hub.token,
    }


@contextmanager
def running_users(
    hub: RunningHub,
    arguments: list[str],
    *,
    locustfile: str = "benchmarks/our_users.py",
    cpu: int | None = None,
    password: str = "",
) -> Iterator[RunningUsers]:
    """Have users on the hub; they are ended, and cleaned up after, with the block at the latest.

    Args:
        hub: Where they go.
        arguments: For Locust, on top of those that all have in common.
        locustfile: Defines the users.
        cpu: The only CPU that they run on.
        password: Theirs, for those who log in.
    """
    environment = environment_for(hub) | ({"HUBUSERS_PASSWORD": password} if password else {})
    command = [sys.executable, "-m", "locust", "-f", locustfile, "--headless", "--only-summary"]
    command += ["--stop-after-failed-spawns", "0", *arguments]
    with tempfile.TemporaryDirectory() as folder:
        # A file and not a pipe: a full pipe would block the users, because it is not read during the measurement.
        output = Path(folder, "output")
        with output.open("w", encoding="utf-8") as file:
            process = psutil.Popen(
                command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )
        if cpu is not None:
            os.sched_setaffinity(process.pid, {cpu})
        users = RunningUsers(process, output)
        try:
            yield users
        finally:
            users.end()


def cpu_seconds(process: psutil.Process) -> float:
    """Return the CPU time that a process took so far, without its children."""
    times = process.cpu_times()
    return float(times.user + times.system)
