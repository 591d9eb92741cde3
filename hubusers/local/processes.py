"""The processes of a local hub, wherever they are: known by the hub's folder in their environment."""

import contextlib
import os
import time

import psutil

from hubusers.local.settings import FOLDER_VARIABLE


def processes_of(folder: str) -> list[psutil.Process]:
    """Return every living process of the hub in this folder, this one excepted: proxies, servers, orphans."""
    found = []
    for process in psutil.process_iter():
        # Those of other people, and those that have ended and were not yet waited for, don't show their environment.
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(FOLDER_VARIABLE) == folder:
                found.append(process)
    return found


def kill_processes_of(folder: str, timeout: float) -> None:
    """Kill all of them, also those that they start meanwhile; return when none is left, or after `timeout` seconds."""
    give_up_at = time.monotonic() + timeout
    while (found := processes_of(folder)) and time.monotonic() < give_up_at:
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        time.sleep(0.02)
