"""Every request of a run by its path template, with its exact time; Locust's own statistics round those."""

import math
from array import array
from typing import Any


def failure_of(error: BaseException) -> str:
    """Return how a request failed, without its URL, which may hold the name of a person: its status, if it has one."""
    status = getattr(error, "code", None) or getattr(getattr(error, "response", None), "status_code", None)
    return f"HTTP {status}" if isinstance(status, int) else str(error)


class RequestTimes:
    """The requests of one name: when each began, how long it took, and which failed, and how."""

    def __init__(self) -> None:
        self.began = array("d")  # seconds since the epoch
        self.seconds = array("d")
        self.failures: dict[int, str] = {}  # by position

    def note(self, began: float, seconds: float, failure: str = "") -> None:
        if failure:
            self.failures[len(self.seconds)] = failure
        self.began.append(began)
        self.seconds.append(seconds)

    def times_taken(self) -> list[float]:
        """Return the seconds as percentiles take them: infinite for those that failed."""
        return [math.inf if place in self.failures else seconds for place, seconds in enumerate(self.seconds)]

    def __len__(self) -> int:
        return len(self.seconds)


class RequestLog:
    """The requests of one process or, in the master, of all processes."""

    def __init__(self) -> None:
        self._by_name: dict[str, RequestTimes] = {}
        self._new: list[tuple[str, float, float, str]] = []

    def note(self, name: str, began: float, seconds: float, failure: str = "") -> None:
        """Note one request.

        Args:
            name: Method and path template, as in "POST /users/{name}/server".
            began: Seconds since the epoch.
            seconds: How long it took.
            failure: Why it failed; "" when it did not.
        """
        self._by_name.setdefault(name, RequestTimes()).note(began, seconds, failure)
        self._new.append((name, began, seconds, failure))

    def take_new(self) -> list[tuple[Any, ...]]:
        """Return what was noted since the last call, as a message from a worker to the master."""
        new, self._new = self._new, []
        return list(new)

    def add(self, messages: list[tuple[Any, ...]]) -> None:
        """Take in a worker's message."""
        for message in messages:
            self.note(*message)

    def names(self) -> list[str]:
        return sorted(self._by_name)

    def of(self, name: str) -> RequestTimes:
        return self._by_name.get(name, RequestTimes())
