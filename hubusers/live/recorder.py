"""What watches a run from the one place that knows of all of it: writes it down, shows it, and draws up the report."""

from locust.env import Environment
from locust.stats import PERCENTILES_TO_REPORT, StatsCSV

import contextlib
import csv
import importlib.metadata
import platform
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gevent

from hubusers.event.arrivals import Step
from hubusers.event.model import Target
from hubusers.live.hub_watch import HubWatch
from hubusers.live.timeline import Timeline, point_in_words
from hubusers.log import get_logger
from hubusers.report.how_far import within
from hubusers.report.report import write_report
from hubusers.report.verdict import Verdict, verdict_of
from hubusers.results.folder import (
    LOCUST_FAILURES_FILE,
    LOCUST_REQUESTS_FILE,
    REPORT_FILE,
    FinishedRun,
    RunFolder,
    RunFolderError,
    RunInfo,
)
from hubusers.results.hub_samples import HubSample, Probe
from hubusers.results.targets import outcome
from hubusers.run.run import Run
from hubusers.run.user_counts import UserCounts

LOG = get_logger(__name__)

_PROGRESS_INTERVAL = 10.0
_BETWEEN_LOOKS_AT_STEPS = 3.0
_VERSIONS_OF = ("hubusers", "locust", "gevent", "geventhttpclient")

NO_RUN: dict[str, Any] = {
    "run": {"id": "", "title": "", "state": "ready", "elapsed": 0.0, "planned": None, "hub": "", "words": ""},
    "points": [],
    "targets": [],
    "notes": [],
}
"""What the page Hub shows before the first run."""


class Recorder:
    """Records one run, in the process of its users or, with workers, in the master.

    Args:
        run: The run.
        environment: Locust's, with its own statistics.
        info: What is known of it.
        event_text: The event as it is rehearsed; "" without one.
        counts: Returns the people of all processes.
        aloud: Whether to log a line of progress every ten seconds.
    """

    def __init__(
        self,
        run: Run,
        environment: Environment,
        info: RunInfo,
        event_text: str,
        counts: Callable[[], UserCounts],
        *,
        aloud: bool,
    ) -> None:
        self._environment = environment
        self.info = info
        self.run = run
        self._event_text = event_text
        self._counts = counts
        self._aloud = aloud
        event = run.settings.event
        self._timeline = Timeline(run.results, event.targets if event else [])
        self._hub_watch = HubWatch(
            run.settings.endpoint,
            run.settings.access,
            note_probe=self._note_probe,
            note_sample=self._note_sample,
            note=self._note,
        )
        self._folder: RunFolder | None = None
        self._recording: gevent.Greenlet[..., None] | None = None
        self.state = "preparing"
        self._look_at_steps = 0.0
        self._missed = False

    def start(self) -> None:
        self._write(self._open)
        self._hub_watch.start()
        self._recording = gevent.spawn(self._record)

    def note_doors_open(self) -> None:
        self.info.began = time.time()
        self.state = "running"

    def note_end(self) -> None:
        """Note that the users go now; what comes is the clean-up."""
        if self.state != "stopping":
            self.state = "stopping"
            self.info.ended = time.time()
            self._hub_watch.stop()

    def finish(self) -> Verdict:
        """Write down the rest, and the report; return the verdict.

        Logs:
            INFO the verdict, and where the report is; ERROR what could not be written.
        """
        self.note_end()
        if self._recording:
            self._recording.kill()
        self._timeline.judge()
        self.state = "stopped"
        verdict = verdict_of(FinishedRun(Path(), self.info, self.run.settings.event, self.run.results))
        LOG.info("%s", verdict.headline)
        self._write(self._report)
        return verdict

    def has_missed_step(self) -> bool:
        """Say whether the event climbs in steps until a target is missed, and one was."""
        event = self.run.settings.event
        if not event or not event.stop_when_missed:
            return False
        now = self.run.elapsed
        if now >= self._look_at_steps:
            self._look_at_steps = now + _BETWEEN_LOOKS_AT_STEPS
            long_ago = now - 2 * self.run.settings.server_timeout  # steps of which all is known, and was judged
            steps = [step for step in event.steps if long_ago < step.end <= now]
            self._missed = self._missed or any(self._is_missed(step, event.targets) for step in steps)
        return self._missed

    def _is_missed(self, step: Step, targets: list[Target]) -> bool:
        inside = within(self.run.results, self.info.began + step.begin, self.info.began + step.end)
        due = sum(step.begin <= person.arrives < step.end for person in self.run.settings.people)
        known = sum(record.lifecycle == 1 for record in inside.records.starts())
        # Of the step at most these; should all of them turn out well, is it missed even so?
        under_way = min(self._counts().pending, max(0, due - known))
        return any(outcome(target, inside, under_way).state == "missed" for target in targets)

    def page(self, after: float) -> dict[str, Any]:
        """Return what the page Hub shows, with the points later than so many seconds of the run."""
        points = self._timeline.points
        return {
            "run": {
                "id": self.info.run_id,
                "title": self.info.title,
                "state": self.state,
                "elapsed": self.run.elapsed if self.state == "running" else (points[-1]["t"] if points else 0.0),
                "planned": self.info.planned_people,
                "hub": self.info.hub,
                "words": self._in_words(),
            },
            "points": [point for point in points if float(point["t"] or 0) > after or not after],
            "targets": [
                {"text": outcome.target.text, "measured": outcome.shown, "state": outcome.state}
                for outcome in self._timeline.outcomes
            ],
            "notes": self.info.notes,
        }

    def _open(self) -> None:
        folder = self.run.settings.runs_folder
        if folder:
            self._folder = RunFolder(Path(folder, f"{time.strftime('%Y-%m-%d-%H%M%S')}-{self.info.run_id}"))
            self._folder.write_info(self.info)
            if self._event_text:
                self._folder.write_event(self._event_text)

    def _record(self) -> None:
        next_line = _PROGRESS_INTERVAL
        while True:
            if self.state == "running":
                self._timeline.note(time.time(), self.run.elapsed, self._counts())
                if self._aloud and self.run.elapsed >= next_line:
                    next_line += _PROGRESS_INTERVAL
                    LOG.info("%s", self._in_words())
            self._write(self._write_new)
            gevent.sleep(1.0 - time.time() % 1.0)

    def _in_words(self) -> str:
        if not self._timeline.points:
            return ""
        return point_in_words(self._timeline.points[-1], self.info.planned_people, self._timeline.outcomes)

    def _write_new(self) -> None:
        results = self.run.results
        records, requests, examples = (
            results.records.take_new(),
            results.requests.take_new(),
            results.examples.take_new(),
        )
        if self._folder:
            self._folder.write_steps(records)
            self._folder.write_requests(requests)
            self._folder.write_examples(examples)
            self._folder.flush()

    def _report(self) -> None:
        self._write_new()
        if self._folder:
            self._folder.close()
            self._folder.write_info(self.info)
            self._write_locust_statistics(self._folder.path)
            write_report(self._folder.path)
            LOG.info("The report is in %s", (self._folder.path / REPORT_FILE).resolve())

    def _write_locust_statistics(self, folder: Path) -> None:
        statistics = StatsCSV(self._environment, PERCENTILES_TO_REPORT)
        with (folder / LOCUST_REQUESTS_FILE).open("w", encoding="utf-8", newline="") as file:
            statistics.requests_csv(csv.writer(file))
        with (folder / LOCUST_FAILURES_FILE).open("w", encoding="utf-8", newline="") as file:
            statistics.failures_csv(csv.writer(file))

    def _note_probe(self, probe: Probe) -> None:
        self.run.results.probes.append(probe)
        if self._folder:
            self._write(partial(self._folder.write_probe, probe))

    def _note_sample(self, sample: HubSample) -> None:
        self.run.results.hub_samples.append(sample)
        if self._folder:
            self._write(partial(self._folder.write_hub_sample, sample))

    def _note(self, sentence: str) -> None:
        LOG.warning("%s", sentence)
        self.info.notes.append(sentence)

    def _write(self, write: Callable[[], None]) -> None:
        """Write to the folder; a disk that is full must not take the run with it."""
        try:
            write()
        except (OSError, RunFolderError) as error:
            LOG.error("Nothing more is written of this run, because its folder cannot be used: %s", error)
            if self._folder:
                with contextlib.suppress(OSError):
                    self._folder.close()
            self._folder = None


def versions() -> dict[str, str]:
    """Return the versions of what a run depends on."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in _VERSIONS_OF}
