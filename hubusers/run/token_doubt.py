"""Doubt about a refused token of the run: it is asked about again before the refusal is believed, and ends the run."""

import time
from collections.abc import Callable

import gevent

from hubusers.hub.acceptance import Acceptance, ask_again
from hubusers.hub.deadline import Deadline

_PAUSE = 1.0
"""Seconds until the hub is asked again when it has answered neither yes nor no."""


class TokenDoubt:
    """Asks in the background whether the hub still accepts the token; once for all users of a process.

    Args:
        ask: As for `ask_again`, with the run's token.
        at_most: As for `ask_again`.
        believed: Called with the moment of the first refusal when the hub has refused each time.
        passed: Called with the moments of the first refusal and of the first acceptance after it.
    """

    def __init__(
        self,
        ask: Callable[[], int],
        at_most: float,
        believed: Callable[[float], None],
        passed: Callable[[float, float], None],
    ) -> None:
        self._ask = ask
        self._at_most = at_most
        self._believed = believed
        self._passed = passed
        self._asking: gevent.Greenlet[..., None] | None = None
        self._refused = 0.0  # when the hub refused it first
        self._is_settled = False  # the token is refused for good

    def begin(self) -> None:
        """Take in that the hub has refused the token just now."""
        if not self._asking and not self._is_settled:
            self._refused = time.time()
            self._asking = gevent.spawn(self._ask_until_known)

    def end(self) -> None:
        """Ask no more, but once if it is not known yet."""
        if self._asking:
            self._asking.kill()
            self._asking = None
            if self._ask() == 200:
                self._passed(self._refused, time.time())

    def _ask_until_known(self) -> None:
        while (acceptance := ask_again(self._ask, self._at_most)) is Acceptance.UNKNOWN:
            Deadline(_PAUSE).sleep(_PAUSE)
        self._asking = None
        if acceptance is Acceptance.REFUSED:
            self._is_settled = True
            self._believed(self._refused)
        else:
            self._passed(self._refused, time.time())
