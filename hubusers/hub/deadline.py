"""Deadlines and polling, for everything that waits."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Protocol, TypeVar

POLL_INTERVAL = 1.0
"""Default seconds between two polls of a server."""

T = TypeVar("T")


class Clock(Protocol):
    """The two functions of time that waiting needs; tests pass a clock of their own."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float, /) -> None: ...


class BrokenOff(Exception):
    """Ends the wait of a thread whose batch was interrupted."""


# Each thread has its own value. So has each greenlet, whenever gevent was loaded, unlike with threading.local.
_BROKEN_OFF: ContextVar[threading.Event | None] = ContextVar("broken_off", default=None)


def end_pauses_when(broken_off: threading.Event) -> None:
    """Make every pause of this thread raise `BrokenOff` when the event is set, even during the pause."""
    _BROKEN_OFF.set(broken_off)


class _SystemClock:
    monotonic = staticmethod(time.monotonic)

    def sleep(self, seconds: float, /) -> None:
        broken_off = _BROKEN_OFF.get()
        if broken_off is None:
            time.sleep(seconds)
        elif broken_off.wait(seconds):
            raise BrokenOff


CLOCK: Clock = _SystemClock()
"""The default clock of every wait."""


class Deadline:
    """A moment on the monotonic clock, fixed when it is created. Each step of a wait is cut to the time left."""

    def __init__(self, seconds: float, clock: Clock | None = None) -> None:
        self.clock = clock or CLOCK
        self.started = self.clock.monotonic()
        self.seconds = seconds

    def elapsed(self) -> float:
        return self.clock.monotonic() - self.started

    def remaining(self) -> float:
        return self.started + self.seconds - self.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleep, but never past the deadline."""
        seconds = min(seconds, self.remaining())
        if seconds > 0:  # a greenlet that sleeps for 0 seconds would give up its turn
            self.clock.sleep(seconds)


def poll(check: Callable[[], T | None], deadline: Deadline, interval: float, first_after: float = 0.0) -> T | None:
    """Call `check` at a fixed rate until it returns something; return that, or None at the deadline.

    Args:
        check: Returns None for "not yet".
        deadline: No call begins at or after it. `check` itself limits how long one call takes.
        interval: Seconds from the beginning of one call to the beginning of the next. A slow call does not shift the
            rhythm: calls that are due meanwhile are left out.
        first_after: Seconds until the first call. Locust users choose it at random, so that they don't poll in step.
    """
    for _ in beats(deadline, interval, first_after):
        found = check()
        if found is not None:
            return found
    return None


def beats(deadline: Deadline, interval: float, first_after: float = 0.0) -> Iterator[float]:
    """Wake in the rhythm of `poll` until the deadline; yield how many seconds late each waking is."""
    due = first_after
    while True:
        deadline.sleep(due - deadline.elapsed())
        late = deadline.elapsed() - due
        if due + late >= deadline.seconds:
            return
        yield late
        due += interval * max(1, math.ceil((deadline.elapsed() - due) / interval))
