"""What all transports share: their interface, and streams of lines."""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from urllib3.util import Retry

from hubusers.http.messages import TIMED_OUT, Answer, Request, StreamLost

ReadLine = Callable[[float], str | None]
"""Returns the next line without its line break, or None at the end. Raises StreamLost after this many seconds."""


class Stream:
    """An answer whose body arrives over time: iterate over it to get each line as soon as it is complete.

    Iterating raises `StreamLost` if the stream breaks off, is silent for too long, or exceeds the request's timeout.
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
        """Read to the end, for at most this many seconds, so that the connection can be used again."""
        give_up_at = time.monotonic() + seconds
        with contextlib.suppress(StreamLost):
            while (left := give_up_at - time.monotonic()) > 0 and self._read_line(left) is not None:
                pass


class Transport(Protocol):
    """What a `HubClient` needs: sends requests through one kind of session."""

    retries: Retry
    """The retry policy of the session."""

    def send(self, request: Request) -> Answer:
        """Send a request once and return its answer. Never raises, whatever the hub or the network does."""

    def stream(self, request: Request) -> AbstractContextManager[Stream]:
        """Send a request and return its answer as a stream, which has no lines unless its status is 200."""
