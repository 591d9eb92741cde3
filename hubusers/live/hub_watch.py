"""Watches the hub beside its users: whether it answers at once, and what its own metrics say."""

import math
import time
from collections.abc import Callable

import gevent
from gevent.pool import Pool

from hubusers.http.connections import Connections
from hubusers.http.messages import Answer
from hubusers.http.session import ssl_context
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline, beats
from hubusers.results.hub_metrics import hub_sample
from hubusers.results.hub_samples import HubSample, Probe
from hubusers.settings.access import Access

PROBE_INTERVAL = 1.0
"""Seconds between two probes; each takes a hub 2 ms of its CPU."""

READING_INTERVAL = 5.0
"""Seconds between two readings of the metrics; each takes a hub's event loop 15 ms, and 45 ms where it has answered
requests of so many kinds that its metrics are 300 KB of text."""

ANSWER_TIMEOUT = 10.0
"""Seconds after which a probe, or a reading, is given up."""

TIME_AT_THE_END = 2.0
"""Seconds for the last reading, and for the probes that are under way then."""

UNANSWERED = "not answered before the end"

_MOST_PROBES = math.ceil(ANSWER_TIMEOUT / PROBE_INTERVAL)
_NOT_ALLOWED = (
    "The token may not read the hub's metrics (scope read:metrics): the hub's CPU, memory and event loop are not shown."
)
_NOT_SHOWN = "While that is so, the hub's CPU, memory and event loop are not shown."


class HubWatch:
    """Watches the hub from `start` to `stop`, in one process of a run.

    A hub that restarts begins its counters anew, so that those of one sample may be below those of the sample before.

    Args:
        endpoint: The hub's API.
        access: How to get at it. The probes do without the token.
        note_probe: Called with each probe when it is over; a slow one comes after later ones.
        note_sample: Called with each reading of the metrics.
        note: Called with a sentence, once, when the metrics, or some of them, cannot be had.
    """

    def __init__(
        self,
        endpoint: str,
        access: Access,
        *,
        note_probe: Callable[[Probe], None],
        note_sample: Callable[[HubSample], None],
        note: Callable[[str], None],
    ) -> None:
        tls_context = ssl_context(access.verify)

        def client(headers: dict[str, str], size: int) -> HubClient:
            connections = Connections(
                endpoint, headers, tls_context=lambda **_: tls_context, insecure=access.verify is False, size=size
            )
            return HubClient(endpoint, connections)

        self._anonymous = client({}, size=_MOST_PROBES)
        self._authorized = client({"Authorization": f"token {access.token}"}, size=1)
        self._note_probe = note_probe
        self._note_sample = note_sample
        self._note = note
        self._watching: list[gevent.Greenlet[..., None]] = []
        self._probes = Pool(_MOST_PROBES)
        self._allowed = True
        self._has_sample = False
        self._noted: set[str] = set()

    def start(self) -> None:
        self._watching = [gevent.spawn(self._send_probes), gevent.spawn(self._read_in_rhythm)]

    def stop(self) -> None:
        """End the watch with a last reading, within about two seconds, whatever the hub does."""
        if not self._watching:
            return
        gevent.killall(self._watching)
        self._watching = []
        last = gevent.spawn(self._read, TIME_AT_THE_END)
        self._probes.join(TIME_AT_THE_END)
        self._probes.kill()
        last.join()
        if not self._has_sample and not self._noted:
            self._note_once(f"The hub's metrics cannot be read: the hub did not answer in time. {_NOT_SHOWN}")

    def _send_probes(self) -> None:
        # Out of step with the readings: while the hub puts its metrics together, it answers nobody.
        for _ in beats(Deadline(math.inf), PROBE_INTERVAL, first_after=PROBE_INTERVAL / 2):
            self._probes.spawn(self._probe)

    def _probe(self) -> None:
        began, since = time.time(), time.perf_counter()
        try:
            answer = self._anonymous.request("GET", "/", timeout=ANSWER_TIMEOUT)
        except gevent.GreenletExit:  # left out, it would make a hub that hangs look better than it is
            answer = Answer(0, error=UNANSWERED)
        seconds = time.perf_counter() - since
        is_good = answer.status == 200 and answer.model is not None
        self._note_probe(Probe(began, seconds, "" if is_good else answer.cause))

    def _read_in_rhythm(self) -> None:
        for _ in beats(Deadline(math.inf), READING_INTERVAL):
            self._read(ANSWER_TIMEOUT)

    def _read(self, timeout: float) -> None:
        if not self._allowed:
            return
        # The API has the hub's /hub/metrics as well.
        answer = self._authorized.request("GET", "/metrics", timeout=timeout)
        if answer.status in {401, 403}:
            self._allowed = False
            self._note_once(_NOT_ALLOWED)
        elif answer.status == 200:
            # In a thread, because it would hold up all users of this process for as long as it takes.
            self._note_outcome(gevent.get_hub().threadpool.apply(_outcome, (answer.body, time.time())))
        elif answer.status and not answer.hub_is_away:
            self._note_once(f"The hub's metrics cannot be read: {answer.cause}. {_NOT_SHOWN}")

    def _note_outcome(self, outcome: HubSample | ValueError) -> None:
        if isinstance(outcome, ValueError):
            self._note_once(f"{outcome} {_NOT_SHOWN}")
        else:
            self._has_sample = True
            self._note_sample(outcome)

    def _note_once(self, sentence: str) -> None:
        if sentence not in self._noted:
            self._noted.add(sentence)
            self._note(sentence)


def _outcome(text: str, time: float) -> HubSample | ValueError:
    try:
        return hub_sample(text, time)
    except ValueError as error:
        return error  # gevent prints what is raised in its threads
