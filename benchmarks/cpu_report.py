"""For a locustfile to import: one line, when Locust is at its very end, of what the test took.

`CPU_REPORT {"cpu_seconds": …, "wall_seconds": …, "rss_kib": …, "failures": …}`, counted from the event `test_start`: so
without the imports and Locust's own start, but with everything that is done after the last request.
"""

from locust import events
from locust.env import Environment

import atexit
import json
from typing import Any

from benchmarks.usage import REPORT_PREFIX, Usage


class _Report:
    def __init__(self) -> None:
        self._test: tuple[Environment, Usage] | None = None

    def begin(self, environment: Environment, **_: Any) -> None:
        self._test = environment, Usage()

    def show(self) -> None:
        if self._test:
            environment, usage = self._test
            report = {**usage.so_far(), "failures": environment.stats.total.num_failures}
            print(f"{REPORT_PREFIX}{json.dumps(report)}", flush=True)


_report = _Report()
events.test_start.add_listener(_report.begin)
# Now, and not at the start of the test: what is registered first is called last.
atexit.register(_report.show)
