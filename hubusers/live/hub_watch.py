"""Watches the hub while users use it: how quickly it answers, and what its metrics say."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import gevent
from gevent.pool import Pool

from hubusers.http.connections import Connections
from hubusers.http.messages import Answer
from hubusers.http.session import ssl_context
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline, beats
from hubusers.results.hub_metrics import hub_sample
from hubusers.results.hub_samples import UNANSWERED, HubSample, Probe
from hubusers.settings.access import Access

_NOT_ALLOWED = (
    "The token may not read the hub's metrics, so the hub's CPU, memory and event loop are not shown. Give it the "
    "scope read:metrics."
)
_NOT_SHOWN = "Until they can be read, the hub's CPU, memory and event loop are not shown."


@dataclass(frozen=True)
class Rhythm:
    """How often the hub is asked, and how long its answers are waited for. All in seconds."""

    between_probes: float = 1.0  # each takes a hub 2 ms of its CPU
    # Each reading takes a hub's event loop 15 ms, or 45 ms if its metrics are 300 KB, as after many kinds of requests.
    between_readings: float = 5.0
    answer: float = 10.0  # then a probe, or a reading, is given up
    at_the_end: float = 2.0  # for the last reading, and for the probes that are under way then

    @property
    def most_probes(self) -> int:
        """How many may be under way at the same time."""
        return math.ceil(self.answer / self.between_probes)


class HubWatch:
    """Watches the hub from `start` to `stop`, in one process of a run.

    A hub that restarts counts from zero again, so a sample may have lower counts than the sample before.

    Args:
        endpoint: The hub's API.
        access: The token and the TLS settings. Probes go without the token.
        note_probe: Called with each probe when it is over; a slow one comes after later ones.
        note_sample: Called with each reading of the metrics.
        note: Called with a sentence, once for each reason why the metrics cannot be read.
        rhythm: How often the hub is asked.
    """

    def __init__(
        self,
        endpoint: str,
        access: Access,
        *,
        note_probe: Callable[[Probe], None],
        note_sample: Callable[[HubSample], None],
        note: Callable[[str], None],
        rhythm: Rhythm = Rhythm(),
    ) -> None:
        self._rhythm = rhythm
        tls_context = ssl_context(access.verify)

        def client(headers: dict[str, str], size: int) -> HubClient:
            connections = Connections(
                endpoint, headers, tls_context=lambda **_: tls_context, insecure=access.verify is False, size=size
            )
            return HubClient(endpoint, connections)

        self._anonymous = client({}, size=rhythm.most_probes)
        self._authorized = client({"Authorization": f"token {access.token}"}, size=1)
        self._note_probe = note_probe
        self._note_sample = note_sample
        self._note = note
        self._watching: list[gevent.Greenlet[..., None]] = []
        self._ending: gevent.Greenlet[..., None] | None = None
        self._probes = Pool(rhythm.most_probes)
        self._allowed = True
        self._has_sample = False
        self._noted: set[str] = set()

    def start(self) -> None:
        self._watching = [gevent.spawn(self._send_probes), gevent.spawn(self._read_in_rhythm)]

    def stop(self) -> None:
        """End the watch with a last reading, within about two seconds even when the hub hangs.

        It may be called again, as after an interrupt, and then waits for the same end.
        """
        if not self._watching:
            return
        if self._ending is None:  # a greenlet that is done counts as False
            self._ending = gevent.spawn(self._end)
        self._ending.join()

    def _end(self) -> None:
        gevent.killall(self._watching)
        last = gevent.spawn(self._read, self._rhythm.at_the_end)
        self._probes.join(self._rhythm.at_the_end)
        self._probes.kill()
        last.join()
        if not self._has_sample and not self._noted:
            self._note_once(f"The hub's metrics cannot be read: the hub did not answer in time. {_NOT_SHOWN}")

    def _send_probes(self) -> None:
        # Half an interval after the readings: while the hub puts its metrics together, it answers nobody.
        interval = self._rhythm.between_probes
        for _ in beats(Deadline(math.inf), interval, first_after=interval / 2):
            self._probes.spawn(self._probe)

    def _probe(self) -> None:
        began, since = time.time(), time.perf_counter()
        try:
            answer = self._anonymous.request("GET", "/", timeout=self._rhythm.answer)
        except gevent.GreenletExit:  # counted as a failure, or a hub that hangs would look better than it is
            answer = Answer(0, error=UNANSWERED)
        seconds = time.perf_counter() - since
        is_good = answer.status == 200 and answer.model is not None
        self._note_probe(Probe(began, seconds, "" if is_good else answer.cause))

    def _read_in_rhythm(self) -> None:
        for _ in beats(Deadline(math.inf), self._rhythm.between_readings):
            self._read(self._rhythm.answer)

    def _read(self, timeout: float) -> None:
        if not self._allowed:
            return
        # /hub/api/metrics is the same as /hub/metrics.
        answer = self._authorized.request("GET", "/metrics", timeout=timeout)
        if answer.status in {401, 403}:
            if not self._has_sample:  # otherwise the token may, and the hub says so because its database fails
                self._allowed = False
                self._note_once(_NOT_ALLOWED)
        elif answer.status == 200:
            # In a thread, because parsing in this one would delay all users of this process.
            self._note_outcome(gevent.get_hub().threadpool.apply(_outcome, (answer.body, time.time())))
        elif answer.status and not answer.hub_is_away:
            if answer.status == 404 and self._has_sample:
                return  # so answers a proxy to which a hub that restarts has not given its routes yet
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
        return error  # not raised: gevent prints what is raised in its threads
