"""What surrounds a run in a worker: its clean-up, and what it tells the master."""

from locust.env import Environment
from locust.runners import WorkerRunner

from typing import Any, NoReturn

import gevent
from gevent import GreenletExit
from gevent.event import Event

from hubusers.event.plan import share_of_worker
from hubusers.log import get_logger
from hubusers.plugin.arrivals import Arrivals
from hubusers.plugin.before_run import EXIT_PREFLIGHT
from hubusers.plugin.run_control import RunControl
from hubusers.run.failed_spawns import SpawnCounts
from hubusers.run.generator_check import Strain
from hubusers.run.run import Run
from hubusers.settings.settings import Settings

LOG = get_logger(__name__)

# The messages between workers and master, beside Locust's own.
PREPARED = "hubusers_prepared"
BEGIN = "hubusers_begin"
STOP = "hubusers_stop"
CLEANED_UP = "hubusers_cleaned_up"
FAILED_SPAWN = "hubusers_failed_spawn"
TROUBLE = "hubusers_trouble"
FIGURES = "hubusers"
"""Under which key a worker's figures travel in Locust's own regular report to the master."""


class WorkerControl(RunControl):
    """A worker cleans up in the background, because Locust gives up a worker that does not listen for a minute."""

    def __init__(self, environment: Environment, runner: WorkerRunner) -> None:
        super().__init__(environment, runner)
        self.worker = runner
        self.cleaning: gevent.Greenlet[..., None] | None = None
        self.begun = Event()
        runner.register_message(BEGIN, lambda **_: self.begun.set())
        runner.register_message(STOP, lambda **_: runner.stop(), concurrent=True)
        environment.events.report_to_master.add_listener(self.report)

    def preflight(self) -> None:
        """Leave it to the master."""

    @property
    def dies_of_sigterm(self) -> bool:
        return False

    def report(self, data: dict[str, Any], **_: Any) -> None:
        if self.run:
            data[FIGURES] = self.figures(self.run)

    def figures(self, run: Run) -> dict[str, Any]:
        return {
            "run_id": run.settings.run_id,
            "totals": run.ledger.totals().as_message(),
            "spawns": run.spawns.as_message(),
            "strain": run.generator.strain.as_message(),
            "records": run.results.records.take_new(),
            "requests": run.results.requests.take_new(),
            "counts": run.counts.as_message(),
            "has_left": self.everybody_has_left(),
            # Made-up names the master finds on the hub; these it could not tell from those of other people.
            "servers": run.ledger.left() if run.settings.accounts_file else [],
        }

    def stop_for(self, reason: str) -> None:
        self.worker.send_message(TROUBLE, {"reason": reason})

    def failed_spawn(self, spawns: SpawnCounts) -> None:
        assert self.run
        self.worker.send_message(FAILED_SPAWN, self.figures(self.run))

    def stop_watching_generator(self, run: Run) -> None:
        run.generator.stop()

    def strained(self, strain: Strain) -> None:
        """Leave it to the master, who is told with the next report."""

    def choose_run_id(self) -> None:
        """Keep the one that came from the master."""

    def coming(self, settings: Settings) -> list[Any]:
        return [each for each in super().coming(settings) if each.__name__ in self.options.run_user_classes]

    def cannot_run(self, reason: str) -> NoReturn:
        """Tell the master, who ends the test for all, and leave; what is wrong here, another start must mend."""
        LOG.error("%s", reason)
        self.stop_for(f"The worker {self.worker.client_id} cannot take part: {reason}")
        self.environment.process_exit_code = EXIT_PREFLIGHT
        gevent.spawn(self.worker.quit)
        raise GreenletExit  # ends what listens to the master, and would make users next

    def record(self, run: Run) -> None:
        """Leave it to the master."""

    def share(self) -> slice:
        workers: list[str] = self.options.run_workers
        if self.worker.client_id not in workers:  # who came later gets none: they have been shared out
            return slice(0)
        return share_of_worker(workers.index(self.worker.client_id), len(workers))

    def begin(self, run: Run) -> None:
        if not run.settings.event:
            self.open_doors(run)
        elif people := run.settings.people[self.share()]:
            self.begun.clear()
            self.arrivals = Arrivals(self.worker, run, people)
            gevent.spawn(self.admit, self.arrivals)

    def prepared(self, arrivals: Arrivals) -> None:
        """Wait for the others: the event begins for all workers in the same moment."""
        assert self.run
        self.worker.send_message(PREPARED, {"run_id": self.run.settings.run_id})
        self.begun.wait()
        if self.arrivals is arrivals:
            super().prepared(arrivals)

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
