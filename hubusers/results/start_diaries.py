"""Whole diaries of a few starts: of the slowest, and of the first that failed in each way."""

from dataclasses import astuple, dataclass, replace
from typing import Any

SLOWEST = 20
"""How many diaries of slow starts are kept."""

MOST_FAILED = 20
"""How many diaries of failed starts are kept: one for each kind of failure."""


@dataclass(frozen=True, slots=True)
class StartDiary:
    """What was said of one start."""

    username: str
    began: float  # seconds since the epoch
    seconds: float
    failure: str  # "" for a start that became ready
    reason: str
    cohort: str
    profile: str
    messages: tuple[tuple[float, str, str], ...]  # seconds since the click, the message, and the part that began then


class StartDiaries:
    """The diaries of one process or, in the master, of all processes; bounded, however long a run is."""

    def __init__(self) -> None:
        self._slowest: list[StartDiary] = []
        self._failed: dict[tuple[str, str], StartDiary] = {}
        self._new: list[StartDiary] = []

    def wants(self, seconds: float, failure: str, reason: str) -> bool:
        """Say whether the diary of such a start would be kept."""
        if failure:
            return (failure, reason) not in self._failed and len(self._failed) < MOST_FAILED
        return len(self._slowest) < SLOWEST or seconds > self._slowest[-1].seconds

    def note(self, diary: StartDiary) -> None:
        """Keep a diary, if it is wanted."""
        if not self.wants(diary.seconds, diary.failure, diary.reason):
            return
        if diary.failure:
            self._failed[diary.failure, diary.reason] = diary
        else:
            self._slowest = sorted([*self._slowest, diary], key=lambda one: -one.seconds)[:SLOWEST]
        self._new.append(diary)

    def take_new(self) -> list[tuple[Any, ...]]:
        """Return what was kept since the last call, as a message from a worker to the master."""
        new, self._new = self._new, []
        return [astuple(diary) for diary in new]

    def add(self, messages: list[tuple[Any, ...]]) -> None:
        """Take in a worker's message."""
        for values in messages:
            diary = StartDiary(*values)
            # Messages between processes know lists only.
            said = tuple((seconds, message, part) for seconds, message, part in diary.messages)
            self.note(replace(diary, messages=said))

    def slowest(self) -> list[StartDiary]:
        """Return those of the slowest starts that became ready, the slowest first."""
        return list(self._slowest)

    def failed(self) -> list[StartDiary]:
        """Return those of failed starts, one for each kind of failure, in the order in which they failed."""
        return list(self._failed.values())
