"""Carrying requests through geventhttpclient, which Locust's fast session runs on.

Not through that session's own `request`: with its redirects, cookies, retries and stand-ins for responses it takes more
of the load generator's time than the request itself, and the hub's API needs none of them.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import gevent
from geventhttpclient.response import HTTPParseError
from requests.structures import CaseInsensitiveDict

from hubusers.http.connections import Connections
from hubusers.http.messages import TIMED_OUT, Answer, Request, StreamLost, reason_of
from hubusers.http.session import RETRIES
from hubusers.http.stream import Stream, report

_FAILURES = (OSError, HTTPParseError, ValueError)


class GeventTransport:
    """Speaks through `Connections`, or through those of Locust's `FastHttpSession`; counts where they say so."""

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
            content = response.read()
            length = len(content)
            return _answer(response, content)

        answer = within(request.timeout, receive)
        if self._event:
            report(self._event, request, answer, time.perf_counter() - started, length, self._context())
        return answer

    @contextmanager
    def stream(self, request: Request) -> Iterator[Stream]:
        started, since = time.monotonic(), time.perf_counter()
        response = None

        def receive() -> Answer:
            nonlocal response
            response = self._response_to(request)
            return Answer(200) if response.status_code == 200 else _answer(response, response.read())

        answer = within(min(request.timeout, request.silence), receive)
        if self._event:
            report(self._event, request, answer, time.perf_counter() - since, 0, self._context())
        try:
            yield Stream(answer, request, started, partial(_read_line, response) if answer.status == 200 else None)
        finally:
            if response:
                response.release()

    def _response_to(self, request: Request) -> Any:
        headers = {**self._headers, **request.headers}
        body = b""
        if request.body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(request.body).encode()
        return self._client.request(request.method, request.url[self._origin :], body, headers)


def within(seconds: float, receive: Callable[[], Answer]) -> Answer:
    """Return the answer, or why there is none after so many seconds."""
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
    status = response.status_code
    # What is asked of headers is what a refusal or a redirect has in them.
    headers = {} if status < 300 else CaseInsensitiveDict(response.items())
    return Answer(status, content.decode("utf-8", "replace"), headers)


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
