"""Loggers that never write secrets, and that write each message on one line even if it quotes a hub's answer."""

import functools
import html
import logging
import re
import time
from collections.abc import Callable, Iterable
from urllib.parse import quote

_SHORTEST_TOKEN = 8
"""Characters. JupyterHub accepts no shorter tokens, and hiding each "x" would make messages unreadable."""

_SHORTEST_PASSWORD = 4
"""Characters. Shorter ones, such as "any" on a hub for tests, protect nothing, and are words of most messages."""

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


def without_secrets(text: str, of_person: Iterable[str] = ()) -> str:
    """Return `text` with each secret replaced. Call this before shortening a text, or a part of a secret may remain.

    Args:
        text: What a hub, or something before it, says.
        of_person: What the person has typed or shown to whom it says that. That is replaced in all the forms in which
            an answer may repeat it; what is shorter than a token, only where it is a whole word; what has fewer than
            four characters, not at all.
    """
    for secret in tuple(_SECRETS):  # another thread may add one meanwhile
        text = text.replace(secret, _INSTEAD)
    for secret in of_person:
        if may_hold(text, secret):
            text = _in_any_form(secret).sub(_INSTEAD, text)
    return text


def may_hold(text: str, secret: str) -> bool:
    """Say whether `text` may have a secret of a person in it, in any form; False for certain is what most texts are."""
    return len(secret) >= _SHORTEST_PASSWORD and max(_ALWAYS_PLAIN.findall(secret), key=len, default="") in text


_INSTEAD = "(secret)"
_ALWAYS_PLAIN = re.compile(r"[A-Za-z0-9]+")
"""What neither URLs nor HTML nor JSON write in another form."""


@functools.lru_cache(maxsize=256)
def _in_any_form(secret: str) -> re.Pattern[str]:
    """Return a pattern that finds a secret as it is, and as it is written in URLs, in HTML and in JSON."""
    pattern = "".join(map(_forms_of, secret))
    return re.compile(pattern if len(secret) >= _SHORTEST_TOKEN else rf"(?<!\w){pattern}(?!\w)")


def _forms_of(character: str) -> str:
    if _ALWAYS_PLAIN.fullmatch(character):
        return character
    code, in_html = ord(character), html.escape(character)
    forms = [rf"\\?{re.escape(character)}", f"(?i:{quote(character, safe='')})", rf"(?i:\\u{code:04x})"]
    forms += [re.escape(in_html), f"&#0*{code};", f"(?i:&#x0*{code:x};)"]
    if character.isspace():
        forms += [r"\s+", r"\+"]
    return f"(?:{'|'.join(forms[::-1])})"
