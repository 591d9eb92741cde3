"""Keeps Locust's own statistics from growing with the time that a run lasts: in a week, by gigabytes."""

from locust.stats import RequestStats

SECONDS_KEPT = 60
"""Locust counts the requests of each second, by their names, and looks at the last twelve of them."""

MOST_POINTS = 2_000
"""How many points the charts of Locust's own pages and report have; Locust adds one every five seconds."""


class LocustStatistics:
    """Shortens Locust's statistics, in the process that knows of all requests.

    Args:
        statistics: Locust's.
        most_points: How many points its charts keep.
    """

    def __init__(self, statistics: RequestStats, most_points: int = MOST_POINTS) -> None:
        self._statistics = statistics
        self._most_points = most_points
        self._points = 0  # that stay
        self._every = 1  # of so many further points one stays

    def shorten(self) -> None:
        """Drop the counts of seconds that are long over, and some points of the charts where there are many."""
        statistics, history = self._statistics, self._statistics.history
        for entry in [*statistics.entries.values(), statistics.total]:
            for counts in (entry.num_reqs_per_sec, entry.num_fail_per_sec):
                if len(counts) > 2 * SECONDS_KEPT:
                    oldest = max(counts) - SECONDS_KEPT
                    for second in [second for second in counts if second < oldest]:
                        del counts[second]
        if len(history) < self._points:  # somebody has reset them
            self._points, self._every = 0, 1
        new = history[self._points :]
        whole = len(new) // self._every * self._every
        stay = new[self._every - 1 : whole : self._every]
        history[self._points : self._points + whole] = stay
        self._points += len(stay)
        if self._points > self._most_points:
            del history[1:-1:2]
            self._points, self._every = len(history), 2 * self._every
