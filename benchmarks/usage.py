"""Measures what a process uses: CPU time, time by the clock, memory."""

import json
import re
import time
from pathlib import Path
from typing import Any

REPORT_PREFIX = "CPU_REPORT "
"""What the line begins with that tells of it, among all that Locust prints."""


class Usage:
    """Counts from the moment when it is made."""

    def __init__(self) -> None:
        self._cpu_seconds = time.process_time()
        self._started = time.monotonic()

    def so_far(self) -> dict[str, float | int]:
        """Return CPU seconds (user and system), seconds by the clock, and the most memory that the process ever had."""
        return {
            "cpu_seconds": round(time.process_time() - self._cpu_seconds, 4),
            "wall_seconds": round(time.monotonic() - self._started, 2),
            "rss_kib": _peak_rss_kib(),
        }


def report_in(output: str) -> dict[str, Any] | None:
    """Return the last report in what a load generator printed, or None where there is none."""
    for line in reversed(output.splitlines()):
        if line.removeprefix(REPORT_PREFIX).startswith('{"'):
            report: dict[str, Any] = json.loads(line.removeprefix(REPORT_PREFIX))
            return report
    return None


def _peak_rss_kib() -> int:
    # getrusage would say here what the parent had, where that was more.
    match = re.search(r"^VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    return int(match[1]) if match else 0
