"""The watch of the hub while users use it."""

import locust  # noqa: F401  # patches the standard library for gevent; must come before everything else

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import gevent
import pytest
import requests
import trustme
from gevent.queue import Queue

from hubusers.live.hub_watch import HubWatch, Rhythm
from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from hubusers.results.hub_samples import UNANSWERED, HubSample, Observations, Probe
from hubusers.settings.access import Access
from tests.scripted_hub import Asked, Scripted, ScriptedHub
from tests.waiting import wait_until

TOKEN = "0123456789abcdef"
QUICK = Rhythm(between_probes=0.1, between_readings=0.1, answer=60.0, at_the_end=60.0)
AT_BOTH_ENDS = replace(QUICK, between_readings=600.0)
"""Reads the metrics at the beginning and at the end only."""


class Watched:
    """A watch, and what it told."""

    def __init__(self, endpoint: str, access: Access, rhythm: Rhythm) -> None:
        self.probes: Queue[Probe] = Queue()
        self.samples: Queue[HubSample] = Queue()
        self.notes: list[str] = []
        self.watch = HubWatch(
            endpoint,
            access,
            note_probe=self.probes.put,
            note_sample=self.samples.put,
            note=self.notes.append,
            rhythm=rhythm,
        )


@contextmanager
def watched(endpoint: str, access: Access | None = None, rhythm: Rhythm = QUICK) -> Iterator[Watched]:
    told = Watched(endpoint, access or Access(TOKEN), rhythm)
    told.watch.start()
    try:
        yield told
    finally:
        told.watch.stop()


class Hub:
    """A scripted hub; what it answers may be changed at any time."""

    def __init__(self, scripted: ScriptedHub) -> None:
        self.version = Scripted(200, {"version": "6.1.1"})
        self.metrics = Scripted(200, "process_cpu_seconds_total 5.31\n")
        self.endpoint = scripted.endpoint
        self._scripted = scripted
        scripted.refuse("GET", "/hub/api/metrics", self.metrics)
        scripted.script(self.version)

    def probes(self) -> list[Asked]:
        return [asked for asked in self._scripted.asked if asked.path == "/hub/api/"]

    def readings(self) -> list[Asked]:
        return [asked for asked in self._scripted.asked if asked.path == "/hub/api/metrics"]


@pytest.fixture
def hub(scripted_hub: ScriptedHub) -> Hub:
    return Hub(scripted_hub)


@pytest.fixture(autouse=True)
def give_up() -> Iterator[None]:
    """End a test whose event does not come."""
    with gevent.Timeout(120):
        yield


def test_a_real_hub(local_hub: LocalHub) -> None:
    started = time.time()
    rhythm = replace(AT_BOTH_ENDS, between_probes=Rhythm().between_probes)
    with watched(local_hub.endpoint, Access(local_hub.token), rhythm) as told:
        probes = [told.probes.get() for _ in range(3)]
        first = told.samples.get()
        stopped = time.time()
    assert {probe.failure for probe in probes} == {""}
    assert all(0 < probe.seconds < 60 for probe in probes)
    assert max(probe.began for probe in probes) >= started + 2.4  # half an interval, and two
    last = told.samples.get_nowait()
    assert told.samples.empty()
    assert first.time < stopped < last.time
    assert first.cpu_seconds is not None
    assert last.cpu_seconds is not None
    assert first.cpu_seconds <= last.cpu_seconds
    assert (
        last.requests["GET RootAPIHandler"].count >= first.requests.get("GET RootAPIHandler", Observations()).count + 3
    )
    assert told.notes == []


def test_a_token_that_may_not_read_the_metrics_of_a_real_hub(
    local_hub: LocalHub, session: requests.Session, username: str
) -> None:
    token = session.post(f"{local_hub.endpoint}/users/{username}/tokens").json()["token"]
    with watched(local_hub.endpoint, Access(token), AT_BOTH_ENDS) as told:
        assert told.probes.get().failure == ""
    assert told.notes == [
        "The token may not read the hub's metrics, so the hub's CPU, memory and event loop are not shown. Give it the "
        "scope read:metrics."
    ]
    assert told.samples.empty()


def test_probes_go_without_the_token_and_readings_with_it(hub: Hub) -> None:
    with watched(hub.endpoint, rhythm=AT_BOTH_ENDS) as told:
        told.probes.get()
        told.samples.get()
    assert all("Authorization" not in asked.headers for asked in hub.probes())
    assert all(asked.headers["Authorization"] == f"token {TOKEN}" for asked in hub.readings())
    assert len(hub.readings()) == 2


class TestProbes:
    def test_a_slow_answer_does_not_hold_up_the_next_probe(self, hub: Hub) -> None:
        hub.version.held = 600
        started = time.time()
        with watched(hub.endpoint, rhythm=replace(AT_BOTH_ENDS, at_the_end=0.5)) as told:
            wait_until(lambda: len(hub.probes()) >= 5)
            assert told.probes.empty()
        left = [told.probes.get_nowait() for _ in range(5)]
        assert {probe.failure for probe in left} == {UNANSWERED}  # what hung at the end is not left out
        assert max(probe.began for probe in left) >= started + 0.4  # half an interval, and four

    def test_what_is_given_up_makes_room_for_the_next(self, hub: Hub) -> None:
        hub.version.held = 600
        with watched(hub.endpoint, rhythm=replace(QUICK, answer=1.0, at_the_end=0.5)) as told:
            given_up = [told.probes.get() for _ in range(12)]
        assert {probe.failure for probe in given_up} == {"timed out"}
        assert all(1 <= probe.seconds < 300 for probe in given_up)

    @pytest.mark.parametrize(
        ("answer", "failure"),
        [
            (Scripted(502, "<html>Bad Gateway</html>"), "HTTP 502"),
            (Scripted(302, headers={"Location": "/hub/login"}), "HTTP 302, a redirect"),
            (Scripted(200, "<html>Please log in</html>"), "HTTP 200, a web page"),
            (Scripted(lost=True), "connection lost"),
        ],
    )
    def test_failures(self, answer: Scripted, failure: str, scripted_hub: ScriptedHub) -> None:
        scripted_hub.script(answer)
        with watched(scripted_hub.endpoint) as told:
            assert told.probes.get().failure == failure

    def test_nobody_there(self) -> None:
        with watched(f"http://127.0.0.1:{free_port()}/hub/api") as told:
            assert told.probes.get().failure == "connection refused"
        assert told.notes == [
            "The hub's metrics cannot be read: the hub did not answer in time. "
            "Until they can be read, the hub's CPU, memory and event loop are not shown."
        ]


class TestReadings:
    @pytest.mark.parametrize("status", [401, 403])
    def test_what_the_token_may_not_read_is_asked_for_once(self, hub: Hub, status: int) -> None:
        hub.metrics.status = status
        with watched(hub.endpoint) as told:
            for _ in range(4):
                told.probes.get()
        assert len(hub.readings()) == 1
        assert [note.partition(",")[0] for note in told.notes] == ["The token may not read the hub's metrics"]

    @pytest.mark.parametrize(
        ("status", "body", "why"),
        [
            (200, "<html>Please log in</html>", "the answer contains no JupyterHub metrics"),
            (200, "process_cpu_seconds_total many\n", "the answer is malformed"),
            (404, "", "HTTP 404"),
        ],
    )
    def test_what_cannot_be_read_is_said_once_and_tried_again(
        self, hub: Hub, status: int, body: str, why: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        good = hub.metrics.body
        hub.metrics.status, hub.metrics.body = status, body
        with watched(hub.endpoint) as told:
            wait_until(lambda: len(hub.readings()) >= 2)
            hub.metrics.status, hub.metrics.body = 200, good
            assert told.samples.get().cpu_seconds == 5.31
        assert told.notes == [
            f"The hub's metrics cannot be read: {why}. "
            "Until they can be read, the hub's CPU, memory and event loop are not shown."
        ]
        assert capfd.readouterr().err == ""

    @pytest.mark.parametrize("away", [Scripted(503, "<html>"), Scripted(lost=True)])
    def test_a_hub_that_restarts_is_tried_again_in_silence(
        self, hub: Hub, scripted_hub: ScriptedHub, away: Scripted
    ) -> None:
        hub.metrics.status, hub.metrics.lost = away.status, away.lost
        with watched(hub.endpoint) as told:
            wait_until(lambda: len(hub.readings()) >= 1)
            hub.metrics.status, hub.metrics.lost = 200, False
            assert told.samples.get().cpu_seconds == 5.31
        assert told.notes == []

    def test_a_redirect_does_not_get_the_token(self, hub: Hub) -> None:
        with ScriptedHub() as elsewhere:
            hub.metrics.status, hub.metrics.headers = 302, {"Location": f"{elsewhere.endpoint}/metrics"}
            with watched(hub.endpoint) as told:
                wait_until(lambda: len(told.notes) == 1)
            assert elsewhere.asked == []
        assert "HTTP 302, a redirect" in told.notes[0]

    def test_the_last_reading_is_not_held_up_by_one_that_hangs(self, hub: Hub) -> None:
        hub.metrics.held = 600
        with watched(hub.endpoint) as told:
            wait_until(lambda: len(hub.readings()) == 1)
            hub.metrics.held = 0
        assert told.samples.get_nowait().cpu_seconds == 5.31


class TestStop:
    def test_a_hub_that_hangs(self, hub: Hub) -> None:
        hub.version.held = hub.metrics.held = 600
        told = Watched(hub.endpoint, Access(TOKEN), Rhythm(answer=600))
        told.watch.start()
        wait_until(lambda: len(hub.probes()) >= 1)
        began = time.monotonic()
        told.watch.stop()
        assert time.monotonic() - began < 60  # of 600
        assert told.probes.get_nowait().failure == UNANSWERED
        assert "did not answer in time" in told.notes[0]

    def test_before_the_start_and_twice(self, hub: Hub) -> None:
        told = Watched(hub.endpoint, Access(TOKEN), AT_BOTH_ENDS)
        told.watch.stop()
        assert hub.readings() == []
        told.watch.start()
        told.samples.get()
        told.watch.stop()
        told.watch.stop()
        assert len(hub.readings()) == 2

    def test_after_an_interrupt_the_next_call_waits_for_the_last_reading(self, hub: Hub) -> None:
        told = Watched(hub.endpoint, Access(TOKEN), AT_BOTH_ENDS)
        told.watch.start()
        told.samples.get()
        hub.metrics.held = 0.3
        with suppress(gevent.Timeout), gevent.Timeout(0.05):
            told.watch.stop()
        assert told.samples.empty()
        told.watch.stop()
        assert told.samples.qsize() == 1


@pytest.mark.parametrize(("trusted", "failure"), [(True, ""), (False, "TLS certificate not trusted")])
def test_certificates_are_verified(tmp_path: Path, trusted: bool, failure: str) -> None:
    authority, bundle = trustme.CA(), tmp_path / "authority.pem"
    (authority if trusted else trustme.CA()).cert_pem.write_to_path(str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with ScriptedHub(tls=context) as scripted:
        hub = Hub(scripted)
        with watched(hub.endpoint, Access(TOKEN, verify=str(bundle))) as told:
            assert told.probes.get().failure == failure
        assert bool(hub.readings()) is trusted
