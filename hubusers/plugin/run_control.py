"""Conducts the runs of one process through their phases: the check before them, beginning, end and clean-up."""

from __future__ import annotations

from locust.env import Environment
from locust.exception import StopTest
from locust.runners import STATE_STOPPED

import argparse
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import gevent
from gevent import GreenletExit
from gevent.lock import RLock

from hubusers.accounts.ledger import Totals
from hubusers.counting import counted
from hubusers.exit_codes import EXIT_FAILURES, EXIT_INTERRUPTED, EXIT_LEFT_BEHIND
from hubusers.hub.endpoint import hub_url
from hubusers.late_files import import_for
from hubusers.live import page_content
from hubusers.log import Progress, get_logger
from hubusers.plugin import last_lines, needs, recording, run_ends
from hubusers.plugin.before_run import BeforeRun
from hubusers.plugin.locust_internals import cancel_run_time
from hubusers.plugin.messages import Briefing
from hubusers.plugin.role import Role
from hubusers.plugin.terminal import who_comes
from hubusers.run.failed_spawns import SpawnCounts
from hubusers.run.phase import Phase, may_follow, next_phase, why_no_run
from hubusers.run.present_run import run_of, set_run
from hubusers.settings.access import Access, SettingsError

if TYPE_CHECKING:
    from hubusers.run.generator_check import Strain
    from hubusers.run.run import Run
    from hubusers.settings.settings import Settings
    from hubusers.telemetry.exporter import Exporter
    from hubusers.telemetry.readings import RunSoFar

LOG = get_logger(__name__)

_OBJECTS_BETWEEN_LOOKS = 200_000
"""Objects that are made, and not freed by then, after which Python's garbage collector looks."""


class RunControl:
    """Conducts the runs of one process, each through the phases of `Phase`.

    Every way out of the process (`Process`) leads through `end_process`, in whatever phase it is.

    Args:
        environment: Locust's.
        role: What this process does in a run: all of it, or the part of a master or a worker.
        access: How to get at the hub; None: as the options and the environment say, read by `start`.
    """

    def __init__(self, environment: Environment, role: Role, access: Access | None = None) -> None:
        self.environment = environment
        self.role = role
        self.before_run = BeforeRun(environment, access)
        self.phase = Phase.STARTING
        self.briefing = Briefing(run_id="")
        self.stopped_because = ""  # what stopped the run before its time
        self.event_ended = ""  # why the event is over
        self.was_interrupted = False  # by Ctrl-C or SIGTERM
        self.exporters: list[Callable[[RunSoFar], Exporter]] = []  # each makes an exporter of a run
        self.recording: recording.Recording | None = None  # of the present or last run, where this process conducts it
        self.exit_code: int | None = None  # None: Locust's own
        self._began = 0.0  # on the monotonic clock: when Locust began the test
        self._all_are_done = False  # in a run that is over when they are
        self._preparing = Progress(LOG)
        self.show_last: Callable[[], None] = lambda: None  # the answer of a run that the process does not outlive
        self._ending = RLock()
        role.control = self

    @property
    def options(self) -> argparse.Namespace:
        return cast(argparse.Namespace, self.environment.parsed_options)

    @property
    def run(self) -> Run | None:
        """The present or last run."""
        return run_of(self.environment)

    def _enter(self, phase: Phase) -> None:
        self.phase = next_phase(self.phase, phase)

    # Before a run

    def start(self) -> None:
        """Check what can be checked before Locust goes on.

        Raises:
            SettingsError, PreflightError: There cannot be a run; the text says why, and the remedy.
        """
        self.before_run.read_access()
        if self.role.conducts:
            self.before_run.check_at_start()
        self._enter(Phase.READY)

    @property
    def why_no_check_now(self) -> str:
        """What goes on that keeps the web UI from starting a run, in a sentence; "" when nothing does."""
        return "" if may_follow(self.phase, Phase.CHECKING) else why_no_run(self.phase)

    @contextmanager
    def checking(self) -> Iterator[None]:
        """Be in the phase in which the web UI checks what somebody typed.

        Raises:
            SettingsError: Something else goes on, which the text names.
        """
        before = self.phase
        if reason := self.why_no_check_now:
            raise SettingsError(reason)
        self._enter(Phase.CHECKING)
        try:
            yield
        finally:
            if self.phase is Phase.CHECKING:
                self._enter(before)
        if self.phase is Phase.QUITTING:
            raise SettingsError(why_no_run(self.phase))

    # A run

    def new_briefing(self, run_id: str) -> Briefing:
        """Return what all processes of a new run must know alike."""
        return self.before_run.new_briefing(run_id)

    def begin_run(self) -> None:
        """Begin a run: Locust starts a test.

        Raises:
            StopTest: There cannot be one now.
            GreenletExit: The process ends.
        """
        began = time.monotonic()
        if self.phase is Phase.QUITTING:
            raise GreenletExit  # of which Locust logs no traceback
        if not may_follow(self.phase, Phase.PREPARING):
            raise StopTest(f"No run can begin now: {why_no_run(self.phase)}")
        self.briefing = self.role.brief()
        try:
            settings = self.before_run.settings_for(self.briefing, self.environment.host)
            self.before_run.check_user_classes(settings, self.briefing)
        except SettingsError as error:
            self.role.refuse_run(str(error))
        self.environment.host = hub_url(settings.endpoint)
        self.exit_with(None)  # not with the code of an earlier run, in the web UI
        self.stopped_because = self.event_ended = ""
        self._began, self._all_are_done = began, False
        import_for(self._needed_in(settings))  # now, as nobody waits yet
        run = self.role.new_run(settings)
        if self.role.conducts:
            self.recording = recording.Recording(run, self, self.role, self.before_run.checked_hub, self.exporters)
        set_run(self.environment, run)
        self._enter(Phase.PREPARING)
        if self.role.has_users:
            _spare_collector_what_stays()
            run.generator.start()
        if self.recording:
            LOG.info("Run %s: %s", settings.run_id, who_comes(settings, self.options))
            for each in needs.coming(self.environment, settings.event):
                if sentence := each.what_they_do(settings):
                    LOG.info("%s", sentence)
            self._preparing = Progress(LOG)
            self.recording.start()
        else:
            LOG.info("Run %s begins", settings.run_id)
        self.role.let_people_come(run)
        if settings.lifecycles and self.role.conducts:
            gevent.spawn(self._stop_after_the_last_user)

    def _needed_in(self, settings: Settings) -> Iterator[Any]:
        """Yield the classes that do the work of a run in this process."""
        yield type(self.role)
        if self.role.has_users:
            yield from needs.coming(self.environment, settings.event)
        if self.role.conducts:
            yield recording.Recording

    def let_users_come(self, run: Run) -> bool:
        """Begin the time in which users come, if the run still is to begin; return whether it is."""
        if self.phase is not Phase.PREPARING or self.run is not run:
            return False
        self._enter(Phase.RUNNING)
        if self.recording:
            if run.settings.event:
                LOG.info("The event begins")
            self.recording.note_begin()
        run.begin()
        return True

    def note_all_came(self, users: int) -> None:
        """Take notice that Locust has handed out as many users as it was asked for; workers may not have begun yet."""
        if not self.role.conducts or self.briefing.event_text or self.phase is not Phase.RUNNING:
            return
        if self.role.workers_to_begin():
            gevent.spawn(self._say_that_all_came, users)
        else:
            self._say_that_all_came(users)

    def _say_that_all_came(self, users: int) -> None:
        while self.role.workers_to_begin() and self.phase is Phase.RUNNING:
            gevent.sleep(0.2)
        if self.phase is Phase.RUNNING:
            LOG.info("%s there", "The only user is" if users == 1 else f"All {users:,} users are")

    # The page Hub

    def page(self, after: float) -> dict[str, Any]:
        """Return what the page Hub shows, with the points that are later than `after` seconds of the run."""
        if not self.recording:
            return page_content.without_run(self.phase, self.environment.host or "")
        return self.recording.page(after)

    def report(self) -> Path | None:
        """Return where the report of the last run is; None before it is written, and where nothing is."""
        return self.recording.report if self.recording else None

    def may_end(self) -> bool:
        """Return whether no run is going on, and none is about to begin."""
        return self.phase in {Phase.STARTING, Phase.READY, Phase.STOPPED, Phase.QUITTING}

    def has_been_told_to_end(self) -> bool:
        """Return whether somebody wants the process to end now."""
        return self.was_interrupted or self.phase is Phase.QUITTING

    # An event

    def advance_event(self) -> None:
        """Take the event a step on; Locust's shape does it once a second."""
        self.role.advance()
        if self.phase is Phase.PREPARING and (made := self.totals().users_created):
            planned = counted(len(self.role.present_run.settings.people), "account")
            self._preparing.say(f"{made:,} of {planned} created")
        if self.phase is Phase.RUNNING and not self.event_ended:
            self.event_ended = run_ends.why_event_ends(self.recording, self.role) if self.recording else ""
            if self.event_ended:
                LOG.info("%s", self.event_ended)

    @property
    def event_is_over(self) -> bool:
        return self.phase is Phase.RUNNING and bool(self.event_ended)

    # What the processes of the run notice

    def note_spawns(self, process: str, spawns: SpawnCounts) -> None:
        if self.recording:
            self.recording.notices.note_spawns(process, spawns)

    def note_token_accepted_again(self, whose: str, refused: float, accepted: float) -> None:
        if self.recording:
            self.recording.notices.note_token_accepted_again(whose, refused, accepted)

    def note_strain(self, process: str, strain: Strain) -> None:
        if self.recording:
            self.recording.notices.note_strain(process, strain)

    # The end of a run

    def stop_early(self, reason: str) -> None:
        """Stop the run because something happened that makes going on useless or harmful."""
        if not self.stopped_because:
            self.stopped_because = reason
            self.exit_with(EXIT_FAILURES)  # unless targets say more
            LOG.error("%s", reason)
            gevent.spawn(self.role.stop_run)  # not here: the user that noticed is stopped with the others

    def _stop_after_the_last_user(self) -> None:
        runner = self.role.runner
        while self.phase in {Phase.PREPARING, Phase.RUNNING}:
            gevent.sleep(1)
            if runner.state != STATE_STOPPED and self.role.has_no_users():
                LOG.info("All users are done")
                self._all_are_done = True
                self.role.stop_run()
                return

    def note_stopping(self) -> None:
        """Take notice that Locust stops the test: nobody comes any more, and those who are there go."""
        if self.phase not in {Phase.PREPARING, Phase.RUNNING}:
            return  # Locust stops a test anew at Ctrl-C, also while it is being stopped
        with self._ending:  # two may stop a run at the same time; the second one goes on to its end, and waits there
            self._enter(Phase.STOPPING)
            cancel_run_time(self.environment)
            if self.recording:
                self.recording.note_stopping()
            self.role.stop_arrivals()
            if not (self.event_ended or self.stopped_because or self._all_are_done):
                self.stopped_because = run_ends.why_ended_early(
                    self.role.present_run.settings,
                    self.options,
                    time.monotonic() - self._began,
                    was_interrupted=self.was_interrupted,
                    has_own_shape=self.environment.shape_class is not None,
                )
            if self.recording:
                self.recording.note_end()

    def end_run(self) -> None:
        """Remove what the run made, and write its report; whoever comes second waits for that."""
        if not self._ending.acquire(blocking=False):
            if self.was_interrupted:
                LOG.info("The clean-up goes on; Ctrl-C once more ends it at once")
            self._ending.acquire()
        try:
            run = self.run
            if run and self.phase is Phase.STOPPING:
                if self.role.has_users:
                    run.generator.stop()
                    self.role.note_own_strain(run.generator.strain)
                self.role.clean_up(run)
                self.before_run.remove_first_servers()  # what could not be removed before the run counts in its answer
                if self.recording:
                    left = self.before_run.first_server_left
                    self.recording.write_report(self.stopped_because, first_server_left=left)
                self._enter(Phase.STOPPED)
                if not self.options.headless:
                    self.say_answer()
                if self.was_interrupted:
                    self.show_last()
        finally:
            self._ending.release()

    def totals(self) -> Totals:
        """Return what the run has made and removed, in all processes."""
        return self.role.totals() if self.run else Totals()

    def say_answer(self) -> None:
        """Say, once, what came of the run. Headless, this comes after Locust's tables, so that it stands last."""
        if self.recording:
            last_lines.say_answer(self.recording, self.options)

    # The end of the process

    def end_process(self) -> None:
        """End what is going on, in whatever phase: stop the run, remove what is left, and let the exit code tell."""
        if self.phase in {Phase.PREPARING, Phase.RUNNING, Phase.STOPPING}:
            if self.role.runner.state != STATE_STOPPED:
                self.role.runner.stop()
            # Where an interrupt broke off Locust's own stopping, it fires no event.
            self.note_stopping()
            self.end_run()
        if self.phase is Phase.CHECKING:
            self.exit_with(EXIT_INTERRUPTED)
        self._enter(Phase.QUITTING)
        self.before_run.remove_first_servers()
        self.role.await_clean_up()
        if self.is_something_left():
            self.exit_with(EXIT_LEFT_BEHIND)

    def exit_with(self, code: int | None) -> None:
        """Have the process end with an exit code, None for Locust's own."""
        self.exit_code = self.environment.process_exit_code = code

    def keep_exit_code(self) -> None:
        """Set the exit code again, where it says that not all was well.

        Locust's documentation has listeners that set one of their own, 0 where few requests fail. It may make a good
        end worse, and no other one better.
        """
        if self.exit_code:
            self.environment.process_exit_code = self.exit_code

    def is_something_left(self) -> bool:
        """Return whether the clean-up left something on the hub that should not be there."""
        return self.before_run.first_server_left or bool(self.run and not self.run.settings.keep and self.totals().left)


def _spare_collector_what_stays() -> None:
    """Have Python's garbage collector look only at what the run makes, and not again and again at all that is loaded.

    That would halt everybody for a tenth of a second each time. It also looks more seldom than after each 700 objects:
    those that a person needs are as many, and are freed without it when the person leaves.
    """
    gc.unfreeze()  # an earlier run has left much that nobody needs any more
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS)
