"""The master of a run with workers: it gathers what they tell, and removes what they could not."""

from locust.exception import StopTest
from locust.runners import STATE_RUNNING, MasterRunner

import itertools
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import psutil

from hubusers.accounts.ledger import Totals
from hubusers.accounts.names import new_run_id
from hubusers.event.plan import Person, share_of_worker
from hubusers.hub.deadline import Deadline
from hubusers.log import get_logger
from hubusers.plugin.locust_internals import (
    PATIENCE,
    be_patient_with_workers,
    before_quitting,
    connected_workers,
    workers_that_can_start,
    workers_with_users,
)
from hubusers.plugin.messages import (
    BEGIN,
    BRIEFING,
    CLEANED_UP,
    FAILED_IN_A_ROW,
    FIGURES,
    PREPARED,
    SPAWNS,
    STOP,
    TOKEN_ACCEPTED_AGAIN,
    TROUBLE,
    Briefing,
    Figures,
)
from hubusers.plugin.role import Role
from hubusers.results.run_info import RunInfo
from hubusers.run.failed_spawns import SpawnCounts
from hubusers.run.generator_check import Strain
from hubusers.run.phase import Phase
from hubusers.run.run import Run
from hubusers.run.start_gate import Held
from hubusers.run.user_counts import UserCounts

LOG = get_logger(__name__)

_WORKERS_REPORT_WITHIN = 30.0
"""Seconds that a worker gets to report, on top of the time that its own clean-up takes at most."""


@dataclass
class _Gathered:
    """What the workers have told of one run."""

    figures: dict[str, Figures] = field(default_factory=dict)  # the last ones, by worker
    heard: dict[str, float] = field(default_factory=dict)  # when they came, on the monotonic clock
    prepared: set[str] = field(default_factory=set)  # workers whose people have their accounts
    done: set[str] = field(default_factory=set)  # workers that have cleaned up
    awaited: set[str] = field(default_factory=set)  # workers that were there when the run was stopped
    has_taken_over: bool = False  # what workers could not remove


class Master(Role):
    """Checks, conducts and records a run whose users are in its workers."""

    conducts = True
    has_users = False
    runner: MasterRunner

    def __init__(self, runner: MasterRunner) -> None:
        super().__init__(runner)
        be_patient_with_workers()
        self._gathered = _Gathered()
        self._briefing: Briefing | None = None  # also while it is being sent, when the control has none yet
        runner.register_message(PREPARED, self._note_prepared)
        runner.register_message(CLEANED_UP, self._note_cleaned_up)
        runner.register_message(SPAWNS, lambda msg, **_: self._note(msg.node_id, msg.data))
        runner.register_message(
            TOKEN_ACCEPTED_AGAIN, lambda msg, **_: self.control.note_token_accepted_again(**msg.data)
        )
        runner.register_message(TROUBLE, lambda msg, **_: self.report_trouble(msg.data["reason"]))
        runner.environment.events.worker_report.add_listener(self._note_report)
        runner.environment.events.worker_connect.add_listener(self._brief_late_worker)
        # At the end of an event Locust quits on its own, also when somebody else does it already.
        before_quitting(runner, lambda: self.control.end_run())

    def brief(self) -> Briefing:
        self._gathered = _Gathered()
        workers = tuple(workers_that_can_start(self.runner))
        self._briefing = briefing = replace(self.control.new_briefing(new_run_id()), workers=workers)
        self.runner.send_message(BRIEFING, briefing.as_message())
        return briefing

    def _brief_late_worker(self, client_id: str, **_: Any) -> None:
        """Tell a worker that comes in the middle of a run."""
        if self._briefing:  # that of the last run does no harm: the next one is told to all again
            self.runner.send_message(BRIEFING, self._briefing.as_message(), client_id)

    def refuse_run(self, reason: str) -> NoReturn:
        raise StopTest(reason) from None

    def share(self) -> slice:
        return slice(None)

    def let_people_come(self, run: Run) -> None:
        if not run.settings.event:
            self.control.let_users_come(run)

    def advance(self) -> None:
        if self.control.phase is Phase.PREPARING and self._is_prepared():
            # Before anybody is told, or people would have come before the beginning.
            self.control.let_users_come(self.present_run)
            self.runner.send_message(BEGIN)

    def _is_prepared(self) -> bool:
        prepared = self._gathered.prepared
        return bool(prepared) and not self._workers_with_people() - prepared

    def cohorts(self) -> Mapping[str, UserCounts]:
        all_of_them = [figures.cohorts for figures in self._gathered.figures.values()]
        names = dict.fromkeys(itertools.chain(*all_of_them))
        return {name: sum((one[name] for one in all_of_them if name in one), UserCounts()) for name in names}

    def pending_for(self) -> Counter[str]:
        return sum((Counter(figures.pending_for) for figures in self._gathered.figures.values()), Counter())

    def waits(self) -> list[float]:
        now, gathered = time.monotonic(), self._gathered
        return [
            seconds + now - gathered.heard[worker]
            for worker in gathered.figures.keys() & self._workers_there()
            for seconds in gathered.figures[worker].waits
        ]

    def everybody_has_left(self) -> bool:
        return not self._workers_with_people() - {
            worker for worker, figures in self._gathered.figures.items() if figures.has_left
        }

    def workers_to_begin(self) -> int:
        return sum(worker.state != STATE_RUNNING for worker in connected_workers(self.runner))

    def has_no_users(self) -> bool:
        # Locust goes on after a second without workers that still read what their users need.
        return self.runner.state == STATE_RUNNING and self.runner.user_count == 0 and not self.workers_to_begin()

    def _workers_with_people(self) -> set[str]:
        """Return the workers that got a share of the event's people, and are still there."""
        workers, people = self.control.briefing.workers, self.present_run.settings.people
        got_some = {worker for place, worker in enumerate(workers) if people[share_of_worker(place, len(workers))]}
        return got_some & self._workers_there()

    def _workers_there(self) -> set[str]:
        return {worker.id for worker in connected_workers(self.runner)}

    # What workers tell

    def _note_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        if FIGURES in data:
            self._note(client_id, data[FIGURES])

    def _note_cleaned_up(self, msg: Any, **_: Any) -> None:
        if self._note(msg.node_id, msg.data):
            self._gathered.done.add(msg.node_id)

    def _note_prepared(self, msg: Any, **_: Any) -> None:
        if msg.data["run_id"] == self.control.briefing.run_id:
            self._gathered.prepared.add(msg.node_id)

    def _note(self, worker: str, data: dict[str, Any]) -> bool:
        """Take in what a worker tells of itself; return False when it is of an earlier run, or too late."""
        run, figures = self.control.run, Figures.from_message(data)
        if not run or figures.run_id != run.settings.run_id or self.control.phase not in _ON:
            return False
        before = self._gathered.figures.get(worker)
        if before and before.has_left:
            figures = replace(figures, has_left=True)
        self._gathered.figures[worker], self._gathered.heard[worker] = figures, time.monotonic()
        self.control.note_spawns(worker, figures.spawns)
        run.results.add(figures.results)
        self.control.note_strain(worker, figures.strain)
        return True

    def report_trouble(self, reason: str) -> None:
        self.control.stop_early(reason)

    def note_spawns(self, spawns: SpawnCounts) -> None:
        """Nothing: workers tell of their spawns."""

    def tell_failed_in_a_row(self, count: int) -> None:
        self.runner.send_message(FAILED_IN_A_ROW, {"run_id": self.present_run.settings.run_id, "count": count})

    def note_token_accepted_again(self, whose: str, refused: float, accepted: float) -> None:
        """Nothing: workers tell of their users' tokens."""

    def note_own_strain(self, strain: Strain) -> None:
        """Nothing: the master has no users, so that it is not strained by them."""

    # The end

    def stop_arrivals(self) -> None:
        known = {*self.control.briefing.workers, *self._gathered.figures, *workers_with_users(self.runner)}
        # Others have come just now, and hold nothing.
        self._gathered.awaited = self._workers_there() & known
        if self.control.briefing.workers and not self._gathered.awaited and not self.control.was_interrupted:
            self.control.stop_early(
                "All workers were lost, so the run ends. A worker is lost when nothing is heard of it for "
                f"{PATIENCE} seconds: it has died, or its machine was too busy."
            )

    def clean_up(self, run: Run) -> None:
        # When Locust quits, it has not told its workers to stop yet, and will not listen once it has.
        self.runner.send_message(STOP)
        self._await_workers(run)
        gathered = self._gathered
        if not run.settings.keep and run.take_over():
            # What the hub still lists, and what dead workers held, is now in this process's own ledger.
            lost = (figures for worker, figures in gathered.figures.items() if worker not in gathered.done)
            for key in itertools.chain(*(figures.servers for figures in lost)):
                run.ledger.server_started(key)
            gathered.has_taken_over = True
            run.clean_up_own()

    def _await_workers(self, run: Run) -> None:
        users = max(self.runner.target_user_count, self.counts().arrived)
        deadline = Deadline(run.settings.server_timeout + users + _WORKERS_REPORT_WITHIN)
        gathered = self._gathered
        while gathered.awaited - gathered.done and deadline.remaining() > 0:
            deadline.sleep(0.1)
            gathered.awaited &= self._workers_there()

    def await_clean_up(self) -> None:
        """Nothing: `clean_up` has waited."""

    def held(self) -> Held:
        return sum((figures.held for figures in self._gathered.figures.values()), Held())

    def totals(self) -> Totals:
        of_workers = [
            figures.totals.settled() if self._is_taken_over(worker) else figures.totals
            for worker, figures in self._gathered.figures.items()
        ]
        return sum(of_workers, self.present_run.ledger.totals())

    def _is_taken_over(self, worker: str) -> bool:
        """Say whether what is left of a worker is now counted here, in the master."""
        # Of accounts that were given the hub lists nothing, so what living workers could not remove is still theirs.
        stays = self.present_run.settings.accounts_file and worker in self._gathered.done
        return self._gathered.has_taken_over and not stays

    def complete(self, info: RunInfo) -> None:
        info.workers = len(self.control.briefing.workers)
        if self.present_run.settings.event:
            info.people_lost = self._people_lost(self.present_run.settings.people)
        else:
            info.people_lost = self._users_lost()

    def _people_lost(self, people: list[Person]) -> int:
        """Return how many had not come, or were still there, when their worker died: what befell them is not known."""
        workers, gathered = self.control.briefing.workers, self._gathered
        return sum(
            len(people[share_of_worker(place, len(workers))])
            - (gathered.figures[worker].counts.left if worker in gathered.figures else 0)
            for place, worker in enumerate(workers)
            if worker not in gathered.done
        )

    def _users_lost(self) -> int:
        """Return how many users of a run without an event were still there when their worker died."""
        gathered = self._gathered
        counts = [figures.counts for worker, figures in gathered.figures.items() if worker not in gathered.done]
        return sum(one.arrived - one.left for one in counts)

    def quit(self, code: int) -> NoReturn:
        # The workers of --processes may not have found this master yet, and would look for it for minutes; Locust
        # overlooks them when it ends early. They are its children, and have not begun anything that this could harm.
        for worker in psutil.Process().children() if self.control.options.processes else []:
            worker.kill()
        self.runner.quit()
        sys.exit(code)


_ON = {Phase.PREPARING, Phase.RUNNING, Phase.STOPPING}
