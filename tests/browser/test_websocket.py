"""A websocket that a page holds, at a scripted server."""

import socket
import ssl
import struct
from typing import Any

import gevent
import pytest
import trustme
from gevent.event import Event
from gevent.server import StreamServer

from hubusers.browser import websocket
from hubusers.browser.said import BEFORE_THE_HUB
from hubusers.browser.websocket import HeldWebsocket, WebsocketLost, WebsocketRefused, websocket_url
from hubusers.local.ports import free_port
from tests.browser.scripted_websocket import CLOSE, PING, PONG, ScriptedWebsocket, frame, received_frame, until_it_ends
from tests.waiting import wait_until


def test_a_ping_is_answered_while_the_person_thinks() -> None:
    answered = Event()
    answer: list[tuple[int, bytes]] = []

    def ping(client: socket.socket) -> None:
        client.sendall(frame(PING, b"still there?"))
        answer.append(received_frame(client))
        answered.set()
        until_it_ends(client)

    with ScriptedWebsocket(ping) as server:
        held = HeldWebsocket(server.url)
        assert answered.wait(60)
        assert answer == [(PONG, b"still there?")]
        held.drop()


def test_a_tab_that_is_closed_says_that_it_goes_away() -> None:
    said: list[tuple[int, bytes]] = []

    def answer(client: socket.socket) -> None:
        said.append(received_frame(client))
        client.sendall(frame(CLOSE, said[0][1]))
        until_it_ends(client)

    with ScriptedWebsocket(answer) as server:
        HeldWebsocket(server.url).close()
    assert said == [(CLOSE, struct.pack("!H", 1001))]


def test_closing_does_not_wait_long_for_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "GOODBYE", 0.1)
    with ScriptedWebsocket(until_it_ends) as server:
        held = HeldWebsocket(server.url)
        with gevent.Timeout(60):  # it would wait for ever
            held.close()


def test_headers_are_those_given_and_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    lines = ["Cookie: a=1; b=2", "Origin: https://hub.example.org"]
    with ScriptedWebsocket(until_it_ends) as server:
        HeldWebsocket(server.url, lines).drop()
    (request,) = server.requests
    assert request.count("Cookie:") == request.count("Origin:") == 1
    assert all(f"\r\n{line}\r\n" in request for line in lines)
    assert request.startswith("GET /api/kernels/k/channels?session_id=s HTTP/1.1\r\n")


def test_subprotocols_that_a_page_offers_and_the_one_that_the_server_chooses() -> None:
    with ScriptedWebsocket(until_it_ends, "Sec-WebSocket-Protocol: bokeh\r\n") as server:
        held = HeldWebsocket(server.url, subprotocols="bokeh, eyJz.ab-c")
        assert held.subprotocol == "bokeh"
        held.drop()
    (request,) = server.requests
    assert "\r\nSec-WebSocket-Protocol: bokeh, eyJz.ab-c\r\n" in request


def test_nobody_sends_the_cookies_of_somebody_else() -> None:
    with ScriptedWebsocket(until_it_ends, "Set-Cookie: session=of-ann; Domain=127.0.0.1\r\n") as server:
        for _ in range(2):
            HeldWebsocket(server.url).drop()
    assert not any("Cookie" in request for request in server.requests)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: /login\r\nSet-Cookie: a=secret\r\n\r\n", f"HTTP 302 from {BEFORE_THE_HUB}"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", f"HTTP 200 from {BEFORE_THE_HUB}"),
        (
            b"HTTP/1.1 503 Busy\r\nSet-Cookie: a=secret\r\nContent-Length: 5\r\n\r\nlater",
            f"HTTP 503 from {BEFORE_THE_HUB}",
        ),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "answer cannot be read"),
        (b"nonsense\r\n\r\n", "answer cannot be read"),
        (b"", "connection lost"),
    ],
)
def test_any_other_answer_to_a_handshake_means_refused(content: bytes, said: str) -> None:
    def answer(client: socket.socket, _: Any) -> None:
        client.recv(65_536)
        client.sendall(content)

    server = StreamServer(("127.0.0.1", 0), answer)
    server.start()
    with pytest.raises(WebsocketRefused) as raised:
        HeldWebsocket(f"ws://127.0.0.1:{server.server_port}/")
    server.stop()
    assert str(raised.value) == f"websocket refused: {said}"
    assert "secret" not in f"{raised.value.detail}{raised.value.__cause__}{raised.value.__context__}"


@pytest.mark.parametrize("says", ['Can "Upgrade" only to "WebSocket".', '"Connection" must be "Upgrade".'])
def test_a_server_that_gets_no_headers_of_a_handshake_is_not_who_refuses_it(says: str) -> None:
    """As behind an nginx that was not told to hand them on. These are the words of Tornado, and so of each server."""

    def answer(client: socket.socket, _: Any) -> None:
        client.recv(65_536)
        headers = f"X-JupyterHub-Version: 6.1.1\r\nContent-Length: {len(says)}"
        client.sendall(f"HTTP/1.1 400 Bad Request\r\n{headers}\r\n\r\n{says}".encode())

    server = StreamServer(("127.0.0.1", 0), answer)
    server.start()
    with pytest.raises(WebsocketRefused, match=r"^websocket refused: its headers were taken out on the way$") as raised:
        HeldWebsocket(f"ws://127.0.0.1:{server.server_port}/user/ann/api/events/subscribe")
    server.stop()
    assert (raised.value.refused_by, raised.value.words) == (BEFORE_THE_HUB, says)


def test_a_lost_websocket_says_for_how_long_it_was_open_and_silent() -> None:
    told: list[WebsocketLost] = []
    is_open = Event()

    def ping_and_cut(client: socket.socket) -> None:
        is_open.wait()
        gevent.sleep(0.3)
        client.sendall(frame(PING, b""))
        gevent.sleep(0.2)
        client.sendall(frame(CLOSE, struct.pack("!H", 1011) + b"proxy timeout"))
        until_it_ends(client)

    with ScriptedWebsocket(ping_and_cut) as server:
        held = HeldWebsocket(server.url)
        held.on_lost = told.append
        is_open.set()
        wait_until(lambda: bool(told))
        held.close()
    (lost,) = told  # and not once more when it is closed
    assert (str(lost), lost.words) == ("websocket lost: closed with code 1011", "proxy timeout")
    assert lost.after >= 0.49
    # From the ping, and not from the beginning. How late the ping was read, nobody here knows.
    assert 0 < lost.silent <= lost.after - 0.29


def test_what_ends_here_is_told_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "GOODBYE", 0.1)
    told: list[WebsocketLost] = []
    with ScriptedWebsocket(until_it_ends) as server:
        for end in (HeldWebsocket.close, HeldWebsocket.abandon, HeldWebsocket.drop):
            held = HeldWebsocket(server.url)
            held.on_lost = told.append
            end(held)
            held.drop()
    assert told == []


def test_a_handshake_has_a_time_limit_and_a_closed_port_is_named() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(WebsocketRefused, match=r"^websocket refused: timed out$"),
    ):
        HeldWebsocket(f"ws://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.1)
    with pytest.raises(WebsocketRefused, match=r"^websocket refused: connection refused$"):
        HeldWebsocket(f"ws://127.0.0.1:{free_port()}/")


def test_certificates_are_verified_unless_someone_says_otherwise() -> None:
    authority, theirs = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    with ScriptedWebsocket(until_it_ends, ssl_context=theirs) as server:
        with pytest.raises(WebsocketRefused, match=r"^websocket refused: TLS certificate not trusted$"):
            HeldWebsocket(server.url)
        held = HeldWebsocket(server.url, tls_context=ours)
        assert not held.lost
        held.drop()


def test_a_websocket_is_at_the_hubs_host_and_keeps_its_path() -> None:
    path = "/base/user/ann/api/kernels/1/channels?session_id=2"
    assert websocket_url("http://hub:8000/base/hub/api", path) == f"ws://hub:8000{path}"
    assert websocket_url("https://ann:word@hub.example.org", path) == f"wss://hub.example.org{path}"
