"""gRPC, by which OpenTelemetry sends unless it is told otherwise, in a process whose users are greenlets."""

import subprocess
import sys
from pathlib import Path

SLOW_COLLECTOR = """
import os, sys, time
from concurrent import futures
import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as messages, trace_service_pb2_grpc as service

class Slow(service.TraceServiceServicer):
    def Export(self, request, context):
        names = [span.name for spans in request.resource_spans for scope in spans.scope_spans for span in scope.spans]
        print(*names, flush=True)
        for _ in range(500):  # until the others have gone on, or for five seconds
            if os.path.exists(sys.argv[1]):
                break
            time.sleep(0.01)
        return messages.ExportTraceServiceResponse()

server = grpc.server(futures.ThreadPoolExecutor(1))
service.add_TraceServiceServicer_to_server(Slow(), server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
server.wait_for_termination()
"""

LOAD_GENERATOR = """
import locust, os, sys
import gevent
os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{sys.argv[1]}"
from hubusers.telemetry.otel_connection import prepare
prepare(is_worker=False)
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
span = TracerProvider().get_tracer("test").start_span("visit")
span.end()
sending = gevent.spawn(OTLPSpanExporter().export, [span])
times = 0
while not sending.ready():
    gevent.sleep(0.01)
    times += 1
    if times == 5:
        open(sys.argv[2], "w").close()
print(sending.value.name, times)
"""


def test_users_go_on_while_a_slow_collector_is_waited_for(tmp_path: Path) -> None:
    gone_on = str(tmp_path / "gone on")
    command = [sys.executable, "-c", SLOW_COLLECTOR, gone_on]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as collector:
        assert collector.stdout
        port = collector.stdout.readline().strip()
        try:
            command = [sys.executable, "-c", LOAD_GENERATOR, port, gone_on]
            sent = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.split()
            got = collector.stdout.readline().strip()
        finally:
            collector.kill()
    assert (sent[0], got) == ("SUCCESS", "visit")
    assert int(sent[1]) >= 5  # waiting in gRPC itself, this process would have had a single turn
