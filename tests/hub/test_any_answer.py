"""Random answers: whatever comes back, each call ends as documented, and raises nothing else."""

from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession
from locust.event import EventHook

import contextlib
import io
import json
import socketserver
import string
import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock
from urllib.parse import unquote

import pytest
import requests
import urllib3
from hypothesis import example, given
from hypothesis import strategies as st

import hubusers
from hubusers.accounts.ledger import Ledger
from hubusers.http.messages import Answer
from hubusers.hub import deadline as deadline_module
from hubusers.hub import lifecycle
from hubusers.hub.answers import State, servers_of, start_outcome, stop_outcome
from hubusers.hub.client import HubClient
from hubusers.hub.creation import make_accounts
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError, HubUsersError
from hubusers.hub.progress import progress
from hubusers.hub.removal import remove_user
from hubusers.hub.sightings import look_at, looks
from hubusers.hub.user_list import list_users
from hubusers.log import shown
from hubusers.run.first_server import try_one_server
from hubusers.run.run import Run
from hubusers.settings.access import Access
from hubusers.settings.hub_check import CheckedHub, PreflightError, check_hub
from tests.fake_clock import FakeClock
from tests.settings.settings import settings_for

ENDPOINT = "http://127.0.0.1/hub/api"
TOKEN = "0123456789abcdef"

Reply = tuple[int, dict[str, str], bytes] | Exception

statuses = st.sampled_from([200, 201, 202, 204, 301, 302, 400, 401, 403, 404, 409, 429, 500, 502, 503, 504])
latin = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30)
headers = st.dictionaries(
    st.sampled_from(["Retry-After", "Location", "Content-Type", "Content-Encoding", "Set-Cookie", "Content-Length"]),
    st.one_of(
        latin,
        st.integers().map(str),
        st.sampled_from(["30", "1e9", "-1", "Wed, 21 Oct 9999999999 07:28:00 GMT", "Fri, 31 Dec 1999 23:59:59 GMT"]),
    ),
    max_size=3,
)
any_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
    lambda inside: st.one_of(st.lists(inside, max_size=3), st.dictionaries(st.text(max_size=5), inside, max_size=3)),
    max_leaves=8,
)
messages = st.sampled_from(["ann is already running", "ann is pending stop", "ann is pending spawn", "No access"])
server = st.fixed_dictionaries(
    {}, optional={"ready": st.booleans() | any_json, "pending": st.sampled_from(["spawn", "stop", None]) | any_json}
)
user = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["ann", "hub-stress-test-a-0-0"]) | any_json,
        "servers": st.dictionaries(st.sampled_from(["", "lab"]), server | any_json, max_size=2) | any_json,
    },
)
page = st.fixed_dictionaries(
    {"items": st.lists(user | any_json, max_size=3) | any_json},
    optional={
        "_pagination": st.fixed_dictionaries(
            {}, optional={"next": any_json | st.fixed_dictionaries({}, optional={"offset": st.integers() | any_json})}
        )
        | any_json
    },
)
other_models = st.fixed_dictionaries(
    {},
    optional={
        "message": messages | any_json,
        "version": any_json,
        "spawner": any_json,
        "kind": any_json,
        "name": any_json,
        "scopes": any_json | st.just(["admin:users", "admin:servers", "list:users"]),
    },
)
bodies = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"", b"<html>Please log in", b'{"name": ', b"\xff\xfe", b"[" * 5000, b"9" * 5000]),
    st.one_of(any_json, user, page, st.lists(user, max_size=3), other_models).map(lambda m: json.dumps(m).encode()),
)
lost = st.sampled_from(
    [
        requests.ConnectionError("reset"),
        requests.ConnectionError(ConnectionRefusedError()),
        requests.Timeout(),
        requests.exceptions.SSLError(),
        requests.exceptions.ChunkedEncodingError(),
        requests.exceptions.InvalidHeader(),
    ]
)
replies = st.lists(st.tuples(statuses | st.integers(100, 999), headers, bodies) | lost, min_size=1, max_size=6)


class Answering(requests.adapters.BaseAdapter):
    """A fake network that gives one reply after the other, and repeats the last one."""

    def __init__(self, replies: list[Reply]) -> None:
        super().__init__()
        self.replies = list(replies)

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        status, headers, body = reply
        response = requests.Response()
        response.status_code, response.url, response.request = status, request.url or "", request
        response.headers = requests.structures.CaseInsensitiveDict(headers)
        encoding = {"Content-Encoding": headers["Content-Encoding"]} if "Content-Encoding" in headers else {}
        response.raw = urllib3.HTTPResponse(io.BytesIO(body), encoding, preload_content=False)
        return response

    def close(self) -> None:
        pass


@contextlib.contextmanager
def answering(replies: list[Reply]) -> Iterator[requests.Session]:
    """A session that gets these replies, on a clock that moves only while somebody waits."""
    session = requests.Session()
    session.mount("http://", Answering(replies))
    with session, mock.patch.object(deadline_module, "CLOCK", FakeClock()):
        yield session


BATCHES = [["ann", "bob"], ["eve"]]
NAMES = ["ann", "bob", "eve"]
SHORT: dict[str, Any] = {"timeout": 3, "poll_interval": 1}

Call = Callable[[requests.Session], Any]

YES_OR_NO: dict[str, Call] = {
    "start_server": lambda session: hubusers.start_server("ann", ENDPOINT, session, {"display_name": "x"}),
    "start_server, deleting": lambda session: hubusers.start_server("ann", ENDPOINT, session, on_failure="delete_user"),
    "wait_for_server_to_start": lambda session: hubusers.wait_for_server_to_start("ann", ENDPOINT, session, **SHORT),
    "stop_server": lambda session: hubusers.stop_server("ann", ENDPOINT, session, wait=True, **SHORT),
    "wait_for_server_to_stop": lambda session: hubusers.wait_for_server_to_stop("ann", ENDPOINT, session, **SHORT),
}


@pytest.mark.parametrize("name", YES_OR_NO)
@given(replies=replies)
def test_functions_for_one_answer_yes_or_no(name: str, replies: list[Reply]) -> None:
    with answering(replies) as session:
        assert YES_OR_NO[name](session) in {True, False}


def _wait_for_servers_to_stop(session: requests.Session) -> dict[str, bool]:
    stopped = dict.fromkeys(NAMES, True)
    hubusers.wait_for_servers_to_stop(stopped, ENDPOINT, session, **SHORT)
    return stopped


FOR_EACH: dict[str, Call] = {
    "start_servers": lambda session: hubusers.start_servers(BATCHES, ENDPOINT, session),
    "wait_for_servers_to_start": lambda session: hubusers.wait_for_servers_to_start(
        BATCHES, ENDPOINT, session, **SHORT
    ),
    "stop_servers": lambda session: hubusers.stop_servers(NAMES, ENDPOINT, session, 2),
    "wait_for_servers_to_stop": _wait_for_servers_to_stop,
    "create_users": lambda session: hubusers.create_users(NAMES, ENDPOINT, session, batch_size=2),
    "delete_users": lambda session: hubusers.delete_users(NAMES, ENDPOINT, session, **SHORT),
}


@pytest.mark.parametrize("name", FOR_EACH)
@given(replies=replies)
def test_functions_for_many_say_it_of_each(name: str, replies: list[Reply]) -> None:
    with answering(replies) as session:
        result = FOR_EACH[name](session)
    assert list(result) == NAMES
    assert set(result.values()) <= {True, False}


@given(replies=replies)
def test_a_list_is_whole_or_an_error(replies: list[Reply]) -> None:
    with answering(replies) as session, contextlib.suppress(HubError):
        found = hubusers.find_stress_test_users(ENDPOINT, session, prefix="hub-")
        assert all(name.startswith("hub-") for name in found)
    with answering(replies) as session, contextlib.suppress(HubError):
        assert set(hubusers.purge_users(ENDPOINT, session, prefix="hub-").values()) <= {True, False}


STEPS: dict[str, Callable[[HubClient, Deadline], Any]] = {
    "start": lambda client, deadline: lifecycle.until_let_in(
        lambda: lifecycle.ask_to_start(client, "ann", {}, deadline), deadline
    ),
    "wait until ready": lambda client, deadline: lifecycle.wait_until_ready(
        looks(client, "ann", deadline, 1), "ann", deadline
    ),
    "listen until ready": lambda client, deadline: lifecycle.wait_until_ready(
        progress(client, "ann", deadline, 1), "ann", deadline
    ),
    "stop": lambda client, deadline: lifecycle.until_stopping(
        lambda: lifecycle.ask_to_stop(client, "ann", deadline), "ann's server", deadline, 1
    ),
    "make accounts": lambda client, deadline: make_accounts(client, ["ann", "ben"], Ledger(), deadline, 1),
    "wait until stopped": lambda client, deadline: lifecycle.wait_until_stopped(
        looks(client, "ann", deadline, 1), "ann", deadline
    ),
    "look": lambda client, deadline: look_at(client, "ann", deadline),
    "remove": lambda client, deadline: remove_user(client, "ann", deadline.seconds, 1),
    "list": lambda client, _: list(list_users("hub-", client.request)),
}


@pytest.mark.parametrize("name", STEPS)
@given(replies=replies)
def test_steps_end_in_time_and_raise_typed_errors(name: str, replies: list[Reply]) -> None:
    with answering(replies) as session:
        deadline = Deadline(4)
        with contextlib.suppress(HubUsersError):
            STEPS[name](HubClient(ENDPOINT, session), deadline)
        if name != "list":  # it has a number of tries instead
            assert deadline.elapsed() <= 4


@given(replies=replies)
def test_the_look_before_a_run_finds_a_hub_or_says_in_a_line_what_is_wrong(replies: list[Reply]) -> None:
    access = Access(TOKEN)
    access.session.mount("http://", Answering(replies))
    wrong = ""
    try:
        assert isinstance(check_hub(ENDPOINT, access), CheckedHub)
    except PreflightError as error:
        wrong = str(error)
    assert shown(wrong).isprintable()


@given(replies=replies)
def test_a_tried_server_is_gone_or_said_to_be_left(replies: list[Reply]) -> None:
    access = Access(TOKEN)
    access.session.mount("http://", Answering(replies))
    run = Run(settings_for(ENDPOINT, access), 0)
    wrong = ""
    with mock.patch.object(deadline_module, "CLOCK", FakeClock()):
        try:
            try_one_server(run, None)
        except PreflightError as error:
            wrong = str(error)
    assert bool(run.ledger.left()) == ("hubusers purge" in wrong)


@given(status=statuses | st.integers(0, 999), headers=headers, body=bodies)
@example(status=429, headers={"Retry-After": "9" * 5000}, body=b"")
def test_an_answer_can_be_read_whatever_it_holds(status: int, headers: dict[str, str], body: bytes) -> None:
    answer = Answer(status, body.decode("utf-8", "replace"), headers)
    assert start_outcome(answer)
    assert stop_outcome(answer)
    assert len(str(answer)) < 250
    assert len(answer.cause) < 40
    assert answer.retry_after is None or 0 <= answer.retry_after <= 120
    with contextlib.suppress(HubError):
        assert all(isinstance(state, State) for state in servers_of(answer.model).states.values())


# For each kind of session: bytes that are not HTTP, are cut off, or have a wrong length.

header_lines = st.lists(
    st.sampled_from(
        [
            b"Content-Length: 5",
            b"Content-Length: 50",
            b"Content-Length: -1",
            b"Content-Length: x",
            b"Transfer-Encoding: chunked",
            b"Content-Encoding: gzip",
            b"Content-Encoding: br",
            b"Content-Type: text/html; charset=nonsense",
            b"Location: http://[",
            b"Location: /hub/api",
            b"Set-Cookie: \xff=\x00",
            b"Retry-After: soon",
            b"no colon",
            b": no name",
        ]
    )
    | st.binary(max_size=20),
    max_size=3,
)
status_lines = st.sampled_from(
    [b"HTTP/1.1 200 OK", b"HTTP/1.1 302 Found", b"HTTP/1.1 500", b"HTTP/9.9 200 ?", b"HTTP/1.1 99999 No", b"SSH-2.0-x"]
) | st.binary(max_size=20)
streams = st.tuples(status_lines, header_lines, bodies | st.sampled_from([b"5\r\nhello\r\n0\r\n\r\n", b"zz\r\n"])).map(
    lambda parts: b"\r\n".join([parts[0], *parts[1], b"", parts[2]])
)


class _Stream(socketserver.ThreadingTCPServer):
    """Answers every request with the same bytes, and closes the connection."""

    daemon_threads = True
    allow_reuse_address = True
    answer = b""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _StreamHandler)
        threading.Thread(target=self.serve_forever, args=[0.02], daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing, because clients may hang up before the answer ends."""


class _StreamHandler(socketserver.StreamRequestHandler):
    server: _Stream

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        self.wfile.write(self.server.answer)


@pytest.fixture(scope="module")
def stream() -> Iterator[_Stream]:
    with _Stream() as server:
        yield server
        server.shutdown()


SESSIONS: dict[str, Callable[[], Any]] = {
    "requests": lambda: hubusers.get_session(TOKEN),
    "Locust's HttpSession": lambda: HttpSession("http://127.0.0.1", EventHook(), None),
    "Locust's FastHttpSession": lambda: FastHttpSession("http://127.0.0.1", EventHook(), None),
}


@pytest.mark.parametrize("kind", SESSIONS)
@given(answer=streams)
@example(answer=b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut")
@example(answer=b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello")
@example(answer=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
@example(answer=b"HTTP/1.1 500\r\n\r\n\xff")
@example(answer=b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n")
def test_what_is_no_answer_at_all(kind: str, stream: _Stream, answer: bytes) -> None:
    stream.answer = answer
    client = HubClient(f"http://127.0.0.1:{stream.server_address[1]}/hub/api", SESSIONS[kind]())
    result = client.request("GET", "/users/{name}", username="ann", timeout=5)
    assert (result.status == 0) == bool(result.error)


names = st.text(min_size=1, max_size=12) | st.text(string.punctuation + "\n\r\t é", min_size=1, max_size=6)


@given(name=names)
@example(name="../ann")
@example(name="ann#1\r\nX-Injected: yes")
def test_a_name_reaches_the_hub_as_one_segment_or_not_at_all(name: str) -> None:
    asked: list[str] = []

    class Noting(Answering):
        def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
            asked.append(request.url or "")
            return super().send(request, *args, **kwargs)

    with answering([(404, {}, b"")]) as session:
        session.mount("http://", Noting([(404, {}, b"")]))
        try:
            hubusers.stop_server(name, ENDPOINT, session)
        except ValueError:
            assert not asked
        else:
            (url,) = asked
            quoted = url.removeprefix(f"{ENDPOINT}/users/").removesuffix("/server")
            assert unquote(quoted) == name
            assert not set(quoted) & set("/?#\\ \r\n")
