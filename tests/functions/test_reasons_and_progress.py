"""Beside its result, a function says why something failed, on which hub, and how far it is."""

import io
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

import hubusers
from hubusers.functions.script_client import Reasons
from hubusers.how_installed import this_installation
from hubusers.hub.errors import HubError, MissingScope, SpawnFailed, Throttled, UserExisted, UserGone, WaitTimeout
from hubusers.local import LocalHub
from tests.fake_clock import FakeClock
from tests.scripted_hub import Asked, Scripted, ScriptedHub

Log = pytest.LogCaptureFixture


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The clock of every wait; requests have the real one."""
    clock = FakeClock()
    monkeypatch.setattr("hubusers.hub.deadline.CLOCK", clock)
    return clock


PENDING = Scripted(200, {"name": "ann", "servers": {"": {"ready": False, "pending": "spawn"}}})


class TestReasons:
    @pytest.mark.parametrize(
        ("answer", "kind", "words"),
        [
            (Scripted(500, {"message": "no room"}), SpawnFailed, "no room"),
            (Scripted(404, {"message": "nobody"}), UserGone, "nobody"),
            (Scripted(403, {"message": "Action is not authorized with current scopes"}), MissingScope, "authorized"),
            (Scripted(400, {"message": "bad options"}), HubError, "bad options"),
            (Scripted(429, {"message": "full"}, {"Retry-After": "0"}), Throttled, "full"),
        ],
    )
    def test_of_a_start(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, answer: Scripted, kind: type, words: str
    ) -> None:
        scripted_hub.script(answer)
        one, many = Reasons(), Reasons()
        assert not hubusers.start_server("ann", scripted_hub.endpoint, any_session, reasons=one)
        assert not any(hubusers.start_servers([["ann"]], scripted_hub.endpoint, any_session, reasons=many).values())
        for reasons in (one, many):
            assert reasons.keys() == {"ann"}
            assert isinstance(reasons["ann"], kind)
            assert words in reasons["ann"].words
            assert "ann" in reasons["ann"].detail
            assert reasons["ann"].status == answer.status

    @pytest.mark.usefixtures("clock")
    def test_of_a_wait(self, scripted_hub: ScriptedHub, any_session: requests.Session) -> None:
        hub, session = scripted_hub.endpoint, any_session
        waits: list[Callable[..., Any]] = [
            lambda **given: hubusers.wait_for_server_to_start("ann", hub, session, **given),
            lambda **given: hubusers.wait_for_servers_to_start([["ann"]], hub, session, **given),
            lambda **given: hubusers.wait_for_server_to_stop("ann", hub, session, **given),
            lambda **given: hubusers.wait_for_servers_to_stop({"ann": True}, hub, session, **given),
            lambda **given: hubusers.stop_server("ann", hub, session, wait=True, **given),
        ]
        for wait in waits:
            scripted_hub.script(*[Scripted(202)] * (wait is waits[-1]), PENDING)
            reasons = Reasons()
            wait(timeout=60, poll_interval=20, reasons=reasons)
            assert isinstance(reasons["ann"], WaitTimeout)
            assert "within 60 seconds" in reasons["ann"].detail

    @pytest.mark.usefixtures("clock")
    def test_of_a_wait_in_which_the_hub_was_away(
        self, scripted_hub: ScriptedHub, any_session: requests.Session
    ) -> None:
        scripted_hub.script(Scripted(503, "no healthy upstream"))
        reasons = Reasons()
        hubusers.wait_for_server_to_stop(
            "ann", scripted_hub.endpoint, any_session, timeout=60, poll_interval=20, reasons=reasons
        )
        assert isinstance(reasons["ann"], WaitTimeout)
        assert "meanwhile, looking at the server of ann: HTTP 503: no healthy upstream" in reasons["ann"].detail
        assert reasons["ann"].words == "no healthy upstream"

    @pytest.mark.usefixtures("clock")
    def test_one_dictionary_for_several_calls(self, scripted_hub: ScriptedHub, any_session: requests.Session) -> None:
        """Its names are then those of the users for whom the last result is False."""
        hub, reasons = scripted_hub.endpoint, Reasons()
        scripted_hub.script(Scripted(500))
        stopped = hubusers.stop_servers(["ann", "bob"], hub, any_session, 1, reasons=reasons)
        assert reasons.keys() == {"ann", "bob"}
        scripted_hub.script(Scripted(204))
        stopped |= hubusers.stop_servers(["bob"], hub, any_session, 1, reasons=reasons)
        assert reasons.keys() == {"ann"}
        hubusers.wait_for_servers_to_stop(stopped, hub, any_session, timeout=60, poll_interval=20, reasons=reasons)
        assert stopped == {"ann": False, "bob": False}  # bob's answer is not a user model
        assert isinstance(reasons["ann"], HubError)
        assert isinstance(reasons["bob"], WaitTimeout)

    def test_of_accounts(self, scripted_hub: ScriptedHub, any_session: requests.Session) -> None:
        hub, reasons = scripted_hub.endpoint, Reasons()
        scripted_hub.script(Scripted(201, [{"name": "ann"}]))
        hubusers.create_users(["ann", "bob"], hub, any_session, reasons=reasons)
        assert list(map(type, reasons.values())) == [UserExisted]
        scripted_hub.script(Scripted(403, {"message": "Action is not authorized with current scopes"}))
        hubusers.create_users(["ann"], hub, any_session, reasons=reasons)
        assert isinstance(reasons["ann"], MissingScope)
        hubusers.delete_users(["bob"], hub, any_session, reasons=reasons)
        assert isinstance(reasons["bob"], MissingScope)
        assert "the user bob" in reasons["bob"].detail

    def test_of_our_own_fault(
        self, any_session: requests.Session, monkeypatch: pytest.MonkeyPatch, caplog: Log
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise RuntimeError("a hook of the session's")

        monkeypatch.setattr(requests.Session, "request", fail)
        reasons = Reasons()
        assert hubusers.stop_servers(["ann"], "http://hub/hub/api", any_session, 1, reasons=reasons) == {"ann": False}
        assert reasons["ann"].detail == "stop_servers for ann failed: a hook of the session's"
        assert "http://hub: stop_servers for ann failed" in caplog.text

    def test_they_have_no_token(self, scripted_hub: ScriptedHub, any_session: requests.Session) -> None:
        event = b'data: {"failed": true, "message": "Spawn failed: you sent 0123456789abcdef"}\n\n'
        scripted_hub.script(Scripted(pieces=[event]))
        hub, reasons = scripted_hub.endpoint, Reasons()
        assert not hubusers.wait_for_server_to_start("ann", hub, any_session, watch="progress", reasons=reasons)
        assert "(secret)" in reasons["ann"].detail
        assert "(secret)" in reasons["ann"].words
        assert "0123456789abcdef" not in reasons["ann"].detail + reasons["ann"].words

    def test_something_else_than_a_dictionary(self, scripted_hub: ScriptedHub, any_session: requests.Session) -> None:
        with pytest.raises(TypeError, match="reasons must be a dictionary to fill, not list"):
            hubusers.purge_users(scripted_hub.endpoint, any_session, reasons=[])  # type: ignore[arg-type]
        assert scripted_hub.asked == []


class TestRetries:
    def test_a_failed_start_is_tried_again(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, monkeypatch: pytest.MonkeyPatch, caplog: Log
    ) -> None:
        pauses: list[float] = []
        monkeypatch.setattr("hubusers.functions.starting.CLOCK.sleep", pauses.append)
        scripted_hub.script(Scripted(500, {"message": "no room"}), Scripted(lost=True), Scripted(201))
        assert hubusers.start_server("ann", scripted_hub.endpoint, any_session, retries=2)
        assert pauses == [1, 2]
        pauses.clear()
        scripted_hub.script(Scripted(500), Scripted(500), Scripted(201))
        tried = hubusers.start_servers([["ann"]], scripted_hub.endpoint, any_session, retries=2, retry_pause=0.5)
        assert (tried, pauses) == ({"ann": True}, [0.5, 0.5])
        assert "trying again in 1 s" in caplog.text
        scripted_hub.script(Scripted(500))
        before = len(scripted_hub.asked)
        assert hubusers.start_servers([["ann"]], scripted_hub.endpoint, any_session, retries=1) == {"ann": False}
        assert len(scripted_hub.asked) - before == 2

    @pytest.mark.parametrize("status", [400, 401, 403, 404])
    def test_a_refused_one_is_not(self, scripted_hub: ScriptedHub, any_session: requests.Session, status: int) -> None:
        scripted_hub.script(Scripted(status, {"message": "no"}))
        assert not hubusers.start_server("ann", scripted_hub.endpoint, any_session, retries=3)
        assert len(scripted_hub.asked) == 1

    def test_less_than_none(self, scripted_hub: ScriptedHub, any_session: requests.Session) -> None:
        with pytest.raises(ValueError, match="retry_pause must be a number of seconds above 0"):
            hubusers.start_server("ann", scripted_hub.endpoint, any_session, retries=1, retry_pause=0)
        with pytest.raises(ValueError, match="retries must be 0 or more"):
            hubusers.start_server("ann", scripted_hub.endpoint, any_session, retries=-1)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestProgress:
    def show(
        self, hub: ScriptedHub, session: requests.Session, monkeypatch: pytest.MonkeyPatch, to: io.StringIO
    ) -> str:
        monkeypatch.setattr(sys, "stderr", to)
        hub.script(Scripted(500), Scripted(204))
        hubusers.stop_servers(["ann", "bob", "bob"], hub.endpoint, session, 1, progress=True)
        monkeypatch.undo()
        return to.getvalue()

    def test_in_a_terminal(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shown = self.show(scripted_hub, any_session, monkeypatch, _Terminal())
        assert "Stopping servers: 100%" in shown
        assert "2/2" in shown
        assert "1 failed" in shown

    def test_nobody_watches(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.show(scripted_hub, any_session, monkeypatch, io.StringIO()) == ""

    def test_without_tqdm(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, monkeypatch: pytest.MonkeyPatch, caplog: Log
    ) -> None:
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
        assert self.show(scripted_hub, any_session, monkeypatch, _Terminal()) == ""
        assert f"no progress is shown without tqdm. {this_installation().to_add('progress')}" in caplog.text
        assert len(scripted_hub.asked) == 2


class TestInterrupted:
    """By Ctrl-C; in a real kernel, see tests/test_documents.py."""

    def test_says_who_is_left_and_does_not_wait_for_answers(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, monkeypatch: pytest.MonkeyPatch, caplog: Log
    ) -> None:
        names = ["done-1", "done-2", *(f"held-{number}" for number in range(12))]
        scripted_hub.script(Scripted(204))
        scripted_hub.refuse("DELETE", "/held-", Scripted(204, held=600))

        def interrupted_after_two(futures: Any) -> Any:
            for future in list(futures)[:2]:
                future.result()
                yield future
            raise KeyboardInterrupt

        monkeypatch.setattr("hubusers.functions.batches.futures.as_completed", interrupted_after_two)
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            hubusers.stop_servers(names, scripted_hub.endpoint, any_session, 2)
        assert time.monotonic() - started < 60  # of 600
        left = ", ".join(names[2:12])
        assert (
            f"{scripted_hub.url}: interrupted while stopping servers: 2 of 14 are done, left are {left} and 2 more; "
            "the hub goes on with what it was asked for"
        ) in caplog.messages

    def test_one_server(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, monkeypatch: pytest.MonkeyPatch, caplog: Log
    ) -> None:
        def interrupt(*_: Any, **__: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(requests.Session, "request", interrupt)
        hub, session = scripted_hub.endpoint, any_session
        calls: list[tuple[str, Callable[[], Any]]] = [
            ("starting the server of ann", lambda: hubusers.start_server("ann", hub, session)),
            ("stopping the server of ann", lambda: hubusers.stop_server("ann", hub, session)),
            (
                "waiting for the server of ann to stop",
                lambda: hubusers.wait_for_server_to_stop("ann", hub, any_session),
            ),
            (
                "waiting for the server of ann to start",
                lambda: hubusers.wait_for_server_to_start("ann", hub, any_session),
            ),
        ]
        for doing, call in calls:
            caplog.clear()
            with pytest.raises(KeyboardInterrupt):
                call()
            assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
                f"{scripted_hub.url}: interrupted while {doing}; the hub goes on with what it was asked for"
            ]


def in_a_python_of_its_own(code: str) -> subprocess.CompletedProcess[str]:
    """Run a script; in the process of the tests, threads are gevent's."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)


class ReadyWhenCancelled(ScriptedHub):
    """Ann's server is ready only after somebody has told the hub that the task was cancelled."""

    def answer(self, asked: Asked) -> Scripted:
        ready = {"": {"ready": True, "pending": None}}
        is_cancelled = any(each.path == "/cancelled" for each in self.asked)
        return Scripted(200, {"name": "ann", "servers": ready}) if is_cancelled else PENDING


class TestAtTheSameTime:
    def test_threads_share_a_session(self, local_hub: LocalHub, usernames: list[str]) -> None:
        ran = in_a_python_of_its_own(f"""
from concurrent.futures import ThreadPoolExecutor
from hubusers import *
hub, session = "{local_hub.endpoint}", get_session("{local_hub.token}")

def live(name):
    for _ in range(3):
        get_session("another-" + name)
    return [
        start_server(name, hub, session),
        wait_for_server_to_start(name, hub, session, poll_interval=0.05),
        stop_server(name, hub, session, wait=True, poll_interval=0.05),
        start_servers([[name]], hub, session)[name],
        wait_for_servers_to_start([[name]], hub, session, poll_interval=0.05)[name],
        stop_servers([name], hub, session, 1)[name],
        wait_for_server_to_stop(name, hub, session, poll_interval=0.05),
    ]

names = {usernames}
with ThreadPoolExecutor(len(names)) as executor:
    print(list(executor.map(live, names)) == [[True] * 7] * len(names))
""")
        assert (ran.stdout, ran.stderr) == ("True\n", "")

    def test_a_cancelled_task_does_not_wait_for_its_thread(self) -> None:
        """As docs/how-to/functions.md says of asyncio."""
        with ReadyWhenCancelled() as hub:
            ran = in_a_python_of_its_own(f"""
import asyncio, hubusers
session = hubusers.get_session("0123456789abcdef")
came = []

def wait():
    came.append(hubusers.wait_for_server_to_start("ann", "{hub.endpoint}", session, poll_interval=0.05))

async def main():
    try:
        async with asyncio.timeout(0.3):
            await asyncio.to_thread(wait)
    except TimeoutError:
        print(came)
        session.post("{hub.url}/cancelled")

asyncio.run(main())
print(came)
""")
        assert (ran.stdout, ran.stderr) == ("[]\n[True]\n", "")
