"""The spawners of a local hub, which take as long and fail as often as its settings and its incident say.

They run in the hub's process, which loads them by name.
"""

import asyncio
import json
import os
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from jupyterhub.spawner import SimpleLocalProcessSpawner, Spawner

from hubusers.local.incidents import INCIDENTS
from hubusers.local.incidents.start import Start
from hubusers.local.late_address import LateAddress
from hubusers.local.settings import FOLDER_VARIABLE, LocalSettings

_LOOK_EVERY = 0.1
"""Seconds between two looks for something new to say on the progress stream."""


class _Obedient:
    """Mixin for both spawners: delays, failures and notes. A subclass says how to launch and end a server."""

    user: Any
    name: str
    user_options: dict[str, Any]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.settings = LocalSettings.read()
        incident = INCIDENTS.get(self.settings.incident)
        self.script = incident.start if incident else None
        self._start = Start(self.user.name, 0)
        self._late_address: LateAddress | None = None

    async def launch(self) -> str:
        """Start the server and return its URL."""
        raise NotImplementedError

    async def end(self, now: bool) -> None:
        """Stop the server, if it was launched."""
        raise NotImplementedError

    async def start(self) -> str:
        self._note("starting", user_options=self.user_options)
        try:
            if self.script:
                self._start = Start(self.user.name, self.settings.count_starts())
                await self.script(self._start)
            await asyncio.sleep(random.uniform(*self.settings.spawn_seconds))
        except asyncio.CancelledError:
            # Stopped during the spawn. The hub does not call stop() for a server that is not running.
            self._note("stopped")
            raise
        except Exception:
            self._note("failed")
            raise
        if random.random() < self.settings.spawn_failure_share:
            self._note("failed")
            raise RuntimeError("this spawn failed on purpose: the local hub lets some spawns fail")
        try:
            url = await self.launch()
        except Exception:
            self._note("failed")
            raise
        self._note("ready")
        if self._start.silent_for:
            self._late_address = LateAddress(url, self._start.silent_for)
            url = self._late_address.url
        return url

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Yield the events of the progress stream; the hub ends it when the start is over."""
        if not self.script:
            yield {"progress": 50, "message": "Spawning server..."}  # as spawners do that say nothing of their own
            return
        told = 0
        while True:
            while told < len(self._start.said):
                yield self._start.said[told]
                told += 1
            await asyncio.sleep(_LOOK_EVERY)

    async def stop(self, now: bool = False) -> None:
        self._note("stopping")
        await asyncio.sleep(random.uniform(*self.settings.stop_seconds))
        await self.end(now)
        if self._late_address:
            self._late_address.close()
        self._note("stopped")

    def _note(self, event: str, **more: Any) -> None:
        """Write what happened, and when, to the hub's events file; tests compare it with what a run measures."""
        line = {"time": time.time(), "event": event, "username": self.user.name, "server_name": self.name, **more}
        # One write of one line to a file opened for appending is atomic.
        with self.settings.events_path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


class StubSpawner(_Obedient, Spawner):  # type: ignore[misc]  # jupyterhub has no type hints
    """Starts no process: one small HTTP server stands in for all servers, so that thousands fit on a laptop."""

    launched = False

    async def launch(self) -> str:
        self.launched = True
        return f"http://127.0.0.1:{self.settings.stub_port}"

    async def end(self, now: bool) -> None:
        self.launched = False

    async def poll(self) -> int | None:
        return None if self.launched else 0

    # After a restart, the hub restores its spawners' state from the database.

    def get_state(self) -> dict[str, Any]:
        return {**super().get_state(), "launched": self.launched}

    def load_state(self, state: dict[str, Any]) -> None:
        super().load_state(state)
        self.launched = state.get("launched", False)

    def clear_state(self) -> None:
        super().clear_state()
        self.launched = False


class LabSpawner(_Obedient, SimpleLocalProcessSpawner):  # type: ignore[misc]
    """Starts real single-user servers with JupyterLab: a process each, with a home in the hub's folder.

    "ready" in its notes means that the process was launched. JupyterLab then needs some more seconds.
    """

    args: list[str]
    environment: dict[str, str]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.home_dir_template = str(Path(self.settings.folder, "homes", "{username}"))
        # The supervisor finds its processes by the folder.
        self.environment = {**self.environment, FOLDER_VARIABLE: self.settings.folder}
        self.ip = "127.0.0.1"
        if os.geteuid() == 0:
            self.args = [*self.args, "--allow-root"]

    async def launch(self) -> str:
        ip, port = await SimpleLocalProcessSpawner.start(self)
        return f"http://{ip}:{port}"

    async def end(self, now: bool) -> None:
        await SimpleLocalProcessSpawner.stop(self, now=now)
