"""What an option holds, read from text: the command line's, an environment variable's, or the web UI's."""

import argparse
import json
from collections.abc import Callable
from typing import Any

from hubusers.event.leaving import WAYS_TO_LEAVE, Leaving
from hubusers.event.model import share
from hubusers.settings.access import SettingsError


def checked(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """Let argparse show a converter's own words; of a plain ValueError it shows only the converter's name."""

    def converted(text: str) -> Any:
        try:
            return convert(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return converted


def usable(convert: Callable[[str], Any], text: str) -> Any:
    try:
        return convert(text)
    except ValueError as error:
        raise SettingsError(f"{str(error)[0].upper()}{str(error)[1:]}.") from None


def seconds(text: str) -> float:
    low, high = seconds_range(text)
    if low != high or low <= 0:
        raise ValueError(f"{text!r} must be a number of seconds above 0")
    return low


def seconds_range(text: str) -> tuple[float, float]:
    low_text, separator, high_text = text.strip().partition("-")
    try:
        low = float(low_text)
        high = float(high_text) if separator else low
    except ValueError:
        low, high = 1.0, 0.0
    if not 0 <= low <= high < float("inf"):
        raise ValueError(f"{text!r} must be seconds, or a range of seconds such as 30-90")
    return low, high


def seconds_range_text(text: str) -> str:
    # The option keeps its text, because the web UI shows it and sends text back.
    seconds_range(text)
    return text


def json_object_text(text: str) -> str:
    try:
        model = json.loads(text) if text.strip() else {}
    except ValueError:
        model = None
    if not isinstance(model, dict):
        raise ValueError(f'{text!r} must be a JSON object such as {{"image": "scipy:latest"}}')
    return text.strip()


def factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise ValueError(f"the time scale {text!r} must be a number above 0, such as 12 for twelve times as fast")
    return factor


def whole_number(text: str) -> int:
    if not text.strip().isdecimal():
        raise ValueError(f"{text!r} must be a whole number, 0 or more")
    return int(text)


def leaving_shares(text: str) -> dict[Leaving, float]:
    """Return the share of each way to leave, from text such as `close-tab` or `log-out=70%,walk-away=30%`."""
    shares: dict[Leaving, float] = {}
    for part in text.split(","):
        name, separator, amount = (word.strip() for word in part.partition("="))
        if name not in WAYS_TO_LEAVE or name in shares:
            raise ValueError(
                f"{text!r} must be one of {', '.join(WAYS_TO_LEAVE)}, or the share of each, such as "
                "log-out=70%,walk-away=30%"
            )
        shares[name] = share(amount) if separator else 1.0
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise ValueError(f"the shares in {text!r} must add up to 100 %")
    return shares


def leaving_shares_text(text: str) -> str:
    # As with ranges: the web UI shows it, and sends text back.
    leaving_shares(text)
    return text
