"""The run so far, as the page Hub and the line of progress show it."""

import math

from hubusers.event.model import Target
from hubusers.live.timeline import LAST_MOMENTS, Timeline, clock, point_in_words
from hubusers.results.hub_samples import HubSample, Probe
from hubusers.results.records import ARRIVAL, LOGIN, START_TO_READY, Record
from hubusers.results.results import Results
from hubusers.run.user_counts import UserCounts

TARGET = Target.model_validate({"measure": "start to ready", "percentile": 95, "at_most": "5s"})


def start(results: Results, seconds: float, failure: str = "") -> None:
    results.records.note(Record(START_TO_READY, "ann", 1000.0, seconds, 0.0, failure))


def test_a_point_has_what_is_going_on_and_the_percentiles_of_the_last_moments() -> None:
    results = Results()
    timeline = Timeline(results, [TARGET])
    for seconds in (2.0, 4.0, 3.0):
        start(results, seconds)
    start(results, 60.0, failure="timed out")
    timeline.note(1010.0, 10.0, UserCounts(arrived=4, pending=1, ready=2, failed=1, throttled=3))
    first = timeline.points[-1]
    assert (first["t"], first["arrived"], first["ready"], first["throttled"]) == (10.0, 4, 2, 3)
    assert (first["p50"], first["p95"]) == (3.0, math.inf)
    assert [outcome.state for outcome in timeline.outcomes] == ["missed"]  # a failed start never is ready

    timeline.note(1011.0 + LAST_MOMENTS, 11.0 + LAST_MOMENTS, UserCounts())
    assert timeline.points[-1]["p50"] is None


def test_people_who_fail_before_they_ask_for_a_server_count_as_in_the_report() -> None:
    results = Results()
    timeline = Timeline(results, [TARGET])
    start(results, 2.0)
    for step in (ARRIVAL, LOGIN):
        results.records.note(Record(step, "bob", 1000.0, 1.0, 0.0, "hub error: HTTP 500"))
        results.records.note(Record(step, "cem", 1000.0, 1.0, 0.0))
    timeline.note(1010.0, 10.0, UserCounts(arrived=3))
    assert (timeline.points[-1]["p50"], timeline.points[-1]["p95"]) == (math.inf, math.inf)
    assert [outcome.state for outcome in timeline.outcomes] == ["missed"]


def test_the_hub_is_shown_as_it_was_seen_last_and_not_when_that_is_long_ago() -> None:
    results = Results()
    timeline = Timeline(results, [])
    results.probes.append(Probe(1000.0, 0.02))
    results.hub_samples += [HubSample(995.0, cpu_seconds=10.0), HubSample(1000.0, cpu_seconds=12.5, memory=1e8)]
    timeline.note(1001.0, 1.0, UserCounts())
    assert (timeline.points[-1]["probe"], timeline.points[-1]["cpu"], timeline.points[-1]["memory"]) == (0.02, 0.5, 1e8)
    timeline.note(1100.0, 100.0, UserCounts())
    assert (timeline.points[-1]["probe"], timeline.points[-1]["cpu"], timeline.points[-1]["memory"]) == (None,) * 3


def test_a_restarted_hub_has_no_cpu_for_a_moment() -> None:
    results = Results()
    timeline = Timeline(results, [])
    results.hub_samples += [HubSample(995.0, cpu_seconds=10.0), HubSample(1000.0, cpu_seconds=0.5)]
    timeline.note(1001.0, 1.0, UserCounts())
    assert timeline.points[-1]["cpu"] is None


def test_a_start_that_is_pending_counts_with_its_time_so_far() -> None:
    results = Results()
    timeline = Timeline(results, [])
    for seconds in (1.0, 2.0, 3.0, 4.0):
        start(results, seconds)
    timeline.note(1010.0, 10.0, UserCounts(pending=2), waits=[20.0, 0.5])
    point = timeline.points[-1]
    assert (point["p50"], point["p95"], point["known"]) == (3.0, 20.0, 4.0)  # the younger one tells nothing
    assert "p95 over 20 s" in timeline.in_words(None)
    timeline.note(1011.0, 11.0, UserCounts(pending=4), waits=[1.5, 1.5, 1.5, 1.5])
    assert (timeline.points[-1]["p50"], timeline.points[-1]["known"]) == (1.5, 1.0)  # so many tell more than nothing
    timeline.note(1050.0, 50.0, UserCounts(pending=1), waits=[40.0])
    assert (timeline.points[-1]["p95"], timeline.points[-1]["known"]) == (40.0, 0.0)  # nothing ended in these moments


def test_a_probe_that_failed_is_not_a_gap() -> None:
    results = Results()
    timeline = Timeline(results, [])
    results.probes += [Probe(1000.0, 0.02), Probe(1000.5, 0.3)]
    timeline.note(1001.0, 1.0, UserCounts())
    assert (timeline.points[-1]["probe"], timeline.points[-1]["probes_failed"]) == (0.3, 0)
    results.probes.append(Probe(1001.0, 10.0, "timed out"))
    timeline.note(1002.0, 2.0, UserCounts())
    assert (timeline.points[-1]["probe"], timeline.points[-1]["probes_failed"]) == (None, 1)
    timeline.note(1003.0, 3.0, UserCounts())
    assert timeline.points[-1]["probes_failed"] == 0  # each is counted once


def test_a_long_run_keeps_its_beginning_and_its_end_in_few_points() -> None:
    timeline = Timeline(Results(), [])
    for second in range(8 * 3600):
        timeline.note(1000.0 + second, float(second), UserCounts(arrived=second))
    assert len(timeline.points) <= 1000
    assert timeline.points[0]["t"] == 0
    assert float(timeline.points[-1]["t"] or 0) > 8 * 3600 - 64
    moments = [float(point["t"] or 0) for point in timeline.points]
    assert moments == sorted(moments)


def test_a_point_in_words() -> None:
    results = Results()
    timeline = Timeline(results, [TARGET])
    start(results, 3.25)
    timeline.note(1000.0, 75.0, UserCounts(arrived=20, pending=5, ready=14, failed=1))
    assert point_in_words(timeline.points[-1], 30, timeline.outcomes) == (
        "01:15 elapsed, 20 of 30 arrived, 5 pending, 14 ready, 1 failed, 1 of 1 targets held so far, "
        "start to ready p95 3.25 s (last 30 s)"
    )
    assert point_in_words(timeline.points[-1], None, []).startswith("01:15 elapsed, 20 arrived, ")
    assert clock(3661) == "1:01:01"


def test_too_many_failures_in_words() -> None:
    results = Results()
    timeline = Timeline(results, [])
    start(results, 60.0, failure="timed out")
    timeline.note(1000.0, 75.0, UserCounts(arrived=1, failed=1))
    assert point_in_words(timeline.points[-1], None, []) == (
        "01:15 elapsed, 1 arrived, 0 pending, 0 ready, 1 failed, start to ready p95 never: too many failed (last 30 s)"
    )
