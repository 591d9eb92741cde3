"""What Locust's process says in its terminal or log: little, unless somebody asks for more, and each time in UTC."""

from locust.env import Environment
from locust.log import LogReader

import argparse
import logging
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from hubusers.counting import counted
from hubusers.durations import in_words
from hubusers.log import get_logger, renew_progress_with, shown
from hubusers.plugin.locust_internals import CHATTER, CHATTER_OF_PROCESSES, after_log_setup
from hubusers.terminal import ERASE_LINE, ForPeople, InUtc, Terminal, is_terminal

if TYPE_CHECKING:
    from hubusers.settings.settings import Settings

LOG = get_logger(__name__)

_LOCUST = "locust"
_TABLES = "locust.stats_logger"


def be_quiet() -> None:
    """Fit the logging that Locust is going to set up. Where Locust sets up none (`--skip-log-setup`), nothing changes.

    Every time is in UTC. Unless the log level is DEBUG, what `CHATTER` lists is left out. On a terminal, lines are
    short, and the line of progress renews itself.
    """
    after_log_setup(_fit_logging)


def asks_for_tables(options: argparse.Namespace) -> bool:
    """Say whether somebody wants figures in tables: again and again (`--print-stats`), or at the end
    (`--only-summary`).
    """
    return bool(options.print_stats or options.only_summary)


def begin_quietly(environment: Environment, *, is_worker: bool) -> None:
    """Leave out Locust's tables, unless they are asked for. With `--processes`, whose workers write into the terminal
    of their master, leave only warnings and errors of these.
    """
    options = environment.parsed_options
    assert options
    if options.skip_log_setup:
        return
    if not asks_for_tables(options):
        logging.getLogger(_TABLES).setLevel(logging.WARNING)
    if options.processes and not _is_wordy():
        if is_worker:
            renew_progress_with(None)
        for handler in _handlers():
            handler.addFilter(_NoChatter(CHATTER_OF_PROCESSES))
            if is_worker:
                handler.setLevel(logging.WARNING)


def who_comes(settings: "Settings", options: argparse.Namespace) -> str:
    """Return who comes to a run, when, and what they are called, as in "20 users come, 5 a second, for 2m; …"."""
    names = f"their names begin with {settings.prefix}-{settings.run_id}-"
    if settings.accounts_file:
        names = f"they use the accounts in {settings.accounts_file}"
    if settings.event:
        people = settings.people
        scale = f", at {settings.event.time_scale:g} times the speed" if settings.event.time_scale != 1 else ""
        last = in_words(people[-1].arrives) if people else "0s"
        come = counted(len(people), "person comes", "people come")
        return f"{come} to {settings.event.title}, the last one after {last}{scale}; {names}"
    rate = f"{options.spawn_rate or 1:g} a second"  # Locust's own default, as that of the number
    end = f"for {in_words(options.run_time)}" if options.run_time else "until somebody stops the run"
    if settings.lifecycles:
        end = f"for {counted(settings.lifecycles, 'lifecycle')} each"
    come = counted(options.num_users or 1, "user comes", "users come")
    return f"{come}, {rate}, {end}; {names}"


def say_why_not(reason: str) -> None:
    """Say why there can be no test, as the command `hubusers` says what is wrong: `Error: …`, on stderr.

    A log that goes elsewhere gets it too. Where the logging is not the one that Locust sets up, only that log gets it.

    Args:
        reason: A sentence, or a line for each mistake in an event file.

    Logs:
        ERROR each line.
    """
    lines = reason.splitlines()
    on_stderr: list[logging.Handler] = []
    if any(isinstance(handler, LogReader) for handler in _handlers()):
        erase = ERASE_LINE if is_terminal(sys.stderr) else ""
        text = "\n".join(map(shown, lines))
        sys.stderr.write(f"{erase}Error: {text}\n")
        sys.stderr.flush()
        on_stderr = [handler for handler in _handlers() if getattr(handler, "stream", None) is sys.stderr]
    for handler in on_stderr:
        handler.addFilter(_is_nothing)
    for line in lines:
        LOG.error("%s", line)
    for handler in on_stderr:
        handler.removeFilter(_is_nothing)


def _is_nothing(_: logging.LogRecord) -> bool:
    return False


class _NoChatter(logging.Filter):
    """Leaves out what Locust says in passing; of what it says every second while it waits, what is new."""

    def __init__(self, chatter: Iterable[str] = CHATTER) -> None:
        super().__init__()
        self._chatter = tuple(chatter)
        self._last = ""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno > logging.INFO or not (record.name == "root" or record.name.startswith(_LOCUST)):
            return True
        before, self._last = self._last, record.getMessage()
        return self._last != before and not any(re.search(words, self._last) for words in self._chatter)


def _fit_logging() -> None:
    fitted = {handler: _fitted(handler) for handler in _handlers()}
    for logger in _loggers():
        logger.handlers = [fitted[handler] for handler in logger.handlers]


def _fitted(handler: logging.Handler) -> logging.Handler:
    template = getattr(handler.formatter, "_fmt", "") or ""
    if "%(asctime)s" in template:
        handler.setFormatter(InUtc(template))
    if isinstance(handler, logging.StreamHandler) and is_terminal(handler.stream):
        short = "%(asctime)s" in template and not _is_wordy()
        handler = terminal = Terminal(handler.stream, ForPeople() if short else handler.formatter)
        renew_progress_with(terminal.renew)
    if not _is_wordy():
        handler.addFilter(_NoChatter())
    return handler


def _loggers() -> list[logging.Logger]:
    """Return the loggers that Locust gives handlers to."""
    return [logging.getLogger(name) for name in (None, _LOCUST, _TABLES)]


def _handlers() -> set[logging.Handler]:
    return {handler for logger in _loggers() for handler in logger.handlers}


def _is_wordy() -> bool:
    return logging.getLogger(_LOCUST).isEnabledFor(logging.DEBUG)
