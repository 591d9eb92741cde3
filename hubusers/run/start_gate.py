"""The gate before each start: while spawns fail, no more starts are under way than the hub survives.

A hub with `consecutive_failure_limit` exits when so many spawns in a row have failed. The run ends before that, but
what is under way by then may still fail. So people wait here, before they ask the hub and before their time is
measured, until a spawn succeeds.
"""

import json
import math
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from gevent.event import Event

from hubusers import durations
from hubusers.counting import counted
from hubusers.hub.lifecycle import UserOptions
from hubusers.log import get_logger

LOG = get_logger(__name__)


def kind_of_start(user_options: UserOptions | None) -> str:
    """Return what tells one kind of start from another: its user options, as text."""
    return "" if user_options is None else json.dumps(user_options, sort_keys=True)


@dataclass(frozen=True)
class Held:
    """How many starts were held back so far, by one process or by all."""

    starts: int = 0
    longest: float = 0.0  # seconds that one of them waited
    in_vain: int = 0  # of the starts, those that the end of the run found waiting

    def __add__(self, other: "Held") -> "Held":
        return Held(self.starts + other.starts, max(self.longest, other.longest), self.in_vain + other.in_vain)

    def __str__(self) -> str:
        text = (
            f"{counted(self.starts, 'start was', 'starts were')} held back, for at most "
            f"{durations.in_one_unit(self.longest, digits=2)}: after a failed spawn, and before a first server of its "
            "kind has started, only a few people at a time may ask for a server (--stop-after-failed-spawns). What "
            "was measured of them leaves this wait out."
        )
        if self.in_vain:
            text += f" {self.in_vain} of them never asked for a server, because the run ended."
        return text

    def as_message(self) -> dict[str, float]:
        """Return the figures as Locust's messages between workers and master carry them."""
        return asdict(self)


class _Waiting:
    """A start that is held back."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.let_in = Event()


class StartGate:
    """Lets the starts of one process in, and holds some back while it is doubtful whether spawns succeed.

    It is doubtful for all starts after a failed spawn until one succeeds; and for starts of a kind of which no first
    server was tried before the run, until the first one of that kind succeeds.

    Args:
        limit: Starts under way and spawns failed in a row, taken together, that there may be while it is doubtful; 0:
            nothing is ever held back.
        tried: The kinds of start of which a first server was tried.
        processes: How many processes share the limit; each may have one start under way in any case.
    """

    def __init__(self, limit: int, tried: Iterable[str] = (), processes: int = 1) -> None:
        self.held = Held()
        self.failed = 0  # spawns in a row, in all processes
        self._has_told = False
        self._limit = limit
        self._processes = processes
        self._known_to_work = set(tried)
        self._under_way = Counter[str]()
        self._waiting: list[_Waiting] = []

    def enter(self, kind: str, at_most: float = math.inf) -> float | None:
        """Wait until a start may begin; it is under way then, until `leave`.

        Args:
            kind: As `kind_of_start` returns it.
            at_most: Seconds after which to wait no longer.

        Returns:
            The seconds that it was held back; None if it was not let in at all.
        """
        if not self._waiting_in_line(kind) and self._may_enter(kind):
            self._under_way[kind] += 1
            return 0.0
        began, waiting = time.monotonic(), _Waiting(kind)
        self._begin_to_hold(waiting)
        try:
            waiting.let_in.wait(None if at_most == math.inf else max(0.0, at_most))
            is_let_in = waiting.let_in.is_set()
        except BaseException:  # the person, or the run, ends
            if waiting.let_in.is_set():
                self.leave(kind)
            self.held += Held(in_vain=1)
            raise
        finally:
            seconds = time.monotonic() - began
            self.held += Held(longest=seconds)
            if waiting in self._waiting:
                self._waiting.remove(waiting)
        return seconds if is_let_in else None

    def leave(self, kind: str) -> None:
        """Take in that a start is under way no longer, whatever came of it."""
        self._under_way[kind] -= 1
        self._let_in()

    def note_ready(self, kind: str) -> None:
        """Take in that a spawn has succeeded here."""
        self._known_to_work.add(kind)
        self.set_failed(0)

    def set_failed(self, in_a_row: int) -> None:
        """Take in how many spawns in a row have failed by now, in all processes."""
        self.failed = in_a_row
        self._let_in()

    def _most_under_way(self) -> int:
        left = self._limit - self.failed
        return max(1, left // self._processes) if left > 0 else 0

    def _may_enter(self, kind: str) -> bool:
        if not self._limit or (kind in self._known_to_work and not self.failed):
            return True
        counted = self._under_way if self.failed else self._under_way.keys() - self._known_to_work
        return sum(self._under_way[each] for each in counted) < self._most_under_way()

    def _waiting_in_line(self, kind: str) -> bool:
        """Say whether others wait already for what this start would wait for."""
        return any(self.failed or waiting.kind == kind for waiting in self._waiting)

    def _begin_to_hold(self, waiting: _Waiting) -> None:
        if not self._has_told:  # it may come again at each failed spawn; the note at the run's end counts all of it
            self._has_told = True
            LOG.warning(
                "%s, so only a few people at a time may ask for a server until one has started: the others wait, so "
                "that the hub does not exit after too many failed spawns in a row (said once; "
                "--stop-after-failed-spawns).",
                "A spawn has failed" if self.failed else "No server of this kind has started yet",
            )
        self._waiting.append(waiting)
        self.held += Held(starts=1)

    def _let_in(self) -> None:
        """Let those in who may enter now, in the order in which they came."""
        for waiting in list(self._waiting):
            if self._may_enter(waiting.kind):
                self._waiting.remove(waiting)
                self._under_way[waiting.kind] += 1
                waiting.let_in.set()


class Turn:
    """One person's turn at the gate, from before a start until its end.

    Args:
        gate: The run's.
        kind: What this person starts.
    """

    def __init__(self, gate: StartGate, kind: str) -> None:
        self.kind = kind
        self._gate = gate
        self._is_taken = False

    def take(self, at_most: float = math.inf) -> float | None:
        """Wait for the turn, unless it is taken already; as `StartGate.enter`."""
        if self._is_taken:
            return 0.0
        held = self._gate.enter(self.kind, at_most)
        self._is_taken = held is not None
        return held

    def give_back(self) -> None:
        """Take in that nothing is under way any more; does nothing if the turn was not taken."""
        if self._is_taken:
            self._is_taken = False
            self._gate.leave(self.kind)
