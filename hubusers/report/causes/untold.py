"""The time of starts that nothing tells about."""

from hubusers import start_parts
from hubusers.results.records import Record

_NOT_TOLD = {start_parts.ACCEPTANCE, start_parts.SPAWNING}
"""Parts in which a start may wait for anything. A hub may keep the first request until the spawn is over."""


def untold(start: Record) -> float:
    """Return the seconds of a start in which it had a place, and nothing tells what it waited for."""
    if start.parts:
        return sum(seconds for part, seconds in start.parts if part in _NOT_TOLD)
    return start.seconds - start.throttled
