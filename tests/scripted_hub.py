"""A fake hub that gives the answers that a test scripts, for behaviour that a real hub does not show on command.

It can also stand in front of a real hub, as a proxy does, and pass on all requests without a scripted answer.
"""

import json
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import urllib3

from hubusers.local import LocalHub


@dataclass
class Scripted:
    """One answer. A body that is not text is sent as JSON; `lost` resets the connection instead; `held` waits first.

    With `pieces` it is a stream: bytes to send, and seconds to wait between them; `lost` then cuts it off at its end.
    """

    status: int = 200
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False
    held: float = 0.0
    pieces: list[bytes | float] | None = None

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: str


class ScriptedHub:
    """Answers on a free loopback port with the `answers` in their order, and then repeats the last one.

    Args:
        before: The hub that answers when `answers` is empty.
        tls: With which certificate to speak https.
    """

    def __init__(self, before: LocalHub | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.answers: list[Scripted] = [] if before else [Scripted(200, {})]
        self.asked: list[Asked] = []
        self._scheme = "https" if tls else "http"
        if before:
            self._hub = urllib3.HTTPConnectionPool("127.0.0.1", before.settings.public_port, maxsize=100)
        self._server = _Server(("127.0.0.1", 0), self._handler())
        if tls:
            # The handshake waits for the connection's own thread, so that one that fails does not block others.
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._ending = threading.Event()
        self._refused: list[tuple[str, str, Scripted]] = []

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    @property
    def endpoint(self) -> str:
        return f"{self.url}/hub/api"

    def script(self, *answers: Scripted) -> None:
        self.answers = list(answers)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ending.set()
        self._server.shutdown()
        self._server.server_close()

    def refuse(self, method: str, path_part: str, answer: Scripted) -> None:
        """Give this answer to such requests, and let everything else through."""
        self._refused.append((method, path_part, answer))

    def answer(self, asked: Asked) -> Scripted:
        for method, path_part, refusal in self._refused:
            if asked.method == method and path_part in asked.path:
                return refusal
        answers = self.answers
        if answers:
            return answers.pop(0) if len(answers) > 1 else answers[0]
        kept = {name: value for name, value in asked.headers.items() if name.lower() not in _HOP_BY_HOP}
        reply = self._hub.request(
            asked.method, asked.path, body=asked.body or None, headers=kept, redirect=False, retries=False, timeout=60
        )
        headers = {name: value for name, value in reply.headers.items() if name.lower() not in _HOP_BY_HOP}
        return Scripted(reply.status, reply.data, headers)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                asked = Asked(self.command, self.path, dict(self.headers), body)
                hub.asked.append(asked)
                try:
                    answer = hub.answer(asked)
                except urllib3.exceptions.HTTPError:
                    answer = Scripted(503)
                hub._ending.wait(answer.held)
                if answer.pieces is not None:
                    self.stream(answer.pieces)
                if answer.lost:
                    self.close_connection = True
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                if answer.pieces is not None:
                    self.wfile.write(b"0\r\n\r\n")
                    return
                content = answer.content
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def stream(self, pieces: list[bytes | float]) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for piece in pieces:
                    if isinstance(piece, bytes):
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    else:
                        hub._ending.wait(piece)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        return Handler


_HOP_BY_HOP = {"connection", "content-length", "transfer-encoding", "host", "accept-encoding", "content-encoding"}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 500

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients may disconnect at any time."""
