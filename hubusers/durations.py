"""Durations as people write them: `500ms`, `90s`, `1h30m`, `2 hours`, or a bare number of seconds; and ranges: `1m-2m`.

Event files, options, environment variables and the web form are all read here. And the time of day, as hubusers says
it: in UTC everywhere.
"""

import math
import re
from datetime import UTC, datetime, time
from typing import Any

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}
_NAMES_OF_UNITS = {
    "d": ("day", "days"),
    "h": ("hr", "hrs", "hour", "hours"),
    "m": ("min", "mins", "minute", "minutes"),
    "s": ("sec", "secs", "second", "seconds"),
}
_BY_NAME = _UNITS | {name: _UNITS[unit] for unit, names in _NAMES_OF_UNITS.items() for name in names}
_PART = rf"(\d+(?:\.\d+)?)\s*({'|'.join(sorted(_BY_NAME, key=len, reverse=True))})\s*"
_NUMBER = r"-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_LONGEST = 366 * _UNITS["d"]

_SHORTEST = 0.0001
"""Seconds. Of what took less, nobody wants to know how much."""


def seconds(value: Any) -> float:
    """Return a duration, a number of seconds or text such as "1h 30m" or "90", in seconds.

    Times of day such as "9:00" are refused: the runs and events that they might be meant in know no time of day.

    Raises:
        ValueError: Not a duration, or less than 0, or longer than a year.
    """
    number = _number(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float) or not _is_finite(number):
        hint = "; in an event, times count from its start" if _is_time_of_day(value) else ""
        raise ValueError(f"{_shown(value)} is not a duration; write seconds, or 90s, 10m, 1h30m, 2d{hint}")
    if not 0 <= number <= _LONGEST:
        shown = str(number) if isinstance(number, int) else f"{number:g}"
        raise ValueError(f"{shown} seconds must be 0 or more, and a year at most")
    return float(number)


def seconds_above_zero(value: Any) -> float:
    """Return a duration as `seconds` does.

    Raises:
        ValueError: As for `seconds`, or it is 0.
    """
    duration = seconds(value)
    if duration == 0:
        raise ValueError("must be longer than 0 seconds")
    return duration


def seconds_range(text: str) -> tuple[float, float]:
    """Return the shortest and the longest duration of a range such as "30-90" or "1m-2m", in seconds.

    A single duration is a range of that length only.

    Raises:
        ValueError: Neither a duration nor a range, or the longer end stands first, or only one end has a unit: in
            "1-2m" nobody could tell whether the 1 is seconds or minutes.
    """
    shortest_text, separator, longest_text = (part.strip() for part in text.partition("-"))
    if not separator:
        longest_text = shortest_text
    try:
        shortest, longest = seconds(shortest_text), seconds(longest_text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not a duration or a range of them; write seconds, or 90s, 10m, 1h30m, 2d, or a range such as "
            "30-90 or 1m-2m"
        ) from None
    if _has_unit(shortest_text) != _has_unit(longest_text) and shortest:
        raise ValueError(f"{text!r} has a unit at one end only; write it at both, as in 1m-2m")
    if shortest > longest:
        raise ValueError(f"{text!r} is the wrong way round; write the shorter duration first")
    return shortest, longest


def in_words(duration: float) -> str:
    """Return seconds as people write them, as in "1h 30m"."""
    rest, words = round(duration, 1), list[str]()
    for unit in ("d", "h", "m"):
        whole, rest = divmod(rest, _UNITS[unit])
        if whole:
            words.append(f"{whole:.0f}{unit}")
    if round(rest, 1) or not words:
        words.append(f"{round(rest, 1):g}s")
    return " ".join(words)


def in_one_unit(duration: float, digits: int = 6) -> str:
    """Return seconds in seconds, or in milliseconds where they are less than one: "84 s", "1,230 s", "500 ms".

    Args:
        duration: Seconds.
        digits: How many significant digits are shown.
    """
    is_short = 0 < float(f"{duration:.{digits}g}") < 1
    number = float(f"{1000 * duration if is_short else duration:.{digits}g}")
    return f"{number:,.{max(digits, 6)}g} {'ms' if is_short else 's'}"


def measured(duration: float) -> str:
    """Return seconds that were measured, to three digits at most: "4.11 s", "177 ms", "12 ms", "under 0.1 ms"."""
    if 0 < duration < _SHORTEST:
        return f"under {in_one_unit(_SHORTEST)}"
    return in_one_unit(duration, digits=digits_of_measured(duration))


def digits_of_measured(duration: float) -> int:
    """Return how many digits of measured seconds people read: three, but no parts of a millisecond from ten on."""
    return 3 if duration >= 0.1 else 2


def time_of_day(moment: float) -> str:
    """Return a moment, given in seconds since the epoch, as in "09:31:07 UTC"."""
    return f"{datetime.fromtimestamp(moment, UTC):%H:%M:%S} UTC"


def _number(text: str) -> float | None:
    text = text.strip()
    if re.fullmatch(_NUMBER, text, re.ASCII | re.IGNORECASE):
        return float(text)
    text = text.lower()
    if re.fullmatch(f"({_PART})+", text, re.ASCII):
        return sum(float(number) * _BY_NAME[unit] for number, unit in re.findall(_PART, text, re.ASCII))
    return None


def _is_time_of_day(value: Any) -> bool:
    return isinstance(value, time) or (isinstance(value, str) and re.fullmatch(r"\s*\d+:\d\d.*", value) is not None)


def _is_finite(number: float) -> bool:
    return isinstance(number, int) or math.isfinite(number)  # an int may be more than a float can hold


def _has_unit(text: str) -> bool:
    return text[-1:].isalpha()


def _shown(value: Any) -> str:
    return "a table" if isinstance(value, dict) else repr(value) if isinstance(value, str) else str(value)
