"""OpenTelemetry that cannot be set up: one sentence, before anybody comes."""

import argparse

import pytest

from hubusers.exit_codes import EXIT_CANNOT_TEST
from hubusers.plugin import open_telemetry
from hubusers.plugin.open_telemetry import OpenTelemetry
from hubusers.telemetry import otel_connection


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sentences: list[str] = []
    monkeypatch.setattr(open_telemetry, "say_why_not", sentences.append)
    monkeypatch.setattr(open_telemetry, "set_up_opentelemetry_later", lambda *_: None)
    monkeypatch.setattr(otel_connection, "prepare", lambda **_: None)
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "prometheus")
    for library in ("REQUESTS", "URLLIB3"):  # which would be set for good
        monkeypatch.setenv(f"OTEL_PYTHON_{library}_EXCLUDED_URLS", "")
    return sentences


def test_a_variable_that_cannot_be_used_ends_the_process_before_it_forks(said: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        open_telemetry._check()
    assert ended.value.code == EXIT_CANNOT_TEST
    assert said == ["OTEL_METRICS_EXPORTER: 'prometheus' cannot be used; it must be otlp, console or none."]


@pytest.mark.parametrize(
    ("worker", "processes", "times_said"), [(False, 2, 1), (True, 2, 0), (True, None, 1), (False, None, 1)]
)
def test_what_the_libraries_cannot_read_is_said_once(
    said: list[str], worker: bool, processes: int | None, times_said: int
) -> None:
    def set_up() -> None:
        raise ValueError("could not convert string to float: 'soon'")

    with pytest.raises(SystemExit) as ended:
        OpenTelemetry()._set_up(set_up, argparse.Namespace(worker=worker, processes=processes))
    assert ended.value.code == EXIT_CANNOT_TEST
    sentence = (
        "--otel: a variable OTEL_... of the environment cannot be used: could not convert string to float: 'soon'"
    )
    assert said == [sentence] * times_said
