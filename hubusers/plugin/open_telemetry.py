"""OpenTelemetry in Locust's process, where `--otel` asks for it: Locust's own, and each run's beside it."""

import argparse
import atexit
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from hubusers.exit_codes import EXIT_CANNOT_TEST
from hubusers.plugin.locust_internals import opentelemetry_providers, set_up_opentelemetry_later
from hubusers.plugin.terminal import say_why_not

if TYPE_CHECKING:
    from hubusers.telemetry.exporter import Exporter
    from hubusers.telemetry.otel_connection import Provider
    from hubusers.telemetry.readings import RunSoFar

_END_WITHIN = 3.0
"""Seconds that the end of the process waits for a collector to take what is left of Locust's own."""

_NO_USERS_IN_URLS = r"/hub/api/"
"""What hubusers itself asks the hub, by `requests`: such a path has the name of an account in it."""


class OpenTelemetry:
    """Sets OpenTelemetry up, if it is asked for; without that, none of its libraries is imported.

    Make it before Locust reads its options.

    Attributes:
        exporters: Each makes an exporter of a run; empty without `--otel`.
    """

    def __init__(self) -> None:
        self.exporters: list[Callable[[RunSoFar], Exporter]] = []
        set_up_opentelemetry_later(_check, self._set_up)

    def _set_up(self, set_up_locusts: Callable[[], object], options: argparse.Namespace) -> None:
        from hubusers.telemetry.otel_connection import not_beginning_anew_in_children, prepare

        for library in ("REQUESTS", "URLLIB3"):
            os.environ.setdefault(f"OTEL_PYTHON_{library}_EXCLUDED_URLS", _NO_USERS_IN_URLS)
        try:
            prepare(is_worker=options.worker)
            with not_beginning_anew_in_children():
                set_up_locusts()
        except Exception as error:  # whatever the libraries raise for a value that they cannot read
            if not (options.worker and options.processes):  # whose master says the same
                say_why_not(f"--otel: a variable OTEL_... of the environment cannot be used: {error}")
            sys.exit(EXIT_CANNOT_TEST)
        atexit.register(_end)
        self.exporters = [_exporter]


def _check() -> None:
    from hubusers.telemetry.otel_environment import why_not

    if reason := why_not(os.environ):
        say_why_not(reason)
        sys.exit(EXIT_CANNOT_TEST)


def _exporter(run: "RunSoFar") -> "Exporter":
    from hubusers.telemetry.otel_connection import not_beginning_anew_in_children, resource_of
    from hubusers.telemetry.otel_exporter import OpenTelemetryExporter

    with not_beginning_anew_in_children():
        providers = opentelemetry_providers(resource_of(run.info))
    return OpenTelemetryExporter(run, *providers)


def _end() -> None:
    """Have Locust's own send what is left. By themselves they would wait for minutes for a collector that is away."""
    from opentelemetry import _logs, metrics, trace

    from hubusers.telemetry.otel_connection import close

    providers: list[Provider] = [
        provider
        for provider in (trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider())
        if hasattr(provider, "shutdown")
    ]
    close(providers, _END_WITHIN)
