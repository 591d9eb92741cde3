"""A worker of a run: it simulates a share of the users, and tells the master what comes of them."""

from __future__ import annotations

from locust.runners import STATE_RUNNING, WorkerRunner

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import gevent
from gevent import GreenletExit
from gevent.event import Event

from hubusers.accounts.ledger import Totals
from hubusers.event import plan
from hubusers.exit_codes import EXIT_CANNOT_TEST
from hubusers.log import get_logger
from hubusers.plugin import arrivals
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
from hubusers.run.failed_spawns import SpawnCounts
from hubusers.run.user_counts import UserCounts

if TYPE_CHECKING:
    from hubusers.results.run_info import RunInfo
    from hubusers.run.generator_check import Strain
    from hubusers.run.run import Run
    from hubusers.run.start_gate import Held

LOG = get_logger(__name__)


class Worker(Role):
    """Simulates its share of the users.

    It cleans up in the background, because Locust gives up a worker that does not listen for a minute.
    """

    conducts = False
    has_users = True
    runner: WorkerRunner

    def __init__(self, runner: WorkerRunner) -> None:
        super().__init__(runner)
        self._briefing: Briefing | None = None  # of the run that begins next
        self._arrivals: arrivals.Arrivals | None = None
        self._cleaning: gevent.Greenlet[..., None] | None = None
        self._begun = Event()
        runner.register_message(BRIEFING, self._note_briefing)
        runner.register_message(BEGIN, lambda **_: self._begun.set())
        runner.register_message(FAILED_IN_A_ROW, self._note_failed_in_a_row)
        runner.register_message(STOP, lambda **_: runner.stop(), concurrent=True)
        runner.environment.events.report_to_master.add_listener(self._report)

    def _note_briefing(self, msg: Any, **_: Any) -> None:
        self._briefing = Briefing.from_message(msg.data)

    def brief(self) -> Briefing:
        briefing, self._briefing = self._briefing, None
        if not briefing:
            self._leave("This worker came while a run was beginning, and was not told of it: start it again.")
        return briefing

    def refuse_run(self, reason: str) -> NoReturn:
        """Tell the master, which ends the run for all, and leave: only restarting this worker helps."""
        self.report_trouble(f"The worker {self.runner.client_id} cannot take part: {reason}")
        self._leave(reason)

    def _leave(self, reason: str) -> NoReturn:
        LOG.error("%s", reason)
        self.control.exit_with(EXIT_CANNOT_TEST)
        gevent.spawn(self.runner.quit)
        raise GreenletExit  # ends what listens to the master, and would make users next

    def share(self) -> slice:
        workers = self.control.briefing.workers
        if self.runner.client_id not in workers:  # a worker that comes later gets none: they have been shared out
            return slice(0)
        return plan.share_of_worker(workers.index(self.runner.client_id), len(workers))

    def let_people_come(self, run: Run) -> None:
        self._arrivals = None
        if not run.settings.event:
            self.control.let_users_come(run)
        elif people := run.settings.people[self.share()]:
            self._begun.clear()
            self._arrivals = arrivals.Arrivals(self.runner, run, people)
            self._arrivals.begin(partial(self._may_come, run), self.report_trouble)

    def _may_come(self, run: Run) -> bool:
        """Wait for the other workers: the event begins for all in the same moment."""
        self.runner.send_message(PREPARED, {"run_id": run.settings.run_id})
        self._begun.wait()
        return self.control.let_users_come(run)

    def advance(self) -> None:
        """Nothing: the master says when an event begins."""

    def cohorts(self) -> Mapping[str, UserCounts]:
        return self.present_run.cohorts

    def pending_for(self) -> Counter[str]:
        return +self.present_run.pending_for

    def waits(self) -> list[float]:
        return self.present_run.waits()

    def everybody_has_left(self) -> bool:
        return self._arrivals is not None and self._arrivals.is_over

    def has_no_users(self) -> bool:
        return self.runner.state == STATE_RUNNING and self.runner.user_count == 0

    def report_trouble(self, reason: str) -> None:
        self.runner.send_message(TROUBLE, {"reason": reason})

    def note_spawns(self, spawns: SpawnCounts) -> None:
        self.runner.send_message(SPAWNS, self._figures(self.present_run))

    def tell_failed_in_a_row(self, count: int) -> None:
        """Nothing: the master tells all workers."""

    def _note_failed_in_a_row(self, msg: Any, **_: Any) -> None:
        run = self.control.run
        if run and msg.data["run_id"] == run.settings.run_id:
            run.gate.set_failed(msg.data["count"])

    def note_token_accepted_again(self, whose: str, refused: float, accepted: float) -> None:
        self.runner.send_message(TOKEN_ACCEPTED_AGAIN, {"whose": whose, "refused": refused, "accepted": accepted})

    def note_own_strain(self, strain: Strain) -> None:
        """Nothing: the master is told with the next report."""

    def _report(self, data: dict[str, Any], **_: Any) -> None:
        if self.control.run:
            data[FIGURES] = self._figures(self.control.run)

    def _figures(self, run: Run) -> dict[str, Any]:
        return Figures.of(run, has_left=self.everybody_has_left()).as_message()

    def stop_arrivals(self) -> None:
        if self._arrivals:
            self._arrivals.stop()

    def clean_up(self, run: Run) -> None:
        self._cleaning = gevent.spawn(self._finish_and_report, run)

    def _finish_and_report(self, run: Run) -> None:
        run.clean_up_own()
        LOG.info("%s", run.summary(run.ledger.totals()))
        self.runner.send_message(CLEANED_UP, self._figures(run))

    def await_clean_up(self) -> None:
        if self._cleaning:
            self._cleaning.join()

    def held(self) -> Held:
        return self.present_run.gate.held

    def totals(self) -> Totals:
        return self.present_run.ledger.totals()

    def complete(self, info: RunInfo) -> None:
        """Nothing: the master draws the report up."""
