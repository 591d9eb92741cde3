"""The other end of a websocket, for what no real server does on command."""

import base64
import contextlib
import hashlib
import socket
from collections.abc import Callable
from typing import Any

from gevent.server import StreamServer


class ScriptedWebsocket:
    """Answers each handshake as it is told, and then leaves the connection to a test's script."""

    def __init__(self, script: Callable[[socket.socket], None], headers: str = "", **tls: Any) -> None:
        self.requests: list[str] = []
        self._script, self._headers = script, headers
        self._server = StreamServer(("127.0.0.1", 0), self._serve, **tls)
        self._scheme = "wss" if tls else "ws"

    def __enter__(self) -> "ScriptedWebsocket":
        self._server.start()
        self.url = f"{self._scheme}://127.0.0.1:{self._server.server_port}/api/kernels/k/channels?session_id=s"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def _serve(self, client: socket.socket, _: Any) -> None:
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            if not (data := client.recv(65_536)):
                return
            request += data
        self.requests.append(request.decode())
        key = next(
            line.split(": ")[1] for line in self.requests[-1].split("\r\n") if line.startswith("Sec-WebSocket-K")
        )
        accept = base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()).decode()  # noqa: S324
        answer = f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{self._headers}"
        client.sendall(f"{answer}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        with contextlib.suppress(OSError):
            self._script(client)


TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A


def frame(kind: int, data: bytes) -> bytes:
    assert len(data) < 126
    return bytes([kind, len(data)]) + data


def received_frame(client: socket.socket) -> tuple[int, bytes]:
    kind, length = client.recv(2)
    mask, data = client.recv(4), client.recv(length & 0x7F) if length & 0x7F else b""
    return kind, bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))


def until_it_ends(client: socket.socket) -> None:
    while client.recv(65_536):
        pass
