"""Whether the hub is still there after spawns have failed: with `consecutive_failure_limit` it exits after some."""

import time
from collections.abc import Callable

import gevent

from hubusers.hub.client import HubClient

LOOKS_FOR = 6.0
"""Seconds after a failed spawn during which the run looks; a hub at its limit exits two seconds later."""

_BETWEEN_LOOKS = 1.0
_TIMEOUT = 5.0
"""Seconds that an answer is waited for. A hub that is late is busy, and not away."""


class HubPresence:
    """Looks at the hub for some seconds after failed spawns, and says when it goes away and when it comes back.

    Failures that follow each other within these seconds are one spell, with one look a second.

    Args:
        client: Asks the hub.
        say: Called with each sentence.
        note_away: Called whenever a look shows that the hub is away.
        stop: Called with the reason, a sentence, when the hub has stayed away.
        patience: Seconds after which it counts as staying away.
    """

    def __init__(
        self,
        client: HubClient,
        say: Callable[[str], None],
        note_away: Callable[[], None],
        stop: Callable[[str], None],
        patience: float,
    ) -> None:
        self._client = client
        self._say = say
        self._note_away = note_away
        self._stop = stop
        self._patience = patience
        self._failed = 0  # spawns in a row
        self._look_until = 0.0  # on the monotonic clock
        self._looking: gevent.Greenlet[..., None] | None = None

    def look(self, failed: int) -> None:
        """Look from now on, because so many spawns in a row have failed by now."""
        self._failed = failed
        self._look_until = time.monotonic() + LOOKS_FOR
        if not self._looking:
            self._looking = gevent.spawn(self._look)

    def end(self) -> None:
        """Look until the end of the spell, so that a hub that exits just now does so seen; then no more."""
        if looking := self._looking:
            looking.join(max(0.0, self._look_until - time.monotonic()))
            looking.kill()

    def _look(self) -> None:
        while time.monotonic() < self._look_until:
            if self._is_away():
                moment, since = time.strftime("%H:%M:%S"), time.monotonic()
                gevent.sleep(_BETWEEN_LOOKS)
                if self._is_away():  # one look that failed proves nothing
                    self._await_return(moment, since)
            gevent.sleep(_BETWEEN_LOOKS)
        self._looking = None

    def _await_return(self, moment: str, since: float) -> None:
        failed = "a spawn had failed" if self._failed == 1 else f"{self._failed} spawns in a row had failed"
        self._say(
            f"The hub does not answer since {moment}, after {failed}: with consecutive_failure_limit it exits then."
        )
        has_stopped = False
        while self._is_away():
            if not has_stopped and time.monotonic() - since >= self._patience:
                has_stopped = True
                self._stop(
                    f"The hub has not answered for {self._patience:g} s, so the run ends: it went away at {moment}, "
                    f"after {failed}."
                )
            gevent.sleep(_BETWEEN_LOOKS)
        self._say(f"The hub answers again after {time.monotonic() - since:.0f} s.")

    def _is_away(self) -> bool:
        is_away = self._client.request("GET", "/", timeout=_TIMEOUT).hub_is_away
        if is_away:
            self._note_away()
        return is_away
