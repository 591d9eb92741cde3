"""Durations and ranges of them, as text."""

import math
from typing import Any

import pytest

from hubusers.durations import in_words, seconds, seconds_above_zero, seconds_range


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (90, 90),
        (0.5, 0.5),
        (0, 0),
        ("90", 90),
        (" 0.5 ", 0.5),
        (".5", 0.5),
        ("1e2", 100),
        ("45s", 45),
        ("500ms", 0.5),
        ("1s 250 ms", 1.25),
        ("90m", 5400),
        ("1h30m", 5400),
        ("1h 30 m", 5400),
        ("90 min", 5400),
        ("1.5h", 5400),
        (" 2d ", 172800),
        ("1d2h3m4.5s", 93784.5),
        ("90 minutes", 5400),
        ("5mins", 300),
        ("1 hour 1 Minute", 3660),
        ("2hrs 3 secs", 7203),
        ("1 day", 86400),
    ],
)
def test_durations(written: Any, expected: float) -> None:
    assert seconds(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        *["", "10 minuts", "9:00", "1h-5m", "-5m", "m", "1..5h", "٣m", "٣", "nan", "inf", "1_000", "1 2"],
        *[True, None, [1], {}, math.inf, math.nan],
    ],
)
def test_what_is_not_a_duration(written: Any) -> None:
    with pytest.raises(ValueError, match="is not a duration; write seconds, or 90s, 10m, 1h30m, 2d"):
        seconds(written)


@pytest.mark.parametrize("written", [-1, "-1", "400d", 10**300])
def test_too_short_and_too_long(written: Any) -> None:
    with pytest.raises(ValueError, match="must be 0 or more, and a year at most"):
        seconds(written)


def test_some_durations_cannot_be_zero() -> None:
    assert seconds_above_zero("2m") == 120
    with pytest.raises(ValueError, match="must be longer than 0 seconds"):
        seconds_above_zero("0s")
    with pytest.raises(ValueError, match="is not a duration"):
        seconds_above_zero("1-2")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("30-90", (30, 90)),
        ("1 hour - 90 minutes", (3600, 5400)),
        ("1m-2m", (60, 120)),
        (" 30s - 1m ", (30, 60)),
        ("1h30m-2h", (5400, 7200)),
        ("0-2m", (0, 120)),
        ("5", (5, 5)),
        ("1.5m", (90, 90)),
        ("0", (0, 0)),
    ],
)
def test_ranges(written: str, expected: tuple[float, float]) -> None:
    assert seconds_range(written) == expected


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("never", "is not a duration or a range of them; write seconds, or 90s"),
        ("-3", "is not a duration or a range"),
        ("3-", "is not a duration or a range"),
        ("1-2-3", "is not a duration or a range"),
        ("nan", "is not a duration or a range"),
        ("15-5", "is the wrong way round"),
        ("2h-90m", "is the wrong way round"),
        ("1-2m", "has a unit at one end only; write it at both, as in 1m-2m"),
        ("1m-90", "has a unit at one end only"),
    ],
)
def test_what_is_not_a_range(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        seconds_range(written)


@pytest.mark.parametrize(
    ("duration", "words"), [(0, "0s"), (12.04, "12s"), (59.97, "1m"), (5400, "1h 30m"), (90061.5, "1d 1h 1m 1.5s")]
)
def test_in_words(duration: float, words: str) -> None:
    assert in_words(duration) == words
    assert seconds(words) == pytest.approx(duration, abs=0.05)
