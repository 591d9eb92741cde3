"""A process that the load generator forks, such as one that becomes another program, is not a second load generator.

gevent listens for the ends of children from its first look at one, which is after the fork: it waits for ever for a
first child that has ended by then. Its `subprocess` therefore has it listen before the fork, and so does this test.
"""

import subprocess
import sys

LOAD_GENERATOR = """
import locust, os
import gevent
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from hubusers.telemetry.otel_connection import not_beginning_anew_in_children

with not_beginning_anew_in_children():
    tracers, meters = TracerProvider(), MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False)
    tracers.add_span_processor(BatchSpanProcessor(InMemorySpanExporter()))
users = []
gevent.spawn(users.append, "goes on")
gevent.get_hub().loop.install_sigchld()
child = os.fork()
if not child:
    os._exit(len(users))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
tracers.shutdown()
"""


def test_users_do_not_go_on_in_a_forked_process() -> None:
    command = [sys.executable, "-c", LOAD_GENERATOR]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.stdout.strip(), done.returncode) == ("0", 0), done.stderr
