"""The documented defaults, and what overrides them."""

import pytest

import hubusers
from hubusers.functions import defaults


def test_the_timeout_is_the_argument_or_the_package_s_constant_as_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    assert defaults.chosen_timeout(5) == 5
    assert defaults.chosen_timeout(None) == 60
    monkeypatch.setattr(hubusers, "SERVER_LIFECYCLE_TIMEOUT", 7)
    assert defaults.chosen_timeout(None) == 7


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_timeout_that_is_no_time_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="timeout must be a number of seconds above 0"):
        defaults.chosen_timeout(seconds)
    with pytest.raises(TypeError):
        defaults.chosen_timeout("60")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "seconds"), [("2.5", 2.5), ("2m", 120.0), ("", 1.0), ("soon", 1.0), ("0", 1.0), ("-1", 1.0), ("nan", 1.0)]
)
def test_the_environment_gives_the_interval_unless_it_is_garbled(
    text: str, seconds: float, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SERVER_POLL_INTERVAL", text)
    assert defaults.chosen_interval(None) == seconds
    assert bool(caplog.records) == (text not in {"2.5", "2m", ""})
