"""Sends requests through a `requests.Session`, or through Locust's `HttpSession`, which is one."""

import contextlib
import math
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from hubusers.http.messages import TIMED_OUT, TOO_LARGE, Answer, Request, StreamLost, reason_of
from hubusers.http.request_event import count_request
from hubusers.http.session import retries_of, without_retries
from hubusers.http.stream import Stream

_BLOCK = 65536
"""Most bytes to read at once. Without a limit, urllib3 does not notice that the end of an answer is missing."""


class RequestsTransport:
    def __init__(self, session: requests.Session, url: str) -> None:
        self.retries = retries_of(session, url)
        self._session = without_retries(session)

    def send(self, request: Request) -> Answer:
        give_up_at = time.monotonic() + request.timeout
        try:
            # As a stream, because the timeout of requests applies to each piece of the answer, not to the whole.
            response = self._response_to(request, stream=True)
        except (requests.RequestException, ValueError) as error:
            return Answer(0, error=reason_of(error))
        return _answer(response, give_up_at, request.largest)

    @contextlib.contextmanager
    def stream(self, request: Request) -> Iterator[Stream]:
        started = time.monotonic()
        try:
            response = self._response_to(request, stream=True)
        except (requests.RequestException, ValueError) as error:
            yield Stream(Answer(0, error=reason_of(error)), request, started)
            return
        with contextlib.closing(response):
            yield _stream(response, request, started)

    def _response_to(self, request: Request, **kwargs: Any) -> requests.Response:
        return self._session.request(
            request.method,
            request.url,
            json=request.body,
            headers=request.headers,
            timeout=min(request.timeout, request.silence),
            allow_redirects=False,
            **kwargs,
        )


class HttpSessionTransport(RequestsTransport):
    """For Locust's session: its response has to be told, within a with-block, whether it was a success."""

    def __init__(self, session: Any, url: str) -> None:
        super().__init__(session, url)
        self._request_event = session.request_event

    def send(self, request: Request) -> Answer:
        started = time.perf_counter()
        try:
            with self._response_to(request) as response:
                return _counted(response, request, _answer(response))
        except ValueError as error:
            return self._counted_as_unreadable(request, started, error)

    @contextlib.contextmanager
    def stream(self, request: Request) -> Iterator[Stream]:
        started, since = time.monotonic(), time.perf_counter()
        try:
            # Locust's with-block ends here, at the beginning of the stream, so that Locust counts the time until then.
            with self._response_to(request, stream=True) as response:
                stream = _stream(response, request, started)
                _counted(response, request, stream.answer)
        except ValueError as error:
            yield Stream(self._counted_as_unreadable(request, since, error), request, started)
            return
        # If there was no response, Locust's substitute has nothing to close.
        with contextlib.closing(response) if response.raw else contextlib.nullcontext():
            yield stream

    def _response_to(self, request: Request, **kwargs: Any) -> Any:
        return super()._response_to(request, name=request.template, catch_response=True, **kwargs)

    def _counted_as_unreadable(self, request: Request, started: float, error: ValueError) -> Answer:
        """Report an answer that requests cannot parse, because Locust does not count it then."""
        answer = Answer(0, error=reason_of(error))
        count_request(self._request_event, request, answer, time.perf_counter() - started, 0, {})
        return answer


def _counted(response: Any, request: Request, answer: Answer) -> Answer:
    """Tell Locust whether a response was a success; a failure has a text that Locust can group by."""
    if request.good(answer):
        response.success()
    else:
        response.failure(answer.cause)
    return answer


def _answer(response: requests.Response, give_up_at: float | None = None, largest: float = math.inf) -> Answer:
    if not response.status_code:  # Locust's substitute for no response
        return Answer(0, error=reason_of(response.error))  # type: ignore[attr-defined]
    try:
        body = _content(response, give_up_at, largest) if give_up_at else response.content or b""
    except StreamLost as lost:
        return Answer(0, error=str(lost))
    except Exception as error:  # reading a broken answer raises many kinds of errors, depending on the library
        return Answer(0, error=reason_of(error))
    return Answer(response.status_code, body.decode("utf-8", "replace"), response.headers)


def _content(response: requests.Response, give_up_at: float, largest: float) -> bytes:
    """Read an answer to its end; raise StreamLost if it does not come in time, or has more bytes than that."""
    if response.raw is None or response.raw.closed:  # empty, or read already by a hook of the session's owner
        return response.content or b""
    blocks: list[bytes] = []
    size = 0
    with contextlib.closing(response):  # returns the connection to the pool, or closes it in the middle of an answer
        while block := _read(response.raw, give_up_at - time.monotonic()):
            blocks.append(block)
            size += len(block)
            if size > largest:
                raise StreamLost(TOO_LARGE)
    return b"".join(blocks)


def _stream(response: requests.Response, request: Request, started: float) -> Stream:
    if response.status_code != requests.codes.ok:
        return Stream(_answer(response, started + request.timeout), request, started)
    received, complete = b"", deque[bytes]()

    def read_line(seconds: float) -> str | None:
        nonlocal received
        give_up_at = time.monotonic() + seconds
        while not complete:
            block = _read(response.raw, give_up_at - time.monotonic())
            if not block:
                return None
            *lines, received = (received + block).split(b"\n")
            complete.extend(lines)
        return complete.popleft().decode("utf-8", "replace")

    return Stream(Answer(200, headers=response.headers), request, started, read_line)


def _read(raw: Any, seconds: float) -> bytes:
    """Wait for the next bytes and return them; return no bytes at the end."""
    if seconds <= 0:
        raise StreamLost(TIMED_OUT)
    try:
        # If the server announced that it will close, there is no socket here, and the request's own timeout applies.
        if sock := getattr(raw.connection, "sock", None):
            sock.settimeout(seconds)
        # Not `read`, which would wait until a block is full.
        block: bytes = raw.read1(_BLOCK, decode_content=True)
    except (HTTPError, OSError) as error:
        raise StreamLost(reason_of(error)) from None
    return block
