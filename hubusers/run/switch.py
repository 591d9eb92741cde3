"""Switching the parts of a run on: what answers to which of Locust's events, in one process, master or worker."""

from locust import events as locust_events
from locust.env import Environment
from locust.event import Events
from locust.exception import StopTest
from locust.runners import STATE_MISSING, STATE_RUNNING, STATE_STOPPED, MasterRunner, Runner, WorkerRunner
from locust.web import WebUI

import argparse
import atexit
import os
import signal
import sys
from typing import Any, NoReturn, cast

import gevent
from gevent.lock import RLock

from hubusers.hub.endpoint import hub_url
from hubusers.hub.log import get_logger
from hubusers.hub.waiting import Deadline
from hubusers.run.ledger import Totals
from hubusers.run.names import new_run_id
from hubusers.run.options import Access, Settings, SettingsError, access_from, add_options, settings_from
from hubusers.run.preflight import LeftBehind, PreflightError, check_hub
from hubusers.run.run import Run, run_of, set_run
from hubusers.run.spawns import FailedInARow, Spawns
from hubusers.run.trial import try_one_server
from hubusers.run.web import check_before_swarm, warn_if_open

LOG = get_logger(__name__)

EXIT_PREFLIGHT = 2
EXIT_LEFT_BEHIND = 3
EXIT_INTERRUPTED = 130

_WORKERS_ARRIVE_WITHIN = 5.0
"""Seconds that workers of `--processes` need at most to find their master."""

_WORKERS_REPORT_WITHIN = 30.0
"""Seconds that a worker gets to report, on top of the time that its own clean-up takes at most."""

_STOP = "hubusers_stop"
_CLEANED_UP = "hubusers_cleaned_up"
_FAILED_SPAWN = "hubusers_failed_spawn"
_TROUBLE = "hubusers_trouble"
_FIGURES = "hubusers"
"""Under which key a worker's figures travel in Locust's own regular report to the master."""


def switch_on(events: Events = locust_events) -> None:
    """Switch on, in a locustfile, everything that surrounds a run: options, preflight check, names and clean-up."""
    events.init_command_line_parser.add_listener(add_options)
    events.init.add_listener(_on_init)


def _on_init(environment: Environment, runner: Runner | None, web_ui: WebUI | None, **_: Any) -> None:
    if isinstance(runner, WorkerRunner):
        surroundings: _Surroundings = _WorkerSurroundings(environment, runner)
    elif isinstance(runner, MasterRunner):
        surroundings = _MasterSurroundings(environment, runner)
    else:
        surroundings = _Surroundings(environment, runner)
    _hand_interrupts_to_the_main_greenlet(surroundings)
    surroundings.preflight()
    if web_ui:
        warn_if_open(surroundings.options)
        check_before_swarm(web_ui, environment, surroundings.access, surroundings.check)
    events = environment.events
    events.test_start.add_listener(lambda **_: surroundings.test_start())
    events.test_stopping.add_listener(lambda **_: surroundings.test_stopping())
    events.test_stop.add_listener(lambda **_: surroundings.test_stop())
    events.quitting.add_listener(lambda **_: surroundings.quitting())
    events.quit.add_listener(lambda **_: surroundings.say_summary())
    # Whatever way out Locust takes that fires no event, such as an exception in its own code.
    atexit.register(surroundings.quitting)


def _hand_interrupts_to_the_main_greenlet(surroundings: "_Surroundings") -> None:
    # Python raises KeyboardInterrupt in whichever greenlet happens to run: a user's, which would end without Locust's
    # noticing, or the one that spawns users, which would then kill itself instead of stopping the test.
    hub = gevent.get_hub()
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        if interrupted:
            surroundings.give_up()
        interrupted = True
        hub.handle_system_error(KeyboardInterrupt, KeyboardInterrupt())

    gevent.signal_handler(signal.SIGINT, interrupt)


class _Surroundings:
    """What surrounds a run in a process that has its own users: no workers, or a worker itself."""

    def __init__(self, environment: Environment, runner: Runner | None) -> None:
        self.environment = environment
        self.runner = runner
        self.finished = False
        self.ending = False
        self.stopping = RLock()
        self.failed_in_a_row = FailedInARow()
        options = self.options
        try:
            # Once, and here: what a master hands to its workers replaces theirs of these options as well.
            self.access: Access = access_from(options.hub_token_file, options.ca_bundle, options.insecure)
        except SettingsError as error:
            self.refuse(str(error))

    @property
    def options(self) -> argparse.Namespace:
        return cast(argparse.Namespace, self.environment.parsed_options)

    @property
    def run(self) -> Run | None:
        return run_of(self.environment)

    def preflight(self) -> None:
        """Check the options and, if it is known already, the hub; in the web UI, all of it may still be changed."""
        options = self.options
        starts_by_itself = options.headless or options.autostart
        try:
            host = self.environment.host or (None if starts_by_itself else "http://not-known-yet")
            settings = settings_from(options, host, new_run_id(), self.access)
            if self.environment.host:
                self.check(settings, with_trial=starts_by_itself)
        except LeftBehind as error:
            self.refuse(str(error), EXIT_LEFT_BEHIND)
        except (SettingsError, PreflightError) as error:
            self.refuse(str(error))
        except KeyboardInterrupt:
            sys.exit(EXIT_INTERRUPTED)

    def check(self, settings: Settings, with_trial: bool = True) -> None:
        """Look at the hub, then try one server; raise PreflightError when it cannot be tested."""
        findings = check_hub(settings.endpoint, self.access)
        self.environment.host = hub_url(settings.endpoint)
        LOG.info("JupyterHub %s at %s, token of %s", findings.version, self.environment.host, findings.owner)
        if with_trial and settings.failed_spawns_to_stop:
            run = Run(settings, worker=0, stop=lambda _: None, failed_spawn=lambda _: None)
            # The run for the time being, so that an interrupt, or the end of Locust, cleans up after it as well.
            set_run(self.environment, run)
            self.finished = False
            try_one_server(run)

    def refuse(self, reason: str, code: int = EXIT_PREFLIGHT) -> NoReturn:
        LOG.error("%s", reason)
        sys.exit(code)

    def test_start(self) -> None:
        self.choose_run_id()
        try:
            settings = settings_from(self.options, self.environment.host, self.options.run_id, self.access)
        except SettingsError as error:
            raise StopTest(str(error)) from None
        self.environment.host = hub_url(settings.endpoint)
        self.finished = self.ending = False
        self.failed_in_a_row = FailedInARow()
        worker = max(0, getattr(self.runner, "worker_index", 0))
        set_run(self.environment, Run(settings, worker, self.stop_for, self.failed_spawn))
        LOG.info("Run %s: users are named %s-%s-…", settings.run_id, settings.prefix, settings.run_id)
        if settings.lifecycles:
            gevent.spawn(self.end_with_the_last_user)

    def choose_run_id(self) -> None:
        # Among the options, because those are what a master hands to its workers.
        self.options.run_id = new_run_id()

    def end_with_the_last_user(self) -> None:
        runner = self.runner
        while runner and runner.state != STATE_STOPPED:
            gevent.sleep(1)
            if runner.state == STATE_RUNNING and runner.user_count == 0:
                LOG.info("All users are done")
                self.end()
                return

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
            LOG.error("%s", reason)
            gevent.spawn(self.end)  # not here: the user that noticed is stopped with the others

    def failed_spawn(self, spawns: Spawns) -> None:
        self.count_failed_spawns("", spawns)

    def count_failed_spawns(self, process: str, spawns: Spawns) -> None:
        assert self.run
        limit = self.run.settings.failed_spawns_to_stop
        if self.failed_in_a_row.note(process, spawns) >= limit > 0:
            self.stop_for(
                f"{limit} spawns in a row failed, so the run ends: a hub with consecutive_failure_limit would soon "
                "exit. (--stop-after-failed-spawns 0 goes on regardless.)"
            )

    def test_stopping(self) -> None:
        """Nothing to do yet, where there are no workers."""

    def test_stop(self) -> None:
        # Locust stops a test anew at Ctrl-C, also while it is being stopped already.
        if not self.stopping.acquire(blocking=False):
            LOG.info("The clean-up goes on; Ctrl-C once more ends it at once")
            self.stopping.acquire()
        try:
            if self.run and not self.finished:
                self.clean_up(self.run)
                self.finished = True
                if not self.options.headless:
                    self.say_summary()
        finally:
            self.stopping.release()

    def clean_up(self, run: Run) -> None:
        run.finish_alone()

    def quitting(self) -> None:
        """Make sure, on every way out, that the test is stopped, cleaned up after, and that the exit code tells."""
        if not self.run:
            return
        if self.runner and self.runner.state != STATE_STOPPED:
            self.runner.stop()
        self.test_stop()  # the runner fires no event where an interrupt broke off its own stopping
        if self.totals().users_left and not self.run.settings.keep:
            self.environment.process_exit_code = EXIT_LEFT_BEHIND

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
            LOG.info("%s", self.run.summary(self.totals()))


class _WorkerSurroundings(_Surroundings):
    """A worker cleans up in the background, because Locust gives up a worker that does not listen for a minute."""

    def __init__(self, environment: Environment, runner: WorkerRunner) -> None:
        super().__init__(environment, runner)
        self.worker = runner
        self.cleaning: gevent.Greenlet[..., None] | None = None
        runner.register_message(_STOP, lambda **_: runner.stop(), concurrent=True)
        environment.events.report_to_master.add_listener(self.report)

    def preflight(self) -> None:
        """Leave it to the master."""

    def report(self, data: dict[str, Any], **_: Any) -> None:
        if self.run:
            data[_FIGURES] = self.figures(self.run)

    def figures(self, run: Run) -> dict[str, Any]:
        return {
            "run_id": run.settings.run_id,
            "totals": run.ledger.totals().as_message(),
            "spawns": run.spawns.as_message(),
        }

    def stop_for(self, reason: str) -> None:
        self.worker.send_message(_TROUBLE, {"reason": reason})

    def failed_spawn(self, spawns: Spawns) -> None:
        assert self.run
        self.worker.send_message(_FAILED_SPAWN, self.figures(self.run))

    def choose_run_id(self) -> None:
        """Keep the one that came from the master."""

    def end_with_the_last_user(self) -> None:
        """Leave it to the master, who knows of all users."""

    def clean_up(self, run: Run) -> None:
        self.cleaning = gevent.spawn(self.finish_and_report, run)

    def finish_and_report(self, run: Run) -> None:
        run.finish()
        LOG.info("%s", run.summary(run.ledger.totals()))
        self.worker.send_message(_CLEANED_UP, self.figures(run))

    def quitting(self) -> None:
        super().quitting()
        if self.cleaning:
            self.cleaning.join()

    def say_summary(self) -> None:
        """Said already, when the clean-up was done; the last line is the master's."""


class _MasterSurroundings(_Surroundings):
    """The master has no users of its own; it waits for its workers' clean-up, then looks for what is left."""

    def __init__(self, environment: Environment, runner: MasterRunner) -> None:
        super().__init__(environment, runner)
        self.master = runner
        self.reports: dict[str, Totals] = {}
        self.done: set[str] = set()
        self.awaited: set[str] = set()
        runner.register_message(_CLEANED_UP, self.note_cleaned_up)
        runner.register_message(_FAILED_SPAWN, lambda msg, **_: self.note(msg.node_id, msg.data))
        runner.register_message(_TROUBLE, lambda msg, **_: self.stop_for(msg.data["reason"]))
        environment.events.worker_report.add_listener(self.note_report)

    def refuse(self, reason: str, code: int = EXIT_PREFLIGHT) -> NoReturn:
        LOG.error("%s", reason)
        # Workers that --processes forked would look for their master for minutes: let them come, and send them home.
        master = cast(MasterRunner, self.runner)
        deadline = Deadline(_WORKERS_ARRIVE_WITHIN)
        while len(master.clients) < (self.options.processes or 0) and deadline.remaining() > 0:
            deadline.sleep(0.1)
        master.quit()
        sys.exit(code)

    def note_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        if _FIGURES in data:
            self.note(client_id, data[_FIGURES])

    def note_cleaned_up(self, msg: Any, **_: Any) -> None:
        if self.note(msg.node_id, msg.data):
            self.done.add(msg.node_id)

    def note(self, worker: str, figures: dict[str, Any]) -> bool:
        """Take in what a worker tells of itself; return False when it is of an earlier run, or too late."""
        if not self.run or figures["run_id"] != self.run.settings.run_id or self.finished:
            return False
        self.reports[worker] = Totals(**figures["totals"])
        self.count_failed_spawns(worker, Spawns(**figures["spawns"]))
        return True

    def test_start(self) -> None:
        self.reports, self.done, self.awaited = {}, set(), set()
        super().test_start()

    def test_stopping(self) -> None:
        self.awaited = {worker.id for worker in self.master.clients.all if worker.state != STATE_MISSING}

    def clean_up(self, run: Run) -> None:
        # When Locust quits, it has not told its workers to stop yet, and will not listen once it has.
        self.master.send_message(_STOP)
        self.await_workers(run)
        if not run.settings.keep and run.take_over_what_is_left():
            # What the hub still lists is now in this process's own ledger.
            self.reports = {
                worker: totals if worker in self.done else totals.settled() for worker, totals in self.reports.items()
            }
            run.finish()

    def await_workers(self, run: Run) -> None:
        deadline = Deadline(run.settings.server_timeout + self.master.target_user_count + _WORKERS_REPORT_WITHIN)
        while self.awaited - self.done and deadline.remaining() > 0:
            deadline.sleep(0.1)
            self.awaited -= {worker.id for worker in self.master.clients.missing}

    def totals(self) -> Totals:
        return sum(self.reports.values(), super().totals())
