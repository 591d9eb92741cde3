"""Sends the figures of a run, and spans of some of its visits, to an OpenTelemetry collector."""

import math
import os
import time
from collections.abc import Iterable

from opentelemetry.metrics import CallbackOptions, Histogram, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider

from hubusers.log import shown
from hubusers.report.finding import Finding
from hubusers.report.page import plain
from hubusers.report.verdict import Verdict
from hubusers.telemetry import measures
from hubusers.telemetry.measures import Measure
from hubusers.telemetry.otel_connection import TROUBLE, close
from hubusers.telemetry.otel_environment import ratio
from hubusers.telemetry.otel_visits import VisitSpans
from hubusers.telemetry.readings import Reading, Readings, RunSoFar

SEND_WITHIN = 5.0
"""Seconds that the end of a run waits for a collector to take the rest."""

_METER = "hubusers"


class OpenTelemetryExporter:
    """Sends one run.

    It has providers of its own: Locust's are those of the whole process, so that they know of no run.

    Args:
        run: The run so far.
        tracer_provider: Makes spans, and sends them.
        meter_provider: Collects the figures again and again, and sends them.
    """

    def __init__(self, run: RunSoFar, tracer_provider: TracerProvider, meter_provider: MeterProvider) -> None:
        self._run = run
        self._providers = (tracer_provider, meter_provider)
        self._readings = Readings(run)
        self._now: list[Reading] = []
        self._histograms: dict[str, Histogram] = {}
        self._is_finished = False
        TROUBLE.forget()
        version = run.info.versions.get("hubusers", "")
        tracer = tracer_provider.get_tracer(_METER, version)
        self._run_span = tracer.start_span("run", attributes={measures.RUN_ID: run.info.run_id})
        self._visits = VisitSpans(
            tracer,
            run.run.results.records,
            ratio(os.environ),
            self._run_span.get_span_context(),
            names_are_made=run.run.accounts.are_made,
        )
        self._add_instruments(meter_provider, version)

    def _add_instruments(self, meter_provider: MeterProvider, version: str) -> None:
        meter = meter_provider.get_meter(_METER, version)
        for measure in measures.MEASURES:
            if measure.kind == "histogram":
                self._histograms[measure.name] = meter.create_histogram(
                    measure.name,
                    measure.unit,
                    measure.description,
                    explicit_bucket_boundaries_advisory=measure.boundaries,
                )
            elif measure.kind == "counter":
                meter.create_observable_counter(
                    measure.name, [self._observer(measure)], measure.unit, measure.description
                )
            else:
                meter.create_observable_gauge(
                    measure.name, [self._observer(measure)], measure.unit, measure.description
                )

    def _observer(self, measure: Measure) -> "_Observer":
        return _Observer(self, measure)

    def observations(self, measure: Measure) -> Iterable[Observation]:
        """Return the last values of a counter or gauge; OpenTelemetry has no infinite ones."""
        for reading in self._now:
            if reading.measure is measure and math.isfinite(reading.value):
                yield Observation(reading.value, _filled(reading))

    def note(self) -> None:
        for reading in self._readings.new_times():
            self._histograms[reading.measure.name].record(reading.value, _filled(reading))
        self._now = list(self._readings.now())
        self._visits.note()

    def finish(self, verdict: Verdict, findings: Iterable[Finding]) -> None:
        if self._is_finished:  # an interrupt has broken it off
            return
        self._is_finished = True
        deadline = time.monotonic() + SEND_WITHIN
        findings = list(findings)
        self._readings.note_answer(verdict, findings)
        self._visits.end()
        self.note()
        tracer_provider, _ = self._providers
        while self._visits.make_some() and time.monotonic() < deadline and not TROUBLE.is_said:
            tracer_provider.force_flush()
        self._end_run_span(verdict, findings)
        close(self._providers, max(0.0, deadline - time.monotonic()))

    def _end_run_span(self, verdict: Verdict, findings: Iterable[Finding]) -> None:
        span, info = self._run_span, self._run.info
        span.set_attributes({measures.ANSWER: verdict.answer, "hubusers.people": info.people_came or 0})
        span.add_event("verdict", {measures.ANSWER: verdict.answer, "message": shown(plain(verdict.headline))})
        for finding in findings:
            span.add_event(
                "finding",
                {
                    measures.KIND: finding.kind,
                    measures.EXPLAINS: finding.explains,
                    "share": round(finding.share, 3),
                    "message": shown(plain(finding.sentence)),
                },
            )
        span.end()


class _Observer:
    """Gives a measure's values whenever they are collected."""

    def __init__(self, exporter: OpenTelemetryExporter, measure: Measure) -> None:
        self._exporter = exporter
        self._measure = measure

    def __call__(self, _: CallbackOptions) -> Iterable[Observation]:
        return self._exporter.observations(self._measure)


def _filled(reading: Reading) -> dict[str, str]:
    return {name: value for name, value in reading.attributes.items() if value}
