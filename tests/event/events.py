"""Events of one cohort, for tests."""

from hubusers.event.file import parse_event
from hubusers.event.model import Event


def event_with(
    arrivals: str = '{ pattern = "at once" }',
    *,
    people: int | None = 10,
    above: str = "",
    cohort: str = "",
    below: str = "",
) -> Event:
    """Return an event of one cohort, with more lines above all tables, in the cohort, and below it."""
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
    return parse_event("\n".join(lines), "test.toml")
