"""Whether somebody has the page Hub open. Browsers ask for its news now and then, and say when they will ask again."""

import time

_PATIENCE = 15.0
"""Seconds for which a browser may be late."""

LONGEST = 60.0
"""Seconds after which a browser asks again at the latest. In tabs that are not looked at, browsers allow a script to
ask once a minute."""


class Lookers:
    """Those who have the page Hub open."""

    def __init__(self) -> None:
        self._until = float("-inf")  # on the monotonic clock

    def note(self, again: float) -> None:
        """Take notice of a browser that asks now, and will ask again within so many seconds."""
        self._until = max(self._until, time.monotonic() + min(max(again, 0.0), LONGEST) + _PATIENCE)

    def are_there(self) -> bool:
        """Return whether somebody looks, as far as can be known: a page that was closed says nothing."""
        return time.monotonic() < self._until
