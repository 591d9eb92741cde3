"""How figures read."""

import math

import pytest

from hubusers.report.words import counted, in_percent, in_seconds


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 s"),
        (0.00123456, "0.00123 s"),
        (0.5, "0.5 s"),
        (4.1149, "4.11 s"),
        (84.0, "84 s"),
        (999.9, "1,000 s"),
        (1234.5, "1,230 s"),
        (math.inf, "never"),
    ],
)
def test_seconds(value: float, text: str) -> None:
    assert in_seconds(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.0, "0 %"), (0.0123, "1.2 %"), (0.123, "12 %"), (1.0, "100 %")])
def test_shares(value: float, text: str) -> None:
    assert in_percent(value) == text


def test_counts() -> None:
    assert [counted(1, "start"), counted(2000, "start"), counted(0, "person", "people")] == [
        "1 start",
        "2,000 starts",
        "0 people",
    ]
