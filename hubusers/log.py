"""Loggers that never write secrets, and that write each message on one line even if it quotes a hub's answer."""

import logging
import time
from collections.abc import Callable

_SHORTEST_TOKEN = 8
"""Characters. JupyterHub accepts no shorter tokens, and hiding each "x" would make messages unreadable."""

_SECRETS: set[str] = set()


class _Shown(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = shown(record.getMessage()), ()
        return True


_SHOWN = _Shown()


def get_logger(name: str) -> logging.Logger:
    """Return the logger of this name, which passes each message through `shown`."""
    logger = logging.getLogger(name)
    logger.addFilter(_SHOWN)
    return logger


class Progress:
    """A line of progress that is said anew while something lasts: on a terminal that renews its last line whenever
    there is news, in a log every ten seconds.

    Args:
        logger: Where to log it.
        first_after: Seconds from now after which a log gets the first one.
    """

    def __init__(self, logger: logging.Logger, first_after: float = 0.0) -> None:
        self._logger = logger
        self._next = time.monotonic() + first_after

    def say(self, text: str) -> None:
        """Show how far it is.

        Logs:
            INFO the text, now and then.
        """
        if _renew:
            _renew(shown(text))
        elif (now := time.monotonic()) >= self._next:
            self._next = max(now, self._next + _BETWEEN_LINES_OF_PROGRESS)
            self._logger.info("%s", text)


_BETWEEN_LINES_OF_PROGRESS = 10.0

_renew: Callable[[str], None] | None = None


def renew_progress_with(renew: Callable[[str], None] | None) -> None:
    """Have each line of progress shown by `renew`, in place of the one before; None: have them logged."""
    global _renew
    _renew = renew


def keep_secret(text: str) -> None:
    """Never show this token. A proxy may send the headers of a request back in its answer."""
    if len(text) >= _SHORTEST_TOKEN:
        _SECRETS.add(text)


def shown(text: str) -> str:
    """Return `text` without secrets, and with characters that cannot be printed, such as line breaks, escaped."""
    text = without_secrets(text)
    if text.isprintable():  # as most are
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def without_secrets(text: str) -> str:
    """Return `text` with each secret replaced. Call this before shortening a text, or a part of a secret may remain."""
    for secret in tuple(_SECRETS):  # another thread may add one meanwhile
        text = text.replace(secret, "(secret)")
    return text
