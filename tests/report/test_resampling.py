"""How certain a difference is: rarely a false alarm between equal runs, hardly ever a miss."""

import math
import random
from collections.abc import Callable

import pytest

from hubusers.report.resampling import (
    FEWEST_PIECES,
    Mean,
    Percentile,
    Statistic,
    relative_difference,
    relative_interval,
    share_interval,
)

DOUBT = 0.05 / 11  # as for all measures of a comparison
PAIRS = 10

Times = Callable[[random.Random], list[float]]


def independent(chance: random.Random) -> list[float]:
    return [chance.uniform(2, 5) for _ in range(300)]


def queueing(chance: random.Random) -> list[float]:
    """Return times of people who wait for one another, at a counter that is busy four fifths of the time."""
    times, wait = [], 3.0
    for _ in range(300):
        times.append(chance.uniform(2, 5) + wait / 2)
        wait = max(0.0, wait + chance.expovariate(1 / 0.8) - chance.expovariate(1))
    return times


def rushing(chance: random.Random) -> list[float]:
    """Return times of people who come in the same moment, for a hub that starts twenty at a time."""
    free = [0.0] * 20
    times = []
    for _ in range(300):
        times.append(min(free) + chance.uniform(2, 5))
        free[free.index(min(free))] = times[-1]
    return times


def p50(values: list[float]) -> Statistic:
    return Percentile(values, 50)


def p95(values: list[float]) -> Statistic:
    return Percentile(values, 95)


def found(times: Times, of: Callable[[list[float]], Statistic], slower: float) -> int:
    """Return in how many of the pairs of runs a difference is certain and matters."""
    count = 0
    for pair in range(PAIRS):
        chance = random.Random(pair)
        before, after = of(times(chance)), of([slower * seconds for seconds in times(chance)])
        low, high = relative_interval(before, after, DOUBT)
        count += (low > 0 or high < 0) and abs(relative_difference(before.estimate, after.estimate)) > 0.05
    return count


# The shares behind these numbers, of 500 pairs each: docs/explanation/verdict.md, "Before and after".
@pytest.mark.parametrize(
    ("times", "of"),
    [(independent, p50), (independent, p95), (independent, Mean), (queueing, p50), (queueing, Mean), (rushing, p95)],
)
def test_equals_hardly_ever_differ(times: Times, of: Callable[[list[float]], Statistic]) -> None:
    assert found(times, of, slower=1.0) <= 1


@pytest.mark.parametrize(
    ("times", "of", "at_least"),
    [(independent, p50, PAIRS - 2), (independent, p95, PAIRS), (independent, Mean, PAIRS), (rushing, p50, PAIRS)],
)
def test_a_fifth_slower_is_found(times: Times, of: Callable[[list[float]], Statistic], at_least: int) -> None:
    assert found(times, of, slower=1.2) >= at_least


def test_the_same_values_always_give_the_same_interval() -> None:
    before, after = independent(random.Random(1)), independent(random.Random(2))
    assert relative_interval(p95(before), p95(after), DOUBT) == relative_interval(p95(before), p95(after), DOUBT)


@pytest.mark.parametrize("of", [p50, p95, Mean])
def test_equal_values_differ_by_nothing(of: Callable[[list[float]], Statistic]) -> None:
    values = queueing(random.Random(1))
    assert relative_interval(of(values), of(values), DOUBT) == (0, 0)
    assert relative_interval(of([0.0] * 50), of([0.0] * 50), DOUBT) == (0, 0)


def test_an_interval_is_around_the_difference() -> None:
    before, after = independent(random.Random(1)), independent(random.Random(2))
    for of in (p50, p95, Mean):
        low, high = relative_interval(of(before), of(after), DOUBT)
        assert low <= relative_difference(of(before).estimate, of(after).estimate) <= high


def test_doubt_makes_intervals_narrow() -> None:
    before, after = p50(independent(random.Random(1))), p50(independent(random.Random(2)))
    low, high = relative_interval(before, after, 0.05)
    lower, higher = relative_interval(before, after, 0.005)
    assert lower < low < high < higher


def test_neighbours_that_resemble_each_other_make_an_interval_wide() -> None:
    chance = random.Random(1)
    before, after = queueing(chance), queueing(chance)
    low, high = relative_interval(Mean(before), Mean(after), DOUBT)
    chance.shuffle(before)
    chance.shuffle(after)
    shuffled_low, shuffled_high = relative_interval(Mean(before), Mean(after), DOUBT)
    assert high - low > 1.5 * (shuffled_high - shuffled_low)


def test_failures_beyond_the_percentile_do_no_harm() -> None:
    before = independent(random.Random(1))
    after = [math.inf if number % 50 == 0 else seconds for number, seconds in enumerate(before)]
    low, high = relative_interval(p50(before), p50(after), DOUBT)
    assert -0.1 < low <= 0 <= high < 0.2


@pytest.mark.parametrize(
    ("before", "after", "difference"),
    [
        (2.0, 3.0, 0.5),
        (2.0, 1.0, -0.5),
        (0.0, 0.0, 0.0),
        (0.0, 1.0, math.inf),
        (1.0, 0.0, -1.0),
        (1.0, math.inf, math.inf),
        (math.inf, 1.0, -1.0),
        (math.inf, math.inf, 0.0),
    ],
)
def test_the_difference_of_anything(before: float, after: float, difference: float) -> None:
    assert relative_difference(before, after) == pytest.approx(difference)
    interval = relative_interval(p50([before] * 20), p50([after] * 20), DOUBT)
    assert interval == pytest.approx((difference, difference))


@pytest.mark.parametrize("count", [FEWEST_PIECES, 199, 200, 201, 5000])
def test_any_number_of_values(count: int) -> None:
    before = [2.0 + number % 7 for number in range(count)]
    for of in (p50, p95, Mean):
        low, high = relative_interval(of(before), of(before + before[:3]), DOUBT)
        assert -1 <= low <= high < math.inf


def test_the_interval_of_two_shares() -> None:
    # Newcombe 1998, Statistics in Medicine 17, 873-890: table II, contrast (a), method 10.
    assert share_interval((48, 80), (56, 70), 0.05) == pytest.approx((0.0524, 0.3339), abs=0.0001)


def test_shares_of_nothing_and_of_all() -> None:
    low, high = share_interval((0, 300), (0, 300), DOUBT)
    assert low < 0 < high < 0.04
    assert share_interval((0, 300), (300, 300), DOUBT)[0] > 0.9
