"""When a page repeats its calls: in their rhythm, less often while they fail, and not for long in a hidden tab."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from hubusers.lab.calls import Call

LONGEST_PAUSE = 300.0
"""Seconds until a call that keeps failing is repeated, at most."""

_GROWTH = 3  # how many times longer the pause after a failure may be than the one before, as in @lumino/polling


@dataclass(frozen=True)
class _Due:
    at: float
    pause: float


class Polls:
    """The repeated calls of one page, as @lumino/polling times them.

    All times are seconds on a clock that only goes forward.

    Args:
        seconds: From one time to the next, for each call.

    Attributes:
        is_hidden: Whether another tab is in front. Each call is sent once more then, and no more.
    """

    def __init__(self, seconds: Mapping[Call, float]) -> None:
        self.is_hidden = False
        self._seconds = seconds
        self._due: dict[Call, _Due] = {}
        self._lingered: set[Call] = set()  # sent once more since the tab was hidden

    def take_due(self, now: float) -> list[Call]:
        """Return the calls that are due, for which `note` must be called then."""
        for call, seconds in self._seconds.items():
            self._due.setdefault(call, _Due(now + seconds, seconds))
        due = {call for call, when in self._due.items() if when.at <= now}
        quiet = due & self._lingered if self.is_hidden else set()
        self._lingered = self._lingered | due if self.is_hidden else set()
        for call in quiet:
            self._due[call] = _Due(now + self._due[call].pause, self._due[call].pause)
        return [call for call in self._due if call in due - quiet]

    def note(self, call: Call, was_good: bool, now: float, rng: random.Random) -> None:
        """Note how a call was answered.

        Args:
            call: One that was due.
            was_good: Whether the answer was no failure.
            now: When it was due.
            rng: Draws the pause after a failure.
        """
        pause = pause_after(was_good, self._due[call].pause, self._seconds[call], rng)
        self._due[call] = _Due(now + pause, pause)

    def seconds_to_next(self, now: float) -> float:
        return max(0.0, min(when.at for when in self._due.values()) - now)


def pause_after(was_good: bool, last: float, usual: float, rng: random.Random) -> float:
    """Return the seconds until a call is repeated, as JupyterLab has them: longer and longer as long as it fails."""
    return usual if was_good else min(LONGEST_PAUSE, rng.uniform(usual, last * _GROWTH))
