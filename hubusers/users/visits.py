"""The visits of one person: how many they are, how long each lasts, and the pause after it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubusers.event.plan import Person


@dataclass
class Visit:
    """One of them.

    Attributes:
        stay: Seconds that the person stays.
        pause: Seconds until the next visit.
        since: When the stay began, on the monotonic clock; infinite before that.
        has_lifecycle: Whether the person has begun to get a server in it.
        from_ready: Whether the stay begins when the server is ready.
    """

    stay: float
    pause: float
    since: float
    has_lifecycle: bool = False
    from_ready: bool = False

    @property
    def left(self) -> float:
        """Seconds until the stay is over."""
        return max(0.0, self.since + self.stay - time.monotonic())


class Visits:
    """The visits of a person, one after the other; the first one begins now.

    Args:
        person: As planned by the event or, without one, by `--lifecycles`, `--stay` and `--pause`.
    """

    def __init__(self, person: Person) -> None:
        self._times = person.times()
        self._most = person.lifecycles or math.inf
        self._drawn = 0
        self._present: Visit | None = self._next()

    @property
    def present(self) -> Visit | None:
        """The present visit; None when the last one is over."""
        if not self._present and not self.was_last:
            self._present = self._next()
        return self._present

    def _next(self) -> Visit:
        self._drawn += 1
        stay, pause = next(self._times)
        return Visit(stay, pause, since=time.monotonic())

    @property
    def was_last(self) -> bool:
        """Whether no visit comes after the present one, or the last one."""
        return self._drawn >= self._most

    def begin_lifecycle(self, *, from_ready: bool) -> Visit | None:
        """Begin to get a server, in the next visit if there was one in the present visit.

        Args:
            from_ready: Whether the stay begins when the server is ready, and not now.

        Returns:
            The visit; None when the planned ones are over.
        """
        if self._present and self._present.has_lifecycle:
            self._present = None
        visit = self.present
        if visit:
            visit.has_lifecycle, visit.from_ready = True, from_ready
            visit.since = math.inf if from_ready else time.monotonic()
        return visit

    def note_ready(self) -> None:
        """Take notice that the server is ready."""
        if self._present and self._present.from_ready:
            self._present.since = time.monotonic()

    def end(self) -> None:
        """Take notice that the present visit is over."""
        self._present = None
