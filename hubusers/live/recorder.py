"""Conducts what goes on beside the users of a run: the watch of the hub, the timeline, the run's folder, the report."""

from locust.env import Environment

import importlib.metadata
import platform
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import gevent

from hubusers.live.answer import answer_content
from hubusers.live.cohorts import CohortsSoFar
from hubusers.live.hub_watch import HubWatch
from hubusers.live.locust_statistics import LocustStatistics
from hubusers.live.page_content import Headway, page_content
from hubusers.live.run_writer import RunWriter
from hubusers.live.timeline import Timeline
from hubusers.log import Progress, get_logger
from hubusers.report.finding import Finding
from hubusers.report.findings import findings_of, in_sentences
from hubusers.report.how_far import is_lost
from hubusers.report.verdict import Verdict, verdict_of
from hubusers.results.folder import FinishedRun
from hubusers.results.hub_samples import HubSample, Probe, SampleKeeper
from hubusers.results.run_info import RunInfo
from hubusers.results.targets import Outcome
from hubusers.run.phase import Phase
from hubusers.run.run import Run
from hubusers.run.user_counts import UserCounts
from hubusers.version import version

LOG = get_logger(__name__)

_FIRST_LINE = 10.0
"""Seconds after which a log gets the first line of progress."""
_CLIMB_INTERVAL = 3.0
_VERSIONS_OF = ("locust", "gevent", "geventhttpclient")


class AllProcesses(Protocol):
    """Tells of the users of all processes of a run."""

    def counts(self) -> UserCounts:
        """Return what they do now."""

    def cohorts(self) -> Mapping[str, UserCounts]:
        """Return the same for each cohort of an event, by its name."""

    def pending_for(self) -> Mapping[str, int]:
        """Return what pending starts wait for, with how many do."""

    def waits(self) -> list[float]:
        """Return for how many seconds each of these starts has been pending."""


class Recorder:
    """Records one run, in the process that knows all of its users: the only one, or the master.

    Args:
        run: The run.
        environment: Locust's, with its own statistics.
        info: What is known of the run.
        event_text: The event file as it is rehearsed; "" without one.
        processes: Tell of the users.
        phase: Returns what the run is doing.
        aloud: Whether to say how far the run is.
        note_probe: Called with each probe of the hub.
    """

    def __init__(
        self,
        run: Run,
        environment: Environment,
        info: RunInfo,
        event_text: str,
        processes: AllProcesses,
        phase: Callable[[], Phase],
        *,
        aloud: bool,
        note_probe: Callable[[Probe], None] = lambda _: None,
    ) -> None:
        self.run = run
        self.info = info
        self.answer: list[str] = []  # sentences, after `finish`: the verdict, and its causes
        self.findings: list[Finding] = []  # after `finish`
        self._environment = environment
        self._event_text = event_text
        self._processes = processes
        self._phase = phase
        self._aloud = aloud
        self._progress = Progress(LOG)
        self._on_probe = note_probe
        self._has_missed_step = False
        event = run.settings.event
        self._timeline = Timeline(run.results, event.targets if event else [])
        planned = Counter(person.cohort for person in run.settings.people)
        cohorts = {cohort.name: planned[cohort.name] for cohort in event.cohorts} if event else {}
        self._cohorts = CohortsSoFar(run.results, cohorts)
        self._answer: dict[str, Any] | None = None  # the same for the page Hub
        self._writer = RunWriter(run.settings.runs_folder, run.results)
        self._hub_watch = HubWatch(
            run.settings.endpoint,
            run.settings.access,
            note_probe=self._note_probe,
            note_sample=self._note_sample,
            note=self.note,
        )
        self._samples = SampleKeeper(run.results.hub_samples)
        self._locust_statistics = LocustStatistics(environment.stats)
        self._recording: gevent.Greenlet[..., None] | None = None

    def start(self) -> None:
        self._writer.open(self.info, self._event_text)
        self._hub_watch.start()
        self._recording = gevent.spawn(self._record)

    def note_begin(self) -> None:
        """Note that people may come from now on; the time of the run is counted from here."""
        self.info.began = time.time()
        self._progress = Progress(LOG, _FIRST_LINE)

    def note_end(self) -> None:
        """Note that the users leave now, before the clean-up."""
        self.info.ended = time.time()
        self._hub_watch.stop()
        if self._samples.spacing:
            self._writer.write_hub_samples()  # with the newest one

    def finish(self) -> Verdict:
        """Write the rest and the report; return the verdict. Where an interrupt broke it off, it may be called again.

        Logs:
            ERROR what could not be written.
        """
        if self._recording:
            self._recording.kill()
        self._hub_watch.stop()  # where an interrupt broke off the wait for it
        self._timeline.judge()
        settings = self.run.settings
        self.info.people_came = self._processes.counts().arrived
        arrivals = [person.arrives for person in settings.people] if settings.event else []
        finished = FinishedRun(self._writer.path, self.info, settings.event, self.run.results, arrivals)
        verdict = verdict_of(finished)
        self.findings = findings = findings_of(finished)
        self.answer = [verdict.headline, *in_sentences(finished, findings)]
        self._writer.finish(finished, verdict, findings, self._environment)
        self._answer = answer_content(finished, verdict, findings, self.report)
        return verdict

    @property
    def report(self) -> Path | None:
        """Where the report is; None before it is written, and where nothing is."""
        return self._writer.report

    def outcomes(self) -> list[Outcome]:
        """Return how it stands with the targets, judged every few seconds."""
        return self._timeline.outcomes

    def has_missed_step(self) -> bool:
        """Return whether the event climbs in steps until a target is missed, and one was."""
        return self._has_missed_step

    def page(self, after: float, headway: Headway | None = None, hub_away: float | None = None) -> dict[str, Any]:
        """Return what the page Hub shows.

        Args:
            after: Seconds since people could come; later points are shown, or all of them for 0.
            headway: How far the run is with what it does before people can come, and after they are gone.
            hub_away: Since when the hub has been away, in seconds since the epoch; None while it answers.
        """
        last = self._timeline.points[-1]["t"] if self._timeline.points else None
        phase = self._phase()
        elapsed = self.run.elapsed if phase is Phase.RUNNING else float(last or 0)
        return page_content(
            self.info,
            phase,
            elapsed,
            self._timeline,
            after,
            waiting=self._processes.pending_for() if phase is Phase.RUNNING else {},
            cohorts=self._cohorts.rows(self._processes.cohorts()),
            folder=self._writer.folder,
            headway=headway,
            hub_away=hub_away,
            answer=self._answer,
        )

    def _record(self) -> None:
        next_look = 0.0
        while True:
            elapsed = self.run.elapsed
            if self._phase() is Phase.RUNNING:
                processes = self._processes
                self._timeline.note(time.time(), elapsed, processes.counts(), processes.waits())
                if elapsed >= next_look:
                    next_look = elapsed + _CLIMB_INTERVAL
                    self._look_at_climb(elapsed)
                if self._aloud:
                    self._progress.say(self._timeline.in_words(self.info.planned_people))
            self._writer.write_new()
            self._locust_statistics.shorten()
            gevent.sleep(1.0 - time.time() % 1.0)

    def _look_at_climb(self, elapsed: float) -> None:
        settings, event = self.run.settings, self.run.settings.event
        if self._has_missed_step or not event or not event.stop_when_missed:
            return
        long_ago = elapsed - 2 * settings.server_timeout  # no start of those steps is under way; they were judged
        for step in event.steps:
            if long_ago < step.end <= elapsed:
                due = sum(step.begin <= person.arrives < step.end for person in settings.people)
                results, pending = self.run.results, self._processes.counts().pending
                if is_lost(step, event.targets, results, began=self.info.began, due=due, pending=pending):
                    self._has_missed_step = True

    def _note_probe(self, probe: Probe) -> None:
        self.run.results.probes.append(probe)
        self._writer.write_probe(probe)
        self._on_probe(probe)

    def _note_sample(self, sample: HubSample) -> None:
        before = len(self.run.results.hub_samples)
        if self._samples.keep(sample):
            self._writer.write_hub_samples()
        elif len(self.run.results.hub_samples) > before:
            self._writer.write_hub_sample(sample)

    def note(self, sentence: str) -> None:
        """Say something about the run, in the log and among its notes."""
        LOG.warning("%s", sentence)
        self.info.notes.append(sentence)


def versions() -> dict[str, str]:
    """Return the versions of what a run depends on."""
    others = {name: importlib.metadata.version(name) for name in _VERSIONS_OF}
    return {"python": platform.python_version(), "hubusers": version(), **others}
