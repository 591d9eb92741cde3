"""What every transport hands out: an answer at once, or a stream of lines; and how it is counted by Locust."""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from urllib3.util import Retry

from hubusers.http.messages import TIMED_OUT, Answer, Request, StreamLost

ReadLine = Callable[[float], str | None]
"""Returns the next line, without its end, or None at the end; waits so many seconds at most, or raises StreamLost."""


class Stream:
    """An answer that is long in coming: its beginning, and then its lines, each as soon as its end has arrived.

    Reading on raises `StreamLost` when the stream breaks off, is silent for too long or lasts beyond its time.
    """

    def __init__(self, answer: Answer, request: Request, started: float, read_line: ReadLine | None = None) -> None:
        self.answer = answer
        self._read_line = read_line or (lambda _: None)
        self._silence = request.silence
        self._give_up_at = started + request.timeout

    def __iter__(self) -> Iterator[str]:
        while (left := self._give_up_at - time.monotonic()) > 0:
            line = self._read_line(min(self._silence, left))
            if line is None:
                return
            yield line
        raise StreamLost(TIMED_OUT)

    def drain(self, seconds: float) -> None:
        """Read to the end, if it comes within so many seconds: then the connection can be used again."""
        give_up_at = time.monotonic() + seconds
        with contextlib.suppress(StreamLost):
            while (left := give_up_at - time.monotonic()) > 0 and self._read_line(left) is not None:
                pass


class Transport(Protocol):
    """What a `HubClient` needs of a session."""

    retries: Retry
    """What is worth another try."""

    def send(self, request: Request) -> Answer:
        """Send a request, once, and return its answer; never raises for what the hub or the network does."""

    def stream(self, request: Request) -> AbstractContextManager[Stream]:
        """Send a request whose answer is long in coming; there are no lines unless its status is 200."""


def report(event: Any, request: Request, answer: Answer, seconds: float, length: int, context: dict[str, Any]) -> None:
    """Count a request in Locust's statistics, as a failure unless its answer is good."""
    event.fire(
        request_type=request.method,
        name=request.template,
        response_time=seconds * 1000,  # Locust counts in milliseconds
        response_length=length,
        exception=None if request.good(answer) else ValueError(answer.cause),
        context=context,
        url=request.url,
    )
