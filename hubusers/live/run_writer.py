"""Writes the folder of a run while the run lasts, and its report at the end."""

from locust.env import Environment
from locust.stats import PERCENTILES_TO_REPORT, StatsCSV

import contextlib
import csv
import math
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gevent

from hubusers.log import get_logger
from hubusers.report.finding import Finding
from hubusers.report.report import write_report
from hubusers.report.verdict import Verdict
from hubusers.results.folder import LOCUST_FAILURES_FILE, LOCUST_REQUESTS_FILE, REPORT_FILE, FinishedRun, RunFolder
from hubusers.results.hub_samples import HubSample, Probe
from hubusers.results.request_log import request_rows
from hubusers.results.results import Results
from hubusers.results.run_info import RunInfo

LOG = get_logger(__name__)

BETWEEN_COUNTS = 60.0
"""Seconds between two times that requests are written which are counted. A run that is killed loses as many of them."""


class RunWriter:
    """Writes one run. A full disk ends the writing, not the run.

    Args:
        runs_folder: Where each run gets a folder of its own; "" to write nothing.
        results: The results of the run, as they grow.

    Logs:
        ERROR once, when the folder can no longer be written.
    """

    def __init__(self, runs_folder: str, results: Results) -> None:
        self._runs_folder = runs_folder
        self._results = results
        self._folder: RunFolder | None = None
        self._is_closed = False
        self._has_report = False
        self._counts_written = -math.inf  # when, on the monotonic clock

    @property
    def path(self) -> Path:
        """The run's folder; where nothing is written, a path that is not used."""
        return self._folder.path if self._folder else Path()

    def open(self, info: RunInfo, event_text: str) -> None:
        """Make the run's folder, with `info` and the event file; "" without an event."""
        if not self._runs_folder:
            return
        with self._or_stop_writing():
            name = f"{time.strftime('%Y-%m-%d-%H%M%SZ', time.gmtime())}-{info.run_id}"
            self._folder = RunFolder(Path(self._runs_folder, name))
            self._folder.write_info(info)
            if event_text:
                self._folder.write_event(event_text)

    def write_new(self) -> None:
        """Write what was measured since the last time."""
        new = self._results.take_new()
        if self._folder:
            with self._or_stop_writing():
                self._folder.write_steps(new["records"])
                self._write_requests(new["requests"])
                self._folder.write_examples(new["examples"])
                if new["messages"]:
                    self._folder.write_messages(self._results.messages.rows())
                if new["diaries"]:
                    self._folder.write_diaries([*self._results.diaries.slowest(), *self._results.diaries.failed()])
                self._folder.flush()

    def _write_requests(self, new: list[tuple[Any, ...]]) -> None:
        assert self._folder
        requests = self._results.requests
        self._folder.write_requests(request_rows(new))
        if requests.is_counted and time.monotonic() > self._counts_written + BETWEEN_COUNTS:
            self._folder.write_counted_requests(requests, pause=partial(gevent.sleep, 0))
            self._counts_written = time.monotonic()

    def write_probe(self, probe: Probe) -> None:
        if self._folder:
            with self._or_stop_writing():
                self._folder.write_probe(probe)

    def write_hub_sample(self, sample: HubSample) -> None:
        if self._folder:
            with self._or_stop_writing():
                self._folder.write_hub_sample(sample)

    def write_hub_samples(self) -> None:
        """Write all readings of the hub's metrics anew, after some were dropped."""
        if self._folder:
            with self._or_stop_writing():
                self._folder.write_hub_samples(self._results.hub_samples)

    @property
    def folder(self) -> Path | None:
        """The run's folder; None where nothing is written."""
        return self._folder.path.resolve() if self._folder else None

    @property
    def report(self) -> Path | None:
        """The report; None before it is written, and where nothing is."""
        return self.folder / REPORT_FILE if self.folder and self._has_report else None

    def finish(self, run: FinishedRun, verdict: Verdict, findings: list[Finding], environment: Environment) -> None:
        """Write the rest, Locust's own statistics, and the report; called again, write the report once more."""
        if not self._is_closed:
            self.write_new()
        if self._folder:
            with self._or_stop_writing():
                self._is_closed = True
                if self._results.requests.is_counted:
                    self._folder.write_counted_requests(self._results.requests)
                self._folder.close()
                run.info.rows = self._folder.rows
                self._folder.write_info(run.info)
                _write_locust_statistics(self._folder.path, environment)
                self._write_report(run, verdict, findings)

    def _write_report(self, run: FinishedRun, verdict: Verdict, findings: list[Finding]) -> None:
        try:
            write_report(run, verdict, findings)
            self._has_report = True
        except OSError:
            raise
        except Exception as error:  # a fault of the report must not keep the run from its end and its answer
            LOG.error(
                "The report could not be written, which is a fault of hubusers (%s: %s). The measurements are in %s; "
                "when it is mended, `hubusers report` makes the report of them.",
                type(error).__name__,
                error,
                self.folder,
            )

    @contextlib.contextmanager
    def _or_stop_writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            LOG.error("Nothing more is written of this run, because its folder cannot be written: %s", error)
            if self._folder:
                with contextlib.suppress(OSError):
                    self._folder.close()
            self._folder = None


def _write_locust_statistics(folder: Path, environment: Environment) -> None:
    statistics = StatsCSV(environment, PERCENTILES_TO_REPORT)
    with (folder / LOCUST_REQUESTS_FILE).open("w", encoding="utf-8", newline="") as file:
        statistics.requests_csv(csv.writer(file))
    with (folder / LOCUST_FAILURES_FILE).open("w", encoding="utf-8", newline="") as file:
        statistics.failures_csv(csv.writer(file))
