"""The process between a local hub and the process that wants it: it ends the hub, whatever happens to either.

It runs as `python -m hubusers.local.supervisor`, with the hub's folder in the environment and a pipe as standard input:

- The line `stop` ends the hub, its proxy and its servers, and removes the folder. So does the end of the pipe, which
  closes when the process at its other end dies.
- The line `kill` kills only the hub, and `start` starts it again.

When the hub, or the stub server that it needs, ends by itself, the supervisor writes its exit code to standard output.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from hubusers.local.processes import kill_processes_of
from hubusers.local.settings import LocalSettings

_PIPE = 0
"""Standard input; the parent holds its other end."""

_GRACE = 10.0
"""Seconds that the hub has to end in order: it stops its proxy, and real single-user servers one by one."""


def supervise(settings: LocalSettings) -> None:
    """Run the stub server and the hub until standard input closes; then end them and remove their folder."""
    # If a signal ended this process early, the others would keep running. The parent handles Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _close_pipe)
    parent = os.getppid()
    try:
        hub = _start_hub(settings)
        if settings.servers == "stub":
            _start_stub_server(settings)
        for line in _lines_from(parent):
            if line == b"kill":
                hub.kill()
            elif line == b"start":
                hub = _start_hub(settings)
            else:
                break
        hub.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            hub.wait(_GRACE)
    finally:
        kill_processes_of(settings.folder, _GRACE)
        shutil.rmtree(settings.folder, ignore_errors=True)


def _lines_from(parent: int) -> Iterator[bytes]:
    """Return the lines that come through the pipe, until it closes or the parent dies."""
    received = b""
    with contextlib.suppress(OSError):  # closed by SIGTERM
        # Also check that the parent is alive, because a fork of it may hold the pipe open after its death.
        while os.getppid() == parent:
            if select.select([_PIPE], [], [], 1.0)[0]:
                more = os.read(_PIPE, 1024)
                if not more:
                    return
                *lines, received = (received + more).split(b"\n")
                yield from lines


def _start_hub(settings: LocalSettings) -> subprocess.Popen[bytes]:
    config = Path(__file__).with_name("jupyterhub_config.py")
    return _start([sys.executable, "-m", "hubusers.local.jupyterhub_process", "-f", str(config)], settings)


def _start_stub_server(settings: LocalSettings) -> None:
    from jupyterhub import __version__

    _start([sys.executable, "-m", "hubusers.local.stub_server", str(settings.stub_port), __version__], settings)


def _start(command: list[str], settings: LocalSettings) -> subprocess.Popen[bytes]:
    with settings.log_path.open("ab") as log:
        process = subprocess.Popen(command, cwd=settings.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    _tell_exit(process)
    return process


def _close_pipe(signal_number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would interrupt the clean-up
    os.close(_PIPE)


def _tell_exit(process: subprocess.Popen[bytes]) -> None:
    def tell() -> None:
        code = process.wait()
        with contextlib.suppress(OSError):  # nobody reads it any more
            os.write(sys.stdout.fileno(), f"{code}\n".encode())

    threading.Thread(target=tell, daemon=True).start()


if __name__ == "__main__":
    supervise(LocalSettings.read())
