"""The process between a local hub and whoever started it: it ends the hub, with all that belongs to it, in any case.

Run as `python -m hubusers.local.supervisor`, with the hub's folder in the environment and a pipe as standard input.
When the pipe closes, because the hub is to be stopped or because the process at its other end died, the hub, its proxy
and its servers are ended, and the folder is removed. The exit of the hub itself is told with one line on standard
output.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil

from hubusers.local.settings import FOLDER_VARIABLE, LocalSettings

_GRACE = 10.0
"""Seconds that the hub has to end by itself: it stops its proxy, and real single-user servers one by one."""


def supervise(settings: LocalSettings) -> None:
    """Run the stub server and the hub until standard input closes; then leave nothing of them."""
    # A signal that ends this process early would leave the rest running: Ctrl-C is for who holds the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os.close(sys.stdin.fileno()))
    try:
        with settings.log_path.open("ab") as log:
            hub = _start_hub(log.fileno())
            if settings.servers == "stub":
                _start_stub_server(settings.stub_port, log.fileno())
        threading.Thread(target=_tell_exit, args=[hub], daemon=True).start()
        with contextlib.suppress(OSError):
            while os.read(sys.stdin.fileno(), 1024):
                pass
        hub.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            hub.wait(_GRACE)
    finally:
        _end_all_of(settings.folder)
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


def _start_stub_server(port: int, log: int) -> None:
    from jupyterhub import __version__

    subprocess.Popen(
        [sys.executable, "-m", "hubusers.local.stub_server", str(port), __version__],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )


def _tell_exit(hub: subprocess.Popen[bytes]) -> None:
    code = hub.wait()
    with contextlib.suppress(OSError):
        print(code, flush=True)


def _end_all_of(folder: str) -> None:
    """Kill every process that has this folder in its environment, this one excepted: proxies, servers, orphans."""
    doomed = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(FOLDER_VARIABLE) == folder:
                process.kill()
                doomed.append(process)
    psutil.wait_procs(doomed, timeout=_GRACE)


if __name__ == "__main__":
    supervise(LocalSettings.read())
