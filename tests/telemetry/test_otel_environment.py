"""Whether --otel can be used, before any of its libraries is imported."""

import importlib.util

import pytest

from hubusers import log
from hubusers.how_installed import this_installation
from hubusers.telemetry import otel_environment
from hubusers.telemetry.otel_environment import keep_headers_secret, ratio, uses_grpc, where_to, why_not


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({}, ""),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, ""),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
            "OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' cannot be used; it must be grpc, http or http/protobuf.",
        ),
        (
            {"OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "smtp"},
            "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'smtp' cannot be used; it must be grpc, http or http/protobuf.",
        ),
        ({"OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "smtp", "OTEL_LOGS_EXPORTER": "none"}, ""),
        (
            {"OTEL_METRICS_EXPORTER": "prometheus"},
            "OTEL_METRICS_EXPORTER: 'prometheus' cannot be used; it must be otlp, console or none.",
        ),
        ({"OTEL_TRACES_SAMPLER_ARG": "0"}, ""),
        (
            {"OTEL_TRACES_SAMPLER_ARG": "5 %"},
            "OTEL_TRACES_SAMPLER_ARG: '5 %' must be a number from 0 to 1, such as 0.1.",
        ),
        ({"OTEL_TRACES_SAMPLER_ARG": "5 %", "OTEL_TRACES_SAMPLER": "a-sampler-of-theirs"}, ""),
    ],
)
def test_what_cannot_be_used_is_said_with_what_could(environ: dict[str, str], why: str) -> None:
    assert why_not(environ) == why


@pytest.mark.parametrize("missing", ["opentelemetry", "opentelemetry.exporter.otlp.proto.http"])
def test_a_missing_extra_is_one_sentence_with_the_command(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> object:
        if name.startswith(missing):
            if name != missing:  # as importlib does where a package on the way is missing
                raise ModuleNotFoundError(name)
            return None
        return importlib.util.find_spec(name)

    monkeypatch.setattr(otel_environment, "find_spec", find)
    assert why_not({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}) == (
        f"--otel needs libraries that are not installed here. {this_installation().to_add('otel')}"
    )


def test_the_share_of_visits_is_ours_unless_a_sampler_is_chosen() -> None:
    assert ratio({}) == 0.05
    assert ratio({"OTEL_TRACES_SAMPLER_ARG": "0.5"}) == 0.5
    assert ratio({"OTEL_TRACES_SAMPLER": "always_on", "OTEL_TRACES_SAMPLER_ARG": "0.5"}) is None


def test_the_protocol_is_the_one_of_each_kind_of_data() -> None:
    over_http = {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
    assert uses_grpc({})
    assert not uses_grpc(over_http)
    assert uses_grpc(over_http | {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"})
    only_console = {f"OTEL_{signal}_EXPORTER": "console" for signal in ("TRACES", "METRICS", "LOGS")}
    assert not uses_grpc(only_console)


def test_where_figures_go_is_said_without_a_password() -> None:
    assert where_to({}) == "http://localhost:4317"
    assert where_to({"OTEL_EXPORTER_OTLP_PROTOCOL": "http"}) == "http://localhost:4318"
    two = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://ann:secret@one.example:4317",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://two.example/v1/traces",
    }
    assert where_to(two) == "https://one.example:4317 and https://two.example/v1/traces"


def test_the_headers_for_the_collector_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_SECRETS", set())
    keep_headers_secret(
        {"OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x=y,authorization=Bearer%20a-long-key, api-key = another-key"}
    )
    shown = log.shown("a-long-key and Bearer a-long-key, Bearer%20a-long-key, another-key; y")
    assert "a-long-key" not in shown
    assert "another-key" not in shown
    assert shown.endswith("(secret); y")
