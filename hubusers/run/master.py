"""What surrounds a run in the master: it gathers what workers tell, and removes what they could not."""

from locust.env import Environment
from locust.runners import STATE_MISSING, MasterRunner

import sys
from typing import Any, NoReturn

import psutil

from hubusers.hub.log import get_logger
from hubusers.hub.waiting import Deadline
from hubusers.run.generator_check import Strain
from hubusers.run.ledger import Totals
from hubusers.run.run import Run
from hubusers.run.spawns import Spawns
from hubusers.run.surroundings import EXIT_PREFLIGHT, Surroundings
from hubusers.run.worker import CLEANED_UP, FAILED_SPAWN, FIGURES, STOP, TROUBLE

LOG = get_logger(__name__)

_WORKERS_REPORT_WITHIN = 30.0
"""Seconds that a worker gets to report, on top of the time that its own clean-up takes at most."""


class MasterSurroundings(Surroundings):
    """The master has no users of its own; it waits for its workers' clean-up, then looks for what is left."""

    def __init__(self, environment: Environment, runner: MasterRunner) -> None:
        self.master = runner
        super().__init__(environment, runner)
        self.reports: dict[str, Totals] = {}
        self.done: set[str] = set()
        self.awaited: set[str] = set()
        runner.register_message(CLEANED_UP, self.note_cleaned_up)
        runner.register_message(FAILED_SPAWN, lambda msg, **_: self.note(msg.node_id, msg.data))
        runner.register_message(TROUBLE, lambda msg, **_: self.stop_for(msg.data["reason"]))
        environment.events.worker_report.add_listener(self.note_report)

    def refuse(self, reason: str, code: int = EXIT_PREFLIGHT) -> NoReturn:
        LOG.error("%s", reason)
        # The workers of --processes may not have found this master yet, and would look for it for minutes; Locust
        # overlooks them when it ends early. They are its children, and have not begun anything that this could harm.
        for worker in psutil.Process().children() if self.options.processes else []:
            worker.kill()
        self.master.quit()
        sys.exit(code)

    def note_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        if FIGURES in data:
            self.note(client_id, data[FIGURES])

    def note_cleaned_up(self, msg: Any, **_: Any) -> None:
        if self.note(msg.node_id, msg.data):
            self.done.add(msg.node_id)

    def note(self, worker: str, figures: dict[str, Any]) -> bool:
        """Take in what a worker tells of itself; return False when it is of an earlier run, or too late."""
        if not self.run or figures["run_id"] != self.run.settings.run_id or self.finished:
            return False
        self.reports[worker] = Totals(**figures["totals"])
        self.count_failed_spawns(worker, Spawns(**figures["spawns"]))
        self.run.records.add(figures["records"])
        self.note_strain(worker, Strain(**figures["strain"]))
        return True

    def test_start(self) -> None:
        self.reports, self.done, self.awaited = {}, set(), set()
        super().test_start()

    def watch_generator(self, run: Run) -> None:
        """Leave it to the workers, who have the users."""

    def stop_watching_generator(self, run: Run) -> None:
        """Leave it to the workers."""

    def test_stopping(self) -> None:
        self.awaited = {worker.id for worker in self.master.clients.all if worker.state != STATE_MISSING}

    def clean_up(self, run: Run) -> None:
        # When Locust quits, it has not told its workers to stop yet, and will not listen once it has.
        self.master.send_message(STOP)
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
