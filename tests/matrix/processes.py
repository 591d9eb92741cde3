"""Processes beside a hub: started in the foreground, ended by their id."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from hubusers.local.ports import LOOPBACK

START_SECONDS, STOP_SECONDS = 60.0, 20.0


def ran(command: Sequence[str], **keywords: Any) -> bytes:
    """Run a program to its end, and return what it printed.

    Raises:
        RuntimeError: It failed; the text has what it said.
    """
    done: subprocess.CompletedProcess[bytes] = subprocess.run(command, capture_output=True, check=False, **keywords)
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise RuntimeError(f"{' '.join(command[:2])} failed: {said[-1000:]}")
    return done.stdout


@contextmanager
def running(
    command: Sequence[str],
    log: Path,
    is_up: Callable[[], object],
    *,
    standard_input: IO[bytes] | None = None,
    **keywords: Any,
) -> Iterator[None]:
    """Have a process as long as the with-block lasts.

    Args:
        command: Its command.
        log: The file that it writes to.
        is_up: Asked again and again until it returns something true; what it raises means no.
        standard_input: What it reads; None for nothing.
        keywords: More for `subprocess.Popen`.

    Raises:
        RuntimeError: It ended, or is not up within a minute; the text has the end of its log.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=standard_input or subprocess.DEVNULL, stdout=output, stderr=output, **keywords
        )
    try:
        give_up_at = time.monotonic() + START_SECONDS
        while not _holds(is_up):
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"{command[0]} did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _holds(question: Callable[[], object]) -> bool:
    with contextlib.suppress(Exception):  # whatever a client says of a server that is not there yet
        return bool(question())
    return False


def listens(port: int) -> bool:
    """Return whether something listens at this port of loopback."""
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
        return True
    return False


@contextmanager
def folder_of(owner: str) -> Iterator[str]:
    """Have a folder for a program that does not run as root: it belongs to the program's account, if we are root."""
    folder = tempfile.mkdtemp(prefix="hubusers-matrix-")
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, owner)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def as_somebody(owner: str) -> dict[str, Any]:
    """Return what makes `subprocess` run a program as this account, if we are root."""
    return {"user": owner, "group": owner} if os.geteuid() == 0 else {}


def version_of(*command: str) -> Callable[[], str]:
    """Return a function that asks a program for its version: the first number with a dot in what it says."""

    def ask() -> str:
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.search(r"\d+(\.\d+)+", said.stdout + said.stderr)
        return found.group() if found else "unknown"

    return ask
