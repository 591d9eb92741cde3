"""What surrounds a run in the master: it gathers what workers tell, and removes what they could not."""

from locust.env import Environment
from locust.runners import STATE_MISSING, STATE_RUNNING, MasterRunner, Runner, WorkerNode

import itertools
import sys
from typing import Any, NoReturn

import psutil

from hubusers.accounts.ledger import Totals
from hubusers.event.plan import Person, share_of_worker
from hubusers.hub.deadline import Deadline
from hubusers.log import get_logger
from hubusers.plugin.run_control import RunControl
from hubusers.plugin.worker import BEGIN, CLEANED_UP, FAILED_SPAWN, FIGURES, PREPARED, STOP, TROUBLE
from hubusers.run.failed_spawns import SpawnCounts
from hubusers.run.generator_check import Strain
from hubusers.run.run import Run
from hubusers.run.user_counts import UserCounts

LOG = get_logger(__name__)

_WORKERS_REPORT_WITHIN = 30.0
"""Seconds that a worker gets to report, on top of the time that its own clean-up takes at most."""


class MasterControl(RunControl):
    """The master has no users of its own; it waits for its workers' clean-up, then looks for what is left."""

    def __init__(self, environment: Environment, runner: MasterRunner) -> None:
        self.master = runner
        super().__init__(environment, runner)
        self.reports: dict[str, Totals] = {}
        self.done: set[str] = set()
        self.awaited: set[str] = set()
        self.heads: dict[str, UserCounts] = {}
        self.prepared_workers: set[str] = set()
        self.servers: dict[str, list[str]] = {}  # of accounts that were given, by worker
        self.left: set[str] = set()  # workers whose people have all come and left
        self.has_taken_over = False  # what workers could not remove
        runner.register_message(PREPARED, self.note_prepared)
        runner.register_message(CLEANED_UP, self.note_cleaned_up)
        runner.register_message(FAILED_SPAWN, lambda msg, **_: self.note(msg.node_id, msg.data))
        runner.register_message(TROUBLE, lambda msg, **_: self.stop_for(msg.data["reason"]))
        environment.events.worker_report.add_listener(self.note_report)
        self.quit_at_once = runner.quit
        runner.quit = self.quit_when_clean  # type: ignore[method-assign]

    def quit_when_clean(self) -> None:
        """Quit as Locust does, but not while another greenlet cleans up: its messages would not arrive any more.

        At the end of an event Locust quits on its own, also when somebody else does it already.
        """
        self.master.stop(send_stop_to_client=False)
        self.test_stop()
        self.quit_at_once()

    def leave(self, code: int) -> NoReturn:
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
        self.count_failed_spawns(worker, SpawnCounts(**figures["spawns"]))
        self.run.results.records.add(figures["records"])
        self.run.results.requests.add(figures["requests"])
        self.heads[worker] = UserCounts(**figures["counts"])
        self.servers[worker] = figures["servers"]
        if figures["has_left"]:
            self.left.add(worker)
        self.note_strain(worker, Strain(**figures["strain"]))
        return True

    def test_start(self) -> None:
        self.reports, self.done, self.awaited = {}, set(), set()
        self.heads, self.servers, self.prepared_workers, self.left = {}, {}, set(), set()
        self.has_taken_over = False
        super().test_start()

    def choose_run_id(self) -> None:
        super().choose_run_id()
        clients = self.master.clients
        # Told to the workers, so that each knows its share of an event's people, and what they will need.
        self.options.run_workers = sorted(worker.id for worker in clients.ready + clients.spawning + clients.running)
        self.options.run_user_classes = list(self.environment.user_classes_by_name)

    def begin(self, run: Run) -> None:
        self.record(run)
        if not run.settings.event:
            self.open_doors(run)

    def note_prepared(self, msg: Any, **_: Any) -> None:
        if self.run and msg.data["run_id"] == self.run.settings.run_id:
            self.prepared_workers.add(msg.node_id)

    def event_is_over(self) -> bool:
        # Locust asks once a second, also before the event has begun.
        run, recorder = self.run, self.recorder
        if run and recorder and recorder.run is run and recorder.state == "preparing":
            if self.prepared_workers and not self.workers_with_people() - self.prepared_workers:
                self.open_doors(run)  # before anybody can come, or they would have come before the beginning
                self.master.send_message(BEGIN)
            return False
        return super().event_is_over()

    def workers_with_people(self) -> set[str]:
        """Return the workers who got a share of the event's people, and are still there."""
        assert self.run
        workers, people = self.options.run_workers, self.run.settings.people
        got_some = {worker for place, worker in enumerate(workers) if people[share_of_worker(place, len(workers))]}
        return got_some & self.workers_there()

    def workers_there(self) -> set[str]:
        return {worker.id for worker in self.present_workers()}

    def present_workers(self) -> list[WorkerNode]:
        return [worker for worker in self.master.clients.all if worker.state != STATE_MISSING]

    def everybody_has_left(self) -> bool:
        return not self.workers_with_people() - self.left

    def has_no_users(self, runner: Runner) -> bool:
        # Locust goes on after a second without workers that still read what their users need.
        return super().has_no_users(runner) and all(worker.state == STATE_RUNNING for worker in self.present_workers())

    def counts(self) -> UserCounts:
        return sum(self.heads.values(), UserCounts())

    def draw_up_report(self, run: Run) -> None:
        if self.recorder:
            self.recorder.info.workers = len(self.options.run_workers)
            if run.settings.event:
                self.recorder.info.people_lost = self.people_lost(run.settings.people)
        super().draw_up_report(run)

    def people_lost(self, people: list[Person]) -> int:
        """Return how many had not come, or were still there, when their worker died: what befell them is not known."""
        workers = self.options.run_workers
        return sum(
            len(people[share_of_worker(place, len(workers))]) - self.heads.get(worker, UserCounts()).left
            for place, worker in enumerate(workers)
            if worker not in self.done
        )

    def watch_generator(self, run: Run) -> None:
        """Leave it to the workers, who have the users."""

    def stop_watching_generator(self, run: Run) -> None:
        """Leave it to the workers."""

    def test_stopping(self) -> None:
        self.awaited = self.workers_there()
        if self.options.run_workers and not self.awaited and not self.finished and not self.was_interrupted:
            self.stop_for("All workers were lost, so the run ends.")
        super().test_stopping()

    def clean_up(self, run: Run) -> None:
        # When Locust quits, it has not told its workers to stop yet, and will not listen once it has.
        self.master.send_message(STOP)
        self.await_workers(run)
        if not run.settings.keep and run.take_over_what_is_left():
            # What the hub still lists, and what dead workers held, is now in this process's own ledger.
            for key in itertools.chain(*(names for worker, names in self.servers.items() if worker not in self.done)):
                run.ledger.server_started(key)
            self.has_taken_over = True
            run.finish()

    def await_workers(self, run: Run) -> None:
        users = max(self.master.target_user_count, self.counts().arrived)
        deadline = Deadline(run.settings.server_timeout + users + _WORKERS_REPORT_WITHIN)
        while self.awaited - self.done and deadline.remaining() > 0:
            deadline.sleep(0.1)
            self.awaited &= self.workers_there()

    def totals(self) -> Totals:
        of_workers = [
            totals.settled() if self.is_taken_over(worker) else totals for worker, totals in self.reports.items()
        ]
        return sum(of_workers, super().totals())

    def is_taken_over(self, worker: str) -> bool:
        """Say whether what is left of a worker is now counted here, in the master."""
        # Of accounts that were given the hub lists nothing, so what living workers could not remove is still theirs.
        stays = self.run is not None and self.run.settings.accounts_file and worker in self.done
        return self.has_taken_over and not stays
