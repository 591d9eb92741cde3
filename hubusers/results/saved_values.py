"""What the rows of a run's folder mean: the values in their cells, and what they were before they were written."""

import json
import math
from sys import intern
from typing import Any

from hubusers.results.hub_samples import HubSample, Observations, Probe
from hubusers.results.records import Record
from hubusers.results.run_info import LATEST_MOMENT, known_moment


def number_of(text: str) -> float:
    """Return the number in a cell."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a number of seconds")
    return number or 0.0  # one object for all that are 0


def seconds_of(text: str) -> float:
    """Return the number of seconds in a cell."""
    number = number_of(text)
    if number < 0:
        raise ValueError(f"{text} is a negative number of seconds")
    if number >= LATEST_MOMENT:
        raise ValueError(f"{text} is not a number of seconds that a run can last")
    return number


def moment_of(text: str) -> float:
    """Return the moment in a cell, in seconds since the epoch."""
    return known_moment(number_of(text))


def count_of(text: str) -> int:
    """Return the count in a cell."""
    if (number := int(text)) < 0:
        raise ValueError(f"{text} is a negative number")
    return number


def record_of(row: dict[str, str]) -> Record:
    """Return the step in a row."""
    # Interned, or each record would have its own copies of the same texts.
    return Record(
        step=intern(row["step"]),
        username=intern(row["username"]),
        began=moment_of(row["began"]),
        seconds=seconds_of(row["seconds"]),
        late=number_of(row["late"]),
        failure=intern(row["failure"]),
        cohort=intern(row["cohort"]),
        lifecycle=count_of(row["lifecycle"]),
        throttled=seconds_of(row["throttled"]),
        throttled_by=intern(row["throttled_by"]),
        # Runs of the first versions have none of these.
        reason=intern(row.get("reason") or ""),
        profile=intern(row.get("profile") or ""),
        person=intern(row.get("person") or ""),
        worker=count_of(row.get("worker") or "0"),
        parts=_parts(row.get("parts") or ""),
        after=number_of(row.get("after") or "0"),
        user_class=intern(row.get("user_class") or ""),
    )


def _parts(text: str) -> tuple[tuple[str, float], ...]:
    if not text:
        return ()
    return tuple((intern(str(part)), number_of(str(seconds))) for part, seconds in json.loads(text).items())


def probe_of(row: dict[str, str]) -> Probe:
    """Return the look at the hub in a row."""
    return Probe(moment_of(row["began"]), seconds_of(row["seconds"]), intern(row["failure"]))


def hub_sample_of(line: str) -> HubSample:
    """Return the hub's figures in a line."""
    model = json.loads(line)

    def histograms(name: str) -> dict[str, Observations]:
        return {key: Observations(**value) for key, value in model[name].items()}

    loop: dict[str, Any] | None = model["event_loop"]
    known_moment(model["time"])
    return HubSample(
        **{
            **model,
            "event_loop": Observations(**loop) if loop else None,
            "spawns": histograms("spawns"),
            "requests": histograms("requests"),
        }
    )
