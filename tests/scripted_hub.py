"""A hub that answers as it is told to: a fake, for what a real hub will not do on command."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass
class Scripted:
    """One answer: a body that is no string goes as JSON; `lost` closes the connection instead; `held` hangs first."""

    status: int = 200
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False
    held: float = 0.0


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: str


class ScriptedHub:
    """Answers on a free loopback port with what `answers` holds, one after the other; the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[Scripted] = [Scripted(200, {})]
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._ending = threading.Event()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hub/api"

    def script(self, *answers: Scripted) -> None:
        self.answers = list(answers)

    def __enter__(self) -> "ScriptedHub":
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ending.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                hub.asked.append(Asked(self.command, self.path, dict(self.headers), body))
                answer = hub.answers.pop(0) if len(hub.answers) > 1 else hub.answers[0]
                hub._ending.wait(answer.held)
                if answer.lost:
                    self.close_connection = True
                    return
                content = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(content.encode())))
                self.end_headers()
                self.wfile.write(content.encode())

            do_GET = do_POST = do_DELETE = handle_any  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        return Handler
