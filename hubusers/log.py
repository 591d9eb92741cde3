"""Loggers that write no secrets and whose lines stay lines, although names and answers come from outside."""

import logging

_SHORTEST_TOKEN = 8
"""Characters; JupyterHub takes no shorter ones, and hiding each "x" would spoil every message."""

_SECRETS: set[str] = set()


class _Shown(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = shown(record.getMessage()), ()
        return True


_SHOWN = _Shown()


def get_logger(name: str) -> logging.Logger:
    """Return the logger of this name; its messages are written as `shown` returns them."""
    logger = logging.getLogger(name)
    logger.addFilter(_SHOWN)
    return logger


def keep_secret(text: str) -> None:
    """Never show `text`, a token: what stands before a hub may send a request's headers back in its answer."""
    if len(text) >= _SHORTEST_TOKEN:
        _SECRETS.add(text)


def shown(text: str) -> str:
    """Return `text` without secrets, and with every character that cannot be printed (a line break) as its escape."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in without_secrets(text)
    )


def without_secrets(text: str) -> str:
    """Return `text` with each secret replaced; whoever cuts a text does it before, or a cut secret would be shown."""
    for secret in _SECRETS:
        text = text.replace(secret, "(secret)")
    return text
