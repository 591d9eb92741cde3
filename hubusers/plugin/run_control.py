"""What surrounds a run in one process that has users: its beginning, its end, the clean-up, the exit code."""

from locust.env import Environment
from locust.exception import StopTest
from locust.runners import STATE_RUNNING, STATE_STOPPED, Runner

import os
import sys
import time
from typing import Any, NoReturn

import gevent
from gevent.lock import RLock

from hubusers.accounts.ledger import Totals
from hubusers.accounts.names import new_run_id
from hubusers.hub.endpoint import hub_url
from hubusers.hub.errors import HubUsersError
from hubusers.live.recorder import NO_RUN, Recorder, versions
from hubusers.log import get_logger
from hubusers.plugin.arrivals import Arrivals
from hubusers.plugin.before_run import EXIT_FAILURES, EXIT_INTERRUPTED, EXIT_LEFT_BEHIND, BeforeRun
from hubusers.results.folder import RunInfo
from hubusers.run.failed_spawns import FailedInARow, SpawnCounts
from hubusers.run.generator_check import Strain, verdict
from hubusers.run.run import Run, set_run
from hubusers.run.user_counts import UserCounts
from hubusers.settings.access import SettingsError
from hubusers.settings.settings import EVENT_TEXT, settings_from

LOG = get_logger(__name__)


class RunControl(BeforeRun):
    """Of a process that has its own users: the only one of a run or, in a subclass, a worker."""

    def __init__(self, environment: Environment, runner: Runner | None) -> None:
        super().__init__(environment)
        self.runner = runner
        self.ending = False
        self.has_started = False  # a test, the first one
        self.was_interrupted = False  # by Ctrl-C or SIGTERM
        self.is_cleaning = False  # from the moment when a test stops until nothing of it is left
        self.stopping = RLock()
        self.failed_in_a_row = FailedInARow()
        self.strains: dict[str, Strain] = {}
        self.recorder: Recorder | None = None
        self.arrivals: Arrivals | None = None
        self.ended_because = ""  # what ended the run before its time
        self.event_has_ended = ""
        environment.events.request.add_listener(self.note_request)

    @property
    def present_runner(self) -> Runner:
        assert self.runner
        return self.runner

    def page(self, after: float) -> dict[str, Any]:
        """Return what the page Hub shows."""
        return self.recorder.page(after) if self.recorder else NO_RUN

    def test_start(self) -> None:
        self.has_started = True
        self.choose_run_id()
        try:
            settings = settings_from(self.options, self.environment.host, self.options.run_id, self.access)
            self.check_user_classes(settings)
        except SettingsError as error:
            self.cannot_run(str(error))
        self.environment.host = hub_url(settings.endpoint)
        self.finished = self.ending = False
        self.ended_because = self.event_has_ended = ""
        self.environment.process_exit_code = None  # of an earlier test, in the web UI
        self.failed_in_a_row = FailedInARow()
        worker = max(0, getattr(self.runner, "worker_index", 0))
        self.strains = {}
        run = Run(
            settings,
            worker,
            share=self.share(),
            stop=self.stop_for,
            failed_spawn=self.failed_spawn,
            strained=self.strained,
        )
        set_run(self.environment, run)
        self.watch_generator(run)
        LOG.info("Run %s: users are named %s-%s-…", settings.run_id, settings.prefix, settings.run_id)
        self.begin(run)
        if settings.lifecycles:
            gevent.spawn(self.end_with_the_last_user)

    def cannot_run(self, reason: str) -> NoReturn:
        """End the test before it has begun."""
        raise StopTest(reason)

    def share(self) -> slice:
        """Return which of the people, or of the accounts given, are for this process."""
        return slice(None)

    def begin(self, run: Run) -> None:
        """Record the run, and let people come."""
        self.record(run)
        if run.settings.event:
            self.arrivals = Arrivals(self.present_runner, run, run.settings.people)
            gevent.spawn(self.admit, self.arrivals)
        else:
            self.open_doors(run)

    def admit(self, arrivals: Arrivals) -> None:
        """Make the accounts of the people of an event, then let them come."""
        try:
            arrivals.prepare()
        except HubUsersError as error:
            self.stop_for(f"{error.detail}. So the event does not begin.")
            return
        self.prepared(arrivals)

    def prepared(self, arrivals: Arrivals) -> None:
        """Begin the event, now that all accounts are there."""
        assert self.run
        self.open_doors(self.run)
        arrivals.open_doors()

    def open_doors(self, run: Run) -> None:
        if self.recorder:
            self.recorder.note_doors_open()
        run.open_doors()

    def record(self, run: Run) -> None:
        """Watch the hub, and write the run down, from here."""
        settings, event = run.settings, run.settings.event
        info = RunInfo(
            run_id=settings.run_id,
            hub=hub_url(settings.endpoint),
            began=time.time(),
            title=event.title if event else "",
            hub_version=self.findings.version if self.findings else "",
            spawner=self.findings.spawner if self.findings else "",
            planned_people=len(settings.people) if event else None,
            versions=versions(),
            options=settings.shown(),
        )
        text: str = getattr(self.options, EVENT_TEXT)
        self.recorder = Recorder(run, self.environment, info, text, self.counts, aloud=self.options.headless)
        self.recorder.start()

    def counts(self) -> UserCounts:
        """Return what all people of the run do at the moment."""
        return self.run.counts if self.run else UserCounts()

    def event_is_over(self) -> bool:
        """Say whether Locust may end the event."""
        run, recorder = self.run, self.recorder
        if not run or not recorder or not run.settings.event or recorder.state != "running":
            return False
        ends_after = run.settings.event.ends_after
        if ends_after is not None and run.elapsed >= run.settings.event.scaled(ends_after):
            self.event_has_ended = "The event ends, as its file says"
        elif recorder.has_missed_step():
            self.event_has_ended = "A target was missed, so the event climbs no further"
        elif self.everybody_has_left():
            self.event_has_ended = "Everybody has come, and has left again"
        if self.event_has_ended:
            LOG.info("%s", self.event_has_ended)
        return bool(self.event_has_ended)

    def everybody_has_left(self) -> bool:
        return self.arrivals is not None and self.arrivals.is_over

    def note_request(
        self, request_type: str, name: str, response_time: float, exception: BaseException | None, **_: Any
    ) -> None:
        """Keep the exact time of each request; what else is counted in Locust's statistics has its own records."""
        if self.run and request_type not in {"SERVER", "STEP"}:
            seconds = response_time / 1000
            failure = str(exception) if exception else ""
            self.run.results.requests.note(f"{request_type} {name}", time.time() - seconds, seconds, failure)

    def choose_run_id(self) -> None:
        # Among the options, because those are what a master hands to its workers.
        self.options.run_id = new_run_id()

    def end_with_the_last_user(self) -> None:
        runner = self.runner
        while runner and runner.state != STATE_STOPPED:
            gevent.sleep(1)
            if self.has_no_users(runner):
                LOG.info("All users are done")
                self.end()
                return

    def has_no_users(self, runner: Runner) -> bool:
        """Say whether all users have come, and are gone."""
        return runner.state == STATE_RUNNING and runner.user_count == 0

    def end(self) -> None:
        """End the test, and Locust as well where nobody could start another one."""
        assert self.runner
        if self.options.headless:
            self.runner.quit()
        else:
            self.runner.stop()

    def stop_for(self, reason: str) -> None:
        """End the test because something happened that makes going on useless or harmful."""
        if not self.ending:
            self.ending = True
            self.ended_because = reason
            self.environment.process_exit_code = EXIT_FAILURES  # unless targets say more
            LOG.error("%s", reason)
            gevent.spawn(self.end)  # not here: the user that noticed is stopped with the others

    def failed_spawn(self, spawns: SpawnCounts) -> None:
        self.count_failed_spawns("", spawns)

    def count_failed_spawns(self, process: str, spawns: SpawnCounts) -> None:
        assert self.run
        limit = self.run.settings.failed_spawns_to_stop
        if self.failed_in_a_row.note(process, spawns) >= limit > 0:
            self.stop_for(
                f"{limit} spawns in a row failed, so the run ends: a hub with consecutive_failure_limit would soon "
                "exit. (--stop-after-failed-spawns 0 goes on regardless.)"
            )

    def watch_generator(self, run: Run) -> None:
        run.generator.start()

    def stop_watching_generator(self, run: Run) -> None:
        run.generator.stop()
        self.note_strain("", run.generator.strain)

    def strained(self, strain: Strain) -> None:
        self.note_strain("", strain)

    def note_strain(self, process: str, strain: Strain) -> None:
        """Take in how hard it was for a process so far; say so when it was too hard for the first time."""
        before = self.strains.get(process, Strain())
        self.strains[process] = strain
        if strain.strained and not before.strained:
            LOG.warning("%s", verdict(list(self.strains.values())))

    def test_stopping(self) -> None:
        self.is_cleaning = True
        if self.arrivals:
            self.arrivals.close_doors()
        if self.run and self.run.settings.event and not self.event_has_ended and not self.ended_because:
            self.ended_because = "It was stopped before its end."
        if self.recorder:
            self.recorder.note_end()

    def test_stop(self) -> None:
        # Locust stops a test anew at Ctrl-C, also while it is being stopped already.
        if not self.stopping.acquire(blocking=False):
            if self.was_interrupted:
                LOG.info("The clean-up goes on; Ctrl-C once more ends it at once")
            self.stopping.acquire()
        try:
            if self.run and not self.finished:
                self.stop_watching_generator(self.run)
                self.clean_up(self.run)
                self.finished = True
                self.draw_up_report(self.run)
                if not self.options.headless:
                    self.say_summary()
        finally:
            self.is_cleaning = False
            self.stopping.release()

    def clean_up(self, run: Run) -> None:
        run.finish_alone()

    def draw_up_report(self, run: Run) -> None:
        """Write the report; what the targets say becomes the exit code."""
        if not self.recorder or self.recorder.run is not run:
            return
        info = self.recorder.info
        info.generator = verdict(list(self.strains.values()))
        info.ended_because = self.ended_because
        info.clean_up = run.summary(self.totals())
        info.left_behind = 0 if run.settings.keep else self.totals().left
        answer = self.recorder.finish()
        if run.settings.event and run.settings.event.targets:
            self.environment.process_exit_code = answer.exit_code

    def await_clean_up(self) -> None:
        """Nothing to wait for, where nothing is cleaned up in the background."""

    def quitting(self) -> None:
        """Make sure, on every way out, that the test is stopped, cleaned up after, and that the exit code tells."""
        if not self.run:
            return
        if self.runner and self.runner.state != STATE_STOPPED:
            self.runner.stop()
        self.test_stop()  # the runner fires no event where an interrupt broke off its own stopping
        self.await_clean_up()
        if self.totals().left and not self.run.settings.keep:
            self.environment.process_exit_code = EXIT_LEFT_BEHIND

    @property
    def dies_of_sigterm(self) -> bool:
        """Whether Locust does not answer SIGTERM yet: not before it has begun, and with an event not before its end."""
        is_waiting = self.options.headless and (self.has_event or not self.has_started)
        return is_waiting or not self.is_checked

    def interrupted(self) -> None:
        """Take notice of Ctrl-C or SIGTERM, of which Locust's main greenlet is going to hear."""
        self.was_interrupted = True
        if self.options.headless and self.is_checked and not self.has_started:
            self.leave(EXIT_INTERRUPTED)  # while Locust waits for workers, it would show a traceback

    def give_up(self) -> NoReturn:
        """End at once, in the middle of the clean-up, because somebody pressed Ctrl-C again."""
        if self.run:
            LOG.info("%s", self.run.summary(self.totals()))
        sys.stdout.flush()
        os._exit(EXIT_INTERRUPTED)

    def totals(self) -> Totals:
        return self.run.ledger.totals() if self.run else Totals()

    def say_summary(self) -> None:
        if self.run:
            self.run.say_measured()
            if too_much := verdict(list(self.strains.values())):
                LOG.warning("%s", too_much)
            LOG.info("%s", self.run.summary(self.totals()))
