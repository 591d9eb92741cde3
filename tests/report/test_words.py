"""How figures read."""

import math
from typing import Any

import pytest

from hubusers.report.words import counted, in_percent, in_seconds, option, options, percentile, times_failed
from tests.report.runs import info


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 s"),
        (0.00003, "under 0.1 ms"),
        (0.00123456, "1.2 ms"),
        (0.0523, "52 ms"),
        (0.1234, "123 ms"),
        (0.5, "500 ms"),
        (0.9996, "1 s"),
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


@pytest.mark.parametrize(
    ("seconds", "longest", "text"),
    [(2.0, 2.0, "2 s"), (2.0, 1.0, "over 2 s"), (2.0, None, "–"), (math.inf, None, "never"), (math.inf, 1.0, "never")],
)
def test_percentiles(seconds: float, longest: float | None, text: str) -> None:
    assert percentile(seconds, longest) == text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("keep", True, "yes"),
        ("keep", False, "no"),
        ("server_timeout", 60.0, "1m"),
        ("server_timeout", 5400.0, "1h30m"),
        ("poll_interval", 0.25, "0.25s"),
        ("stay", (30.0, 90.0), "30s-1m30s"),
        ("stay", [5.0, 5.0], "5s"),
        ("leave", {"log-out": 1.0}, "log-out"),
        ("leave", {"log-out": 0.7, "walk-away": 0.3}, "log-out=70%,walk-away=30%"),
        ("user_options", {"profile": "größer"}, '{"profile": "größer"}'),
        ("user_options", None, "none"),
        ("notebooks", "", "none"),
        ("lifecycles", 0, "0"),
        ("wait", "progress", "progress"),
    ],
)
def test_options(name: str, value: Any, text: str) -> None:
    assert option(name, value) == text


OPTIONS = {
    "stay": [300.0, 600.0],
    "user_options": {"a": "b c"},
    "keep": True,
    "wait": "poll",
    "notebooks": "",
    "ca": None,
}


def test_options_as_on_a_command_line_with_the_changed_ones_first() -> None:
    given = """--stay 5m-10m --user-options '{"a": "b c"}' --keep"""
    known = info(options=OPTIONS, changed_options=["stay", "user_options", "keep"])
    assert options(known) == [("options", given), ("by default", "--wait poll, without --notebooks, --ca")]
    early = info(options=OPTIONS)
    assert options(early) == [("options", f"{given} --wait poll"), ("by default", "without --notebooks, --ca")]


def test_counts() -> None:
    assert [counted(1, "start"), counted(2000, "start"), counted(0, "person", "people")] == [
        "1 start",
        "2,000 starts",
        "0 people",
    ]


def test_how_often_a_step_failed() -> None:
    assert times_failed("lab loaded", 2, 3) == "lab loaded failed 2 of 3 times"
    assert times_failed("websocket held", 1, 0) == "websocket held failed 1 time"
