"""One definition of a percentile, wherever one is shown."""

import math

import pytest

from hubusers.results.percentiles import percentile


@pytest.mark.parametrize(
    ("values", "percent", "value"),
    [
        ([3.0], 50, 3.0),
        ([3.0], 99.9, 3.0),
        ([2.0, 1.0], 50, 1.0),
        ([2.0, 1.0], 51, 2.0),
        ([float(n) for n in range(1, 101)], 95, 95.0),
        ([float(n) for n in range(1, 101)], 95.1, 96.0),
        ([float(n) for n in range(1, 101)], 7, 7.0),  # 7 / 100 * 100 is a little more than 7
        ([float(n) for n in range(1, 101)], 0.1, 1.0),
        ([float(n) for n in range(1, 101)], 100, 100.0),
        ([2.0] * 7, 99, 2.0),
        ([1.0] * 19 + [math.inf], 95, 1.0),
        ([1.0] * 18 + [math.inf] * 2, 95, math.inf),
        ([math.inf], 50, math.inf),
    ],
)
def test_percentiles(values: list[float], percent: float, value: float) -> None:
    assert percentile(values, percent) == value
