"""What a run keeps of its hub, and Locust of its requests, does not grow with the time that the run lasts."""

from locust.stats import RequestStats

import itertools

from hubusers.live.locust_statistics import SECONDS_KEPT, LocustStatistics
from hubusers.results.hub_samples import HubSample, Observations, SampleKeeper

BEGAN = 1_795_680_000.0


def sample(second: float) -> HubSample:
    requests = {"GET UserAPIHandler": Observations(second, 0.1 * second, {"0.1": second, "+Inf": second})}
    return HubSample(BEGAN + second, cpu_seconds=0.2 * second, requests=requests)


def test_readings_of_the_hub_stay_evenly_spaced_however_many_they_are() -> None:
    samples = list[HubSample]()
    keeper = SampleKeeper(samples, most=100)
    for number in range(10_000):
        keeper.keep(sample(5.0 * number))
        assert len(samples) <= 100
        assert (samples[0].time, samples[-1].time) == (BEGAN, BEGAN + 5.0 * number)
    gaps = [later.time - earlier.time for earlier, later in itertools.pairwise(samples)]
    assert len(samples) >= 45
    assert max(gaps[:-1]) <= 2 * min(gaps[:-1])
    # What is found in them is there, and no more.
    assert samples[-1].requests == {"GET UserAPIHandler": Observations(49_995.0, 0.1 * 49_995.0)}


def test_few_readings_are_all_kept() -> None:
    samples = list[HubSample]()
    keeper = SampleKeeper(samples, most=100)
    assert not any(keeper.keep(sample(5.0 * number)) for number in range(100))
    assert [one.time for one in samples] == [BEGAN + 5.0 * number for number in range(100)]
    assert keeper.spacing == 0


def test_locust_keeps_the_counts_of_the_last_seconds_and_some_points_of_its_charts() -> None:
    statistics = RequestStats()
    shortener = LocustStatistics(statistics, most_points=50)
    entry = statistics.get("/users", "GET")
    for second in range(1_000):
        for counts in (entry.num_reqs_per_sec, statistics.total.num_reqs_per_sec, entry.num_fail_per_sec):
            counts[second] += 3
        statistics.history.append({"time": second})
        shortener.shorten()
        assert len(entry.num_reqs_per_sec) <= 2 * SECONDS_KEPT
        assert statistics.history[-1] == {"time": second}
    for counts in (entry.num_reqs_per_sec, statistics.total.num_reqs_per_sec, entry.num_fail_per_sec):
        assert SECONDS_KEPT <= len(counts) <= 2 * SECONDS_KEPT
        assert counts.keys() >= set(range(1_000 - SECONDS_KEPT, 1_000))
    times = [point["time"] for point in statistics.history]
    assert 25 <= len(times) <= 50 + 64
    assert times == sorted(times)
    gaps = [later - earlier for earlier, later in itertools.pairwise(times[:25])]
    assert max(gaps) <= 2 * min(gaps) + 1


def test_statistics_that_were_reset_begin_anew() -> None:
    statistics = RequestStats()
    shortener = LocustStatistics(statistics, most_points=10)
    for _ in range(2):
        for second in range(40):
            statistics.history.append({"time": second})
            shortener.shorten()
        assert len(statistics.history) < 20
        statistics.clear_all()
