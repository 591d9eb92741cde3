"""For a locustfile to import: one line, when Locust is at its very end, of what the test took.

`CPU_REPORT {"cpu_seconds": …, "wall_seconds": …, "rss_kib": …, "failures": …, "test": {…}, "cpu_seconds_before": …}`,
counted from when all that listens to the event `test_start` has heard of it: so without Locust's own start and without
imports, also those that wait for a test, but with everything that is done after the last request. `test` has the first
three up to the event `test_stopping`: without a report, or whatever else comes at the end. `cpu_seconds_before` is what
came before all that.
"""

from locust import events
from locust.env import Environment

import atexit
import json
import time
from typing import Any

import gevent

from benchmarks.usage import REPORT_PREFIX, Usage


class _Report:
    def __init__(self) -> None:
        self._test: tuple[Environment, Usage] | None = None
        self._until_stopping: dict[str, float | int] = {}
        self._before = 0.0

    def begin(self, environment: Environment, **_: Any) -> None:
        gevent.spawn(self._begin, environment)  # whose turn comes after all listeners

    def _begin(self, environment: Environment) -> None:
        self._before = time.process_time()
        self._test = environment, Usage()

    def note_stopping(self, **_: Any) -> None:
        if self._test and not self._until_stopping:
            self._until_stopping = self._test[1].so_far()

    def show(self) -> None:
        if self._test:
            environment, usage = self._test
            report = {**usage.so_far(), "failures": environment.stats.total.num_failures, "test": self._until_stopping}
            report["cpu_seconds_before"] = self._before
            print(f"{REPORT_PREFIX}{json.dumps(report)}", flush=True)


_report = _Report()
events.test_start.add_listener(_report.begin)
events.test_stopping.add_listener(_report.note_stopping)
# Now, and not at the start of the test: what is registered first is called last.
atexit.register(_report.show)
