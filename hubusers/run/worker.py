"""What surrounds a run in a worker: its clean-up, and what it tells the master."""

from locust.env import Environment
from locust.runners import WorkerRunner

from typing import Any

import gevent

from hubusers.hub.log import get_logger
from hubusers.run.generator_check import Strain
from hubusers.run.run import Run
from hubusers.run.spawns import Spawns
from hubusers.run.surroundings import Surroundings

LOG = get_logger(__name__)

# The messages between workers and master, beside Locust's own.
STOP = "hubusers_stop"
CLEANED_UP = "hubusers_cleaned_up"
FAILED_SPAWN = "hubusers_failed_spawn"
TROUBLE = "hubusers_trouble"
FIGURES = "hubusers"
"""Under which key a worker's figures travel in Locust's own regular report to the master."""


class WorkerSurroundings(Surroundings):
    """A worker cleans up in the background, because Locust gives up a worker that does not listen for a minute."""

    def __init__(self, environment: Environment, runner: WorkerRunner) -> None:
        super().__init__(environment, runner)
        self.worker = runner
        self.cleaning: gevent.Greenlet[..., None] | None = None
        runner.register_message(STOP, lambda **_: runner.stop(), concurrent=True)
        environment.events.report_to_master.add_listener(self.report)

    def preflight(self) -> None:
        """Leave it to the master."""

    def report(self, data: dict[str, Any], **_: Any) -> None:
        if self.run:
            data[FIGURES] = self.figures(self.run)

    def figures(self, run: Run) -> dict[str, Any]:
        return {
            "run_id": run.settings.run_id,
            "totals": run.ledger.totals().as_message(),
            "spawns": run.spawns.as_message(),
            "strain": run.generator.strain.as_message(),
            "records": run.records.take_new(),
        }

    def stop_for(self, reason: str) -> None:
        self.worker.send_message(TROUBLE, {"reason": reason})

    def failed_spawn(self, spawns: Spawns) -> None:
        assert self.run
        self.worker.send_message(FAILED_SPAWN, self.figures(self.run))

    def stop_watching_generator(self, run: Run) -> None:
        run.generator.stop()

    def strained(self, strain: Strain) -> None:
        """Leave it to the master, who is told with the next report."""

    def choose_run_id(self) -> None:
        """Keep the one that came from the master."""

    def end_with_the_last_user(self) -> None:
        """Leave it to the master, who knows of all users."""

    def clean_up(self, run: Run) -> None:
        self.cleaning = gevent.spawn(self.finish_and_report, run)

    def finish_and_report(self, run: Run) -> None:
        run.finish()
        LOG.info("%s", run.summary(run.ledger.totals()))
        self.worker.send_message(CLEANED_UP, self.figures(run))

    def await_clean_up(self) -> None:
        if self.cleaning:
            self.cleaning.join()

    def say_summary(self) -> None:
        """Said already, when the clean-up was done; the last line is the master's."""
