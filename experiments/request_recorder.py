"""Stands before a hub's proxy and records each request, without changing a byte.

It is a plain TCP forwarder, so the hub sees the Host header that the browser sent, and the hub's redirects, which are
relative, lead back here. Beside the forwarding, h11 reads both directions of each connection: once as the server that
the client speaks to, once as the client that the server answers to. Each of the two is told what the other has read,
because how long an answer is, and whether the protocol was switched, depends on the request.
"""

import asyncio
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit

import h11

LOOPBACK = "127.0.0.1"

_BLOCK_SIZE = 65_536
_MOST_HEADER_BYTES = 1_048_576
_SECONDS_TO_START = 10.0

_VARIABLE_PARTS = [
    (re.compile(pattern), template)
    for pattern, template in (
        (r"^/user/[^/]+", "/user/{name}"),
        (r"^/hub/(spawn|spawn-pending|user|api/users)/[^/]+", r"/hub/\1/{name}"),
        (r"(/hub/static|/static/(?:lab|notebook)|/static/favicons|/lab/extensions|/lab/api/themes)/.+", r"\1/{file}"),
        (r"^(/user/{name}/kernelspecs)/[^/]+/.+", r"\1/{kernelspec}/{file}"),
        (r"/api/(kernel|session|terminal|workspace)s/[^/]+", r"/api/\1s/{\1}"),
        (r"/lab/api/settings/.+", "/lab/api/settings/{plugin}"),
        (r"/lab/api/translations/[^/]+", "/lab/api/translations/{language}"),
        (r"/api/config/[^/]+", "/api/config/{section}"),
        (r"/api/contents/.+?(/checkpoints)?$", r"/api/contents/{path}\1"),
        (r"/lab/tree/.+", "/lab/tree/{path}"),
        (r"^(/user/{name}/notebooks)/.+", r"\1/{path}"),
    )
]

_KEYS_THAT_MATTER = {"content", "ids_only"}
"""Keys of a query that make another kind of request: one with a file's content differs from one without. Time stamps
and hashes do not matter."""


def path_template(target: str) -> str:
    """Return what all requests of a kind have in common.

    Args:
        target: Path and query, of a hub without a base URL and of default servers.

    Returns:
        Such as `/user/{name}/api/contents/{path}?content=0`.
    """
    parts = urlsplit(target)
    path = parts.path
    for pattern, template in _VARIABLE_PARTS:
        path = pattern.sub(template, path)
    matters = sorted((key, value) for key, value in parse_qsl(parts.query) if key in _KEYS_THAT_MATTER)
    return path + "".join(f"{'&' if number else '?'}{key}={value}" for number, (key, value) in enumerate(matters))


@dataclass
class Frames:
    """Those of one direction of a websocket, counted as their bytes come."""

    count: int = 0
    payload_bytes: int = 0
    _buffer: bytearray = field(default_factory=bytearray, repr=False)

    def receive(self, data: bytes) -> None:
        self._buffer += data
        while self._take_frame():
            pass

    def _take_frame(self) -> bool:
        # RFC 6455, 5.2: two bytes, the longer forms of the length, the mask of what a client sends, the payload.
        if len(self._buffer) < 2:
            return False
        length_bytes = {126: 2, 127: 8}.get(self._buffer[1] & 0x7F, 0)
        header_bytes = 2 + length_bytes + (4 if self._buffer[1] & 0x80 else 0)
        if len(self._buffer) < header_bytes:
            return False
        payload_bytes = int.from_bytes(self._buffer[2 : 2 + length_bytes]) or self._buffer[1] & 0x7F
        if len(self._buffer) < header_bytes + payload_bytes:
            return False
        del self._buffer[: header_bytes + payload_bytes]
        self.count += 1
        self.payload_bytes += payload_bytes
        return True


@dataclass
class Request:
    """One request and its answer, as they went over the wire."""

    method: str
    target: str
    """Path and query, as sent."""
    phase: str
    """The recorder's when the request began."""
    began: float
    """Seconds since the recorder started."""
    has_token: bool
    """Whether it came with an Authorization header."""
    status: int = 0
    """0 while there is no answer."""
    ended: float | None = None
    """Seconds since the recorder started; None when the answer was never complete."""
    sent_bytes: int = 0
    """By the client; headers included, and of a websocket all that followed."""
    received_bytes: int = 0
    """By the client; headers included, bodies compressed as they came, and of a websocket all that followed."""
    is_websocket: bool = False
    sent_frames: Frames = field(default_factory=Frames)
    """The frames that the client sent, if this is a websocket."""
    received_frames: Frames = field(default_factory=Frames)

    @property
    def kind(self) -> str:
        return f"{self.method} {path_template(self.target)}"

    @property
    def bytes(self) -> int:
        return self.sent_bytes + self.received_bytes


class RequestRecorder:
    """Listens on a free loopback port, and passes everything on to another one; a context manager.

    Args:
        port: Where the proxy listens.
    """

    def __init__(self, port: int) -> None:
        self.phase = ""
        """What requests are noted under from now on."""
        self.requests: list[Request] = []
        """In the order in which they began."""
        self.unread: list[str] = []
        """Why connections could not be read to their end, although they were forwarded; the record then lacks some."""
        self._port = port
        self._started = time.monotonic()
        self._url: Future[str] = Future()
        self._thread = threading.Thread(target=self._run, name="request recorder", daemon=True)

    def __enter__(self) -> "RequestRecorder":
        self._thread.start()
        self._url.result(_SECONDS_TO_START)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._leave.set)
        self._thread.join()

    @property
    def url(self) -> str:
        return self._url.result()

    @property
    def elapsed(self) -> float:
        """Seconds since the recorder started."""
        return time.monotonic() - self._started

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())  # and at its end cancels the connections that are still open
        except OSError as error:
            self._url.set_exception(error)

    async def _serve(self) -> None:
        self._loop, self._leave = asyncio.get_running_loop(), asyncio.Event()
        connections: set[asyncio.Task[None]] = set()

        def accept(from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
            connection = asyncio.create_task(self._forward(from_client, to_client))
            connections.add(connection)  # the loop itself would forget it
            connection.add_done_callback(connections.discard)

        server = await asyncio.start_server(accept, LOOPBACK, 0)
        self._url.set_result(f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}")
        await self._leave.wait()
        server.close()

    async def _forward(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        connection = _Connection(self)
        with closing(to_client):
            try:
                from_proxy, to_proxy = await asyncio.open_connection(LOOPBACK, self._port)
                with closing(to_proxy):
                    async with asyncio.TaskGroup() as both:
                        both.create_task(_pump(from_client, to_proxy, connection.client_sent))
                        both.create_task(_pump(from_proxy, to_client, connection.server_sent))
            except* OSError:
                pass  # one side has hung up, and now the other one sees that too


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, note: Callable[[bytes], None]) -> None:
    while data := await reader.read(_BLOCK_SIZE):
        note(data)
        writer.write(data)
        await writer.drain()
    note(b"")
    writer.write_eof()


class _Side:
    """What one side of a connection sends, read by h11, which also learns from here what the other side sends."""

    def __init__(self, reader: h11.Connection) -> None:
        self.reader = reader
        self._left = 0

    def receive(self, data: bytes) -> None:
        self.reader.receive_data(data)
        self._left += len(data)

    def next_event(self) -> tuple[object, int]:
        """Return what was read next, or h11's NEED_DATA or PAUSED, and how many bytes were used up by that."""
        event = self.reader.next_event()
        before, self._left = self._left, len(self.rest())
        return event, before - self._left

    def rest(self) -> bytes:
        return self.reader.trailing_data[0]

    @property
    def is_through(self) -> bool:
        return self.reader.our_state is h11.DONE and self.reader.their_state is h11.DONE


class _Connection:
    """Reads one connection, request by request. If it cannot, that is noted, and the forwarding goes on."""

    def __init__(self, recorder: RequestRecorder) -> None:
        self._recorder = recorder
        self._client = _Side(h11.Connection(h11.SERVER, _MOST_HEADER_BYTES))
        self._server = _Side(h11.Connection(h11.CLIENT, _MOST_HEADER_BYTES))
        self._request: Request | None = None
        self._is_unreadable = False

    def client_sent(self, data: bytes) -> None:
        if self._request and self._request.is_websocket:
            self._read_frames(self._request, sent=data)
        else:
            self._read(self._client, data)

    def server_sent(self, data: bytes) -> None:
        if self._request and self._request.is_websocket:
            self._read_frames(self._request, received=data)
        else:
            self._read(self._server, data)

    def _read(self, side: _Side, data: bytes) -> None:
        if self._is_unreadable:
            return
        try:
            side.receive(data)
            # In turns: with the end of an answer the next request can be read, which may have come already.
            while self._read_from_client() or self._read_from_server():
                pass
        except h11.ProtocolError as error:
            self._is_unreadable = True
            if data:  # otherwise it was hung up in the middle, which the request shows that never ended
                self._recorder.unread.append(f"{self._request.kind if self._request else 'no request'}: {error}")

    def _read_from_client(self) -> bool:
        event, size = self._client.next_event()
        match event:
            case h11.Request():
                self._request = self._begin(event)
                self._server.reader.send(h11.Request(method=event.method, target=event.target, headers=event.headers))
            case h11.Data() | h11.EndOfMessage():
                self._server.reader.send(event)
        if self._request:
            self._request.sent_bytes += size
        return _is_part_of_message(event)

    def _read_from_server(self) -> bool:
        event, size = self._server.next_event()
        if self._request is None:
            return False
        self._request.received_bytes += size
        match event:
            case h11.InformationalResponse() | h11.Response():
                self._request.status = event.status_code
                self._client.reader.send(type(event)(status_code=event.status_code, headers=event.headers))
            case h11.Data() | h11.EndOfMessage():
                self._client.reader.send(event)
        if self._server.reader.their_state is h11.SWITCHED_PROTOCOL:
            self._request.is_websocket = True
            self._read_frames(self._request, sent=self._client.rest(), received=self._server.rest())
            return False
        if isinstance(event, h11.EndOfMessage):
            self._end(self._request)
        return _is_part_of_message(event)

    def _begin(self, event: h11.Request) -> Request:
        request = Request(
            method=event.method.decode(),
            target=event.target.decode(),
            phase=self._recorder.phase,
            began=self._recorder.elapsed,
            has_token=any(name == b"authorization" for name, _ in event.headers),
        )
        self._recorder.requests.append(request)
        return request

    def _end(self, request: Request) -> None:
        request.ended = self._recorder.elapsed
        if self._client.is_through and self._server.is_through:
            self._client.reader.start_next_cycle()
            self._server.reader.start_next_cycle()

    def _read_frames(self, request: Request, *, sent: bytes = b"", received: bytes = b"") -> None:
        request.sent_bytes += len(sent)
        request.received_bytes += len(received)
        request.sent_frames.receive(sent)
        request.received_frames.receive(received)


def _is_part_of_message(event: object) -> bool:
    return isinstance(event, h11.Event) and not isinstance(event, h11.ConnectionClosed)
