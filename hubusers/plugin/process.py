"""How Locust's process starts and ends around its runs: the check before the first one, interrupts, the exit code."""

from __future__ import annotations

import logging
import os
import sys
from typing import NoReturn

from hubusers.exit_codes import EXIT_CANNOT_TEST, EXIT_INTERRUPTED, EXIT_LEFT_BEHIND
from hubusers.log import get_logger
from hubusers.plugin.run_control import RunControl
from hubusers.plugin.terminal import say_why_not
from hubusers.report import plan_chart
from hubusers.results import run_info
from hubusers.run.phase import Phase
from hubusers.settings import hub_check
from hubusers.settings.access import SettingsError

LOG = get_logger(__name__)


class Process:
    """Every way out of the process, with its exit code; each has the control end what is going on.

    Args:
        control: Conducts the runs of this process.
    """

    def __init__(self, control: RunControl) -> None:
        self.control = control

    def start(self) -> None:
        """Check what can be checked before Locust goes on; what is wrong ends Locust with one sentence."""
        control = self.control
        try:
            if control.options.dry_run and control.role.conducts:
                plan_chart.show(control.before_run.drawn_event())
                self._quit(0)
            control.start()
        except hub_check.LeftBehind as error:
            self.quit_with(str(error), EXIT_LEFT_BEHIND)
        except (SettingsError, hub_check.PreflightError) as error:
            self.quit_with(str(error), EXIT_CANNOT_TEST)
        except KeyboardInterrupt:
            self._quit(EXIT_INTERRUPTED)

    def quit_with(self, reason: str, code: int) -> NoReturn:
        """Say why there can be no run, and quit."""
        say_why_not(reason)
        self._quit(code)

    def _quit(self, code: int) -> NoReturn:
        """Quit where Locust does not wait for the end of a test yet, and would fire no event."""
        self.control.end_process()
        self.control.role.quit(EXIT_LEFT_BEHIND if self.control.is_something_left() else code)

    def note_interrupt(self) -> None:
        """Take notice of Ctrl-C or SIGTERM, of which Locust's main greenlet is going to hear."""
        control = self.control
        control.was_interrupted = True
        if control.role.conducts and control.options.headless and control.phase is Phase.READY:
            self._quit(EXIT_INTERRUPTED)  # while Locust waits for workers, it would show a traceback

    def quit_at_once(self) -> NoReturn:
        """End the process in the middle of its clean-up, because somebody pressed Ctrl-C again; say what is left."""
        control = self.control
        for summary in control.before_run.summaries():
            LOG.info("%s", summary)
        if control.run:
            LOG.info("%s", control.run.summary(control.totals()))
            if not control.report():
                LOG.info("The run was ended at once, so it has neither an answer nor a report")
        sys.stdout.flush()
        os._exit(EXIT_INTERRUPTED)

    def end_at_exit(self) -> None:
        """End the process where Locust fires no event: after an error in its own code, or an exit in a locustfile.

        A run that was on has not come to its end then. The process ends with the exit code of its answer, where Python
        would take the one of the exit, which may say that all was well.
        """
        control = self.control
        was_stopped = control.stopped_because or control.event_ended or control.was_interrupted
        was_on = control.phase in {Phase.PREPARING, Phase.RUNNING} and not was_stopped
        if was_on:
            control.stopped_because = run_info.LOCUST_ENDED
        control.end_process()
        control.say_answer()
        if was_on and control.exit_code:
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(control.exit_code)
