"""What was measured, exactly: Locust's statistics round to about two digits, which is fine for live charts only."""

import statistics
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Any

START_TO_READY = "start to ready"
STOP_TO_STOPPED = "stop to stopped"
LOGIN = "login"
SPAWN_PAGE = "spawn page"
LAB_LOADED = "lab loaded"
KERNEL_READY = "kernel ready"
CELL = "cell"
SAVED = "saved"

STEPS = (LOGIN, SPAWN_PAGE, START_TO_READY, LAB_LOADED, KERNEL_READY, CELL, SAVED, STOP_TO_STOPPED)
"""In the order in which a person takes them."""


UNFINISHED = "unfinished"
"""In place of a failure: a start that the end of the run broke off, after `seconds`."""


@dataclass(frozen=True, slots=True)
class Record:
    """One measured step of one user."""

    step: str
    username: str
    began: float  # seconds since the epoch: when it was due
    seconds: float
    late: float  # seconds: how late, at most, its end was seen
    failure: str = ""
    cohort: str = ""  # of the event; "" where there is none
    lifecycle: int = 1  # which of the user's, from 1
    throttled: float = 0.0  # seconds of it that the user waited because the hub said "too many, later" (429)
    throttled_by: str = ""  # which limit that was: `concurrent_spawn_limit`, `active_server_limit` or another

    @property
    def failed(self) -> bool:
        return self.failure not in {"", UNFINISHED}


class Records:
    """All that one process, or the master for all of them, knows of a run's steps."""

    def __init__(self) -> None:
        self._all: list[Record] = []
        self._reported = 0

    def note(self, record: Record) -> None:
        self._all.append(record)

    def take_new(self) -> list[tuple[Any, ...]]:
        """Return what came since the last call, as Locust's messages between workers and master carry it."""
        new = self._all[self._reported :]
        self._reported = len(self._all)
        return [astuple(record) for record in new]

    def add(self, messages: list[tuple[Any, ...]]) -> None:
        """Take in what a worker noted."""
        self._all += [Record(*message) for message in messages]

    def __iter__(self) -> Iterator[Record]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def since(self, position: int) -> list[Record]:
        """Return those from a position on."""
        return self._all[position:]

    def of(self, step: str) -> list[Record]:
        """Return what was measured of a step; what the end of the run broke off is not among it."""
        return [record for record in self._all if record.step == step and record.failure != UNFINISHED]

    def unfinished(self) -> list[Record]:
        """Return the starts that the end of the run broke off."""
        return [record for record in self._all if record.failure == UNFINISHED]

    def starts(self) -> list[Record]:
        """Return all starts, also those that the end of the run broke off."""
        return [record for record in self._all if record.step == START_TO_READY]

    def failed(self) -> list[Record]:
        return [record for record in self._all if record.failed]

    def summary(self, step: str) -> str:
        """Return percentiles of a step's seconds, and how far off they may be; "" when there was no such step.

        The error is the one that 95 of 100 stay below. A server is never seen ready before it is, so it goes one way:
        the true times are the shown ones, or shorter by so much.
        """
        records = self.of(step)
        seconds = [record.seconds for record in records if not record.failure]
        if not records:
            return ""
        counts = f"{len(seconds)} measured, {len(records) - len(seconds)} failed"
        if not seconds:
            return f"{step}: {counts}"
        late = percentile([record.late for record in records if not record.failure], 95)
        shown = ", ".join(f"p{share} {percentile(seconds, share):.3f}" for share in (50, 95, 99))
        return f"{step}: {shown} ± {late:.3f} seconds ({counts})"


def percentile(values: list[float], share: int) -> float:
    """Return the value that `share` of 100 values do not exceed, between two of them in proportion."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]
