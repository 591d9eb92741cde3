"""Lengths of time that are easy to read, and stretches of time that begin at a round time of day."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

ROUND = [1, 2, 5, 10, 15, 30, *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440))]
"""Lengths of time that are easy to read on an axis, in seconds."""

_DAY = 86400


@dataclass(frozen=True)
class Stretch:
    """A stretch of time; its begin belongs to it, its end does not."""

    begin: float  # seconds since the epoch
    end: float

    def __contains__(self, moment: float) -> bool:
        return self.begin <= moment < self.end

    @property
    def length(self) -> float:
        return self.end - self.begin

    @property
    def middle(self) -> float:
        return (self.begin + self.end) / 2


def round_seconds(least: float) -> float:
    """Return a length of time that reads well and is not shorter."""
    return next((length for length in ROUND if length >= least), _DAY * math.ceil(least / _DAY))


def stretches_of(begin: float, end: float, most: int) -> list[Stretch]:
    """Divide a time into stretches of one round length, each of which begins at a multiple of it.

    Args:
        begin: In seconds since the epoch, as the end.
        end: Later than the begin.
        most: How many there are at most, if the first and the last are whole; else one more.
    """
    length = round_seconds((end - begin) / most)
    first, last = math.floor(begin / length), math.floor(end / length)
    return [Stretch(number * length, (number + 1) * length) for number in range(first, last + 1)]


def time_of_day(moment: float, length: float, *, with_date: bool = False) -> str:
    """Return a moment in UTC as an axis or a table shows it.

    Args:
        moment: In seconds since the epoch.
        length: Of the stretches between two such moments, in seconds; seconds are shown where it is under a minute.
        with_date: Whether to say the day, as where a run lasts longer than one.
    """
    clock = "%H:%M" if length >= 60 else "%H:%M:%S"
    return f"{f'{date(moment)}, ' if with_date else ''}{datetime.fromtimestamp(moment, UTC):{clock}}"


def date(moment: float) -> str:
    """Return the day of a moment in UTC, as in "26 Nov"."""
    return f"{datetime.fromtimestamp(moment, UTC):%d %b}"
