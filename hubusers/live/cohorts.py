"""What the cohorts of an event have come to so far, for the page Hub."""

import time
from collections.abc import Mapping
from typing import Any

from hubusers.report import words
from hubusers.results.percentiles import percentile
from hubusers.results.records import START_TO_READY, longest_known
from hubusers.results.results import Results
from hubusers.run.user_counts import UserCounts

_BETWEEN_MEASUREMENTS = 3.0
"""Seconds for which percentiles are kept: they are of all starts of the run, of which there may be many."""


class CohortsSoFar:
    """Measures the cohorts when somebody looks.

    Args:
        results: The results of the run, as they grow.
        planned: How many people each cohort of the event has, in the event's order; nobody without an event.
    """

    def __init__(self, results: Results, planned: Mapping[str, int]) -> None:
        self._results = results
        self._planned = planned
        self._percentiles: dict[str, tuple[str, str]] = {}
        self._measured_at = float("-inf")

    def rows(self, counts: Mapping[str, UserCounts]) -> list[dict[str, Any]]:
        """Return a row for each cohort, with percentiles in words; none without an event.

        Args:
            counts: What the people of each cohort do now.
        """
        if self._planned and time.monotonic() > self._measured_at + _BETWEEN_MEASUREMENTS:
            self._percentiles = {cohort: self._measure(cohort) for cohort in self._planned}
            self._measured_at = time.monotonic()
        return [self._row(cohort, people, counts.get(cohort, UserCounts())) for cohort, people in self._planned.items()]

    def _row(self, cohort: str, planned: int, counts: UserCounts) -> dict[str, Any]:
        p50, p95 = self._percentiles[cohort]
        return {
            "name": cohort,
            "planned": planned,
            "arrived": counts.arrived,
            "pending": counts.pending,
            "ready": counts.ready,
            "failed": counts.failed,
            "p50": p50,
            "p95": p95,
        }

    def _measure(self, cohort: str) -> tuple[str, str]:
        starts = self._results.people.measured(START_TO_READY, cohort)
        if not starts:
            return "–", "–"
        times, known = [start.time_taken for start in starts], longest_known(starts)
        p50, p95 = (words.percentile(percentile(times, percent), known) for percent in (50, 95))
        return p50, p95
