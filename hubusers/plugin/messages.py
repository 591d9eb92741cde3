"""What a master and its workers tell each other, beside Locust's own messages.

Locust hands its options from the master to the workers. They hold what people typed; all else travels in these
messages.

    master                                     worker
      BRIEFING  ──────────── a run begins ───────────▶
      ◀───────── the accounts are there ──── PREPARED     (events only)
      BEGIN ──────────── now they come ──────────▶        (events only)
      ◀─────── every 3 s, in Locust's report ── FIGURES
      ◀── a spawn failed, or one succeeded again ── SPAWNS
      FAILED_IN_A_ROW ─── so many by now ────────▶
      ◀─── a refused token is accepted again ── TOKEN_ACCEPTED_AGAIN
      ◀────────── the run cannot go on ────── TROUBLE
      STOP  ───────────── the run ends ──────────▶
      ◀──────────── nothing is left ──────── CLEANED_UP
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hubusers.accounts.ledger import Totals
from hubusers.run import generator_check, start_gate
from hubusers.run.failed_spawns import SpawnCounts
from hubusers.run.user_counts import UserCounts

if TYPE_CHECKING:
    from hubusers.run.run import Run

BRIEFING = "hubusers_briefing"
PREPARED = "hubusers_prepared"
BEGIN = "hubusers_begin"
STOP = "hubusers_stop"
CLEANED_UP = "hubusers_cleaned_up"
SPAWNS = "hubusers_spawns"
FAILED_IN_A_ROW = "hubusers_failed_in_a_row"
TOKEN_ACCEPTED_AGAIN = "hubusers_token_accepted_again"  # noqa: S105  # the name of a message
TROUBLE = "hubusers_trouble"
FIGURES = "hubusers"
"""The key of a worker's figures in the report that Locust sends to the master."""


@dataclass(frozen=True)
class Briefing:
    """What all processes of one run must know alike."""

    run_id: str
    event_text: str = ""  # the event's file, with its seed and time scale; "" without an event
    token_owner: str = ""  # as the hub told the master
    user_classes: tuple[str, ...] = ()  # those that take part
    workers: tuple[str, ...] = ()  # in the order in which they share the people out
    tried: tuple[str, ...] = ()  # the kinds of start of which a first server was tried

    def as_message(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_message(cls, data: dict[str, Any]) -> Briefing:
        return cls(**data | {name: tuple(data[name]) for name in ("user_classes", "workers", "tried")})


@dataclass(frozen=True)
class Figures:
    """What a worker tells of its share of a run."""

    run_id: str
    totals: Totals
    spawns: SpawnCounts
    held: start_gate.Held
    strain: generator_check.Strain
    cohorts: dict[str, UserCounts]  # by name; "" without an event
    pending_for: dict[str, int]  # what its pending starts wait for, with how many do
    waits: list[float]  # seconds that each of them has been pending
    results: dict[str, Any]  # what is new in them, as `Results.take_new` returns it
    has_left: bool  # whether all its people have come, and left again
    servers: list[str]  # of given accounts, those that it may still have: the hub could not tell them from others

    @classmethod
    def of(cls, run: Run, *, has_left: bool) -> Figures:
        """Return the figures of a run by now; what is new in them is handed out once."""
        return cls(
            run_id=run.settings.run_id,
            totals=run.ledger.totals(),
            spawns=run.spawns,
            held=run.gate.held,
            strain=run.generator.strain,
            cohorts=dict(run.cohorts),
            pending_for=dict(+run.pending_for),
            waits=[round(seconds, 2) for seconds in run.waits()],
            results=run.results.take_new(),
            has_left=has_left,
            servers=run.ledger.left() if run.settings.accounts_file else [],
        )

    def as_message(self) -> dict[str, Any]:
        # Not `asdict`, which would copy each record.
        parts = {name: getattr(self, name).as_message() for name in ("totals", "spawns", "held", "strain")}
        return vars(self) | parts | {"cohorts": {name: counts.as_message() for name, counts in self.cohorts.items()}}

    @property
    def counts(self) -> UserCounts:
        return sum(self.cohorts.values(), UserCounts())

    @classmethod
    def from_message(cls, data: dict[str, Any]) -> Figures:
        return cls(
            **data
            | {
                "totals": Totals(**data["totals"]),
                "spawns": SpawnCounts(**data["spawns"]),
                "held": start_gate.Held(**data["held"]),
                "strain": generator_check.Strain(**data["strain"]),
                "cohorts": {name: UserCounts(**counts) for name, counts in data["cohorts"].items()},
            }
        )
