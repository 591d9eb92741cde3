"""Sends requests through geventhttpclient, which Locust's fast session runs on: those to the API, and a browser's.

Not through that session's own `request`: with its redirects, cookies, retries and stand-ins for responses it takes more
of the load generator's time than the request itself. The hub's API needs none of them, and a browser has its own.
"""

import json
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from geventhttpclient.response import HTTPParseError
from requests.structures import CaseInsensitiveDict

from hubusers.http.connections import Connections
from hubusers.http.messages import Answer, Request, StreamLost, reason_of
from hubusers.http.request_event import count_request
from hubusers.http.response import Response
from hubusers.http.session import RETRIES
from hubusers.http.stream import Stream
from hubusers.http.time_limit import TimeLimit

_BLOCK = 65_536
"""Bytes to read at once of a body that nobody wants."""

_FAILURES = (OSError, HTTPParseError, ValueError)


class GeventTransport:
    """Sends through `Connections`, or through those of Locust's `FastHttpSession`; counts where these have an event."""

    def __init__(self, session: Any, url: str) -> None:
        self.retries = RETRIES
        parts = urlsplit(url)
        self._origin = len(f"{parts.scheme}://{parts.netloc}")
        self._event = session.request_event
        if isinstance(session, Connections):
            self._connections: Connections | _ConnectionsOfSession = session
            self._context = session.context
        else:
            self._connections = _ConnectionsOfSession(session, url)
            self._context = session.user.context if session.user else dict

    def send(self, request: Request) -> Answer:
        started, length = time.perf_counter(), 0

        def receive() -> Answer:
            nonlocal length
            response = self._response_to(request)
            if not (request.keep_body or response.headers.get("content-type", "").lower().startswith("text/html")):
                while block := response.read(_BLOCK):
                    length += len(block)
                return Answer(response.status, headers=response.headers)
            content = response.read()
            length = len(content)
            return _answer(response, content)

        answer = _within(request.timeout, receive)
        if self._event:
            count_request(self._event, request, answer, time.perf_counter() - started, length, self._context())
        return answer

    @contextmanager
    def stream(self, request: Request) -> Iterator[Stream]:
        started, since = time.monotonic(), time.perf_counter()
        response = None

        def receive() -> Answer:
            nonlocal response
            response = self._response_to(request)
            if response.status == 200:
                return Answer(200, headers=response.headers)
            return _answer(response, response.read())

        answer = _within(min(request.timeout, request.silence), receive)
        if self._event:
            count_request(self._event, request, answer, time.perf_counter() - since, 0, self._context())
        try:
            yield Stream(
                answer, request, started, partial(_read_line, response) if response and answer.status == 200 else None
            )
        finally:
            if response:
                response.release()

    def _response_to(self, request: Request) -> "Response | _ResponseOfSession":
        headers, body = request.headers, request.body
        if body is None:
            body = b""
        elif not isinstance(body, bytes):
            headers = {**headers, "Content-Type": "application/json"}
            body = json.dumps(body).encode()
        return self._connections.request(request.method, request.url[self._origin :], body, headers)


class _ConnectionsOfSession:
    """The connections of Locust's `FastHttpSession`, which may go through a proxy."""

    def __init__(self, session: Any, url: str) -> None:
        self._client = session.client.clientpool.get_client(url)
        self._headers = dict(session.client.default_headers.items())

    def request(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> "_ResponseOfSession":
        return _ResponseOfSession(self._client.request(method, path, body, {**self._headers, **headers}))


class _ResponseOfSession:
    """geventhttpclient's own response, with the names of ours."""

    has_line = False
    """It does not say."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = CaseInsensitiveDict(response.headers)
        self.read: Callable[..., bytes] = response.read
        self.readline: Callable[[], bytes] = partial(response.readline, b"\n")
        self.release: Callable[[], None] = response.release


def _within(seconds: float, receive: Callable[[], Answer]) -> Answer:
    """Return the answer, or why there is none after this many seconds."""
    try:
        with TimeLimit(seconds):
            return receive()
    except _FAILURES as error:
        return Answer(0, error=reason_of(error))


def _answer(response: "Response | _ResponseOfSession", content: bytes) -> Answer:
    headers = response.headers
    if "content-encoding" in headers:
        content = _unpacked(content, headers["content-encoding"])
    return Answer(response.status, content.decode("utf-8", "replace"), headers)


def _unpacked(content: bytes, encoding: str) -> bytes:
    if encoding not in {"gzip", "deflate"}:
        return content
    try:
        return zlib.decompress(content, zlib.MAX_WBITS | 32)  # reads either's header
    except zlib.error as error:
        raise ValueError("not what its encoding says") from error


def _read_line(response: "Response | _ResponseOfSession", seconds: float) -> str | None:
    try:
        if response.has_line:  # without a limit, which takes longer than the line
            line = response.readline()
        else:
            with TimeLimit(seconds):
                line = response.readline()
    except _FAILURES as error:
        raise StreamLost(reason_of(error)) from None
    return line[:-1].decode("utf-8", "replace") if line else None
