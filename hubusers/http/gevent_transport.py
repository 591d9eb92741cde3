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

import gevent
from geventhttpclient.response import HTTPParseError
from requests.structures import CaseInsensitiveDict

from hubusers.http.connections import Connections, ResponseHeaders
from hubusers.http.messages import TIMED_OUT, Answer, Request, StreamLost, reason_of
from hubusers.http.request_event import count_request
from hubusers.http.session import RETRIES
from hubusers.http.stream import Stream

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
        self._headers: dict[str, str] = {}
        if isinstance(session, Connections):
            self._client: Any = session
            self._context = session.context
        else:
            self._client = session.client.clientpool.get_client(url)
            self._headers = dict(session.client.default_headers.items())
            self._context = session.user.context if session.user else dict

    def send(self, request: Request) -> Answer:
        started, length = time.perf_counter(), 0

        def receive() -> Answer:
            nonlocal length
            response = self._response_to(request)
            headers = _headers(response)
            if not (request.keep_body or headers.get("content-type", "").lower().startswith("text/html")):
                while block := response.read(_BLOCK):
                    length += len(block)
                return Answer(response.status_code, headers=headers)
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
            if response.status_code == 200:
                return Answer(200, headers=_headers(response))
            return _answer(response, response.read())

        answer = _within(min(request.timeout, request.silence), receive)
        if self._event:
            count_request(self._event, request, answer, time.perf_counter() - since, 0, self._context())
        try:
            yield Stream(answer, request, started, partial(_read_line, response) if answer.status == 200 else None)
        finally:
            if response:
                response.release()

    def _response_to(self, request: Request) -> Any:
        headers = {**self._headers, **request.headers}
        body = request.body
        if body is None:
            body = b""
        elif not isinstance(body, bytes):
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        return self._client.request(request.method, request.url[self._origin :], body, headers)


def _within(seconds: float, receive: Callable[[], Answer]) -> Answer:
    """Return the answer, or why there is none after this many seconds."""
    timer = gevent.Timeout.start_new(seconds)
    try:
        return receive()
    except gevent.Timeout as error:
        if error is not timer:
            raise
        return Answer(0, error=TIMED_OUT)
    except _FAILURES as error:
        return Answer(0, error=reason_of(error))
    finally:
        timer.close()


def _answer(response: Any, content: bytes) -> Answer:
    headers = _headers(response)
    if "content-encoding" in headers:
        content = _unpacked(content, headers["content-encoding"])
    return Answer(response.status_code, content.decode("utf-8", "replace"), headers)


def _headers(response: Any) -> Mapping[str, str]:
    headers: Mapping[str, str] = response.info()
    if not isinstance(headers, ResponseHeaders):  # the library's own, which may give a list for a name
        headers = CaseInsensitiveDict(headers.items())
    return headers


def _unpacked(content: bytes, encoding: str) -> bytes:
    if encoding not in {"gzip", "deflate"}:
        return content
    try:
        return zlib.decompress(content, zlib.MAX_WBITS | 32)  # reads either's header
    except zlib.error as error:
        raise ValueError("not what its encoding says") from error


def _read_line(response: Any, seconds: float) -> str | None:
    timer = gevent.Timeout.start_new(seconds)
    try:
        # Not a block of some size, which would hold back short events until it is full.
        line: bytes = response.readline(b"\n")
    except gevent.Timeout as error:
        if error is not timer:
            raise
        raise StreamLost(TIMED_OUT) from None
    except _FAILURES as error:
        raise StreamLost(reason_of(error)) from None
    finally:
        timer.close()
    return line[:-1].decode("utf-8", "replace") if line else None
