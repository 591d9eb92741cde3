"""Switching the parts of a run on: what answers to which of Locust's events, in one process, master or worker."""

from locust import events as locust_events
from locust.env import Environment
from locust.event import Events
from locust.exception import StopTest
from locust.runners import STATE_MISSING, STATE_RUNNING, STATE_STOPPED, MasterRunner, Runner, WorkerRunner
from locust.web import WebUI

import argparse
import atexit
import logging
import os
import signal
import sys
from typing import Any, NoReturn, cast

import gevent

from hubusers.hub.endpoint import hub_url
from hubusers.hub.waiting import Deadline
from hubusers.run.ledger import Totals
from hubusers.run.names import new_run_id
from hubusers.run.options import SettingsError, add_options, read_token, settings_from
from hubusers.run.preflight import PreflightError, check_hub
from hubusers.run.run import Run, run_of, set_run
from hubusers.run.web import check_before_swarm

LOG = logging.getLogger(__name__)

EXIT_PREFLIGHT = 2
EXIT_LEFT_BEHIND = 3
EXIT_INTERRUPTED = 130

_WORKERS_ARRIVE_WITHIN = 5.0
"""Seconds that workers of `--processes` need at most to find their master."""

_WORKERS_REPORT_WITHIN = 30.0
"""Seconds that a worker gets to report, on top of the time that its own clean-up takes at most."""

_STOP = "hubusers_stop"
_CLEANED_UP = "hubusers_cleaned_up"


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
        check_before_swarm(web_ui, environment)
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

    @property
    def options(self) -> argparse.Namespace:
        return cast(argparse.Namespace, self.environment.parsed_options)

    @property
    def run(self) -> Run | None:
        return run_of(self.environment)

    def preflight(self) -> None:
        """Check the hub, if it is known already; in the web UI it may be typed in later."""
        try:
            settings = settings_from(self.options, self.environment.host or "http://not-known-yet", run_id="")
            if self.environment.host:
                findings = check_hub(settings.endpoint, settings.token)
                self.environment.host = hub_url(settings.endpoint)
                LOG.info("JupyterHub %s at %s, token of %s", findings.version, self.environment.host, findings.owner)
            elif self.options.headless:
                settings_from(self.options, None, run_id="")
        except (SettingsError, PreflightError) as error:
            self.refuse(str(error))

    def refuse(self, reason: str) -> NoReturn:
        LOG.error("%s", reason)
        sys.exit(EXIT_PREFLIGHT)

    def test_start(self) -> None:
        self.choose_run_id()
        try:
            settings = settings_from(self.options, self.environment.host, self.options.run_id)
        except SettingsError as error:
            raise StopTest(str(error)) from None
        self.environment.host = hub_url(settings.endpoint)
        self.finished = False
        set_run(self.environment, Run(settings, max(0, getattr(self.runner, "worker_index", 0))))
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
                if self.options.headless:
                    runner.quit()
                else:
                    runner.stop()
                return

    def test_stopping(self) -> None:
        """Nothing to do yet, where there are no workers."""

    def test_stop(self) -> None:
        if self.run and not self.finished:
            self.clean_up(self.run)
            self.finished = True
            if not self.options.headless:
                self.say_summary()

    def clean_up(self, run: Run) -> None:
        run.finish()

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
        self.say_summary()
        sys.stdout.flush()
        os._exit(EXIT_LEFT_BEHIND if self.totals().users_left else EXIT_INTERRUPTED)

    def totals(self) -> Totals:
        return self.run.ledger.totals() if self.run else Totals()

    def say_summary(self) -> None:
        if self.run:
            LOG.info("%s", self.run.summary(self.totals()))


class _WorkerSurroundings(_Surroundings):
    """A worker cleans up in the background, because Locust gives up a worker that does not listen for a minute."""

    def __init__(self, environment: Environment, runner: WorkerRunner) -> None:
        super().__init__(environment, runner)
        self.cleaning: gevent.Greenlet[..., None] | None = None
        runner.register_message(_STOP, lambda **_: runner.stop(), concurrent=True)

    def preflight(self) -> None:
        """Only look whether there is a token: the master has checked the hub."""
        try:
            read_token(self.options.hub_token_file)
        except SettingsError as error:
            self.refuse(str(error))

    def choose_run_id(self) -> None:
        """Keep the one that came from the master."""

    def end_with_the_last_user(self) -> None:
        """Leave it to the master, who knows of all users."""

    def clean_up(self, run: Run) -> None:
        self.cleaning = gevent.spawn(self.finish_and_report, run)

    def finish_and_report(self, run: Run) -> None:
        run.finish()
        LOG.info("%s", run.summary(run.ledger.totals()))
        assert self.runner
        self.runner.send_message(_CLEANED_UP, {"run_id": run.settings.run_id, **run.ledger.totals().as_message()})

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
        self.awaited: set[str] = set()
        runner.register_message(_CLEANED_UP, self.note_report)

    def refuse(self, reason: str) -> NoReturn:
        LOG.error("%s", reason)
        # Workers that --processes forked would look for their master for minutes: let them come, and send them home.
        deadline = Deadline(_WORKERS_ARRIVE_WITHIN)
        while len(self.master.clients) < (self.options.processes or 0) and deadline.remaining() > 0:
            deadline.sleep(0.1)
        self.master.quit()
        sys.exit(EXIT_PREFLIGHT)

    def note_report(self, msg: Any, **_: Any) -> None:
        if self.run and msg.data.pop("run_id") == self.run.settings.run_id:
            self.reports[msg.node_id] = Totals(**msg.data)

    def test_start(self) -> None:
        self.reports, self.awaited = {}, set()
        super().test_start()

    def test_stopping(self) -> None:
        self.awaited = {worker.id for worker in self.master.clients.all if worker.state != STATE_MISSING}

    def clean_up(self, run: Run) -> None:
        # When Locust quits, it has not told its workers to stop yet, and will not listen once it has.
        self.master.send_message(_STOP)
        self.await_reports(run)
        run.remove_what_workers_left()

    def await_reports(self, run: Run) -> None:
        deadline = Deadline(run.settings.server_timeout + self.master.target_user_count + _WORKERS_REPORT_WITHIN)
        while self.awaited - self.reports.keys() and deadline.remaining() > 0:
            deadline.sleep(0.1)
            self.awaited -= {worker.id for worker in self.master.clients.missing}

    def totals(self) -> Totals:
        return sum(self.reports.values(), super().totals())
