"""What was measured, exactly, and in words."""

import math

from hubusers.results.people import People
from hubusers.results.records import (
    START_TO_READY,
    STOP_TO_STOPPED,
    UNFINISHED,
    WEBSOCKET_HELD,
    Record,
    Records,
    counted,
)


def record(seconds: float, late: float = 0.0, failure: str = "", step: str = START_TO_READY) -> Record:
    return Record(step, "ann", 1000.0, seconds, late, failure)


def test_the_summary_has_exact_times_their_error_and_the_failures() -> None:
    records = Records()
    assert People(records).summary(START_TO_READY) == ""
    for n in range(101):
        records.note(record(n / 1000, late=n / 100))
    records.note(record(60.0, failure="timed out"))
    records.note(record(7.0, step=STOP_TO_STOPPED))
    assert People(records).summary(START_TO_READY) == (
        "start to ready: p50 0.050, p95 0.096, p99 0.100 ± 0.950 seconds (101 measured, 1 failed)"
    )
    records.note(record(60.0, failure="timed out"))
    records.note(record(0.001, failure=UNFINISHED))
    assert People(records).summary(START_TO_READY) == (
        "start to ready: p50 0.051, p95 0.097, p99 never ± 0.950 seconds (101 measured, 2 failed, 1 unfinished)"
    )


def test_an_unfinished_start_counts_when_it_had_taken_longer_than_any_that_became_ready() -> None:
    records = Records()
    finished = [(2.0, ""), (2.0, ""), (2.0, ""), (2.0, ""), (60.0, "timed out")]
    for seconds, failure in [*finished, (1.0, UNFINISHED), (2.0, UNFINISHED), (3.0, UNFINISHED)]:
        records.note(record(seconds, failure=failure))
    assert [one.time_taken for one in counted(records)] == [2.0, 2.0, 2.0, 2.0, math.inf, 3.0]


def test_where_many_starts_are_unfinished_all_of_them_count() -> None:
    records = Records()
    for seconds, failure in [(14.5, "")] * 5 + [(float(age), UNFINISHED) for age in range(15)]:
        records.note(record(seconds, failure=failure))
    assert len(counted(records)) == 20
    assert People(records).summary(START_TO_READY) == (
        "start to ready: p50 over 9.000, p95 over 14.500, p99 over 14.500 ± 0.000 seconds (5 measured, 0 failed, "
        "15 unfinished)"
    )


def test_a_percentile_of_an_unfinished_start_is_over_its_time() -> None:
    records = Records()
    for seconds, failure in [(2.0, ""), (5.0, UNFINISHED), (6.0, UNFINISHED)]:
        records.note(record(seconds, failure=failure))
    assert People(records).summary(START_TO_READY) == (
        "start to ready: p50 over 5.000, p95 over 6.000, p99 over 6.000 ± 0.000 seconds (1 measured, 0 failed, "
        "2 unfinished)"
    )


def test_steps_that_failed() -> None:
    records = Records()
    for failure, step in [("timed out", START_TO_READY), ("timed out", STOP_TO_STOPPED), ("", STOP_TO_STOPPED)]:
        records.note(record(1.0, failure=failure, step=step))
    assert records.failed_steps() == [(STOP_TO_STOPPED, 1, 2)]


def test_how_many_were_held_is_not_known_where_only_losses_are_noted() -> None:
    records = Records()
    records.note(record(60.0, failure="websocket lost", step=WEBSOCKET_HELD))
    assert records.failed_steps() == [(WEBSOCKET_HELD, 1, 0)]


def test_only_failures() -> None:
    records = Records()
    records.note(record(60.0, failure="timed out"))
    assert People(records).summary(START_TO_READY) == "start to ready: 0 measured, 1 failed"


def test_what_workers_noted_reaches_the_master_once() -> None:
    worker, master = Records(), Records()
    worker.note(record(1.0))
    master.add(worker.take_new())
    worker.note(record(2.0, failure="spawn failed"))
    master.add(worker.take_new())
    master.add(worker.take_new())
    assert master.of(START_TO_READY) == [record(1.0), record(2.0, failure="spawn failed")]
