"""A collector of OpenTelemetry on loopback: it speaks OTLP over HTTP, and keeps what it has decoded."""

import gzip
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

_MESSAGES: dict[str, Any] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


class Collector:
    """Takes in what is sent to it; a context manager.

    Attributes:
        url: What `OTEL_EXPORTER_OTLP_ENDPOINT` is.
        headers: Of each request.
        bodies: Of each request, as they came.
    """

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self._traces: list[ExportTraceServiceRequest] = []
        self._metrics: list[ExportMetricsServiceRequest] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Collector":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.take(self.path, dict(self.headers), body)
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        return Handler

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        """Decode a request, and keep it."""
        message: Any = _MESSAGES[path]()
        message.ParseFromString(body)
        self.headers.append(headers)
        self.bodies.append(body)
        if path == "/v1/traces":
            self._traces.append(message)
        elif path == "/v1/metrics":
            self._metrics.append(message)

    def spans(self, service: str) -> list[Span]:
        """Return all spans of a service."""
        return [
            span
            for request in self._traces
            for of_resource in request.resource_spans
            if attributes(of_resource.resource.attributes)["service.name"] == service
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        ]

    def exports(self, service: str) -> Iterator[tuple[dict[str, Any], list[Metric]]]:
        """Return each export of a service's metrics: the attributes of its resource, and the metrics."""
        for request in self._metrics:
            for of_resource in request.resource_metrics:
                resource = attributes(of_resource.resource.attributes)
                if resource["service.name"] == service:
                    yield resource, [metric for scope in of_resource.scope_metrics for metric in scope.metrics]


def attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    """Return attributes by name."""
    return {pair.key: getattr(pair.value, str(pair.value.WhichOneof("value"))) for pair in pairs}


def points(metric: Metric) -> list[tuple[dict[str, Any], Any]]:
    """Return the points of a metric: the attributes, and the value; of a histogram, how many values it has."""
    data = getattr(metric, str(metric.WhichOneof("data"))).data_points
    return [
        (
            attributes(point.attributes),
            point.count if metric.WhichOneof("data") == "histogram" else getattr(point, point.WhichOneof("value")),
        )
        for point in data
    ]
