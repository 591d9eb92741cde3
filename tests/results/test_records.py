"""What was measured, exactly, and in words."""

import pytest

from hubusers.results.records import START_TO_READY, STOP_TO_STOPPED, Record, Records, percentile


def record(seconds: float, late: float = 0.0, failure: str = "", step: str = START_TO_READY) -> Record:
    return Record(step, "ann", 1000.0, seconds, late, failure)


@pytest.mark.parametrize(
    ("values", "share", "value"),
    [([3.0], 50, 3.0), ([1.0, 2.0], 50, 1.5), ([float(n) for n in range(101)], 95, 95.0), ([2.0] * 7, 99, 2.0)],
)
def test_percentiles(values: list[float], share: int, value: float) -> None:
    assert percentile(values, share) == pytest.approx(value)


def test_the_summary_has_exact_times_their_error_and_the_failures() -> None:
    records = Records()
    assert records.summary(START_TO_READY) == ""
    for n in range(101):
        records.note(record(n / 1000, late=n / 100))
    records.note(record(60.0, failure="timed out"))
    records.note(record(7.0, step=STOP_TO_STOPPED))
    assert records.summary(START_TO_READY) == (
        "start to ready: p50 0.050, p95 0.095, p99 0.099 ± 0.950 seconds (101 measured, 1 failed)"
    )


def test_only_failures() -> None:
    records = Records()
    records.note(record(60.0, failure="timed out"))
    assert records.summary(START_TO_READY) == "start to ready: 0 measured, 1 failed"


def test_what_workers_noted_reaches_the_master_once() -> None:
    worker, master = Records(), Records()
    worker.note(record(1.0))
    master.add(worker.take_new())
    worker.note(record(2.0, failure="spawn failed"))
    master.add(worker.take_new())
    master.add(worker.take_new())
    assert master.of(START_TO_READY) == [record(1.0), record(2.0, failure="spawn failed")]
