"""The process between a local hub and whoever started it: it ends the hub, with all that belongs to it, in any case.

Run as `python -m hubusers.local.supervisor`, with the hub's folder in the environment and a pipe as standard input.
When a line comes or the pipe closes, because the hub is to be stopped or because the process at its other end died, the
hub, its proxy and its servers are ended, and the folder is removed. The exit of the hub itself, or of the stub server
that it needs, is told with one line on standard output.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

from hubusers.local.processes import kill_processes_of
from hubusers.local.settings import FOLDER_VARIABLE, LocalSettings

_PIPE = 0
"""Standard input, whose other end the parent holds."""

_GRACE = 10.0
"""Seconds that the hub has to end by itself: it stops its proxy, and real single-user servers one by one."""


def supervise(settings: LocalSettings) -> None:
    """Run the stub server and the hub until standard input closes; then leave nothing of them."""
    # A signal that ends this process early would leave the rest running: Ctrl-C is for who holds the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _close_pipe)
    parent = os.getppid()
    try:
        with settings.log_path.open("ab") as log:
            hub = _start_hub(log.fileno())
            if settings.servers == "stub":
                _tell_exit(_start_stub_server(settings.stub_port, log.fileno()))
        _tell_exit(hub)
        # A fork of the parent may hold the pipe open when the parent itself is dead: look for that as well.
        with contextlib.suppress(OSError):  # closed by SIGTERM
            while os.getppid() == parent and not select.select([_PIPE], [], [], 1.0)[0]:
                pass
        hub.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            hub.wait(_GRACE)
    finally:
        kill_processes_of(settings.folder, _GRACE)
        shutil.rmtree(settings.folder, ignore_errors=True)


def _start_hub(log: int) -> subprocess.Popen[bytes]:
    config = Path(__file__).with_name("jupyterhub_config.py")
    return subprocess.Popen(
        [sys.executable, "-m", "jupyterhub", "-f", str(config)],
        cwd=os.environ[FOLDER_VARIABLE],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )


def _start_stub_server(port: int, log: int) -> subprocess.Popen[bytes]:
    from jupyterhub import __version__

    return subprocess.Popen(
        [sys.executable, "-m", "hubusers.local.stub_server", str(port), __version__],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )


def _close_pipe(signal_number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would interrupt the cleaning up
    os.close(_PIPE)


def _tell_exit(process: subprocess.Popen[bytes]) -> None:
    def tell() -> None:
        code = process.wait()
        with contextlib.suppress(OSError):  # nobody reads any more
            os.write(sys.stdout.fileno(), f"{code}\n".encode())

    threading.Thread(target=tell, daemon=True).start()


if __name__ == "__main__":
    supervise(LocalSettings.read())
