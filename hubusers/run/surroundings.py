"""What surrounds a run in one process that has users: the look before it, the clean-up after it, the exit code."""

from locust.env import Environment
from locust.exception import StopTest
from locust.runners import STATE_RUNNING, STATE_STOPPED, Runner

import argparse
import os
import sys
from typing import NoReturn, cast

import gevent
from gevent.lock import RLock

from hubusers.hub.endpoint import hub_url
from hubusers.hub.log import get_logger
from hubusers.run.generator_check import Strain, verdict
from hubusers.run.ledger import Totals
from hubusers.run.names import new_run_id
from hubusers.run.options import Access, Settings, SettingsError, access_from, settings_from
from hubusers.run.preflight import LeftBehind, PreflightError, check_hub
from hubusers.run.run import Run, run_of, set_run
from hubusers.run.spawns import FailedInARow, Spawns
from hubusers.run.trial import try_one_server

LOG = get_logger(__name__)

EXIT_PREFLIGHT = 2
EXIT_LEFT_BEHIND = 3
EXIT_INTERRUPTED = 130


class Surroundings:
    """Of a process that has its own users: the only one of a run or, in a subclass, a worker."""

    def __init__(self, environment: Environment, runner: Runner | None) -> None:
        self.environment = environment
        self.runner = runner
        self.finished = False
        self.ending = False
        self.stopping = RLock()
        self.failed_in_a_row = FailedInARow()
        self.strains: dict[str, Strain] = {}
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
            run = Run(settings, worker=0)
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
        self.strains = {}
        run = Run(settings, worker, stop=self.stop_for, failed_spawn=self.failed_spawn, strained=self.strained)
        set_run(self.environment, run)
        self.watch_generator(run)
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
        """Nothing to do yet, where there are no workers."""

    def test_stop(self) -> None:
        # Locust stops a test anew at Ctrl-C, also while it is being stopped already.
        if not self.stopping.acquire(blocking=False):
            LOG.info("The clean-up goes on; Ctrl-C once more ends it at once")
            self.stopping.acquire()
        try:
            if self.run and not self.finished:
                self.stop_watching_generator(self.run)
                self.clean_up(self.run)
                self.finished = True
                if not self.options.headless:
                    self.say_summary()
        finally:
            self.stopping.release()

    def clean_up(self, run: Run) -> None:
        run.finish_alone()

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
            self.run.say_measured()
            if too_much := verdict(list(self.strains.values())):
                LOG.warning("%s", too_much)
            LOG.info("%s", self.run.summary(self.totals()))
