"""Waiting: one deadline, one rhythm, whatever is waited for."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Protocol, TypeVar

POLL_INTERVAL = 1.0
"""Seconds between two looks at a server, unless told otherwise."""

T = TypeVar("T")


class Clock(Protocol):
    """The two functions of time that waiting needs; tests hand in a clock of their own."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float, /) -> None: ...


class BrokenOff(Exception):
    """Ends the wait of a thread whose batch was broken off."""


# Each thread has a value of its own and, unlike with threading.local, each greenlet too, whenever gevent was loaded.
_BROKEN_OFF: ContextVar[threading.Event | None] = ContextVar("broken_off", default=None)


def end_pauses_when(broken_off: threading.Event) -> None:
    """Let every pause of this thread, also one that is under way, end with `BrokenOff` when the event is set."""
    _BROKEN_OFF.set(broken_off)


class _SystemClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float, /) -> None:
        broken_off = _BROKEN_OFF.get()
        if broken_off is None:
            time.sleep(seconds)
        elif broken_off.wait(seconds):
            raise BrokenOff


CLOCK: Clock = _SystemClock()
"""The clock that every wait goes by, unless it is handed another one."""


class Deadline:
    """A moment on the monotonic clock, fixed once; every step of a wait is cut to what is left until then."""

    def __init__(self, seconds: float, clock: Clock | None = None) -> None:
        self.clock = clock or CLOCK
        self.started = self.clock.monotonic()
        self.seconds = seconds

    def elapsed(self) -> float:
        return self.clock.monotonic() - self.started

    def remaining(self) -> float:
        return self.seconds - self.elapsed()

    def sleep(self, seconds: float) -> None:
        """Sleep, but never past the deadline."""
        seconds = min(seconds, self.remaining())
        if seconds > 0:  # otherwise a greenlet would give up its turn, for nothing
            self.clock.sleep(seconds)


def poll(check: Callable[[], T | None], deadline: Deadline, interval: float, first_after: float = 0.0) -> T | None:
    """Call `check` in rhythm until it returns something, and return that; return None at the deadline.

    Args:
        check: Returns None for "not yet".
        deadline: No look begins at or after it; a look that is under way is for `check` to bound.
        interval: Seconds from the beginning of one look to the beginning of the next. A slow answer does not stretch
            it: looks that would have been due meanwhile are left out, and the next one is back in rhythm.
        first_after: Seconds until the first look. Locust users draw it at random, so that they don't poll in step.
    """
    for _ in beats(deadline, interval, first_after):
        found = check()
        if found is not None:
            return found
    return None


def beats(deadline: Deadline, interval: float, first_after: float = 0.0) -> Iterator[float]:
    """Wake in the rhythm of `poll`, until the deadline; yields how many seconds late each waking is."""
    due = first_after
    while True:
        deadline.sleep(due - deadline.elapsed())
        if deadline.remaining() <= 0:
            return
        yield deadline.elapsed() - due
        due += interval * max(1, math.ceil((deadline.elapsed() - due) / interval))
