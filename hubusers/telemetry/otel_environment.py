"""What `--otel` needs: the libraries of the extra, and variables of the environment that can be used.

It is looked at before the first of these libraries is imported, so that what is wrong is one sentence.
"""

import re
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from urllib.parse import unquote

from hubusers.log import keep_secret

_SIGNALS = ("TRACES", "METRICS", "LOGS")
_EXPORTERS = ("otlp", "console", "none")
_PROTOCOLS = {"grpc": "grpc", "http": "http", "http/protobuf": "http"}
"""What Locust knows of `OTEL_EXPORTER_OTLP_PROTOCOL`, and the package's part that it is in."""

DEFAULT_RATIO = 0.05
"""The share of visits that leave spans, where `OTEL_TRACES_SAMPLER_ARG` gives none."""

SAMPLER, SAMPLER_ARGUMENT = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"


def why_not(environ: Mapping[str, str]) -> str:
    """Return why nothing could be sent, in a sentence or two with the remedy; "" where it can be tried.

    Args:
        environ: The environment's variables.
    """
    if not _is_there("opentelemetry.sdk"):
        return _not_installed()
    for signal in _SIGNALS:
        variable = f"OTEL_{signal}_EXPORTER"
        exporters = _listed(environ.get(variable, "otlp"))
        for exporter in exporters:
            if exporter not in _EXPORTERS:
                return f"{variable}: {exporter!r} cannot be used; it must be {_either(_EXPORTERS)}."
        if "otlp" in exporters:
            variable, protocol = _protocol(signal, environ)
            if protocol not in _PROTOCOLS:
                return f"{variable}: {protocol!r} cannot be used; it must be {_either(_PROTOCOLS)}."
            if not _is_there(f"opentelemetry.exporter.otlp.proto.{_PROTOCOLS[protocol]}"):
                return _not_installed()
    if environ.get(SAMPLER) or _ratio_in(environ.get(SAMPLER_ARGUMENT, "")) is not None:
        return ""
    return f"{SAMPLER_ARGUMENT}: {environ[SAMPLER_ARGUMENT]!r} must be a number from 0 to 1, such as 0.1."


def _not_installed() -> str:
    from hubusers.how_installed import this_installation

    return this_installation().without("otel", "--otel needs")


def where_to(environ: Mapping[str, str]) -> str:
    """Return where figures go, as far as it is one place."""
    named = {value for name, value in environ.items() if re.fullmatch(r"OTEL_EXPORTER_OTLP_(\w+_)?ENDPOINT", name)}
    default = "http://localhost:4317" if uses_grpc(environ) else "http://localhost:4318"
    return re.sub(r"//[^/@]*@", "//", " and ".join(sorted(named)) or default)


def uses_grpc(environ: Mapping[str, str]) -> bool:
    """Return whether anything is sent by gRPC, the default of Locust and of OpenTelemetry."""
    return any(
        "otlp" in _listed(environ.get(f"OTEL_{signal}_EXPORTER", "otlp")) and _protocol(signal, environ)[1] == "grpc"
        for signal in _SIGNALS
    )


def ratio(environ: Mapping[str, str]) -> float | None:
    """Return which share of the visits leave spans; None where the sampler of `OTEL_TRACES_SAMPLER` decides."""
    return None if environ.get(SAMPLER) else _ratio_in(environ.get(SAMPLER_ARGUMENT, ""))


def keep_headers_secret(environ: Mapping[str, str]) -> None:
    """Never show what the collector is told to let this process in."""
    for name, value in environ.items():
        if name.startswith("OTEL_EXPORTER_OTLP_") and name.endswith("HEADERS"):
            for header in value.split(","):
                content = header.partition("=")[2].strip()
                for text in (content, unquote(content)):
                    keep_secret(text)
                    keep_secret(text.rpartition(" ")[2])  # without "Bearer"


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # one of the packages that it would be in
        return False


def _listed(text: str) -> list[str]:
    return [name.strip().lower() for name in text.split(",") if name.strip()]


def _protocol(signal: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the variable that decides by which protocol a signal is sent, and the protocol."""
    for variable in (f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if variable in environ:
            return variable, environ[variable].strip().lower()
    return "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"


def _ratio_in(text: str) -> float | None:
    if not text.strip():
        return DEFAULT_RATIO
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number <= 1 else None


def _either(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}"
