"""Durations as text, and distributions."""

import math
import statistics
from random import Random
from typing import Any

import pytest

from hubusers.event.durations import Exponential, Lognormal, Spread, Uniform, draw, in_words, seconds


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (90, 90),
        (0.5, 0.5),
        (0, 0),
        ("45s", 45),
        ("90m", 5400),
        ("1h30m", 5400),
        ("1h 30 m", 5400),
        ("90 min", 5400),
        ("1.5h", 5400),
        (" 2d ", 172800),
        ("1d2h3m4.5s", 93784.5),
    ],
)
def test_durations(written: Any, expected: float) -> None:
    assert seconds(written) == expected


@pytest.mark.parametrize(
    "written",
    ["", "90", "10 minuts", "9:00", "1h-5m", "-5m", "m", "1..5h", "٣m", True, None, [1], {}, math.inf, math.nan],
)
def test_what_is_no_duration(written: Any) -> None:
    with pytest.raises(ValueError, match="is no duration; write seconds, or 90s, 10m, 1h30m, 2d"):
        seconds(written)


@pytest.mark.parametrize("written", [-1, "400d", 10**300])
def test_too_short_and_too_long(written: Any) -> None:
    with pytest.raises(ValueError, match="must be 0 or more, and a year at most"):
        seconds(written)


@pytest.mark.parametrize(
    ("duration", "words"), [(0, "0s"), (12.04, "12s"), (59.97, "1m"), (5400, "1h 30m"), (90061.5, "1d 1h 1m 1.5s")]
)
def test_in_words(duration: float, words: str) -> None:
    assert in_words(duration) == words


def draws(spread: Spread) -> list[float]:
    random = Random("test")
    return [draw(spread, random) for _ in range(10_000)]


class TestDistributions:
    def test_always_the_same(self) -> None:
        assert set(draws(90.0)) == {90.0}

    def test_uniform(self) -> None:
        values = draws(Uniform.model_validate({"distribution": "uniform", "from": 30, "to": 60}))
        assert min(values) >= 30
        assert max(values) <= 60
        assert statistics.mean(values) == pytest.approx(45, rel=0.02)

    def test_exponential(self) -> None:
        values = draws(Exponential(distribution="exponential", mean=30))
        assert min(values) >= 0
        assert statistics.mean(values) == pytest.approx(30, rel=0.05)
        assert statistics.median(values) == pytest.approx(30 * math.log(2), rel=0.05)

    def test_lognormal(self) -> None:
        values = sorted(draws(Lognormal(distribution="lognormal", median=40, p95=80)))
        assert values[0] > 0
        assert statistics.median(values) == pytest.approx(40, rel=0.03)
        assert values[9500] == pytest.approx(80, rel=0.05)
