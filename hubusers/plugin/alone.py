"""The only process of a run, which does all of it."""

from locust.exception import StopTest
from locust.runners import STATE_RUNNING, Runner

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import NoReturn

from hubusers.accounts.ledger import Totals
from hubusers.accounts.names import new_run_id
from hubusers.plugin.arrivals import Arrivals
from hubusers.plugin.messages import Briefing
from hubusers.plugin.role import Role
from hubusers.results.run_info import RunInfo
from hubusers.run.failed_spawns import SpawnCounts
from hubusers.run.generator_check import Strain
from hubusers.run.run import Run
from hubusers.run.start_gate import Held
from hubusers.run.user_counts import UserCounts


class Alone(Role):
    """Checks, conducts and records a run, and simulates its users."""

    conducts = True
    has_users = True

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner)
        self._arrivals: Arrivals | None = None

    def brief(self) -> Briefing:
        return self.control.new_briefing(new_run_id())

    def refuse_run(self, reason: str) -> NoReturn:
        raise StopTest(reason) from None

    def share(self) -> slice:
        return slice(None)

    def let_people_come(self, run: Run) -> None:
        if run.settings.event:
            self._arrivals = Arrivals(self.runner, run, run.settings.people)
            self._arrivals.begin(partial(self.control.let_users_come, run), self.report_trouble)
        else:
            self.control.let_users_come(run)

    def advance(self) -> None:
        """Nothing: an event begins here by itself, once its accounts are made."""

    def cohorts(self) -> Mapping[str, UserCounts]:
        return self.control.run.cohorts if self.control.run else {}

    def pending_for(self) -> Counter[str]:
        return +self.control.run.pending_for if self.control.run else Counter()

    def waits(self) -> list[float]:
        return self.control.run.waits() if self.control.run else []

    def everybody_has_left(self) -> bool:
        return self._arrivals is not None and self._arrivals.is_over

    def has_no_users(self) -> bool:
        return self.runner.state == STATE_RUNNING and self.runner.user_count == 0

    def report_trouble(self, reason: str) -> None:
        self.control.stop_early(reason)

    def note_spawns(self, spawns: SpawnCounts) -> None:
        self.control.note_spawns("", spawns)

    def tell_failed_in_a_row(self, count: int) -> None:
        """Nothing: the run has counted them itself."""

    def note_token_accepted_again(self, whose: str, refused: float, accepted: float) -> None:
        self.control.note_token_accepted_again(whose, refused, accepted)

    def note_own_strain(self, strain: Strain) -> None:
        self.control.note_strain("", strain)

    def stop_arrivals(self) -> None:
        if self._arrivals:
            self._arrivals.stop()

    def clean_up(self, run: Run) -> None:
        run.clean_up_everything()

    def await_clean_up(self) -> None:
        """Nothing: `clean_up` has waited."""

    def held(self) -> Held:
        return self.present_run.gate.held

    def totals(self) -> Totals:
        return self.present_run.ledger.totals()

    def complete(self, info: RunInfo) -> None:
        """Nothing: the control knows all."""
