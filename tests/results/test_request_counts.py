"""Where requests are too many to keep each, what is said of them is as far off as it says, and no more is kept."""

import math
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubusers.event.model import Measure, Target
from hubusers.results.percentiles import percentile, percentile_of_counts
from hubusers.results.request_counts import LONGER_BY, SHORTEST, CountedRequests, rounded_up
from hubusers.results.request_log import MOST_FAILURES, MOST_NAMES, OTHER_REQUESTS, RequestLog
from hubusers.results.request_times import EachRequest, RequestTimes, times_taken
from hubusers.results.results import Results
from hubusers.results.targets import outcome

BEGAN = 1_795_680_000.0
SECONDS = st.floats(0.0, 100_000.0)
REQUESTS = st.lists(
    st.tuples(st.floats(BEGAN, BEGAN + 5_000), SECONDS, st.sampled_from(["", "", "HTTP 500", "timed out"])), min_size=1
)
NAMES = [f"GET /{letter}" for letter in "abcdefg"]


def both(requests: Sequence[tuple[float, float, str]]) -> tuple[EachRequest, CountedRequests]:
    each, counted = EachRequest(), CountedRequests()
    for request in requests:
        each.note(*request)
        counted.note(*request)
    return each, counted


def all_about(times: RequestTimes) -> tuple[int, int, dict[str, tuple[int, float, float]]]:
    return len(times), times.failed, {one.failure: (one.count, one.first, one.last) for one in times.failures()}


@given(SECONDS)
def test_a_rounded_time_is_never_shorter_and_a_little_longer_at_most(seconds: float) -> None:
    noise = 1e-12 * seconds + 1e-13  # of the last bits of a number
    assert seconds - noise <= rounded_up(seconds) <= seconds + max(LONGER_BY * seconds, SHORTEST) + noise


@given(SECONDS, st.integers(1, 99), st.integers(-4, 2))
def test_limits_of_two_digits_divide_rounded_times_as_they_divide_exact_ones(
    seconds: float, digits: int, exponent: int
) -> None:
    limit = float(f"{digits}e{exponent}")
    assert (rounded_up(seconds) <= limit) == (seconds <= limit) or math.isclose(seconds, limit, abs_tol=1e-13)
    assert rounded_up(limit) == limit


@given(REQUESTS, st.sampled_from([1, 50, 95, 99, 100]))
def test_percentiles_of_counted_requests_are_as_far_off_as_their_times(
    requests: list[tuple[float, float, str]], percent: int
) -> None:
    each, counted = both(requests)
    exact = percentile([math.inf if failure else seconds for _, seconds, failure in requests], percent)
    assert percentile_of_counts(times_taken([each]), percent) == exact
    assert percentile_of_counts(times_taken([counted]), percent) in {
        exact,
        rounded_up(exact) if exact < math.inf else exact,
    }


@given(REQUESTS, st.integers(0, 12), st.integers(0, 12))
def test_wider_spans_lose_no_request(
    requests: list[tuple[float, float, str]], moments_wider: int, times_wider: int
) -> None:
    each, counted = both(requests)
    for _ in range(moments_wider):
        counted.widen_moments()
    for _ in range(times_wider):
        counted.widen_times()
    assert all_about(counted) == all_about(each)
    assert counted.total_seconds == pytest.approx(each.total_seconds)
    assert counted.spans == len(list(counted.moments()))
    assert counted.cells == len(list(counted.times()))
    rounded = [(math.inf if failure else rounded_up(seconds)) for _, seconds, failure in requests]
    assert times_taken([counted]) == {seconds: rounded.count(seconds) for seconds in rounded}
    # Each began in one of the spans, which are as long as they say.
    assert counted.width == 2**moments_wider
    for began, _, failure in requests:
        assert any(at <= began < at + counted.width for at, how, _ in counted.moments() if how == failure)


@given(REQUESTS, st.floats(BEGAN - 10, BEGAN + 5_010), st.floats(0, 3_000))
def test_a_part_of_a_run_has_the_spans_that_begin_in_it(
    requests: list[tuple[float, float, str]], first: float, seconds: float
) -> None:
    each, counted = both(requests)
    inside = counted.between(first, first + seconds)
    assert len(inside) == sum(count for at, _, count in counted.moments() if first <= at < first + seconds)
    assert len(each.between(first, first + seconds)) == sum(first <= at < first + seconds for at, _, _ in requests)


def filled(
    log: RequestLog, count: int, seconds: Callable[[int], float] = lambda number: 0.01 + number % 97 / 100
) -> None:
    for number in range(count):
        failure = ("", "HTTP 500")[number % 50 == 0]
        log.note(NAMES[number % len(NAMES)], BEGAN + 7 * number, seconds(number), failure)


def test_each_request_is_kept_up_to_a_number_of_them() -> None:
    log = RequestLog()
    filled(log, 5_000)
    assert not log.is_counted
    assert log.width == 0
    assert [type(log.of(name)) for name in log.names()] == [EachRequest] * len(NAMES)


def test_of_very_many_requests_no_more_is_kept_than_of_many() -> None:
    """As in a week: the numbers that are kept stay as many, whatever the number of requests and the time are."""
    kept = []
    for count in (20_000, 80_000):
        log = RequestLog(most_exact=100, most_spans=60, most_cells=600)
        filled(log, count)
        assert log.is_counted
        assert len(log) == count
        assert sum(log.of(name).failed for name in NAMES) == count / 50
        assert log.take_new() != []
        assert log.take_new() == []
        counted = log.counted().values()
        kept.append((sum(of.spans for of in counted), sum(of.cells for of in counted)))
        assert log.width > 1
        log.note(NAMES[0], BEGAN, 1.0)
        assert log.take_new() == []
    assert max(spans for spans, _ in kept) < 60 + 1_024 + 1
    assert max(cells for _, cells in kept) < 600 + 1_024 + 1


def test_names_and_failures_that_are_all_different_are_not_all_kept() -> None:
    log = RequestLog()
    for number in range(MOST_NAMES + 5):
        log.note(f"GET /{number}", BEGAN, 0.1)
    assert len(log.names()) == MOST_NAMES + 1
    assert len(log.of(OTHER_REQUESTS)) == 5
    for number in range(MOST_FAILURES + 5):
        log.note("GET /0", BEGAN, 0.1, f"no answer {number}")
    failures = log.of("GET /0").failures()
    assert len(failures) == MOST_FAILURES + 1
    assert (failures[-1].failure, failures[-1].count) == ("(another failure)", 5)


def test_workers_keep_nothing_that_they_have_handed_over() -> None:
    worker, master = Results(keeps=False), Results()
    for number in range(100):
        worker.requests.note(NAMES[number % 3], BEGAN + number, 0.1 * number, "HTTP 500" if number == 7 else "")
    assert worker.requests.names() == []
    message = worker.take_new()
    assert worker.take_new()["requests"] == []
    master.add(message)
    kept = RequestLog()
    for number in range(100):
        kept.note(NAMES[number % 3], BEGAN + number, 0.1 * number, "HTTP 500" if number == 7 else "")
    for name in NAMES[:3]:
        assert list(master.requests.of(name).moments()) == list(kept.of(name).moments())
        assert list(master.requests.of(name).course()) == list(kept.of(name).course())


@pytest.mark.parametrize("every", [0, 3, 10])
def test_a_target_of_requests_is_judged_alike_whether_they_are_counted_or_not(every: int) -> None:
    """Its limit has two digits, so it makes no difference that the times are rounded."""
    each, counted = Results(), Results()
    counted.requests = RequestLog(most_exact=100)
    for results in (each, counted):
        for number in range(4_000):
            failure = "HTTP 500" if every and number % every == 0 else ""
            results.requests.note(NAMES[number % 2], BEGAN + number, (200 + number % 100) / 1_000, failure)
    assert counted.requests.is_counted
    assert not each.requests.is_counted
    cases: tuple[tuple[Measure, float, float | None], ...] = (
        ("requests", 0.29, 90.0),
        ("requests", 0.28, 90.0),
        ("failed requests", 0.2, None),
    )
    for measure, at_most, percent in cases:
        for request in (None, NAMES[0]):
            target = Target(measure=measure, at_most=at_most, percentile=percent, request=request)
            one, other = outcome(target, each), outcome(target, counted)
            assert (one.state, one.count, one.failed, one.over) == (other.state, other.count, other.failed, other.over)
            assert other.measured == pytest.approx(one.measured, rel=LONGER_BY)
            assert (other.measured or 0.0) >= (one.measured or 0.0)


def test_for_comparisons_counted_requests_are_as_many_as_are_kept_and_go_up_with_the_run() -> None:
    log = RequestLog(most_exact=1_000, most_cells=2_000)
    filled(log, 20_000, lambda number: 0.1 + number / 10_000)
    values = log.in_order()
    assert 900 <= len(values) <= 1_000
    assert sum(map(math.isinf, values)) == pytest.approx(len(values) / 50, abs=2)
    good = [value for value in values if math.isfinite(value)]
    tenths = [sum(good[place : place + 90]) / 90 for place in range(0, 900, 90)]
    assert tenths == sorted(tenths)
    assert tenths[-1] > 1.5 > 0.5 > tenths[0]
