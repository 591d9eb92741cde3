"""Whether somebody has the page Hub open. Browsers ask for its news now and then, and say when they will ask again."""

import time

import gevent

_PATIENCE = 15.0
"""Seconds for which a browser may be late."""

LONGEST = 60.0
"""Seconds after which a browser asks again at the latest. In tabs that are not looked at, browsers allow a script to
ask once a minute."""

_LAST_LOOK = 3.0
"""Seconds for which a process that ends waits for a last look; a page that is looked at asks every two seconds."""


WHY_STAY = (
    "The page Hub is open, or was a moment ago, so Locust stays. It ends by itself after the page is closed, "
    f"at most {LONGEST + _PATIENCE:.0f} seconds later; Ctrl-C ends it at once."
)


class Lookers:
    """Those who have the page Hub open."""

    def __init__(self) -> None:
        self._until = float("-inf")  # on the monotonic clock
        self._looks = 0

    def note(self, again: float) -> None:
        """Take notice of a browser that asks now, and will ask again within so many seconds."""
        self._looks += 1
        self._until = max(self._until, time.monotonic() + min(max(again, 0.0), LONGEST) + _PATIENCE)

    def are_there(self) -> bool:
        """Return whether somebody looks, as far as can be known: a page that was closed says nothing."""
        return time.monotonic() < self._until

    def show_last(self) -> None:
        """Wait until somebody has looked once more, for some seconds at most; not at all where nobody is there."""
        before, give_up_at = self._looks, time.monotonic() + _LAST_LOOK
        while self.are_there() and self._looks == before and time.monotonic() < give_up_at:
            gevent.sleep(0.1)
