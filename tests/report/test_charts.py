"""What the charts show."""

from dataclasses import replace
from typing import Any

import pytest

from hubusers.report.chart import Chart, TimeAxis
from hubusers.report.charts import charts_of
from hubusers.report.counts import Count
from hubusers.report.thinning import climbing, steps_of, thinned
from hubusers.results.hub_samples import HubSample, Observations, Probe
from hubusers.results.records import UNFINISHED
from tests.report.made_up_run import BEGAN
from tests.report.runs import CLASS, TARGETS, finished, start, stop


def chart(charts: list[Chart], name: str) -> Chart:
    return next(one for one in charts if one.name == name)


def trace(charts: list[Chart], name: str, trace: str) -> dict[str, Any]:
    return next(one for one in chart(charts, name).figure["data"] if one["name"] == trace)


RECORDS = [
    start(0, 4.0, user="ann", cohort="students"),
    stop(50, "ann"),
    start(60, 2.0, user="ann", cohort="students", lifecycle=2),
    start(1, 9.0, "spawn failed", user="bob", cohort="staff"),
    start(2, 30.0, user="eve", cohort="staff", throttled=20.0, throttled_by="concurrent_spawn_limit"),
]


def test_people_and_servers() -> None:
    charts = charts_of(replace(finished(RECORDS), arrivals=[0.0, 1.0, 2.0]))
    assert (trace(charts, "arrivals", "asked for a server")["x"], trace(charts, "arrivals", "planned")["y"]) == (
        [0, 1, 2],
        [1, 2, 3],
    )
    pending, ready = trace(charts, "servers", "pending"), trace(charts, "servers", "ready")
    assert (max(pending["y"]), max(ready["y"]), ready["y"][-1]) == (3, 2, 0)
    assert "(at most 3 at once). Ready: until its stop began (at most 2)" in chart(charts, "servers").about


def test_failures_never_reach_the_top_of_the_distribution() -> None:
    charts = charts_of(finished(RECORDS, CLASS + TARGETS))
    assert trace(charts, "distribution", "staff")["y"] == [0, 50, 50]
    assert trace(charts, "distribution", "students")["x"] == [0, 2, 4, 30]
    assert trace(charts, "distribution", "target")["x"] == [10]


def test_failures_and_throttled_waits() -> None:
    charts = charts_of(finished(RECORDS))
    assert trace(charts, "starts", "failed")["text"] == ["spawn failed"]
    assert trace(charts, "throttled", "concurrent_spawn_limit")["y"] == [20]
    (bars,) = chart(charts, "failures").figure["data"]
    assert (bars["x"], bars["y"]) == ([1], ["start to ready: spawn failed"])


def test_only_what_was_measured_is_drawn() -> None:
    assert charts_of(finished([])) == []
    names = [one.name for one in charts_of(finished([start(0, 4.0)]))]
    assert names == ["arrivals", "servers", "distribution", "starts"]


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
    assert trace(charts, "hub-cpu", "CPU of the hub")["y"] == [50, None]
    assert trace(charts, "hub-answers", "event loop, p95")["y"] == [0.5, None]
    assert trace(charts, "hub-answers", "probe failed")["y"] == [5]
    assert trace(charts, "hub-running", "running")["y"] == [3, 5]
    assert trace(charts, "hub-memory", "memory")["y"] == [200, 300]


def test_all_charts_over_time_have_the_same_range() -> None:
    charts = charts_of(finished(RECORDS))
    ranges = [one.figure["layout"]["xaxis"]["range"] for one in charts if one.over_time]
    assert len(ranges) > 2
    assert all(one == pytest.approx([-4, 204]) for one in ranges)


@pytest.mark.parametrize(("seconds", "position", "unit"), [(300, 90.0, "seconds"), (301, 1.5, "minutes")])
def test_long_runs_are_drawn_in_minutes(seconds: float, position: float, unit: str) -> None:
    axis = TimeAxis(BEGAN, seconds)
    assert axis.positions([BEGAN + 90]) == [position]
    assert axis.title == f"{unit} since the run began"


def test_what_is_left_out_is_said() -> None:
    charts = charts_of(finished([start(n / 100, 1.0, "timed out" if n < 7 else "") for n in range(12_000)]))
    assert len(trace(charts, "starts", "all")["x"]) == 3998
    assert len(trace(charts, "starts", "failed")["x"]) == 7
    assert "There are more than 5,000, so only every third that succeeded is drawn." in chart(charts, "starts").about


def test_thinning() -> None:
    assert thinned([1, 2, 3, 4, 5], most=2) == ([1, 4], 3)
    assert thinned([], most=2) == ([], 1)
    assert climbing([3.0, 1.0, 2.0]) == ([1.0, 2.0, 3.0], [1, 2, 3])
    values, ranks = climbing([float(n) for n in range(10_000)])
    assert len(values) <= 1501
    assert (values[-1], ranks[-1]) == (9999.0, 10_000)
    assert climbing([]) == ([], [])


def test_peaks_survive_thinning() -> None:
    count = Count([(n, n + 0.5) for n in range(5000)] + [(2500.1, 2500.2)])
    moments, values = steps_of(count, 0, 5000)
    assert (len(moments), max(values), values[-1]) == (1501, 2, 0)


def test_people_who_still_wait_at_the_end_have_come_and_are_pending() -> None:
    charts = {one.name: one for one in charts_of(finished([start(n, 9.0, UNFINISHED) for n in range(3)]))}
    assert list(charts) == ["arrivals", "servers"]
    assert "at most 3" in charts["servers"].about
