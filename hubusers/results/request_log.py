"""Every request of a run by its path template, with its exact time; of very many, how many came when and took how long.

Locust's own statistics round the times of requests by up to five percent, and do not tell when they were.
"""

import math
import random
from collections.abc import Iterable, Iterator
from typing import Any

from hubusers.results.distinct import Distinct
from hubusers.results.request_counts import CountedRequests
from hubusers.results.request_times import EachRequest, RequestTimes

MOST_EXACT = 500_000
"""How many requests are kept one by one. From then on they are counted, those before as well."""

MOST_SPANS = 150_000
"""How many counts there are, in all, of how many requests began in a span of time; then spans become longer."""

MOST_CELLS = 250_000
"""How many counts there are, in all, of how many requests took how long; then spans become longer."""

MOST_NAMES = 1_000
"""How many names are told apart; user classes of one's own may send requests without a name, each with another URL."""

OTHER_REQUESTS = "(other requests)"

MOST_FAILURES = 200
"""How many ways to fail are told apart."""

_BETWEEN_LOOKS = 1_024
"""Requests after which it is looked whether too much is kept. Each look makes few names smaller, so it takes little."""

_LONGEST_SPAN = 10 * 24 * 3_600.0
"""Seconds; longer spans would make nothing smaller."""


def failure_of(error: BaseException) -> str:
    """Return how a request failed, without its URL, which may hold the name of a person: its status, if it has one."""
    status = getattr(error, "code", None) or getattr(getattr(error, "response", None), "status_code", None)
    return f"HTTP {status}" if isinstance(status, int) else str(error)


def request_rows(messages: Iterable[tuple[Any, ...]]) -> Iterator[tuple[str, float, float, str]]:
    """Yield each request of a message: its name, when it began, how long it took, and how it failed."""
    for name, began, seconds, how in messages:
        failures = dict(how)
        for place, times in enumerate(zip(began, seconds, strict=True)):
            yield name, *times, failures.get(place, "")


class RequestLog:
    """The requests of one process or, in the master, of all processes.

    Args:
        keeps: Whether requests are kept here once they are handed over; a worker needs them no more.
        most_exact: How many are kept one by one.
        most_spans: How many counts of moments are kept.
        most_cells: How many counts of times are kept.

    Attributes:
        is_counted: Whether there are so many that they are counted.
    """

    def __init__(
        self,
        *,
        keeps: bool = True,
        most_exact: int = MOST_EXACT,
        most_spans: int = MOST_SPANS,
        most_cells: int = MOST_CELLS,
    ) -> None:
        self._keeps = keeps
        self._most_exact, self._most_spans, self._most_cells = most_exact, most_spans, most_cells
        self._by_name: dict[str, RequestTimes] = {}
        self._new: dict[str, EachRequest] = {}
        self._count = 0
        self.is_counted = False
        self._names = Distinct(MOST_NAMES, OTHER_REQUESTS)
        self._failures = Distinct(MOST_FAILURES, "(another failure)")

    def note(self, name: str, began: float, seconds: float, failure: str = "") -> None:
        """Note one request.

        Args:
            name: Method and path template, as in "POST /users/{name}/server".
            began: Seconds since the epoch.
            seconds: How long it took.
            failure: Why it failed; "" when it did not.
        """
        if failure:
            failure = self._failures(failure)
        if not self.is_counted or not self._keeps:
            new = self._new.get(name)
            if new is None:
                name = self._names(name)
                new = self._new.setdefault(name, EachRequest())
            new.note(began, seconds, failure)
        if self._keeps:
            of = self._by_name.get(name)
            if of is None:
                name = self._names(name)
                of = self._by_name.setdefault(name, CountedRequests() if self.is_counted else EachRequest())
            of.note(began, seconds, failure)
            self._count += 1
            if self._count % _BETWEEN_LOOKS == 0:
                self.make_smaller()

    def take_new(self) -> list[tuple[Any, ...]]:
        """Return what was noted since the last call, as a message from a worker to the master.

        Once requests are counted, nothing is new in a process that keeps them: only workers hand them on.
        """
        new, self._new = self._new, {}
        return [(name, of.began.tolist(), of.seconds.tolist(), list(of.how.items())) for name, of in new.items()]

    def add(self, messages: list[tuple[Any, ...]]) -> None:
        """Take in a worker's message."""
        for request in request_rows(messages):
            self.note(*request)

    def names(self) -> list[str]:
        return sorted(self._by_name)

    def of(self, name: str) -> RequestTimes:
        return self._by_name.get(name, EachRequest())

    def __len__(self) -> int:
        return sum(map(len, self._by_name.values()))

    @property
    def width(self) -> float:
        """How exactly it is known when requests began, in seconds; 0 where each is kept."""
        return max((of.width for of in self._by_name.values()), default=0.0)

    def in_order(self) -> list[float]:
        """Return how long requests took, infinite for those that failed, in the order in which they began.

        Of requests that are counted it is known in which span they began, and not in which order within it. Of these,
        one in so many is returned that they are not more than are kept one by one.
        """
        every = max(1, -(-len(self) // self._most_exact))
        chance = random.Random(1)  # the same run always gives the same answer
        found, passed = list[tuple[float, float]](), 0
        for of in self._by_name.values():
            for began, seconds, count in of.course():
                passed += count
                width = of.width if math.isinf(seconds) else of.times_width
                # Anywhere in its span, or short ones would seem to come first.
                found += [(began + width * chance.random() if width else began, seconds)] * (passed // every)
                passed %= every
        found.sort()
        return [seconds for _, seconds in found]

    def between(self, first: float, last: float) -> "RequestLog":
        """Return the requests that began from one moment on and before another one."""
        inside = RequestLog()
        inside._by_name = {name: part for name, of in self._by_name.items() if len(part := of.between(first, last))}
        return inside

    # How much is kept

    def counted(self) -> dict[str, CountedRequests]:
        """Return the names whose requests are counted."""
        return {name: of for name, of in self._by_name.items() if isinstance(of, CountedRequests)}

    def add_counted(self, name: str, counted: CountedRequests) -> None:
        """Take in the requests of a name as they were counted."""
        self._by_name[name] = counted
        self.is_counted = True

    def make_smaller(self) -> None:
        """Make the largest names smaller, if too much is kept."""
        exact = {name: of for name, of in self._by_name.items() if isinstance(of, EachRequest)}
        if exact and self._count > self._most_exact:
            name = max(exact, key=lambda name: len(exact[name]))
            counted = CountedRequests()
            for began, seconds, failure in exact.pop(name):
                counted.note(began, seconds, failure)
            self._by_name[name] = counted
            self.is_counted = not exact
        counts = self.counted().values()
        while sum(of.spans for of in counts) > self._most_spans:
            largest = max(counts, key=lambda of: of.spans)
            if largest.width > _LONGEST_SPAN:  # there are so many names, or ways to fail, and not so many spans
                break
            largest.widen_moments()
        while sum(of.cells for of in counts) > self._most_cells:
            largest = max(counts, key=lambda of: of.cells)
            if largest.times_width > _LONGEST_SPAN:
                break
            largest.widen_times()
