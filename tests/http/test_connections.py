"""Connections are reused, even in a process with more than a thousand, and replaced if the server closes them."""

from locust.event import EventHook

import gzip
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubusers.http.connections import Connections
from hubusers.hub.client import HubClient
from tests.scripted_hub import Scripted, ScriptedHub


class Counting:
    """Answers 204 to everything, counts connections, and closes each after a number of answers."""

    def __init__(self, answers: int = 1000) -> None:
        self.connections = 0
        self.answers = answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            for _ in range(self.answers):
                if not connection.recv(65536):
                    return
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def many_open_files() -> Iterator[None]:
    """Use up the low file descriptors, as a process with more than a thousand users does."""
    with Path(os.devnull).open() as null:
        copies = [os.dup(null.fileno()) for _ in range(1100)]
        yield
        for copy in copies:
            os.close(copy)


@pytest.mark.usefixtures("many_open_files")
def test_a_connection_is_kept_where_there_are_more_than_a_thousand() -> None:
    server = Counting()
    client = HubClient(f"{server.url}/hub/api", Connections(server.url, {}))
    assert {client.request("GET", "/").status for _ in range(10)} == {204}
    assert server.connections == 1
    server.close()


def test_a_connection_that_was_closed_is_replaced_without_a_failure() -> None:
    server = Counting(answers=2)
    client = HubClient(f"{server.url}/hub/api", Connections(server.url, {}))
    assert [client.request("GET", "/").status for _ in range(6)] == [204] * 6
    assert server.connections == 3
    server.close()


def test_what_is_lost_is_not_tried_again_in_silence(scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(Scripted(lost=True))
    client = HubClient(scripted_hub.endpoint, Connections(scripted_hub.url, {}))
    for method in ("GET", "POST", "DELETE"):
        assert client.request(method, "/").error == "connection lost"
    assert len(scripted_hub.asked) == 3


@pytest.mark.parametrize("name", ["Retry-After", "retry-after", "RETRY-AFTER"])
@pytest.mark.parametrize("status", [200, 429])
def test_headers_are_found_in_whatever_letters(scripted_hub: ScriptedHub, name: str, status: int) -> None:
    scripted_hub.script(Scripted(status, headers={name: "7", "Set-Cookie": "a=1"}))
    answer = HubClient(scripted_hub.endpoint, Connections(scripted_hub.url, {})).request("GET", "/")
    assert answer.retry_after == 7
    assert answer.headers["retry-after"] == answer.headers["Retry-After"] == answer.headers.get("RETRY-AFTER") == "7"
    assert "retry-AFTER" in answer.headers
    assert "Location" not in answer.headers
    assert dict(answer.headers)["set-cookie"] == "a=1"
    assert len(answer.headers) == len(list(answer.headers))


def test_an_answer_that_is_packed_is_read(scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(Scripted(200, gzip.compress(b'{"name": "ann"}'), {"Content-Encoding": "gzip"}))
    client = HubClient(scripted_hub.endpoint, Connections(scripted_hub.url, {}))
    assert client.request("GET", "/").model == {"name": "ann"}


def test_headers_body_and_statistics(scripted_hub: ScriptedHub) -> None:
    event, counted = EventHook(), []
    event.add_listener(lambda **kwargs: counted.append((kwargs["name"], kwargs["context"], str(kwargs["exception"]))))
    scripted_hub.script(Scripted(202), Scripted(429, headers={"retry-after": "7"}))
    headers = {"Authorization": "token 0123456789abcdef"}
    connections = Connections(scripted_hub.url, headers, request_event=event, context=lambda: {"who": "ann"})
    client = HubClient(scripted_hub.endpoint, connections)
    client.request("POST", "/users/{name}/server", username="o brien+1@x.org", body={"profile": "größe"})
    answer = client.request("DELETE", "/users/{name}/server", username="ann")
    posted = scripted_hub.asked[0]
    assert posted.path == "/hub/api/users/o%20brien%2B1%40x.org/server"
    assert posted.headers["Authorization"] == "token 0123456789abcdef"
    assert posted.headers["Content-Type"] == "application/json"
    assert posted.headers["Host"] == scripted_hub.url.removeprefix("http://")
    assert posted.body == '{"profile": "gr\\u00f6\\u00dfe"}'
    assert answer.retry_after == 7
    assert counted == [
        ("/users/{name}/server", {"who": "ann"}, "None"),
        ("/users/{name}/server", {"who": "ann"}, "HTTP 429"),
    ]
