"""What the charts show."""

from dataclasses import replace

import pytest

from hubusers.report.chart import Bars, Chart, Line, Points, Ranges, TimeAxis
from hubusers.report.charts import charts_of
from hubusers.report.counts import Count
from hubusers.report.drawing import svg_of
from hubusers.report.thinning import climbing, highest_of, steps_of, thinned
from hubusers.results.hub_samples import HubSample, Observations, Probe
from hubusers.results.records import UNFINISHED, Record
from tests.report.made_up_run import BEGAN
from tests.report.runs import CLASS, TARGETS, finished, start, stop


def chart(charts: list[Chart], name: str) -> Chart:
    return next(one for one in charts if one.name == name)


def series(charts: list[Chart], name: str, series: str) -> Line | Points:
    content = chart(charts, name).content
    assert not isinstance(content, Bars | Ranges)
    return next(one for one in content if one.name == series)


def rows(charts: list[Chart], name: str) -> list[list[str]]:
    """Return the figures behind a chart."""
    return chart(charts, name).table.rows


RECORDS = [
    start(0, 4.0, user="ann", cohort="students"),
    stop(50, "ann"),
    start(60, 2.0, user="ann", cohort="students", lifecycle=2),
    start(1, 9.0, "spawn failed", user="bob", cohort="staff"),
    start(2, 30.0, user="eve", cohort="staff", throttled=20.0, throttled_by="concurrent_spawn_limit"),
]


def test_people_and_servers() -> None:
    charts = charts_of(replace(finished(RECORDS), arrivals=[0.0, 1.0, 2.0]))
    asked, planned = series(charts, "arrivals", "asked for a server"), series(charts, "arrivals", "planned")
    assert (asked.x, planned.y) == ([BEGAN, BEGAN + 1, BEGAN + 2], [1, 2, 3])
    assert rows(charts, "arrivals")[0] == ["08:00:00", "3", "3"]
    pending, ready = series(charts, "servers", "pending"), series(charts, "servers", "ready")
    assert [max(value or 0 for value in one.y) for one in (pending, ready)] == [3, 2]
    assert ready.y[-1] == 0
    assert rows(charts, "servers")[:3] == [["08:00:00", "3", "1"], ["08:00:30", "1", "2"], ["08:01:00", "1", "2"]]
    assert "(at most 3 at once). Ready: until its stop began (at most 2)" in chart(charts, "servers").about


def test_failures_never_reach_the_top_of_the_distribution() -> None:
    charts = charts_of(finished(RECORDS, CLASS + TARGETS))
    assert series(charts, "distribution", "staff").y == [0, 50, 50]
    assert series(charts, "distribution", "students").x == [0, 2, 4, 30]
    assert series(charts, "distribution", "target").x == [10]


def test_failures_and_throttled_waits() -> None:
    charts = charts_of(finished(RECORDS))
    assert series(charts, "starts", "failed").y == [9]
    assert series(charts, "throttled", "concurrent_spawn_limit").y == [20]
    assert chart(charts, "failures").content == Bars("failed", ["start to ready: spawn failed"], [1])


def test_only_what_was_measured_is_drawn() -> None:
    assert charts_of(finished([])) == []
    names = [one.name for one in charts_of(finished([start(0, 4.0)]))]
    assert names == ["arrivals", "servers", "distribution", "percentiles", "starts"]


def test_the_hub() -> None:
    run = finished([start(0, 4.0)])
    turns = Observations(10, 1.0, {"0.05": 5, "0.5": 10, "+Inf": 10})
    run.results.hub_samples = [
        HubSample(BEGAN, 1.0, 2e8, 3, Observations()),
        HubSample(BEGAN + 10, 6.0, 3e8, 5, turns),
        HubSample(BEGAN + 20),
    ]
    run.results.probes = [Probe(BEGAN, 0.01), Probe(BEGAN + 2, 5.0, "no answer")]
    charts = charts_of(run)
    assert series(charts, "hub-cpu", "CPU of the hub").y == [50, None]
    assert series(charts, "hub-answers", "event loop, p95").y == [0.5, None]
    assert series(charts, "hub-answers", "probe failed").y == [5]
    assert series(charts, "hub-running", "running").y == [3, 5]
    assert series(charts, "hub-memory", "memory").y == [200, 300]


def test_percentiles_over_time() -> None:
    records = [start(n, 2.0 + n % 10, "spawn failed" if 60 <= n < 70 else "") for n in range(240)]
    charts = charts_of(finished(records, CLASS + TARGETS, ended=BEGAN + 240))
    p50, p95 = series(charts, "percentiles", "p50"), series(charts, "percentiles", "p95")
    assert (p50.x[0], len(p50.x), p50.y[6]) == (BEGAN + 5, 25, None)  # the last one begins when the run ends
    assert (p50.y[0], p95.y[0]) == (6, 11)
    assert rows(charts, "percentiles")[0] == ["08:00:00", "10", "6 s", "11 s", "11 s"]
    assert rows(charts, "percentiles")[6] == ["08:01:00", "10", "never", "never", "never"]
    assert series(charts, "percentiles", "p95 is never").x == [BEGAN + 65]
    assert series(charts, "percentiles", "target: p95 at most 10 s").y == [10, 10]


def test_percentiles_of_starts_that_the_end_broke_off_are_not_drawn() -> None:
    records = [start(n, 2.0) for n in range(10)] + [start(10 + n, 90.0, UNFINISHED) for n in range(10)]
    charts = charts_of(finished(records, ended=BEGAN + 110))
    assert series(charts, "percentiles", "p50").y[:4] == [2, 2, None, None]
    assert rows(charts, "percentiles")[2] == ["08:00:10", "5", "over 90 s", "over 90 s", "over 90 s"]


def test_all_charts_over_time_have_the_same_axis() -> None:
    axes = [one.x for one in charts_of(finished(RECORDS)) if isinstance(one.x, TimeAxis)]
    assert len(axes) > 2
    assert set(axes) == {TimeAxis(BEGAN, BEGAN, BEGAN + 200)}


def test_a_short_rush_is_shown_from_closer_by() -> None:
    records = [start(600 + n, 3.0) for n in range(60)] + [start(310.0 * n, 3.0) for n in range(5)]
    charts = charts_of(finished(records, ended=BEGAN + 1800))
    closer = [one for one in charts if one.name.endswith("-closer")]
    assert [one.name for one in closer] == ["servers-closer", "percentiles-closer"]
    assert all(one.x == TimeAxis(BEGAN, BEGAN + 600, BEGAN + 659) for one in closer)
    x = series(charts, "servers-closer", "ready").x
    assert (x[0], x[-1]) == (BEGAN + 600, BEGAN + 659)
    all_the_time = finished([start(n, 3.0) for n in range(60)], ended=BEGAN + 100)
    assert not [one for one in charts_of(all_the_time) if "closer" in one.name]


def test_what_is_left_out_is_said() -> None:
    charts = charts_of(finished([start(n / 100, 1.0, "timed out" if n < 7 else "") for n in range(12_000)]))
    assert len(series(charts, "starts", "all").x) == 1999
    assert len(series(charts, "starts", "failed").x) == 7
    assert "There are more than 2,000, so only every 6th that succeeded is drawn." in chart(charts, "starts").about


def test_thinning() -> None:
    assert thinned([1, 2, 3, 4, 5], most=2) == ([1, 4], 3)
    assert thinned([], most=2) == ([], 1)
    assert climbing([3.0, 1.0, 2.0]) == ([1.0, 2.0, 3.0], [1, 2, 3])
    values, ranks = climbing([float(n) for n in range(10_000)])
    assert len(values) <= 801
    assert (values[-1], ranks[-1]) == (9999.0, 10_000)
    assert climbing([]) == ([], [])


def test_peaks_survive_thinning() -> None:
    count = Count([(n, n + 0.5) for n in range(5000)] + [(2500.1, 2500.2)])
    moments, values = steps_of(count, 0, 5000)
    assert (len(moments), max(values), values[-1]) == (801, 2, 0)


def test_gaps_and_peaks_survive_thinning() -> None:
    points: list[tuple[float, float | None]] = [(float(n), 2.0 if n == 1000 else 1.0) for n in range(2000)]
    points[1500] = (1500.0, None)
    moments, values = highest_of(points)
    assert len(moments) == len(values) == 667
    assert (max(value or 0 for value in values), values.count(None)) == (2, 1)
    assert highest_of(points[:3]) == ([0, 1, 2], [1, 1, 1])


def test_people_who_still_wait_at_the_end_have_come_and_are_pending() -> None:
    charts = {one.name: one for one in charts_of(finished([start(n, 9.0, UNFINISHED) for n in range(3)]))}
    assert list(charts) == ["arrivals", "servers"]
    assert "at most 3" in charts["servers"].about


@pytest.mark.parametrize(
    ("records", "seconds"),
    [
        ([start(n / 100, 0.0, "hub error") for n in range(30)], 600),  # all at once, and over at once
        ([start(n / 100, 0.0) for n in range(30)], 0),
        ([start(n * 4000, 30.0, cohort="students") for n in range(100)], 400_000),
        ([start(0, 1.0)], 1_000_000),
    ],
)
def test_runs_of_any_length_can_be_drawn(records: list[Record], seconds: float) -> None:
    for one in charts_of(finished(records, ended=BEGAN + seconds)):
        assert svg_of(one).startswith("<svg")
