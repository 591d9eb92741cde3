"""Runs Locust in a process of its own, as a person would."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

from hubusers.cli.run import locustfile
from hubusers.local import LocalHub
from tests.waiting import wait_until

SUMMARY = re.compile(
    r"Clean-up: users: (\d+) created, (\d+) removed, (\d+) left; servers: (\d+) started, (\d+) removed, (\d+) left"
)

NO_FIRST_SERVER = ["--stop-after-failed-spawns", "0"]
"""Options with which a run does not try a first server before everybody comes, and stops at no number of failures."""


@dataclass
class LocustProcess:
    """A `locust` process with our locustfile. Collects its output while it runs.

    It has a process group of its own, so that an interrupt also reaches its forks, as in a terminal.
    """

    hub: LocalHub | None
    arguments: list[str]
    env: dict[str, str] = field(default_factory=dict)
    file: str = str(locustfile())
    folder: Path | None = None
    lines: list[str] = field(default_factory=list)

    def __enter__(self) -> "LocustProcess":
        env = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTERHUB_", "HUBUSERS_"))}
        env["HUBUSERS_RUNS_FOLDER"] = ""  # only the tests of the run's folder have one
        if self.hub:
            env |= {"JUPYTERHUB_ENDPOINT": self.hub.endpoint, "JUPYTERHUB_API_TOKEN": self.hub.token}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", self.file, *self.arguments],
            env=env | self.env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._collect, daemon=True)
        self.reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        print(self.output)  # pytest shows it with a test that failed

    def _collect(self) -> None:
        assert self.process.stdout
        with self.process.stdout:
            self.lines.extend(self.process.stdout)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def wait(self, seconds: float = 240) -> int:
        """Return the exit code."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"Locust did not end in {seconds} seconds:\n{self.output}") from None
        self.reader.join(5)
        assert "Traceback" not in self.output, self.output
        return code

    def wait_for(self, words: str, seconds: float = 120) -> None:
        """Wait until it has printed these words."""
        wait_until(lambda: words in self.output, lambda: f"{words!r} in:\n{self.output}", seconds)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        os.killpg(self.process.pid, signal.SIGINT)

    def stop(self, seconds: float = 240) -> int:
        """Press Ctrl-C and return the exit code."""
        self.interrupt()
        return self.wait(seconds)

    def summary(self) -> tuple[int, ...]:
        """Return the figures of the last line: users created, removed, left; servers started, removed, left."""
        found = SUMMARY.findall(self.output)
        assert found, self.output
        return tuple(map(int, found[-1]))

    def statistics(self) -> dict[str, Any]:
        """Return what `--json` printed, by request type and name."""
        text = self.output[self.output.index("\n[\n") :]
        rows, _ = json.JSONDecoder().raw_decode(text.strip())
        return {f"{row['method']} {row['name']}": row for row in rows}


def run_locust(hub: LocalHub | None, *arguments: str, **kwargs: Any) -> LocustProcess:
    """Run Locust headless until it ends by itself."""
    with LocustProcess(hub, ["--headless", "--only-summary", *arguments], **kwargs) as locust:
        locust.wait()
    return locust


def users_on(hub: LocalHub) -> list[str]:
    """Return the names of all users of a hub, through every page of its list, read here without hubusers."""
    names: list[str] = []
    headers = {"Authorization": f"token {hub.token}", "Accept": "application/jupyterhub-pagination+json"}
    following: dict[str, Any] | None = {"url": f"{hub.endpoint}/users?limit=100"}
    while following:
        page = requests.get(following["url"], headers=headers, timeout=30).json()
        names += [user["name"] for user in page["items"]]
        following = page["_pagination"]["next"]
    return names
