"""Conducts the runs of one process: the check before them, their beginning and end, the clean-up, the exit code."""

from locust.env import Environment
from locust.exception import StopTest
from locust.runners import STATE_STOPPED

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, cast

import gevent
from gevent import GreenletExit
from gevent.lock import RLock

from hubusers.accounts.ledger import Totals
from hubusers.durations import time_of_day
from hubusers.hub.client import HubClient
from hubusers.hub.endpoint import hub_url
from hubusers.live.page_content import Headway, without_run
from hubusers.live.recorder import Recorder, versions
from hubusers.log import Progress, get_logger
from hubusers.plugin.before_run import BeforeRun
from hubusers.plugin.exit_codes import EXIT_CANNOT_TEST, EXIT_FAILURES, EXIT_INTERRUPTED, EXIT_LEFT_BEHIND
from hubusers.plugin.messages import Briefing
from hubusers.plugin.role import Role
from hubusers.plugin.terminal import asks_for_tables, who_comes
from hubusers.report.plan_chart import show
from hubusers.results.folder import STOPPED_BY_SOMEBODY, RunInfo
from hubusers.run.failed_spawns import FailedInARow, SpawnCounts
from hubusers.run.generator_check import Strain, late_processes, why_not_reliable
from hubusers.run.hub_presence import HubPresence
from hubusers.run.phase import Phase, may_follow, next_phase
from hubusers.run.run import Run, run_of, set_run
from hubusers.run.user_class import NotesCrashes
from hubusers.settings.access import Access, SettingsError
from hubusers.settings.hub_check import LeftBehind, PreflightError

LOG = get_logger(__name__)

_ONE_SPELL = 10.0
"""Seconds between refusals of a token that are told as one."""


class RunControl:
    """Conducts the runs of one process, each through the phases of `Phase`.

    Every way out leads through `end_process`, in whatever phase the process is.

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
        self.recorder: Recorder | None = None
        self.strains: dict[str, Strain] = {}  # by process
        self.presence: HubPresence | None = None
        self._preparing = Progress(LOG)
        self._answered: Run | None = None  # the run whose answer was given
        self._failed_in_a_row = FailedInARow()
        self._token_refused_until: dict[str, float] = {}  # by whose token it was
        self.show_last: Callable[[], None] = lambda: None  # the answer of a run that the process does not outlive
        self._removed_before = 0  # what the run had removed when its clean-up began
        self._ending = RLock()
        role.control = self

    @property
    def options(self) -> argparse.Namespace:
        return cast(argparse.Namespace, self.environment.parsed_options)

    @property
    def run(self) -> Run | None:
        """The present or last run."""
        return run_of(self.environment)

    @property
    def has_event(self) -> bool:
        return bool(self.before_run.event_text)

    def _enter(self, phase: Phase) -> None:
        self.phase = next_phase(self.phase, phase)

    # Before a run

    def start(self) -> None:
        """Check what can be checked before Locust goes on; what is wrong ends Locust with one sentence."""
        try:
            if self.options.dry_run and self.role.conducts:
                show(self.before_run.drawn_event())
                self.quit(0)
            self.before_run.read_access()
            if self.role.conducts:
                self.before_run.check_at_start()
        except LeftBehind as error:
            self.quit_with(str(error), EXIT_LEFT_BEHIND)
        except (SettingsError, PreflightError) as error:
            self.quit_with(str(error), EXIT_CANNOT_TEST)
        except KeyboardInterrupt:
            self.quit(EXIT_INTERRUPTED)
        self._enter(Phase.READY)

    @property
    def why_no_check_now(self) -> str:
        """What goes on that keeps the web UI from starting a run, in a sentence; "" when nothing does."""
        return "" if may_follow(self.phase, Phase.CHECKING) else _WHY_NOT_NOW[self.phase]

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
            raise SettingsError(_WHY_NOT_NOW[self.phase])

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
        if self.phase is Phase.QUITTING:
            raise GreenletExit  # of which Locust logs no traceback
        if not may_follow(self.phase, Phase.PREPARING):
            raise StopTest(f"No run can begin now: {_WHY_NOT_NOW[self.phase]}")
        self.briefing = self.role.brief()
        try:
            settings = self.before_run.settings_for(self.briefing, self.environment.host)
            self.before_run.check_user_classes(settings, self.briefing)
        except SettingsError as error:
            self.role.refuse_run(str(error))
        self.environment.host = hub_url(settings.endpoint)
        self.environment.process_exit_code = None  # of an earlier run, in the web UI
        self.stopped_because = self.event_ended = ""
        self._failed_in_a_row = FailedInARow()
        self._token_refused_until = {}
        self.strains = {}
        run = Run(
            settings,
            worker=max(0, getattr(self.role.runner, "worker_index", 0)),
            share=self.role.share(),
            tried=self.briefing.tried,
            processes=max(1, len(self.briefing.workers)),
            stop=self.role.report_trouble,
            spawns_changed=self.role.note_spawns,
            token_accepted_again=self.role.note_token_accepted_again,
            strained=self.role.note_own_strain,
        )
        set_run(self.environment, run)
        self._enter(Phase.PREPARING)
        if self.role.has_users:
            run.generator.start()
        if self.role.conducts:
            LOG.info("Run %s: %s", settings.run_id, who_comes(settings, self.options))
            self._preparing = Progress(LOG)
            self._record(run)
        else:
            LOG.info("Run %s begins", settings.run_id)
        self.role.let_people_come(run)
        if settings.lifecycles and self.role.conducts:
            gevent.spawn(self._stop_after_the_last_user)

    def let_users_come(self, run: Run) -> bool:
        """Begin the time in which users come, if the run still is to begin; return whether it is."""
        if self.phase is not Phase.PREPARING or self.run is not run:
            return False
        self._enter(Phase.RUNNING)
        if self.recorder and self.role.conducts:
            if run.settings.event:
                LOG.info("The event begins")
            self.recorder.note_begin()
        run.begin()
        return True

    def note_all_came(self, users: int) -> None:
        """Take notice that as many users are there as Locust was asked for."""
        if self.role.conducts and not self.has_event and self.phase is Phase.RUNNING:
            LOG.info("All %s users are there", f"{users:,}")

    def _record(self, run: Run) -> None:
        """Watch the hub, and write the run down, from here."""
        settings, event, checked = run.settings, run.settings.event, self.before_run.checked_hub
        info = RunInfo(
            run_id=settings.run_id,
            hub=hub_url(settings.endpoint),
            began=time.time(),
            title=event.title if event else "",
            hub_version=checked.version if checked else "",
            spawner=checked.spawner if checked else "",
            planned_people=len(settings.people) if event else None,
            **({} if event else self._asked_for()),
            versions=versions(),
            options=settings.shown(),
            changed_options=settings.changed(),
        )
        anonymous = HubClient(settings.endpoint, run.connections())
        patience = settings.server_timeout
        self.presence = HubPresence(anonymous, self._note, run.note_hub_away, self._stop_for_hub, patience)
        self.recorder = Recorder(
            run,
            self.environment,
            info,
            self.before_run.event_text,
            self.role,
            lambda: self.phase,
            aloud=self.options.headless or self.options.autostart,
            note_probe=self.presence.note_probe,
        )
        self.recorder.start()

    def _note(self, sentence: str) -> None:
        if self.recorder:
            self.recorder.note(sentence)

    def _stop_for_hub(self, reason: str) -> None:
        if self.phase is not Phase.STOPPING:
            self.stop_early(reason)

    def _asked_for(self) -> dict[str, Any]:
        """Return who comes in a run without an event, and how long it lasts, as Locust was told."""
        options = self.options
        return {
            "users": options.num_users or 1,  # Locust's own defaults
            "spawn_rate": float(options.spawn_rate or 1),
            "run_time": float(options.run_time) if options.run_time else None,
            "user_classes": list(self.briefing.user_classes),
        }

    # The page Hub

    def page(self, after: float) -> dict[str, Any]:
        """Return what the page Hub shows, with the points that are later than `after` seconds of the run."""
        if not self.recorder:
            return without_run(self.phase, self.environment.host or "")
        return self.recorder.page(after, self._headway(), self._hub_away())

    def report(self) -> Path | None:
        """Return where the report of the last run is; None before it is written, and where nothing is."""
        return self.recorder.report if self.recorder else None

    def _headway(self) -> Headway | None:
        run, totals = self.run, self.totals()
        if not run:
            return None
        if self.phase is Phase.PREPARING and run.settings.event and run.accounts.are_made:
            return Headway("accounts made", totals.users_created, len(run.settings.people))
        if self.phase is Phase.STOPPING and not run.settings.keep:
            what = "users removed" if run.accounts.are_made else "servers removed"
            removed = max(0, _removed(run, totals) - self._removed_before)
            return Headway(what, removed, removed + totals.left)
        return None

    def _hub_away(self) -> float | None:
        """Return since when the hub has been away, in seconds since the epoch; None while it answers."""
        absences = self.presence.absences if self.presence and self.phase in {Phase.RUNNING, Phase.STOPPING} else []
        return absences[-1].began if absences and absences[-1].back is None else None

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
            self._preparing.say(f"{made:,} of {len(self.role.present_run.settings.people):,} accounts created")
        if self.phase is Phase.RUNNING and not self.event_ended:
            self.event_ended = self._why_event_ends()
            if self.event_ended:
                LOG.info("%s", self.event_ended)

    @property
    def event_is_over(self) -> bool:
        return self.phase is Phase.RUNNING and bool(self.event_ended)

    def _why_event_ends(self) -> str:
        """Return why the event is over, or "" as long as it is not."""
        run, recorder = self.run, self.recorder
        event = run.settings.event if run else None
        if not run or not recorder or not event:
            return ""
        if event.ends_after is not None and run.elapsed >= event.scaled(event.ends_after):
            return "The event ends, as its file says"
        if recorder.has_missed_step():
            return "A target was missed, so the event climbs no further"
        if self.role.everybody_has_left():
            return "Everybody has come, and has left again"
        return ""

    def note_request(
        self, request_type: str, name: str, response_time: float, exception: BaseException | None, **_: Any
    ) -> None:
        """Keep the exact time of each request; what else is counted in Locust's statistics has its own records."""
        if self.run and request_type not in {"SERVER", "STEP"}:
            seconds = response_time / 1000
            failure = str(exception) if exception else ""
            self.run.results.requests.note(f"{request_type} {name}", time.time() - seconds, seconds, failure)

    def note_user_error(self, user_instance: object, exception: Exception, **_: Any) -> None:
        """Have a person counted whom an exception in the code of the user class kept from going on."""
        # For an exception in a task, Locust names the user's task set in place of the user.
        user = getattr(user_instance, "user", user_instance)
        if isinstance(user, NotesCrashes):
            user.note_crash(exception)

    def note_spawns(self, process: str, spawns: SpawnCounts) -> None:
        """Take in what one process counts by now; too many failed spawns in a row stop the run."""
        assert self.run
        limit, before = self.run.settings.failed_spawns_to_stop, self._failed_in_a_row.count
        count = self._failed_in_a_row.note(process, spawns)
        if count != before:
            self.role.tell_failed_in_a_row(count)
        if self.presence:
            self.presence.note_failed_in_a_row(count)
        if count >= limit > 0:
            self.stop_early(
                f"{limit} spawns in a row failed, so the run ends: a hub with consecutive_failure_limit would soon "
                "exit. (--stop-after-failed-spawns 0 goes on regardless.)"
            )

    def note_token_accepted_again(self, whose: str, refused: float, accepted: float) -> None:
        """Say once, whichever processes saw it, that the hub has refused a token for a while, and accepts it again."""
        told_before = refused <= self._token_refused_until.get(whose, 0.0) + _ONE_SPELL
        self._token_refused_until[whose] = max(accepted, self._token_refused_until.get(whose, 0.0))
        if not told_before:
            moment = time_of_day(refused)
            self._note(
                f"The hub refused {whose} from {moment} for {max(1.0, accepted - refused):.0f} s and then accepted it "
                "again. A hub whose database fails does so; so does a hub on which sessions end."
            )

    def note_strain(self, process: str, strain: Strain) -> None:
        """Take in how hard it was for a process so far; say so when it was too hard for the first time."""
        before = self.strains.get(process, Strain())
        self.strains[process] = strain
        if strain.strained and not before.strained:
            LOG.warning("%s", why_not_reliable(list(self.strains.values())))

    # The end of a run

    def stop_early(self, reason: str) -> None:
        """Stop the run because something happened that makes going on useless or harmful."""
        if not self.stopped_because:
            self.stopped_because = reason
            self.environment.process_exit_code = EXIT_FAILURES  # unless targets say more
            LOG.error("%s", reason)
            gevent.spawn(self._stop_or_quit)  # not here: the user that noticed is stopped with the others

    def _stop_after_the_last_user(self) -> None:
        runner = self.role.runner
        while self.phase in {Phase.PREPARING, Phase.RUNNING}:
            gevent.sleep(1)
            if runner.state != STATE_STOPPED and self.role.has_no_users():
                LOG.info("All users are done")
                self._stop_or_quit()
                return

    def _stop_or_quit(self) -> None:
        """Stop the run, and quit as well where nobody could start another one."""
        if self.options.headless:
            self.role.runner.quit()
        else:
            self.role.runner.stop()

    def note_stopping(self) -> None:
        """Take notice that Locust stops the test: nobody comes any more, and those who are there go."""
        if self.phase not in {Phase.PREPARING, Phase.RUNNING}:
            return  # Locust stops a test anew at Ctrl-C, also while it is being stopped
        self._enter(Phase.STOPPING)
        if self.run:
            self._removed_before = _removed(self.run, self.totals())
        self.role.stop_arrivals()
        if self._has_an_end() and not self.event_ended and not self.stopped_because:
            self.stopped_because = STOPPED_BY_SOMEBODY
        if self.recorder and self.role.conducts:
            self.recorder.note_end()

    def _has_an_end(self) -> bool:
        """Return whether the run would have gone on to an end of its own, had nobody stopped it."""
        if not self.run:
            return False
        settings = self.run.settings
        # Without an event, Locust stops a run in the same way when its time is over.
        ends = bool(settings.lifecycles or self.options.run_time) and self.was_interrupted
        return settings.event is not None or ends

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
                self._write_report(run)
                self._enter(Phase.STOPPED)
                if not self.options.headless:
                    self.say_answer()
                if self.was_interrupted:
                    self.show_last()
        finally:
            self._ending.release()

    def _write_report(self, run: Run) -> None:
        """Write the report; its answer becomes the exit code."""
        if not self.recorder or self.recorder.run is not run:
            return
        if self.presence:
            self.presence.end()
        if (held := self.role.held()).starts:
            self._note(str(held))
        info = self.recorder.info
        info.generator = why_not_reliable(list(self.strains.values()))
        info.hub_absences = list(self.presence.absences) if self.presence else []
        info.late_processes = late_processes(list(self.strains.values()))
        info.ended_because = self.stopped_because
        info.was_interrupted = self.was_interrupted
        info.clean_up = run.summary(self.totals())
        info.left_behind = 0 if run.settings.keep else self.totals().left
        self.role.complete(info)
        answer = self.recorder.finish()
        if answer.outcomes:
            self.environment.process_exit_code = answer.exit_code
        elif answer.answer == "failures":
            self.environment.process_exit_code = self.options.exit_code_on_error  # Locust's own option
        elif answer.exit_code:
            self.environment.process_exit_code = answer.exit_code

    def totals(self) -> Totals:
        """Return what the run has made and removed, in all processes."""
        return self.role.totals() if self.run else Totals()

    def say_answer(self) -> None:
        """Say, once, what came of the run. Headless, this comes after Locust's tables, so that it stands last.

        Logs:
            INFO the verdict, what limited the hub, what is left, and where the report is; before them, where tables are
            asked for, what was measured.
        """
        run = self.run
        if not run or self._answered is run or not self.role.conducts:
            return
        self._answered = run
        recorder = self.recorder if self.recorder and self.recorder.run is run else None
        if asks_for_tables(self.options):
            run.say_measured()
        if too_much := why_not_reliable(list(self.strains.values())):  # by now for longer than when it was said first
            LOG.warning("%s", too_much)
        for sentence in recorder.answer if recorder else []:
            LOG.info("%s", sentence)
        LOG.info("%s", run.summary(self.totals()))
        if recorder and recorder.report:
            LOG.info("The report is in %s", recorder.report)

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
            self.environment.process_exit_code = EXIT_INTERRUPTED
        self._enter(Phase.QUITTING)
        self.before_run.remove_first_servers()
        self.role.await_clean_up()
        if self._is_something_left():
            self.environment.process_exit_code = EXIT_LEFT_BEHIND

    def end_process_at_exit(self) -> None:
        """End the process where Locust fires no event, as after an exception in its own code."""
        self.end_process()
        self.say_answer()

    def _is_something_left(self) -> bool:
        return self.before_run.first_server_left or bool(self.run and not self.run.settings.keep and self.totals().left)

    def quit_with(self, reason: str, code: int) -> NoReturn:
        """Say why there can be no run, and quit."""
        for line in reason.splitlines():  # an event file has a line for each mistake
            LOG.error("%s", line)
        self.quit(code)

    def quit(self, code: int) -> NoReturn:
        """Quit where Locust does not wait for the end of a test yet, and would fire no event."""
        self.end_process()
        self.role.quit(EXIT_LEFT_BEHIND if self._is_something_left() else code)

    def note_interrupt(self) -> None:
        """Take notice of Ctrl-C or SIGTERM, of which Locust's main greenlet is going to hear."""
        self.was_interrupted = True
        if self.role.conducts and self.options.headless and self.phase is Phase.READY:
            self.quit(EXIT_INTERRUPTED)  # while Locust waits for workers, it would show a traceback

    def quit_at_once(self) -> NoReturn:
        """End the process in the middle of its clean-up, because somebody pressed Ctrl-C again; say what is left."""
        for summary in self.before_run.summaries():
            LOG.info("%s", summary)
        if self.run:
            LOG.info("%s", self.run.summary(self.totals()))
        sys.stdout.flush()
        os._exit(EXIT_INTERRUPTED)


def _removed(run: Run, totals: Totals) -> int:
    """Return how many of what a run has to remove, users or servers, are gone by now."""
    return totals.users_removed if run.accounts.are_made else totals.servers_removed


_WHY_NOT_NOW = {
    Phase.STARTING: "Locust is still starting.",
    Phase.CHECKING: "Another test is about to start; wait for it.",
    Phase.PREPARING: "A test is being prepared already.",
    Phase.RUNNING: "A test is running already.",
    Phase.STOPPING: "The clean-up of the test before goes on; start again when it is done.",
    Phase.QUITTING: "Locust is quitting.",
}
