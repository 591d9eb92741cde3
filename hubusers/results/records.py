"""Every measured step of a run, exactly: Locust's own statistics round to about two digits."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from operator import attrgetter
from sys import intern
from typing import Any

START_TO_READY = "start to ready"
STOP_TO_STOPPED = "stop to stopped"
LOGIN = "login"
SPAWN_PAGE = "spawn page"
GIT_PULL = "git pull"
LAB_LOADED = "lab loaded"
PAGE_LOADED = "page loaded"
KERNEL_READY = "kernel ready"
CELL = "cell"
SAVED = "saved"

WEBSOCKET_HELD = "websocket held"
"""A websocket of an open page that was lost while nobody waited for an answer on it; `seconds` is how long it was open.

Noted for those that were lost only."""

SERVER_HELD = "server held"
"""A server that was seen to be gone, or not to answer, between two steps of its person; noted for those only."""

STEPS = (
    *(LOGIN, SPAWN_PAGE, START_TO_READY, GIT_PULL, LAB_LOADED, PAGE_LOADED, KERNEL_READY, CELL, SAVED),
    *(WEBSOCKET_HELD, SERVER_HELD, STOP_TO_STOPPED),
)
"""In the order in which a person takes them."""

OWN_REQUESTS = "own requests"
"""Requests by the code of a person's user class, of which none succeeded in a visit; noted for such visits only."""

ONLY_FAILURES = {WEBSOCKET_HELD, SERVER_HELD, OWN_REQUESTS}
"""The steps of which only failures are noted."""

STORAGE = "storage"
"""A part of a step in JupyterLab: reading and writing files."""

KERNEL = "kernel"
"""A part of a step in JupyterLab: starting a kernel, or waiting for it."""

PAGE = "page"
"""A part of a step in Notebook 7: loading the page of a notebook."""

_PROVIDER = "identity provider "

HUB_AFTER_PROVIDER = "the hub, after the identity provider"
"""A part of a login: the first answer of the hub to people whom the provider has sent back. The hub mostly asks the
provider itself meanwhile."""

HUB = "the hub"
"""A part of a login with an identity provider: everything else."""

SILENT = "silent"
"""A part of the time for which a websocket was open: at its end, when nothing came from the other side any more."""

ARRIVAL = "arrival"
"""Everybody who comes has such a record, before all others. It failed where there was no account for the person."""

USER_CLASS = "user class"
"""It failed where the code of the person's user class raised an exception."""

NEW = "new"
"""A person that never had a server before."""

RETURNING = "returning"
"""A person that has had a server before."""

UNFINISHED = "unfinished"
"""In place of a failure: the run ended while this step was under way, for `seconds` by then.

Noted of starts, and of what a person waits for before: arrivals and logins."""

NOT_REACHED = "not reached"
"""The failure of a step that a person came for, and did not get to because an earlier one failed. No person has such a
record; `hubusers.results.people` adds it to the measures of the step."""


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
    user_class: str = ""  # the name of the person's user class; "" in runs of the first versions

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
    """The records of one process or, in the master, of all processes.

    Args:
        keeps: Whether they are kept once they are handed over; a worker needs them no more.
    """

    def __init__(self, *, keeps: bool = True) -> None:
        self._keeps = keeps
        self._all: list[Record] = []
        self._by_step: defaultdict[str, list[Record]] = defaultdict(list)
        self._reported = 0

    def note(self, record: Record) -> None:
        self._all.append(record)
        if self._keeps:
            self._by_step[record.step].append(record)

    def take_new(self) -> list[tuple[Any, ...]]:
        """Return what was noted since the last call, as a message from a worker to the master."""
        new = self._all[self._reported :]
        if self._keeps:
            self._reported = len(self._all)
        else:
            self._all.clear()
        return [_values(record) for record in new]

    def add(self, messages: list[tuple[Any, ...]]) -> None:
        """Take in a worker's message."""
        for message in messages:
            self.note(_record(message))

    def __iter__(self) -> Iterator[Record]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def since(self, position: int) -> list[Record]:
        """Return the records from a position on."""
        return self._all[position:]

    def of(self, step: str) -> list[Record]:
        """Return the records of a step, without unfinished starts."""
        return [record for record in self.all_of(step) if not record.is_unfinished]

    def all_of(self, step: str) -> list[Record]:
        """Return the records of a step, unfinished ones included."""
        return list(self._by_step.get(step, ()))

    def steps(self) -> list[str]:
        """Return the steps that were taken, in the order in which a person takes them."""
        return in_order(self._by_step)

    def unfinished(self) -> list[Record]:
        """Return the starts that were under way when the run ended."""
        return [record for record in self.starts() if record.is_unfinished]

    def starts(self) -> list[Record]:
        """Return all starts, unfinished ones included."""
        return self.all_of(START_TO_READY)

    def failed(self) -> list[Record]:
        return [record for record in self._all if record.failed]

    def failed_steps(self) -> list[tuple[str, int, int]]:
        """Return each step but the starts that failed: its name, how often it failed, and how often it was taken.

        The last is 0 for steps of which only failures are noted.
        """
        failed = Counter(record.step for record in self.failed())
        return [
            (step, failed[step], 0 if step in ONLY_FAILURES else len(self._by_step[step]))
            for step in in_order(failed)
            if step != START_TO_READY
        ]


def in_order(steps: Iterable[str]) -> list[str]:
    """Return steps in the order in which a person takes them, and after them those that only a user class knows."""
    known = (ARRIVAL, *STEPS, OWN_REQUESTS, USER_CLASS)
    return sorted(set(steps), key=lambda step: (known.index(step) if step in known else len(known), step))


def provider_part(host: str) -> str:
    """Return the name of the part of a login that is for the pages of an identity provider."""
    return f"{_PROVIDER}{host}"


def provider_of(part: str) -> str:
    """Return the host of the identity provider of which a part of a login is; "" for any other part."""
    return part.removeprefix(_PROVIDER) if part.startswith(_PROVIDER) else ""


LONG_WAIT = 5.0
"""Seconds. A step that takes less is quick, where no target says how long it may take."""

_MUCH_LONGER = 2.0
"""Times the median of those that became ready: a start that takes that long is not like them."""


def hanging(records: Iterable[Record]) -> list[Record]:
    """Return the starts that were under way at the end of the run much longer than those took that became ready.

    Args:
        records: Starts, of all or of some people.
    """
    from statistics import median  # here, as each start of Locust imports the names of the steps

    records = list(records)
    good = [record.seconds for record in records if not record.failure]
    usual = max(LONG_WAIT, _MUCH_LONGER * median(good)) if good else LONG_WAIT
    return [record for record in records if record.is_unfinished and record.seconds > usual]


FEW_LEFT_OUT = 0.25
"""Share of the starts that may be unfinished, and young, and left out of percentiles."""


def counted(records: Iterable[Record]) -> list[Record]:
    """Return those of some records that count in a measure: all but a few unfinished starts that tell nothing.

    An unfinished start took longer than it had until the run ended. It counts, with that time, when it had taken longer
    than every start that became ready: it may have been about to fail. Of a younger one nothing can be said, so it is
    left out. Where more than a quarter of the starts would be left out, the rest would look too good, so all of them
    count.

    Args:
        records: Those of one step, and of one cohort where the measure is of one.
    """
    records = list(records)
    longest = longest_success(records)
    if longest is None:
        return records
    older = [record for record in records if not record.is_unfinished or record.seconds > longest]
    return older if len(records) - len(older) <= FEW_LEFT_OUT * len(records) else records


def longest_success(records: Iterable[Record]) -> float | None:
    """Return the longest seconds of the records that did not fail; None where there are none."""
    return max((record.seconds for record in records if not record.failure), default=None)


def longest_known(records: Iterable[Record]) -> float | None:
    """Return up to how many seconds a percentile of counted records is the time that a start took.

    A longer one is that of an unfinished start, or would be if an unfinished start had ended: it is not a time that a
    start took, but one that it took longer than.

    Returns:
        The longest seconds of those that succeeded and were shorter than every unfinished one; None where none
        succeeded.
    """
    records = list(records)
    youngest = min((record.seconds for record in records if record.is_unfinished), default=math.inf)
    succeeded = [record.seconds for record in records if not record.failure]
    return max((seconds for seconds in succeeded if seconds < youngest), default=0.0) if succeeded else None


_NAMES = tuple(item.name for item in fields(Record))
_values = attrgetter(*_NAMES)  # `dataclasses.astuple` would copy each value
_PARTS = _NAMES.index("parts")


def _record(message: Iterable[Any]) -> Record:
    # Each message has its own copies of the same texts, and lists in place of tuples.
    values: list[Any] = [intern(value) if type(value) is str else value for value in message]
    values[_PARTS] = tuple((intern(part), seconds) for part, seconds in values[_PARTS])
    return Record(*values)
