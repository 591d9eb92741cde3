"""The requests of one name: what findings, targets and tables ask of them, and each request exactly."""

import math
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FailedRequests:
    """How often requests of one name failed in one way."""

    failure: str
    count: int
    first: float  # seconds since the epoch: when the first one had failed
    last: float


class RequestTimes(ABC):
    """The requests of one name.

    Attributes:
        width: How exactly it is known when a request began, in seconds: it began at the moment that is told, or less
            than this later. 0 where each request is kept.
        times_width: The same in `course`, for those that did not fail.
    """

    width: float
    times_width: float

    @property
    @abstractmethod
    def failed(self) -> int:
        """How many failed."""

    @property
    @abstractmethod
    def total_seconds(self) -> float:
        """How long all of them took together."""

    @abstractmethod
    def note(self, began: float, seconds: float, failure: str = "") -> None:
        """Take in one request."""

    @abstractmethod
    def __len__(self) -> int:
        """Return how many there are."""

    @abstractmethod
    def moments(self) -> Iterator[tuple[float, str, int]]:
        """Yield when requests began, how they failed ("" for those that did not), and how many they were."""

    @abstractmethod
    def failures(self) -> list[FailedRequests]:
        """Return the ways in which requests failed, in the order in which they came."""

    @abstractmethod
    def course(self) -> Iterator[tuple[float, float, int]]:
        """Yield when requests began, how long they took, and how many they were.

        Seconds are as percentiles take them: infinite for those that failed.
        """

    @abstractmethod
    def between(self, first: float, last: float) -> "RequestTimes":
        """Return those that began from one moment on and before another one."""

    def failed_moments(self) -> Iterator[tuple[float, str, int]]:
        """Yield the same as `moments`, of the requests that failed."""
        return (moment for moment in self.moments() if moment[1])


def times_taken(requests: Iterable[RequestTimes]) -> dict[float, int]:
    """Return how long the requests of some names took, and how many took that long; infinite for those that failed."""
    counts: dict[float, int] = {}
    for of in requests:
        for _, seconds, count in of.course():
            counts[seconds] = counts.get(seconds, 0) + count
    return counts


class EachRequest(RequestTimes):
    """The requests of one name, each with its exact times."""

    def __init__(self) -> None:
        self.width = self.times_width = 0.0
        self.began = array("d")  # seconds since the epoch
        self.seconds = array("d")
        self.how: dict[int, str] = {}  # those that failed, by position

    def note(self, began: float, seconds: float, failure: str = "") -> None:
        if failure:
            self.how[len(self.seconds)] = failure
        self.began.append(began)
        self.seconds.append(seconds)

    def __len__(self) -> int:
        return len(self.seconds)

    @property
    def failed(self) -> int:
        return len(self.how)

    @property
    def total_seconds(self) -> float:
        return math.fsum(self.seconds)

    def moments(self) -> Iterator[tuple[float, str, int]]:
        how = self.how
        return ((began, how.get(place, ""), 1) for place, began in enumerate(self.began))

    def failed_moments(self) -> Iterator[tuple[float, str, int]]:
        return ((self.began[place], failure, 1) for place, failure in self.how.items())

    def failures(self) -> list[FailedRequests]:
        ends: dict[str, list[float]] = {}
        for place, failure in self.how.items():
            ends.setdefault(failure, []).append(self.began[place] + self.seconds[place])
        return [FailedRequests(failure, len(of), min(of), max(of)) for failure, of in ends.items()]

    def course(self) -> Iterator[tuple[float, float, int]]:
        how = self.how
        for place, (began, seconds) in enumerate(zip(self.began, self.seconds, strict=True)):
            yield began, math.inf if place in how else seconds, 1

    def between(self, first: float, last: float) -> "EachRequest":
        inside = EachRequest()
        for began, seconds, failure in self:
            if first <= began < last:
                inside.note(began, seconds, failure)
        return inside

    def __iter__(self) -> Iterator[tuple[float, float, str]]:
        """Yield when each request began, how long it took, and how it failed ("" for one that did not)."""
        for place, (began, seconds) in enumerate(zip(self.began, self.seconds, strict=True)):
            yield began, seconds, self.how.get(place, "")
