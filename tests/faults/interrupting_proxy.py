"""A relay before a hub that presses Ctrl-C at one request: no real hub does that on command."""

import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit

_REQUEST = re.compile(rb"(GET|POST|DELETE) (\S+) HTTP/1\.1\r\n")


@dataclass(frozen=True)
class At:
    """One request of a run."""

    request: str  # a regular expression for its method and path, as in "DELETE /hub/api/users/[^/]+$"
    count: int = 1  # which of those
    answered: bool = False  # whether its answer is on its way

    def __str__(self) -> str:
        return f"{'after' if self.answered else 'at'} {self.request.removesuffix('$')} {self.count}"


class InterruptingProxy:
    """Relays everything as it is.

    Args:
        url: The hub's.
        at: When to interrupt.
        interrupt: How to; called once, and what is relayed waits for it.
    """

    def __init__(self, url: str, at: At, interrupt: Callable[[], None]) -> None:
        parts = urlsplit(url)
        self._hub = (parts.hostname or "", parts.port or 80)
        self._at = at
        self._interrupt = interrupt
        self._seen = 0
        self._lock = threading.Lock()
        self.was_reached = threading.Event()

    def __enter__(self) -> "InterruptingProxy":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            hub = socket.create_connection(self._hub)
            awaiting = threading.Event()  # the answer to the request at which to interrupt
            for source, target, relay in ((client, hub, self._relay_requests), (hub, client, self._relay_answers)):
                threading.Thread(target=relay, args=(source, target, awaiting), daemon=True).start()

    def _relay_requests(self, client: socket.socket, hub: socket.socket, awaiting: threading.Event) -> None:
        for block in _blocks(client, hub):
            for method, path in _REQUEST.findall(block):
                if self._is_the_one(f"{method.decode()} {path.decode()}"):
                    if self._at.answered:
                        awaiting.set()
                    else:
                        self._press()
            hub.sendall(block)

    def _relay_answers(self, hub: socket.socket, client: socket.socket, awaiting: threading.Event) -> None:
        for block in _blocks(hub, client):
            if awaiting.is_set():
                awaiting.clear()
                self._press()
            client.sendall(block)

    def _is_the_one(self, request: str) -> bool:
        if not re.match(self._at.request, request):
            return False
        with self._lock:
            self._seen += 1
            return self._seen == self._at.count

    def _press(self) -> None:
        self.was_reached.set()
        self._interrupt()


def _blocks(source: socket.socket, target: socket.socket):  # type: ignore[no-untyped-def]
    with source, target:
        try:
            while block := source.recv(65536):
                yield block
            target.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
