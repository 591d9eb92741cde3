"""The requests of one name where there are too many to keep each: how many came when, and how long they took."""

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from hubusers.results.request_times import FailedRequests, RequestTimes

LONGER_BY = 0.025
"""By which part of it, at most, `rounded_up` makes a time longer."""

SHORTEST = 1e-5
"""Seconds by which it may also make one longer, where that is more."""

_FROM = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_PARTS = (100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1)
"""Into how many parts of a second is rounded: below the first of these seconds, and from each of them on."""

_NOISE = 1e-9  # of such a part: 0.29 * 100 is a little less than 29, and other products are a little more


def rounded_up(seconds: float) -> float:
    """Return seconds with two digits, and a third one where that is an even one or a 5.

    The result is never shorter, and longer by at most 2.5 % or 10 microseconds. A time is within a limit of one or two
    digits exactly when it is so rounded.
    """
    parts = _PARTS[bisect_right(_FROM, seconds)]
    return math.ceil(seconds * parts - _NOISE) / parts


@dataclass(slots=True)
class Total:
    """What is known of all requests of one name that were answered, or failed in one way."""

    count: int = 0
    seconds: float = 0.0  # that all of them took together
    first: float = math.inf  # seconds since the epoch: when the first one was answered, or had failed
    last: float = -math.inf


class CountedRequests(RequestTimes):
    """The requests of one name, counted.

    Two counts are kept, because one of both together would have as many numbers as there are requests: how many began
    in each span of time, and were answered or failed in some way; and how many of the answered ones took how long, in
    spans of their own.

    Args:
        width: How long the spans of the first count are, in seconds.
        times_width: How long those of the second count are.

    Attributes:
        totals: What is known of all of them, by their failure; "" for those that were answered.
        spans: How many numbers the first count has.
        cells: How many numbers the second count has.
    """

    def __init__(self, width: float = 1.0, times_width: float = 1.0) -> None:
        self.width = width
        self.times_width = times_width
        self.totals: dict[str, Total] = {}
        self.spans = self.cells = 0
        self._moments: dict[str, dict[int, int]] = {}  # by failure and span
        self._times: dict[int, dict[float, int]] = {}  # by span and rounded seconds

    def note(self, began: float, seconds: float, failure: str = "") -> None:
        total = self.totals.get(failure)
        if total is None:
            total = self.totals[failure] = Total()
        ended = began + seconds
        total.count += 1
        total.seconds += seconds
        if ended < total.first:
            total.first = ended
        if ended > total.last:
            total.last = ended
        self.add_moments(began, failure, 1)
        if not failure:
            self.add_times(began, rounded_up(seconds), 1)

    def add_moments(self, began: float, failure: str, count: int) -> None:
        """Count requests that began in the span of a moment."""
        counts = self._moments.get(failure)
        if counts is None:
            counts = self._moments[failure] = {}
        span = int(began // self.width)
        if span not in counts:
            counts[span] = 0
            self.spans += 1
        counts[span] += count

    def add_times(self, began: float, seconds: float, count: int) -> None:
        """Count requests that began in the span of a moment and were answered after the same, rounded time."""
        span = int(began // self.times_width)
        counts = self._times.get(span)
        if counts is None:
            counts = self._times[span] = {}
        if seconds not in counts:
            counts[seconds] = 0
            self.cells += 1
        counts[seconds] += count

    def __len__(self) -> int:
        return sum(total.count for total in self.totals.values())

    @property
    def failed(self) -> int:
        return sum(total.count for failure, total in self.totals.items() if failure)

    @property
    def total_seconds(self) -> float:
        return sum(total.seconds for total in self.totals.values())

    def moments(self) -> Iterator[tuple[float, str, int]]:
        for failure, counts in self._moments.items():
            for span, count in counts.items():
                yield span * self.width, failure, count

    def failures(self) -> list[FailedRequests]:
        return [
            FailedRequests(failure, total.count, total.first, total.last)
            for failure, total in self.totals.items()
            if failure
        ]

    def times(self) -> Iterator[tuple[float, float, int]]:
        """Yield the span in which requests began, how long they took, and how many they were, of the answered ones."""
        for span, counts in self._times.items():
            for seconds, count in counts.items():
                yield span * self.times_width, seconds, count

    def course(self) -> Iterator[tuple[float, float, int]]:
        yield from self.times()
        for began, _, count in self.failed_moments():
            yield began, math.inf, count

    def between(self, first: float, last: float) -> "CountedRequests":
        inside = CountedRequests(self.width, self.times_width)
        for began, failure, count in self.moments():
            if first <= began < last:
                inside.add_moments(began, failure, count)
                inside.totals.setdefault(failure, Total()).count += count
        for began, seconds, count in self.times():
            if first <= began < last:
                inside.add_times(began, seconds, count)
        return inside

    # How much is kept

    def widen_moments(self) -> None:
        """Make the spans twice as long in which it is counted how many began."""
        self.width *= 2
        for failure, counts in self._moments.items():
            wider: dict[int, int] = {}
            for span, count in counts.items():
                wider[span // 2] = wider.get(span // 2, 0) + count
            self._moments[failure] = wider
        self.spans = sum(map(len, self._moments.values()))

    def widen_times(self) -> None:
        """Make the spans twice as long in which it is counted how many took how long."""
        self.times_width *= 2
        wider: dict[int, dict[float, int]] = {}
        for span, counts in self._times.items():
            into = wider.setdefault(span // 2, counts)
            if into is not counts:
                for seconds, count in counts.items():
                    into[seconds] = into.get(seconds, 0) + count
        self._times = wider
        self.cells = sum(map(len, wider.values()))
