"""What a run in a pod says, in the terminal here: as a run on this machine says it."""

import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from hubusers.kube.manifests import RUNS_FOLDER
from hubusers.log import renew_progress_with, shown
from hubusers.terminal import ERASE_LINE, ForPeople, InUtc, Terminal, is_terminal

_LOGGER = "hubusers.kube"

_LOGGED = re.compile(
    r"\[(?P<time>[\d-]+ [\d:]+),(?P<ms>\d+) UTC\] [^/]*/(?P<level>[A-Z]+)/[^:]*: (?P<text>.*)", re.DOTALL
)
"""A line of the log as Locust writes it outside a terminal."""

_PROGRESS = re.compile(r"(\d+:)?\d\d:\d\d elapsed, |[\d,]+ of [\d,]+ accounts? created")

_WHERE_IT_IS = f"The report is in {RUNS_FOLDER}/"
"""How the pod says where the report is: true here, in another folder, only when that has come home."""


class PodLines:
    """Shows the lines of a pod's log.

    In a terminal, lines are short, and the line of progress renews itself. Elsewhere they are as the pod wrote them.

    Args:
        names: What stands in place of what: the path of a given file in place of the pod's own.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._terminal = next((each for each in _handlers() if isinstance(each, Terminal)), None)

    def say(self, line: str) -> None:
        """Show a line: what the run logs on the standard error, all else on the standard output.

        Where the report is in the pod is not shown: what brings it home says where it is then.
        """
        for in_pod, here in self._names.items():
            line = line.replace(in_pod, here)
        logged = _LOGGED.fullmatch(line)
        if logged and logged["text"].startswith(_WHERE_IT_IS):
            return
        if not logged:
            if self._terminal:
                sys.stderr.write(ERASE_LINE)
            print(shown(line), flush=True)
        elif not self._terminal:
            print(shown(line), file=sys.stderr, flush=True)
        elif _PROGRESS.match(logged["text"]):
            renew(self._terminal, shown(logged["text"]))
        else:
            record = logging.LogRecord(_LOGGER, _level(logged["level"]), "", 0, shown(logged["text"]), None, None)
            moment = datetime.strptime(logged["time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            record.created = moment.timestamp()
            self._terminal.handle(record)


def set_up_logging() -> None:
    """Let what hubusers itself says of a run in a cluster appear on the standard error, in the form of a run's log."""
    stream = sys.stderr
    handler: logging.Handler
    if is_terminal(stream):
        handler = terminal = Terminal(stream, ForPeople())
        renew_progress_with(lambda text: renew(terminal, text))
    else:
        handler = logging.StreamHandler(stream)
        handler.setFormatter(InUtc("[%(asctime)s] here/%(levelname)s/%(name)s: %(message)s"))
    logger = logging.getLogger(_LOGGER)
    logger.setLevel(logging.INFO)
    logger.handlers = [handler]
    logger.propagate = False


def renew(terminal: Terminal, text: str) -> None:
    """Renew the line of progress, while no other thread writes."""
    terminal.acquire()
    try:
        terminal.renew(text)
    finally:
        terminal.release()


def _handlers() -> list[logging.Handler]:
    return logging.getLogger(_LOGGER).handlers


def _level(name: str) -> int:
    return logging.getLevelNamesMapping().get(name, logging.INFO)
