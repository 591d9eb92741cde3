"""A terminal that people read: short lines with the time in UTC, and below them a line of progress that is renewed."""

import logging
import os
import time
from typing import TextIO

ERASE_LINE = "\r\x1b[K"


class InUtc(logging.Formatter):
    """Writes times in UTC, and says so."""

    converter = time.gmtime  # type: ignore[assignment]

    def __init__(self, template: str, times: str | None = None) -> None:
        super().__init__(template.replace("%(asctime)s", "%(asctime)s UTC"), times)


class ForPeople(InUtc):
    """Writes what a person at a terminal wants to read: the time of day, and what was said."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s  %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        if record.levelno >= logging.WARNING:
            record.message = f"{record.levelname}: {record.message}"
        return super().formatMessage(record)


class Terminal(logging.StreamHandler[TextIO]):
    """Writes to a terminal. A line of progress stands below all others, until one of either kind replaces it.

    Args:
        stream: The terminal.
        formatter: Makes the lines.
    """

    def __init__(self, stream: TextIO, formatter: logging.Formatter | None) -> None:
        super().__init__(stream)
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        self.stream.write(ERASE_LINE)
        super().emit(record)

    def renew(self, progress: str) -> None:
        """Show this line of progress, as many of its parts as fit."""
        columns = os.get_terminal_size(self.stream.fileno()).columns
        self.stream.write(f"{ERASE_LINE}{_fitting(progress, columns - 1)}")
        self.stream.flush()


def is_terminal(stream: TextIO) -> bool:
    """Return whether a stream is a terminal whose last line can be renewed."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _fitting(progress: str, width: int) -> str:
    """Return a line as it is or, if it is too long, up to the end of a part, and that there is more."""
    if len(progress) <= width:
        return progress
    return f"{progress[: width - 2].rpartition(', ')[0] or progress[: width - 2]} …"[:width]
