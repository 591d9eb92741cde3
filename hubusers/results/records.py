"""Every measured step of a run, exactly: Locust's own statistics round to about two digits."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, replace
from typing import Any

from hubusers.results.percentiles import percentile

START_TO_READY = "start to ready"
STOP_TO_STOPPED = "stop to stopped"
LOGIN = "login"
SPAWN_PAGE = "spawn page"
LAB_LOADED = "lab loaded"
KERNEL_READY = "kernel ready"
CELL = "cell"
SAVED = "saved"

WEBSOCKET_HELD = "websocket held"
"""A websocket of an open page that was lost while nobody waited for an answer on it; `seconds` is how long it was open.

Noted for those that were lost only."""

SERVER_HELD = "server held"
"""A server that was seen to be gone, or not to answer, between two steps of its person; noted for those only."""

STEPS = (
    *(LOGIN, SPAWN_PAGE, START_TO_READY, LAB_LOADED, KERNEL_READY, CELL, SAVED),
    *(WEBSOCKET_HELD, SERVER_HELD, STOP_TO_STOPPED),
)
"""In the order in which a person takes them."""

ONLY_FAILURES = {WEBSOCKET_HELD, SERVER_HELD}
"""The steps of which only failures are noted."""

STORAGE = "storage"
"""A part of a step in JupyterLab: reading and writing files."""

KERNEL = "kernel"
"""A part of a step in JupyterLab: starting a kernel, or waiting for it."""

SILENT = "silent"
"""A part of the time for which a websocket was open: at its end, when nothing came from the other side any more."""

NEW = "new"
"""A person that never had a server before."""

RETURNING = "returning"
"""A person that has had a server before."""

UNFINISHED = "unfinished"
"""In place of a failure: the run ended while this start was under way, for `seconds` by then."""


@dataclass(frozen=True, slots=True)
class Record:
    """One step of one user, measured."""

    step: str
    username: str
    began: float  # seconds since the epoch: when it was due
    seconds: float
    late: float  # seconds: by how much, at most, its end was seen too late
    failure: str = ""
    cohort: str = ""  # of the event; "" where there is none
    lifecycle: int = 1  # which one of the user, from 1
    throttled: float = 0.0  # seconds of it that the user waited after an answer 429
    throttled_by: str = ""  # the limit: `concurrent_spawn_limit`, `active_server_limit` or another
    reason: str = ""  # of a failure: what the hub, or something before it, said last, without names and numbers
    profile: str = ""  # the profile's slug, or the user options, that a server was asked for with
    person: str = ""  # NEW, RETURNING, or "" where that is not known
    worker: int = 0  # the number of the process
    parts: tuple[tuple[str, float], ...] = ()  # what it waited for, each with its seconds; not of each kind of step
    after: float = 0.0  # seconds for which what was lost had been there: a websocket, a server, a kernel

    @property
    def is_unfinished(self) -> bool:
        return self.failure == UNFINISHED

    @property
    def failed(self) -> bool:
        return self.failure not in {"", UNFINISHED}

    @property
    def time_taken(self) -> float:
        """Seconds as percentiles take them: infinite for a failure, and at least that many for an unfinished start."""
        return math.inf if self.failed else self.seconds


class Records:
    """The records of one process or, in the master, of all processes."""

    def __init__(self) -> None:
        self._all: list[Record] = []
        self._reported = 0

    def note(self, record: Record) -> None:
        self._all.append(record)

    def take_new(self) -> list[tuple[Any, ...]]:
        """Return what was noted since the last call, as a message from a worker to the master."""
        new = self._all[self._reported :]
        self._reported = len(self._all)
        return [astuple(record) for record in new]

    def add(self, messages: list[tuple[Any, ...]]) -> None:
        """Take in a worker's message."""
        self._all += map(_record, messages)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def since(self, position: int) -> list[Record]:
        """Return the records from a position on."""
        return self._all[position:]

    def of(self, step: str) -> list[Record]:
        """Return the records of a step, without unfinished starts."""
        return [record for record in self._all if record.step == step and not record.is_unfinished]

    def counted(self, step: str) -> list[Record]:
        """Return the records of a step that count in its measures; see the function `counted`."""
        return counted(record for record in self._all if record.step == step)

    def unfinished(self) -> list[Record]:
        """Return the starts that were under way when the run ended."""
        return [record for record in self._all if record.is_unfinished]

    def starts(self) -> list[Record]:
        """Return all starts, unfinished ones included."""
        return [record for record in self._all if record.step == START_TO_READY]

    def failed(self) -> list[Record]:
        return [record for record in self._all if record.failed]

    def failed_steps(self) -> list[tuple[str, int, int]]:
        """Return each step but the starts that failed: its name, how often it failed, and how often it was taken.

        The last is 0 for steps of which only failures are noted.
        """
        failed = Counter(record.step for record in self.failed())
        taken = Counter(record.step for record in self._all)
        return [
            (step, failed[step], 0 if step in ONLY_FAILURES else taken[step])
            for step in STEPS
            if failed[step] and step != START_TO_READY
        ]

    def summary(self, step: str) -> str:
        """Return percentiles of a step's seconds, and how far off they may be; "" when nothing was measured.

        In percentiles a failure never ended, and an unfinished start took longer than it had until then. The error is
        the p95 of how late an end was seen. A server is never seen ready before it is, so a true time is the shown one,
        or shorter by up to the error.
        """
        of_step = [record for record in self._all if record.step == step]
        if not of_step:
            return ""
        records = counted(of_step)
        succeeded = [record for record in records if not record.failure]
        unfinished = sum(record.is_unfinished for record in of_step)
        counts = f"{len(succeeded)} measured, {sum(record.failed for record in records)} failed"
        if unfinished:
            counts += f", {unfinished} unfinished"
        if not succeeded:
            return f"{step}: {counts}"
        times, longest = [record.time_taken for record in records], longest_success(records)
        shown = ", ".join(f"p{percent} {_in_digits(percentile(times, percent), longest)}" for percent in (50, 95, 99))
        return f"{step}: {shown} ± {percentile((record.late for record in succeeded), 95):.3f} seconds ({counts})"


def counted(records: Iterable[Record]) -> list[Record]:
    """Return those of some records that count in a measure: all but the unfinished starts that tell nothing.

    An unfinished start took longer than it had until the run ended. It counts, with that time, when it had taken longer
    than every start that became ready: it may have been about to fail. Of a younger one nothing can be said.

    Args:
        records: Those of one step, and of one cohort where the measure is of one.
    """
    records = list(records)
    longest = longest_success(records)
    return [record for record in records if not record.is_unfinished or longest is None or record.seconds > longest]


def longest_success(records: Iterable[Record]) -> float | None:
    """Return the longest seconds of the records that did not fail; None where there are none.

    A percentile of counted records that is longer is that of an unfinished start. It is not a time that a start took,
    but one that it took longer than.
    """
    return max((record.seconds for record in records if not record.failure), default=None)


def _in_digits(seconds: float, longest: float | None) -> str:
    if math.isinf(seconds):
        return "never"
    return f"{seconds:.3f}" if longest is not None and seconds <= longest else f"over {seconds:.3f}"


def _record(message: tuple[Any, ...]) -> Record:
    record = Record(*message)
    # Messages between processes know lists only.
    return replace(record, parts=tuple((part, seconds) for part, seconds in record.parts)) if record.parts else record
