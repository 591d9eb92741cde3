"""Ctrl-C, SIGTERM and a closed terminal: the first ends what is going on in order, a second one at once."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_THE_SAME_WITHIN = 1.0
"""Seconds after a signal in which another one counts as the same, because `timeout`, or a supervisor, sends several."""

_SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


class Interrupts:
    """Counts how often somebody wants the end.

    Attributes:
        count: 0: not yet. 1: in order. 2 or more: at once.
    """

    def __init__(self) -> None:
        self.count = 0
        self._last = 0.0
        self._woken = threading.Event()

    def interrupt(self) -> None:
        """Take notice that somebody wants the end."""
        now = time.monotonic()
        if not self.count or now - self._last >= _THE_SAME_WITHIN:
            self.count += 1
            self._last = now
        self._woken.set()

    def wait(self, seconds: float) -> None:
        """Wait, but not beyond the next interrupt."""
        self._woken.wait(seconds)
        self._woken.clear()

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Have signals noted here instead of ending the process. One that is ignored, as under nohup, stays so."""
        before = {each: signal.getsignal(each) for each in _SIGNALS}
        for each, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(each, self._note)
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.interrupt()
