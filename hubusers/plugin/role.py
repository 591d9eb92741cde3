"""What a process does in a run: all of it, or the part of a master or of a worker."""

from __future__ import annotations

from locust.env import Environment
from locust.runners import Runner

import argparse
import sys
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn, Protocol

from hubusers.accounts.ledger import Totals
from hubusers.plugin.messages import Briefing
from hubusers.run import run as runs
from hubusers.run.failed_spawns import SpawnCounts
from hubusers.run.phase import Phase
from hubusers.run.user_counts import UserCounts

if TYPE_CHECKING:
    from hubusers.results.run_info import RunInfo
    from hubusers.run.generator_check import Strain
    from hubusers.run.start_gate import Held
    from hubusers.settings.settings import Settings


class Control(Protocol):
    """What a role needs of the control that has it: `RunControl`."""

    environment: Environment
    phase: Phase
    briefing: Briefing
    was_interrupted: bool

    @property
    def options(self) -> argparse.Namespace: ...

    @property
    def run(self) -> runs.Run | None: ...

    def new_briefing(self, run_id: str) -> Briefing: ...

    def let_users_come(self, run: runs.Run) -> bool: ...

    def note_spawns(self, process: str, spawns: SpawnCounts) -> None: ...

    def note_strain(self, process: str, strain: Strain) -> None: ...

    def note_token_accepted_again(self, whose: str, refused: float, accepted: float) -> None: ...

    def stop_early(self, reason: str) -> None: ...

    def end_run(self) -> None: ...

    def exit_with(self, code: int | None) -> None: ...


class Role(ABC):
    """One process's part in a run; `RunControl` has one, and asks it for what differs from process to process.

    Args:
        runner: Locust's.
    """

    conducts: bool
    """Whether this process checks the hub, records the run and says what came of it."""

    has_users: bool
    """Whether this process simulates users."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.control: Control  # set by the control that has this role

    @property
    def present_run(self) -> runs.Run:
        assert self.control.run
        return self.control.run

    # The beginning of a run

    @abstractmethod
    def brief(self) -> Briefing:
        """Return what all processes must know alike of the run that begins."""

    @abstractmethod
    def refuse_run(self, reason: str) -> NoReturn:
        """End the run before it has begun, because this process cannot take part."""

    @abstractmethod
    def share(self) -> slice:
        """Return which of the people, or of the accounts given, are for this process."""

    def new_run(self, settings: Settings) -> runs.Run:
        """Return this process's share of the run that begins."""
        briefing = self.control.briefing
        return runs.Run(
            settings,
            worker=max(0, getattr(self.runner, "worker_index", 0)),
            share=self.share(),
            tried=briefing.tried,
            processes=max(1, len(briefing.workers)),
            keeps_results=self.conducts,
            stop=self.report_trouble,
            spawns_changed=self.note_spawns,
            token_accepted_again=self.note_token_accepted_again,
            strained=self.note_own_strain,
        )

    @abstractmethod
    def let_people_come(self, run: runs.Run) -> None:
        """Make what people need, and then let them come."""

    # While it runs

    @abstractmethod
    def advance(self) -> None:
        """Begin an event whose processes are ready; called once a second."""

    def counts(self) -> UserCounts:
        """Return what the users do at the moment, of all processes that this one knows of."""
        return sum(self.cohorts().values(), UserCounts())

    @abstractmethod
    def cohorts(self) -> Mapping[str, UserCounts]:
        """Return the same for each cohort of an event, by its name; for everybody, by "", without an event."""

    @abstractmethod
    def pending_for(self) -> Counter[str]:
        """Return what pending starts wait for, with how many do, of all processes that this one knows of."""

    @abstractmethod
    def waits(self) -> list[float]:
        """Return for how many seconds each of these starts has been pending."""

    @abstractmethod
    def everybody_has_left(self) -> bool:
        """Say whether all people of an event have come, and have left again."""

    @abstractmethod
    def has_no_users(self) -> bool:
        """Say whether all users of a run without an event have come, and are gone."""

    def workers_to_begin(self) -> int:
        """Return how many workers have not said yet that their users have begun; 0 where there are no workers."""
        return 0

    @abstractmethod
    def report_trouble(self, reason: str) -> None:
        """Stop the run for all processes, for a reason that is one sentence."""

    @abstractmethod
    def note_spawns(self, spawns: SpawnCounts) -> None:
        """Take in that a spawn failed here, or that the first one succeeded after that."""

    @abstractmethod
    def tell_failed_in_a_row(self, count: int) -> None:
        """Tell other processes how many spawns in a row have failed by now."""

    @abstractmethod
    def note_token_accepted_again(self, whose: str, refused: float, accepted: float) -> None:
        """Take in that the hub has refused a token for a while; as the argument of `Run`."""

    @abstractmethod
    def note_own_strain(self, strain: Strain) -> None:
        """Take in how hard it was for this process so far."""

    # Its end

    def stop_run(self) -> None:
        """Stop the run, and quit as well where nobody could start another one."""
        if self.control.options.headless:
            self.runner.quit()
        else:
            self.runner.stop()

    @abstractmethod
    def stop_arrivals(self) -> None:
        """Let nobody come any more."""

    @abstractmethod
    def clean_up(self, run: runs.Run) -> None:
        """Remove what the run made."""

    @abstractmethod
    def await_clean_up(self) -> None:
        """Wait for a clean-up in the background."""

    @abstractmethod
    def held(self) -> Held:
        """Return how many starts were held back, in all processes that this one knows of."""

    @abstractmethod
    def totals(self) -> Totals:
        """Return what was made and removed, in all processes that this one knows of."""

    @abstractmethod
    def complete(self, info: RunInfo) -> None:
        """Enter what only this process knows of the run."""

    def quit(self, code: int) -> NoReturn:
        """End Locust before it waits for the end of a test."""
        sys.exit(code)
