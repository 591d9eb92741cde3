"""Waiting by progress streams: on a real hub, and on a fake one for what happens to streams on their way."""

from locust.event import EventHook

import time
from collections.abc import Callable
from typing import Any

import gevent
import pytest

import hubusers
from hubusers.hub import progress as progress_module
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import SpawnFailed
from hubusers.hub.lifecycle import wait_until_ready
from hubusers.hub.progress import Event, event_of, progress
from hubusers.hub.sightings import Sighting
from hubusers.local import LocalHub
from tests.http.sessions import ALL, LOCUST_S, Make, Row
from tests.scripted_hub import Scripted, ScriptedHub
from tests.spawner_events import spawner_events

KEEP_ALIVE = b"\n\n"
REQUESTED = b'data: {"progress": 0, "message": "Server requested"}\n\n'
READY = b'data: {"progress": 100, "ready": true, "message": "Server ready", "url": "/user/ann/"}\n\n'
FAILED = b'data: {"progress": 100, "failed": true, "message": "Spawn failed: no such image"}\n\n'

USER_STARTING = Scripted(200, {"name": "ann", "servers": {"": {"ready": False, "pending": "spawn"}}})
USER_READY = Scripted(200, {"name": "ann", "servers": {"": {"ready": True, "pending": None}}})


def stream(*pieces: bytes | float, lost: bool = False) -> Scripted:
    return Scripted(pieces=list(pieces), lost=lost)


Wait = Callable[..., Sighting]


@pytest.fixture(params=ALL)
def wait(request: pytest.FixtureRequest, scripted_hub: ScriptedHub, event: EventHook) -> Wait:
    """Wait for ann's server through each kind of session, with the answers that are given."""

    def wait_with(*answers: Scripted, timeout: float = 120) -> Sighting:
        scripted_hub.script(*answers)
        make: Make = request.param
        client = HubClient(scripted_hub.endpoint, make(scripted_hub.url, event, "0123456789abcdef"))
        deadline = Deadline(timeout)
        return wait_until_ready(progress(client, "ann", deadline, 0.05), "ann", deadline)

    return wait_with


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("", None),
        (": a comment", None),
        ("data: ", None),
        ("data: {", None),
        ("data: 3", None),
        ("data: " + "[" * 5000, None),
        (REQUESTED.decode().strip(), Event("Server requested", has_progress=True)),
        (READY.decode().strip(), Event("Server ready", ready=True, has_progress=True)),
        (FAILED.decode().strip(), Event("Spawn failed: no such image", failed=True, has_progress=True)),
        ('data:{"message": null, "ready": "yes"}\r', Event()),
    ],
)
def test_lines_of_a_stream(line: str, event: Event | None) -> None:
    assert event_of(line) == event


class TestOnItsWay:
    def test_a_short_event_counts_when_it_arrives_and_not_when_the_stream_ends(self, wait: Wait) -> None:
        sighting = wait(stream(KEEP_ALIVE, REQUESTED, 0.2, KEEP_ALIVE, READY[:20], 0.2, READY[20:], 600.0))
        assert 0.4 <= sighting.seen < 60
        assert sighting.late < sighting.seen - 0.15  # since the line before it, not since the beginning

    def test_a_proxy_that_holds_it_back_until_its_end(self, wait: Wait) -> None:
        held = stream(KEEP_ALIVE + REQUESTED + READY)
        held.held = 0.3
        sighting = wait(held)
        assert sighting.late >= 0.3

    def test_a_server_that_is_ready_already_may_have_been_for_long(self, wait: Wait, scripted_hub: ScriptedHub) -> None:
        sighting = wait(Scripted(400, held=0.2), USER_STARTING, stream(READY))
        assert sighting.late >= 0.2  # since it was asked first
        assert [asked.path.rpartition("/")[2] for asked in scripted_hub.asked] == ["progress", "ann", "progress"]

    def test_who_is_stopped_while_a_stream_is_closed_ends_there_and_then(
        self, wait: Wait, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(progress_module, "_DRAIN", 60.0)
        listener = gevent.spawn(wait, stream(REQUESTED, READY, 600.0))
        gevent.sleep(0.5)
        assert not listener.dead  # it has seen that the server is ready, and waits for the end of the stream
        listener.kill()
        assert isinstance(listener.value, gevent.GreenletExit)  # anything that is ignored on the way fails the test

    @pytest.mark.parametrize(
        "broken", [stream(REQUESTED, lost=True), stream(REQUESTED), Scripted(500), Scripted(502, "<html>")]
    )
    def test_a_stream_that_breaks_off_is_replaced_by_looks(
        self, wait: Wait, broken: Scripted, scripted_hub: ScriptedHub
    ) -> None:
        wait(broken, USER_STARTING, USER_READY)
        assert [asked.path.rpartition("/")[2] for asked in scripted_hub.asked] == ["progress", "ann", "ann"]

    def test_a_silent_stream_is_lost(self, wait: Wait, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(progress_module, "SILENCE", 0.2)
        assert wait(stream(REQUESTED, 600.0), USER_READY).seen < 60

    @pytest.mark.parametrize("rest", [[600.0], [b".", 0.1] * 6000], ids=["silent", "a line without an end"])
    def test_the_deadline_holds(self, wait: Wait, rest: list[bytes | float]) -> None:
        started = time.monotonic()
        with pytest.raises(hubusers.hub.errors.WaitTimeout):
            wait(stream(REQUESTED, *rest), timeout=0.4)
        assert time.monotonic() - started < 60

    def test_a_failed_spawn_without_a_reason_says_so(self, wait: Wait) -> None:
        no_reason = FAILED.replace(b": no such image", b":")
        with pytest.raises(SpawnFailed) as failure:
            wait(stream(REQUESTED, no_reason))
        assert " failed to start without a reason; the last message before that: " in failure.value.detail
        assert failure.value.words == "Spawn failed:"

    def test_a_failed_spawn_shows_the_last_message(self, wait: Wait) -> None:
        pulling = b'data: {"progress": 20, "message": "pulling the image"}\n\n'
        with pytest.raises(SpawnFailed) as failure:
            wait(stream(KEEP_ALIVE, REQUESTED, pulling, KEEP_ALIVE, FAILED))
        assert "Spawn failed: no such image" in failure.value.detail
        assert "pulling the image" in failure.value.detail

    def test_a_user_who_is_gone(self, wait: Wait) -> None:
        with pytest.raises(hubusers.hub.errors.UserGone):
            wait(Scripted(404), Scripted(404, {"message": "Not Found"}))


@pytest.mark.parametrize("make", ALL)
def test_no_hub_at_all(make: Make, event: EventHook) -> None:
    session = make("http://127.0.0.1:9", event, "x")
    assert not hubusers.wait_for_server_to_start(
        "ann", "http://127.0.0.1:9/hub/api", session, watch="progress", timeout=0.5, poll_interval=0.1
    )


@pytest.mark.parametrize("make", ALL)
def test_on_a_real_hub(make: Make, local_hub: LocalHub, username: str, event: EventHook, rows: list[Row]) -> None:
    session: Any = make(local_hub.url, event, local_hub.token)
    for _ in range(2):
        assert hubusers.start_server(username, local_hub.endpoint, session)
        assert hubusers.wait_for_server_to_start(username, local_hub.endpoint, session, watch="progress")
        seen = time.time()
        ready = spawner_events(local_hub, "ready", username=username)[-1]["time"]
        assert ready < seen
        # It is ready for good, and known so without any look.
        assert hubusers.wait_for_server_to_start(username, local_hub.endpoint, session, watch="progress")
        assert hubusers.stop_server(username, local_hub.endpoint, session, wait=True, poll_interval=0.05)
    if make in LOCUST_S:
        assert rows.count(("GET", "/users/{name}/server/progress", None)) == 4


def test_the_way_to_watch_is_checked(any_session: Any) -> None:
    with pytest.raises(ValueError, match="watch must be one of poll, progress"):
        hubusers.wait_for_server_to_start("ann", "http://127.0.0.1/hub/api", any_session, watch="listing")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="watch must be one of poll, listing"):
        hubusers.wait_for_servers_to_start([], "http://127.0.0.1/hub/api", any_session, watch="progress")  # type: ignore[arg-type]
