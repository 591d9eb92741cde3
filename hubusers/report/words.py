"""Figures, counts and options as text for people."""

import json
import math
import re
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hubusers import durations
from hubusers.counting import counted as counted  # which belongs to these words
from hubusers.results.run_info import RunInfo

# All but tab, line feed and carriage return. XML 1.0 cannot hold them.
_CONTROL_CHARACTERS = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def in_seconds(seconds: float) -> str:
    """Return seconds to three digits, as in "12 ms", "4.11 s" or "1,230 s"; infinity is "never"."""
    return "never" if math.isinf(seconds) else durations.measured(seconds)


def percentile(seconds: float, longest: float | None) -> str:
    """Return a percentile of seconds: "–" where there is no time that something took.

    Args:
        seconds: Longer than `longest` for a start that the end of the run broke off, which took longer than that;
            infinite for a failure.
        longest: What `hubusers.results.records.longest_known` returns; None where none succeeded.
    """
    if math.isinf(seconds) or (longest is not None and seconds <= longest):
        return in_seconds(seconds)
    return "–" if longest is None else f"over {in_seconds(seconds)}"


def in_percent(share: float) -> str:
    """Return a share of 1 in percent, as in "12 %"."""
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"


def moment(time: float) -> str:
    """Return a moment, given in seconds since the epoch, as in "09:31:07 UTC"."""
    return durations.time_of_day(time)


def span(began: float, ended: float | None, run_began: float) -> str:
    """Return a span of time as a sentence with the time of day, for logs, and the seconds of the run, for charts.

    Args:
        began: In seconds since the epoch, as the others.
        ended: None, or the same as `began`, for a moment.
        run_began: When the run began.
    """
    first = began - run_began
    if ended is None or ended <= began:
        return f"At {moment(began)}, {first:,.0f} s after the run began."
    return f"From {moment(began)} to {moment(ended)}, {first:,.0f} s to {ended - run_began:,.0f} s after the run began."


def clock(time: float) -> str:
    """Return a moment as a clock shows it, in UTC.

    Args:
        time: Seconds since the epoch.
    """
    return f"{datetime.fromtimestamp(time, UTC):%H:%M:%S}"


def nth(number: int) -> str:
    """Return an ordinal, from the second on, as in "every third"."""
    return {2: "second", 3: "third"}.get(number, f"{number:,}th")


def longest_of(seconds: Sequence[float]) -> str:
    """Return the longest of some times; "–" where there is none."""
    return in_seconds(max(seconds)) if seconds else "–"


def times_failed(step: str, failed: int, taken: int) -> str:
    """Return how often a step failed, as in "lab loaded failed 2 of 3 times".

    Args:
        step: Its name.
        failed: How often it failed.
        taken: How often it was taken; 0 where that is not known.
    """
    return f"{step} failed {f'{failed:,} of ' if taken else ''}{counted(taken or failed, 'time')}"


def printable(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _CONTROL_CHARACTERS.sub("", text)


def flag(name: str) -> str:
    """Return the flag of an option, from its name in a run's `RunInfo`: "--server-timeout"."""
    return f"--{name.replace('_', '-')}"


def users(info: RunInfo) -> list[tuple[str, str]]:
    """Return who came in a run without an event, by the flags of Locust's that said it."""
    return [
        ("-u", "not known" if info.users is None else f"{info.users:,}"),
        ("-r", "not known" if info.spawn_rate is None else f"{info.spawn_rate:g}"),
        ("-t", "without end" if info.run_time is None else option("run_time", float(info.run_time))),
        ("user classes", ", ".join(info.user_classes)),
    ]


def options(info: RunInfo) -> list[tuple[str, str]]:
    """Return a run's options as a person would write them on a command line, those that are not as by default first.

    Returns:
        Rows, each with a name; those of early runs do not tell which options were as by default.
    """
    changed, empty = info.changed_options, [None, "", False]
    is_first = {
        name: value not in empty if changed is None else name in changed for name, value in info.options.items()
    }
    first = [_given(name, value) for name, value in info.options.items() if is_first[name]]
    rest = {name: value for name, value in info.options.items() if not is_first[name]}
    others = [_given(name, value) for name, value in rest.items() if value not in empty]
    if without := [flag(name) for name, value in rest.items() if value in empty]:
        others.append(f"without {', '.join(without)}")
    return [("options", " ".join(first)), ("by default", ", ".join(others))]


def _given(name: str, value: Any) -> str:
    """Return an option as it is given: "--keep", "--stay 5m-10m"."""
    if value is True:
        return flag(name)
    return f"{flag(name)} {shlex.quote(option(name, value))}"


def option(name: str, value: Any) -> str:
    """Return the value of an option as a person writes it: "yes", "1m30s", "30s-1m", "none".

    Args:
        name: Of the option.
        value: As in a run's `RunInfo`, where a float is a number of seconds, and a list of two a range of them.
    """
    if value in (None, ""):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}s" if value < 60 else durations.in_words(value).replace(" ", "")
    if isinstance(value, list | tuple):
        return "-".join(dict.fromkeys(option(name, end) for end in value))
    if name == "leave" and isinstance(value, dict):
        return ",".join(way if share == 1 else f"{way}={100 * share:g}%" for way, share in value.items())
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
