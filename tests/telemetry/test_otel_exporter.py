"""The figures of a run, as OpenTelemetry's libraries send them."""

import logging
import time

import gevent
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hubusers.results.hub_samples import Probe
from hubusers.results.records import ARRIVAL, START_TO_READY, Record
from hubusers.run.user_counts import UserCounts
from hubusers.telemetry import measures, otel_exporter
from hubusers.telemetry.otel_connection import Trouble, close, resource_of
from hubusers.telemetry.otel_exporter import OpenTelemetryExporter
from tests.telemetry.runs import so_far
from tests.telemetry.test_grafana import verdict
from tests.telemetry.test_prometheus import EVENT


@pytest.fixture
def trouble(monkeypatch: pytest.MonkeyPatch) -> Trouble:
    """Return the trouble of a process whose libraries nothing has been said of."""
    new = Trouble()
    monkeypatch.setattr("hubusers.telemetry.otel_connection.TROUBLE", new)
    monkeypatch.setattr(otel_exporter, "TROUBLE", new)
    return new


def points(reader: InMemoryMetricReader) -> dict[str, list[tuple[dict[str, object], object]]]:
    """Return the points of all metrics by name: the attributes, and the value; of a histogram how many it has."""
    data = reader.get_metrics_data()
    return {
        metric.name: [
            (dict(point.attributes or {}), getattr(point, "value", None) if hasattr(point, "value") else point.count)
            for point in metric.data.data_points
        ]
        for of_resource in (data.resource_metrics if data else [])
        for scope in of_resource.scope_metrics
        for metric in scope.metrics
    }


def test_every_figure_has_its_name_and_its_attributes_are_bounded(trouble: Trouble) -> None:
    run = so_far(EVENT, {"students": UserCounts(arrived=3, left=1, pending=1, ready=1, throttled=7)})
    records, reader, spans = run.run.results.records, InMemoryMetricReader(), InMemorySpanExporter()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    meters = MeterProvider([reader], shutdown_on_exit=False)
    exporter = OpenTelemetryExporter(run, tracers, meters)
    records.note(Record(ARRIVAL, "ann", 1.0, 0.0, 0.0, cohort="students"))
    for number in range(3 * measures.MOST_VALUES):
        records.note(Record(START_TO_READY, "ann", 1.0, 2.0, 0.0, f"hub error: {number}", "students"))
        records.note(Record(f"own step {number}", "ann", 1.0, 2.0, 0.0, cohort="students"))
    run.run.results.probes.append(Probe(0.0, 0.01))
    exporter.note()
    exporter.note()  # nothing is new
    now = points(reader)
    durations = now[measures.STEP_DURATION.name]
    assert sum(int(str(count)) for _, count in durations) == 6 * measures.MOST_VALUES
    assert {point["error.type"] for point, _ in durations if "error.type" in point} >= {"hub error: 0", measures.OTHER}
    assert len(durations) <= 2 * (measures.MOST_VALUES + 1)
    assert not any("ann" in str(point) for of_name in now.values() for point, _ in of_name)
    assert now[measures.SERVERS.name] == [
        ({"cohort": "students", "state": "pending"}, 1),
        ({"cohort": "students", "state": "ready"}, 1),
    ]
    assert ({"target": "start to ready: p95 at most 30 s"}, 0.0) in now[measures.TARGET_HELD.name]
    # The answer comes with the last export, which shutting down makes.
    exporter._run.info.people_came = 3
    meters.shutdown = lambda timeout_millis=0.0: now.update(points(reader))  # type: ignore[method-assign]
    exporter.finish(verdict("It holds."), [])
    exporter.finish(verdict("It holds."), [])  # as after an interrupt
    assert now[measures.VERDICT.name] == [({"answer": "held"}, 1)]
    # Nothing was found, and nobody's start has ended well: never is not a number for OpenTelemetry.
    left_out = {measures.FINDING.name, measures.TARGET_DURATION.name}
    assert set(now) == {measure.name for measure in measures.MEASURES} - left_out
    [of_run] = [span for span in spans.get_finished_spans() if span.name == "run"]
    assert [event.name for event in of_run.events] == ["verdict"]
    assert trouble.is_said is False


def test_a_run_is_told_by_its_resource_and_the_service_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    info = so_far(EVENT).info
    assert resource_of(info).attributes["service.name"] == "hubusers"
    assert resource_of(info).attributes[measures.RUN_ID] == info.run_id
    monkeypatch.setenv("OTEL_SERVICE_NAME", "rehearsals")
    assert resource_of(info).attributes["service.name"] == "rehearsals"


class Stuck:
    """A provider whose collector takes nothing."""

    def shutdown(self) -> None:
        gevent.sleep(600)


class Broken:
    def shutdown(self) -> None:
        raise ValueError("of the library")


def test_the_end_waits_for_a_collector_no_longer_than_it_may_and_says_so_once(
    trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    began = time.monotonic()
    close([Stuck(), Broken(), Stuck()], 1.0)
    close([Stuck()], 1.0)  # shorter: it is known by now
    assert 1.0 <= time.monotonic() - began < 60
    [warning] = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "ValueError('of the library')" in warning
    assert "The run goes on, and its own results are complete." in warning


def test_of_what_the_libraries_say_only_the_first_failure_is_told(
    trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.Logger("like-theirs")
    logger.addHandler(trouble)
    logger.warning("Transient error %s, retrying in 1 s.", "UNAVAILABLE")
    assert not trouble.is_said
    logger.error("Failed to export %s.", "traces")
    try:
        raise ValueError("rubbish")
    except ValueError:
        logger.exception("Exception while exporting metrics")
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(told) == 1
    assert ": Failed to export traces. What is not taken there is lost." in told[0]
    assert all(record.exc_info is None for record in caplog.records)
    trouble.forget()
    logger.error("Failed to export logs.")
    assert trouble.is_said
