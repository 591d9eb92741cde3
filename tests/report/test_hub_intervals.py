"""What happened between two readings of the hub's metrics."""

import pytest

from hubusers.report.hub_intervals import at_most, difference, intervals, together
from hubusers.results.hub_samples import HubSample, Observations


def turns(**counts: float) -> Observations:
    """Return turns of an event loop by the limit of their bucket, such as le_0_05 or le_Inf."""
    buckets = {limit.removeprefix("le_").replace("_", ".").replace("Inf", "+Inf"): n for limit, n in counts.items()}
    return Observations(max(buckets.values()), 1.0, buckets)


def test_shares_of_a_core_and_turns() -> None:
    first = HubSample(100.0, cpu_seconds=10.0, event_loop=turns(le_0_05=90, le_Inf=100))
    second = HubSample(110.0, cpu_seconds=14.0, event_loop=turns(le_0_05=100, le_Inf=130))
    (interval,) = intervals([first, second])
    assert interval.cpu == pytest.approx(0.4)
    assert interval.event_loop is not None
    assert interval.event_loop.count == 30
    assert interval.event_loop.buckets == {"0.05": 10, "+Inf": 30}


def test_a_hub_that_restarted_or_reports_nothing() -> None:
    restarted = intervals(
        [HubSample(0, 50.0, event_loop=turns(le_Inf=9)), HubSample(5, 1.0, event_loop=turns(le_Inf=2))]
    )
    assert (restarted[0].cpu, restarted[0].event_loop) == (None, None)
    silent = intervals([HubSample(0), HubSample(5)])
    assert (silent[0].cpu, silent[0].event_loop, silent[0].spawns.count) == (None, None, 0)
    assert intervals([HubSample(0)]) == intervals([]) == intervals([HubSample(3), HubSample(3)]) == []
    assert difference(None, turns(le_Inf=1)) is None


def test_starts_that_were_refused_at_once_are_not_failed_spawns() -> None:
    failed = Observations(30, 60.5, {"0.5": 28, "60.0": 30, "+Inf": 30})  # 28 of them at a limit
    after = HubSample(5, spawns={"failure": failed, "error": Observations(1, 9.0, {"0.5": 0, "+Inf": 1})})
    [interval] = intervals([HubSample(0), after])
    assert (interval.failed_spawns.count, interval.failed_spawns.seconds) == (3, 69.5)


@pytest.mark.parametrize(
    ("observed", "limit"),
    [
        (turns(le_0_05=95, le_0_5=100, le_Inf=100), 0.05),
        (turns(le_0_05=94, le_0_5=100, le_Inf=100), 0.5),
        (turns(le_0_05=10, le_0_5=50, le_Inf=100), 0.5),  # beyond the last limit: at least that limit
        (Observations(), None),
    ],
)
def test_percentiles_of_buckets(observed: Observations, limit: float | None) -> None:
    assert at_most(observed, 95) == limit


def test_several_as_one() -> None:
    both = together([turns(le_0_05=1, le_Inf=2), turns(le_0_05=3, le_Inf=3)])
    assert (both.count, both.seconds, both.buckets) == (5, 2.0, {"0.05": 4, "+Inf": 5})
    assert together([]) == Observations()
