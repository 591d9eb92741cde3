"""How many servers were pending and ready."""

import pytest

from hubusers.report.counts import Count, pending, ready
from tests.report.made_up_run import BEGAN
from tests.report.runs import results_of, start, stop


def changes(count: Count) -> list[tuple[float, int]]:
    return [(time - BEGAN, value) for time, value in zip(count.times, count.values, strict=True)]


def test_pending_until_ready_or_failed() -> None:
    records = results_of([start(0, 10), start(5, 10, "timed out")]).records
    assert changes(pending(records)) == [(0, 1), (5, 2), (10, 1), (15, 0)]


def test_ready_until_the_stop_begins_or_the_run_ends() -> None:
    records = results_of(
        [
            start(0, 10, user="ann"),
            stop(50, "ann"),
            start(60, 5, user="ann", lifecycle=2),
            stop(80, "ann", failure="timed out"),
            start(1, 3, user="eve"),
            start(2, 3, "spawn failed", user="bob"),
        ]
    ).records
    assert changes(ready(records, BEGAN + 100)) == [(4, 1), (10, 2), (50, 1), (65, 2), (80, 1), (100, 0)]


def test_what_is_ready_only_after_the_end_never_counts() -> None:
    assert ready(results_of([start(0, 10)]).records, BEGAN + 5).highest() == 0


def test_values_between_changes() -> None:
    count = Count([(1, 4), (2, 3)])
    assert [count.at(time) for time in (0, 1, 1.5, 2, 3, 4, 9)] == [0, 1, 1, 2, 1, 0, 0]
    assert (count.highest(), count.highest(3), count.highest(0, 2), count.highest(2.5, 2.6)) == (2, 1, 1, 2)
    assert count.mean(0, 4) == pytest.approx(1.0)
    assert count.mean(2, 3) == pytest.approx(2.0)
    assert count.mean(1.5, 2.5) == pytest.approx(1.5)


def test_nothing_to_count() -> None:
    count = Count([])
    assert (count.at(1), count.highest(), count.highest(0, 9), count.mean(0, 9), Count([(1, 2)]).mean(1, 1)) == (0,) * 5
