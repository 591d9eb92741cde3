"""Events of one cohort, for tests."""

from typing import Any

from hubusers.event.file import parse_event
from hubusers.event.model import Event

AT_ONCE = '{ pattern = "at once" }'


def event_with(arrivals: str = AT_ONCE, **more: Any) -> Event:
    """Return the event that `event_text` says."""
    return parse_event(event_text(arrivals, **more), "test.toml")


def event_text(
    arrivals: str = AT_ONCE, *, people: int | None = 10, above: str = "", cohort: str = "", below: str = ""
) -> str:
    """Return the file of an event of one cohort, with more lines above all tables, in the cohort, and below it."""
    size = "" if people is None else f"people = {people}"
    stay = "" if "stay" in cohort else 'stay = "10m"'
    lines = [
        'title = "Test"',
        above,
        "[[cohorts]]",
        'name = "students"',
        size,
        f"arrivals = {arrivals}",
        stay,
        cohort,
        below,
    ]
    return "\n".join(lines) + "\n"
