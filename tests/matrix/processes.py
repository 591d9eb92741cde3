"""Processes beside a hub: started in the foreground, ended by their id."""

import contextlib
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

START_SECONDS, STOP_SECONDS = 60.0, 20.0


@contextmanager
def running(command: Sequence[str], log: Path, is_up: Callable[[], object], **keywords: object) -> Iterator[None]:
    """Have a process as long as the with-block lasts.

    Args:
        command: Its command.
        log: The file that it writes to.
        is_up: Asked again and again until it returns something true; what it raises means no.
        keywords: More for `subprocess.Popen`.

    Raises:
        RuntimeError: It ended, or is not up within a minute; the text has the end of its log.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **keywords)  # type: ignore[call-overload]
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


def version_of(*command: str) -> Callable[[], str]:
    """Return a function that asks a program for its version: the first number with a dot in what it says."""

    def ask() -> str:
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.search(r"\d+(\.\d+)+", said.stdout + said.stderr)
        return found.group() if found else "unknown"

    return ask
