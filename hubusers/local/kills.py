"""Kills processes of a local hub at the moments that its incident says, and starts them again."""

import json
import time

from hubusers.local.hub_processes import HubProcesses
from hubusers.local.incidents import INCIDENTS
from hubusers.local.settings import LocalSettings


class Kills:
    """What the supervisor does to the hub's processes, by what the spawner writes down about starts."""

    def __init__(self, settings: LocalSettings, processes: HubProcesses) -> None:
        self._settings = settings
        self._processes = processes
        incident = INCIDENTS.get(settings.incident)
        self._waiting = list(incident.kills) if incident else []
        self._hub_back_after = incident.hub_back_after if incident else None
        self._to_kill: list[tuple[float, str, float | None]] = []
        self._to_start: list[tuple[float, str]] = []

    def do_what_is_due(self) -> None:
        """Look once: kill and start what is due now, and write that to the events file."""
        now = time.monotonic()
        if self._waiting:
            starts = self._settings.count_starts()
            for kill in [kill for kill in self._waiting if starts >= kill.after_starts]:
                self._waiting.remove(kill)
                self._to_kill.append((now + kill.seconds, kill.process, kill.back_after))
        if self._hub_back_after is not None and self._processes.hub_has_ended():
            self._note("ended", "hub")
            self._kill("hub", now, self._hub_back_after)
        for moment in [moment for moment in self._to_kill if moment[0] <= now]:
            self._to_kill.remove(moment)
            _, name, back_after = moment
            self._note("killed", name)
            self._kill(name, now, back_after)
        for due in [due for due in self._to_start if due[0] <= now]:
            self._to_start.remove(due)
            self._note("started again", due[1])
            self._processes.start(due[1])

    def _kill(self, name: str, now: float, back_after: float | None) -> None:
        self._processes.kill_untold(name)
        if back_after is not None:
            self._to_start.append((now + back_after, name))

    def _note(self, event: str, process: str) -> None:
        line = {"time": time.time(), "event": event, "username": "", "process": process}
        with self._settings.events_path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
