"""Whether the hub is still there: with `consecutive_failure_limit` it exits when some spawns in a row have failed."""

import time
from collections.abc import Callable

import gevent

from hubusers.durations import time_of_day
from hubusers.http.messages import CONNECTION_LOST, CONNECTION_REFUSED
from hubusers.hub.client import HubClient
from hubusers.results.hub_absences import HubAbsence
from hubusers.results.hub_samples import Probe
from hubusers.run.failed_spawns import spawns_in_a_row

LOOKS_FOR = 6.0
"""Seconds after a failed spawn during which the run looks; a hub at its limit exits two seconds later."""

_BETWEEN_LOOKS = 1.0
_TIMEOUT = 5.0
"""Seconds that an answer is waited for. A hub that is late is busy, and not away."""

_AWAY = {CONNECTION_REFUSED, CONNECTION_LOST, "HTTP 502", "HTTP 503", "HTTP 504"}
"""The failures of probes that found no hub."""


class HubPresence:
    """Looks at the hub for some seconds after failed spawns, and says when it goes away and when it comes back.

    Failures that follow each other within these seconds are one spell, with one look a second. It also looks when the
    probes of the run, which end with the run, found no hub.

    Args:
        client: Asks the hub.
        say: Called with each sentence.
        note_away: Called whenever a look shows that the hub is away.
        stop: Called with the reason, a sentence, when the hub has stayed away after failed spawns.
        patience: Seconds after which it counts as staying away.

    Attributes:
        absences: The times in which the hub was away, as far as it has looked.
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
        self.absences: list[HubAbsence] = []
        self._failed = 0  # spawns in a row
        self._look_until = 0.0  # on the monotonic clock
        self._looking: gevent.Greenlet[..., None] | None = None

    def note_failed_in_a_row(self, failed: int) -> None:
        """Take in how many spawns in a row have failed by now; where one more has, look for some seconds."""
        before, self._failed = self._failed, failed
        if failed > before:
            self._look_for(LOOKS_FOR)

    def note_probe(self, probe: Probe) -> None:
        """Take in what became of a probe; where it found no hub, look as well."""
        if probe.failure in _AWAY:
            self._look_for(_BETWEEN_LOOKS)

    def end(self) -> None:
        """Look until the end of the spell, so that a hub that exits in these seconds is noticed; then no more."""
        if looking := self._looking:
            looking.join(max(0.0, self._look_until - time.monotonic()))
            looking.kill()

    def _look_for(self, seconds: float) -> None:
        self._look_until = max(self._look_until, time.monotonic() + seconds)
        if not self._looking:
            self._looking = gevent.spawn(self._look)

    def _look(self) -> None:
        while time.monotonic() < self._look_until:
            if self._is_away():
                began, since = time.time(), time.monotonic()
                gevent.sleep(_BETWEEN_LOOKS)
                if self._is_away():  # one look that failed proves nothing
                    self.absences.append(HubAbsence(began, None))
                    self._await_return(time_of_day(began), since)
                    self.absences[-1] = HubAbsence(began, time.time())
            gevent.sleep(_BETWEEN_LOOKS)
        self._looking = None

    def _await_return(self, moment: str, since: float) -> None:
        failed = f"{spawns_in_a_row(self._failed)} had failed"
        why = f", after {failed}: with consecutive_failure_limit it exits then" if self._failed else ""
        self._say(f"The hub has not answered since {moment}{why}.")
        may_stop = self._failed > 0
        while self._is_away():
            if may_stop and time.monotonic() - since >= self._patience:
                may_stop = False
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
