"""Loggers that never write secrets, and that write each message on one line even if it quotes a hub's answer."""

import logging

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
    for secret in _SECRETS:
        text = text.replace(secret, "(secret)")
    return text
