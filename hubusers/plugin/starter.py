"""Starts runs from the web UI: checks what was asked for, then the hub, of which one server is tried; then they begin.

The check of the hub has a greenlet of its own, whichever form it was started from, so that somebody can stop it.
"""

from locust.runners import MasterRunner
from locust.web import WebUI

import argparse
import time
from dataclasses import dataclass

import gevent

from hubusers.accounts.names import new_run_id
from hubusers.log import get_logger
from hubusers.plugin.locust_internals import start_test
from hubusers.plugin.run_control import RunControl
from hubusers.plugin.who_comes import Choice, WhoComes
from hubusers.run.phase import Phase
from hubusers.settings.access import SettingsError
from hubusers.settings.hub_check import PreflightError
from hubusers.settings.settings import Settings, check_runs_folder

LOG = get_logger(__name__)

_SECONDS_TO_BEGIN = 20.0
"""Locust makes a new run begin in a moment, unless there cannot be one."""


@dataclass(frozen=True)
class Order:
    """A run that somebody asked for.

    Args:
        choice: Who comes.
        host: The hub's URL.
        options: Locust's, as they are to be for this run.
    """

    choice: Choice
    host: str | None
    options: argparse.Namespace


class CheckStopped(SettingsError):
    """Somebody has stopped the check of the hub; the text says what is left there."""


class Starter:
    """Starts one run after the other.

    Args:
        web_ui: Locust's.
        control: Conducts the runs.
        who_comes: Knows what can be chosen.
    """

    def __init__(self, web_ui: WebUI, control: RunControl, who_comes: WhoComes) -> None:
        self.control = control
        self.who_comes = who_comes
        self.failure: SettingsError | PreflightError | None = None  # of the last run that was to be started
        self._web_ui = web_ui
        self._starting: gevent.Greenlet[..., None] | None = None
        self._check: gevent.Greenlet[..., SettingsError | PreflightError | None] | None = None
        self._check_began = 0.0
        self._is_stopped = False

    @property
    def is_busy(self) -> bool:
        """Whether a run is about to begin."""
        return self.control.phase is Phase.CHECKING or bool(self._starting)

    @property
    def doing(self) -> str:
        """What goes on before the run begins, in words."""
        return self.control.before_run.doing if self.control.phase is Phase.CHECKING else "Starting"

    @property
    def seconds(self) -> float:
        """How long that has lasted."""
        return time.monotonic() - self._check_began

    def settings_of(self, order: Order) -> Settings:
        """Return the settings of a run that could be started, before the hub is asked.

        Raises:
            SettingsError: It could not be started.
        """
        control, runner = self.control, self._web_ui.environment.runner
        if isinstance(runner, MasterRunner) and not runner.worker_count:
            raise SettingsError("No worker is connected, and the users are in workers: start one, then press START.")
        with self.who_comes.trying(order.choice):
            briefing = control.new_briefing(new_run_id())
            settings = control.before_run.settings_for(briefing, order.host, order.options)
            control.before_run.check_user_classes(settings, briefing)
        check_runs_folder(settings.runs_folder)
        return settings

    def check(self, order: Order) -> None:
        """Check the hub for a run, and try one server there.

        Raises:
            SettingsError: The run cannot be started, or somebody has stopped the check.
            PreflightError: The hub cannot be tested like this.
        """
        settings = self.settings_of(order)
        with self.control.checking(), self.who_comes.trying(order.choice):
            self._check_began, self._is_stopped = time.monotonic(), False
            self._check = gevent.spawn(self._outcome, settings, order.options)
            self._check.join()
            if self._is_stopped:
                removed = self.control.before_run.remove_first_servers()
                what_is_left = " ".join(removed) or "It had created nothing on the hub."
                raise CheckStopped(f"The check was stopped, so no run begins. {what_is_left}")
            if error := self._check.get():
                raise error

    def _outcome(self, settings: Settings, options: argparse.Namespace) -> SettingsError | PreflightError | None:
        try:
            self.control.before_run.check_hub(settings, options)
        except (SettingsError, PreflightError) as error:
            return error
        return None

    def take(self, order: Order) -> None:
        """Let the next run be this one."""
        vars(self.control.options).update(vars(order.options))
        self.who_comes.choose(order.choice)

    def begin(self, order: Order) -> None:
        """Check the hub and start a run in the background; `failure` says when that did not succeed.

        Raises:
            SettingsError: It cannot be started, which is found out at once.
        """
        if reason := self.control.why_no_check_now or ("A run is about to begin." if self.is_busy else ""):
            raise SettingsError(reason)
        self.settings_of(order)
        self.failure = None
        self._check_began = time.monotonic()
        self._starting = gevent.spawn(self._check_and_start, order)

    def _check_and_start(self, order: Order) -> None:
        try:
            self.check(order)
            self.take(order)
            self._start(order.options)
        except CheckStopped as stopped:
            self.failure = stopped
        except (SettingsError, PreflightError) as error:
            for line in str(error).splitlines():
                LOG.error("%s", line)
            self.failure = error

    def _start(self, options: argparse.Namespace) -> None:
        run_before = self.control.run
        start_test(self._web_ui, options.num_users or 1, options.spawn_rate or 1.0, options.run_time)
        give_up_at = time.monotonic() + _SECONDS_TO_BEGIN
        while self.control.run is run_before:
            if time.monotonic() > give_up_at:
                raise SettingsError("Locust has not begun the run. Its log says why: see the tab Logs.")
            gevent.sleep(0.05)

    def stop(self) -> None:
        """Stop the check of the hub, if one is under way; what it has created there is removed."""
        if self.control.phase is Phase.CHECKING and self._check and not self._is_stopped:
            self._is_stopped = True
            self._check.kill(block=False)
