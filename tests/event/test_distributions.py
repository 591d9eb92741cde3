"""Distributions of durations."""

import math
import statistics
from random import Random

import pytest

from hubusers.event.distributions import Exponential, Lognormal, Spread, Uniform, draw


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
