"""The run so far, a point each second: what the page Hub and the progress line show."""

import math
import time
from collections import deque
from collections.abc import Iterable

from hubusers.event.model import Target
from hubusers.report import words
from hubusers.results.failures import Failures
from hubusers.results.percentiles import percentile
from hubusers.results.records import ARRIVAL, FEW_LEFT_OUT, LOGIN, START_TO_READY
from hubusers.results.results import Results
from hubusers.results.targets import Outcome, outcome
from hubusers.run.user_counts import UserCounts

LAST_MOMENTS = 30.0
"""Seconds that percentiles are taken over. Those of the whole run would soon hardly move any more."""

_MOST_POINTS = 1000
_STALE = 15.0
_BETWEEN_OUTCOMES = 3.0
_SHARE_OF_TIME = 0.02
"""How much of its time a process may spend on measuring the targets."""

_BEFORE = {ARRIVAL, LOGIN}
"""The steps of which a failure keeps a person from asking for a server."""

Point = dict[str, float | int | None]


class Timeline:
    """Collects the points. When there are many, it drops every second one, and adds new ones half as often.

    Args:
        results: The results of the run, as they grow.
        targets: The targets of its event.
    """

    def __init__(self, results: Results, targets: list[Target]) -> None:
        self.points: list[Point] = []
        self.outcomes: list[Outcome] = []
        self.failures = Failures(results.examples)
        self._results = results
        self._targets = targets
        self._interval = 1.0
        self._seen = 0  # how many of the records
        self._probes_seen = 0
        self._recent: deque[tuple[float, float]] = (
            deque()
        )  # when a start was noted, and its seconds; infinite for a failure, of the start or before it
        self._judged = float("-inf")

    def note(self, now: float, elapsed: float, counts: UserCounts, waits: Iterable[float] = ()) -> None:
        """Add a point.

        Args:
            now: Seconds since the epoch.
            elapsed: Seconds since people could come.
            counts: The counts of all processes, added up.
            waits: For how many seconds each start has been pending that is so now.
        """
        self._take_starts(now)
        if elapsed - self._judged >= _BETWEEN_OUTCOMES:
            self.judge(elapsed)
        if self.points and elapsed - float(self.points[-1]["t"] or 0) < self._interval - 0.5:
            return
        if len(self.points) == _MOST_POINTS:
            self.points = self.points[::2]
            self._interval *= 2
        self.points.append({"t": elapsed, **counts.as_message(), **self._starts(list(waits)), **self._hub(now)})

    def in_words(self, planned: int | None) -> str:
        """Return the last point in words; "" before the first.

        Args:
            planned: People of the event; None without one.
        """
        return point_in_words(self.points[-1], planned, self.outcomes) if self.points else ""

    def judge(self, elapsed: float = float("inf")) -> None:
        """Measure the targets anew."""
        began = time.process_time()
        self.outcomes = [outcome(target, self._results) for target in self._targets]
        # In a run of many people this takes a while, in which nobody else has a turn.
        self._judged = elapsed + (time.process_time() - began) / _SHARE_OF_TIME

    def _take_starts(self, now: float) -> None:
        records = self._results.records
        new = records.since(self._seen)
        self.failures.note(new)
        for record in new:
            # A person who fails before has come for a server as well, as in the measures of the report.
            is_before = record.failed and record.step in _BEFORE
            if is_before or (record.step == START_TO_READY and not record.is_unfinished):
                self._recent.append((now, record.time_taken))
        self._seen = len(records)
        while self._recent and self._recent[0][0] < now - LAST_MOMENTS:
            self._recent.popleft()

    def _starts(self, waits: list[float]) -> Point:
        """Return the percentiles of the starts that ended in the last moments, and of those that are still pending.

        Pending starts count by the rule of `hubusers.results.records.counted`: by their time so far, all but a few that
        are younger than every start that became ready.
        """
        ended = [seconds for _, seconds in self._recent]
        longest = max(filter(math.isfinite, ended), default=0.0)
        older = [seconds for seconds in waits if seconds > longest]
        if len(waits) - len(older) > FEW_LEFT_OUT * (len(ended) + len(waits)):
            older = waits
        times, youngest = ended + older, min(older, default=math.inf)
        known = max((seconds for seconds in ended if seconds < youngest), default=0.0)
        shown: Point = {f"p{percent}": percentile(times, percent) if times else None for percent in (50, 95, 99)}
        return shown | {"known": known if times else None}

    def _hub(self, now: float) -> Point:
        probes, samples = self._results.probes, self._results.hub_samples
        new, self._probes_seen = probes[self._probes_seen :], len(probes)
        answered = [probe for probe in new or probes[-1:] if not probe.failure and probe.began > now - _STALE]
        sample = samples[-1] if samples and samples[-1].time > now - _STALE else None
        return {
            "probe": max((probe.seconds for probe in answered), default=None),
            "probes_failed": sum(bool(probe.failure) for probe in new),
            "cpu": self._cpu() if sample else None,
            "memory": sample.memory if sample else None,
        }

    def _cpu(self) -> float | None:
        if len(self._results.hub_samples) < 2:
            return None
        before, after = self._results.hub_samples[-2:]
        if before.cpu_seconds is None or after.cpu_seconds is None or after.cpu_seconds < before.cpu_seconds:
            return None  # not reported, or the hub was restarted
        return (after.cpu_seconds - before.cpu_seconds) / (after.time - before.time)


def clock(elapsed: float) -> str:
    """Return seconds as a clock shows them: "01:40", or "1:01:40" from an hour on."""
    minutes, seconds = divmod(int(elapsed), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def point_in_words(point: Point, planned: int | None, outcomes: list[Outcome]) -> str:
    """Return a point in the words of the progress line."""
    arrived = f"{point['arrived']:,} of {planned:,} arrived" if planned is not None else f"{point['arrived']:,} arrived"
    parts = [
        f"{clock(point['t'] or 0)} elapsed",
        arrived,
        f"{point['pending']:,} pending",
        f"{point['ready']:,} ready",
        f"{point['failed']:,} failed",
    ]
    if outcomes:  # before what is longer, since a narrow terminal cuts the end off
        held = sum(outcome.state == "held" for outcome in outcomes)
        parts.append(f"{held} of {len(outcomes)} targets held so far")
    if point["p95"] is not None:
        p95 = words.percentile(point["p95"], point["known"] or 0.0)
        p95 += ": too many failed" if math.isinf(point["p95"]) else ""
        parts.append(f"start to ready p95 {p95} (last {LAST_MOMENTS:g} s)")
    return ", ".join(parts)
