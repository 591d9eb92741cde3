"""How many servers were pending, and how many ready, at each moment, from the records of a run."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

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
        self.times: NDArray[np.float64] = np.array(sorted(changes), dtype=float)
        self.values = np.cumsum([changes[time] for time in sorted(changes)], dtype=int)
        # The area below the curve, up to each change, makes means cheap.
        self._area = np.concatenate([[0.0], np.cumsum(np.diff(self.times) * self.values[:-1])])

    def at(self, time: float) -> int:
        position = int(np.searchsorted(self.times, time, side="right"))
        return int(self.values[position - 1]) if position else 0

    def highest(self, begin: float = -np.inf, end: float = np.inf) -> int:
        """Return the highest value from `begin` on and before `end`."""
        first, last = np.searchsorted(self.times, [begin, end], side="left")
        return max([self.at(begin), *map(int, self.values[first:last])])

    def mean(self, begin: float, end: float) -> float:
        """Return the mean between two moments."""
        if not len(self.times) or end <= begin:
            return 0.0
        before, after = np.interp([begin, end], self.times, self._area)
        return float(after - before) / (end - begin)


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
