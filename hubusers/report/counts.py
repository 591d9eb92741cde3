"""How many servers were pending, and how many ready, at each moment, from the records of a run."""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from itertools import accumulate, pairwise

from hubusers.results.records import START_TO_READY, STOP_TO_STOPPED, Records


class Count:
    """A count of spans of time that is known at every moment.

    A span that ends at the moment when another one begins is not counted together with it.

    Args:
        spans: The begin and the end of each span, in seconds of any clock.
    """

    def __init__(self, spans: Iterable[tuple[float, float]]) -> None:
        changes: dict[float, int] = defaultdict(int)
        for begin, end in spans:
            changes[begin] += 1
            changes[end] -= 1
        self.times = sorted(changes)
        self.values = list(accumulate(changes[time] for time in self.times))
        # The area below the curve, up to each change, makes means cheap.
        steps = zip(pairwise(self.times), self.values, strict=False)  # after the last change, nothing is left
        self._area = list(accumulate(((end - begin) * value for (begin, end), value in steps), initial=0.0))

    def at(self, time: float) -> int:
        position = bisect_right(self.times, time)
        return self.values[position - 1] if position else 0

    def highest(self, begin: float = -math.inf, end: float = math.inf) -> int:
        """Return the highest value from `begin` on and before `end`."""
        first, last = bisect_left(self.times, begin), bisect_left(self.times, end)
        return max([self.at(begin), *self.values[first:last]])

    def mean(self, begin: float, end: float) -> float:
        """Return the mean between two moments."""
        if not self.times or end <= begin:
            return 0.0
        return (self._area_until(end) - self._area_until(begin)) / (end - begin)

    def _area_until(self, time: float) -> float:
        position = bisect_right(self.times, time)
        if not position:
            return 0.0
        return self._area[position - 1] + (time - self.times[position - 1]) * self.values[position - 1]


def pending(records: Records) -> Count:
    """Count the starts under way: each from when it was due until it was ready, had failed, or the run ended."""
    return Count((record.began, record.began + record.seconds) for record in records.starts())


def ready(records: Records, ended: float) -> Count:
    """Count the ready servers: each from when it was ready until its stop began, or until the end of the run.

    Args:
        records: The records of the run.
        ended: When the run ended, in seconds since the epoch.
    """
    stops, starts = defaultdict(list), defaultdict(list)
    for record in records:
        if record.step == STOP_TO_STOPPED:
            stops[record.username].append(record.began)
        elif record.step == START_TO_READY and not record.failure:
            starts[record.username].append((record.began, record.began + record.seconds))
    spans = []
    for username, of_user in starts.items():
        # A user has one server at a time, so the first stop after the start was due is the one that ended it.
        ends = sorted(stops[username])
        for due, since in of_user:
            spans.append((since, max(since, next((end for end in ends if end > due), ended))))
    return Count(spans)
