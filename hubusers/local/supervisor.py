"""The process between a local hub and the process that wants it: it ends the hub, whatever happens to either.

It runs as `python -m hubusers.local.supervisor`, with the hub's folder in the environment and a pipe as standard input:

- The line `stop` ends the hub, its proxy and its servers, and removes the folder. So does the end of the pipe, which
  closes when the process at its other end dies.
- The line `kill` kills only the hub, and `start` starts it again.

When the hub, or another process that it needs, ends by itself, the supervisor writes its exit code to standard output.
It also kills processes at the moments that the hub's incident says, and starts them again; that it does not tell.
"""

import contextlib
import os
import select
import shutil
import signal
from collections.abc import Iterator
from types import FrameType

from hubusers.local.hub_processes import HubProcesses
from hubusers.local.kills import Kills
from hubusers.local.processes import kill_processes_of
from hubusers.local.settings import LocalSettings

_PIPE = 0
"""Standard input; the parent holds its other end."""

_GRACE = 10.0
"""Seconds until each process must have ended."""

_TICK = 0.2
"""Seconds between two looks whether the parent lives, and whether something of an incident is due."""


def supervise(settings: LocalSettings) -> None:
    """Run the hub and what it needs until standard input closes; then end them and remove their folder."""
    # If a signal ended this process early, the others would keep running. The parent handles Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _close_pipe)
    parent = os.getppid()
    processes = HubProcesses(settings)
    kills = Kills(settings, processes)
    try:
        processes.start_all()
        for line in _lines_from(parent):
            if line == b"kill":
                processes.kill("hub")
            elif line == b"start":
                processes.start("hub")
            elif line == b"":
                kills.do_what_is_due()
            else:
                break
        if settings.servers == "lab":  # its hub stops them one by one; nobody misses what a hub of stubs would do
            processes.end_hub()
    finally:
        kill_processes_of(settings.folder, _GRACE)
        shutil.rmtree(settings.folder, ignore_errors=True)


def _lines_from(parent: int) -> Iterator[bytes]:
    """Return the lines that come through the pipe, until it closes or the parent dies; and "" at each tick."""
    received = b""
    with contextlib.suppress(OSError):  # closed by SIGTERM
        # Also check that the parent is alive, because a fork of it may hold the pipe open after its death.
        while os.getppid() == parent:
            if select.select([_PIPE], [], [], _TICK)[0]:
                more = os.read(_PIPE, 1024)
                if not more:
                    return
                *lines, received = (received + more).split(b"\n")
                yield from lines
            yield b""


def _close_pipe(signal_number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would interrupt the clean-up
    os.close(_PIPE)


if __name__ == "__main__":
    supervise(LocalSettings.read())
