"""Finds and kills the processes of a local hub, by the hub's folder in their environment."""

import contextlib
import os
import time

import psutil

from hubusers.local.settings import FOLDER_VARIABLE


def processes_of(folder: str) -> list[psutil.Process]:
    """Return every running process of the hub in this folder, such as proxies and servers, except this process."""
    found = []
    for process in psutil.process_iter():
        # Other people's processes, and zombies, don't show their environment.
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(FOLDER_VARIABLE) == folder:
                found.append(process)
    return found


def kill_processes_of(folder: str, timeout: float) -> None:
    """Kill them, and those that they start meanwhile; return when none is left, or after `timeout` seconds."""
    give_up_at = time.monotonic() + timeout
    while (found := processes_of(folder)) and time.monotonic() < give_up_at:
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        time.sleep(0.02)
