"""Where the time of starts went, for the report: the parts of all starts and of groups of them, and what was said."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import fmean

from hubusers.report import colours, words
from hubusers.results.failures import with_reason
from hubusers.results.records import Record
from hubusers.results.results import Results
from hubusers.results.start_diaries import StartDiary
from hubusers.results.start_messages import StartMessage
from hubusers.start_parts import PARTS

MOST_MESSAGES = 15
"""How many of the messages are shown: those after which starts waited longest."""

MOST_SLOW = 5
"""How many of the slowest starts are shown with their diaries."""

_COLOURS = dict(zip(PARTS, colours.PARTS, strict=True))
_COLOUR_OF_MESSAGES = "failed"
"""The colour of all messages that are parts by themselves, of which there may be many."""


@dataclass(frozen=True)
class Spent:
    """The time that starts spent with one part, on average."""

    part: str
    seconds: float
    share: float  # of the whole start
    colour: str  # by its meaning, as in hubusers.report.colours


@dataclass(frozen=True)
class GroupOfStarts:
    """Some starts, and what they spent their time with, in the order of the parts."""

    name: str
    starts: int
    mean: float  # seconds
    length: float  # of the mean, as a share of the longest mean of all groups
    spent: list[Spent]


@dataclass(frozen=True)
class TimeOfStarts:
    """Everything that the report shows about the time of starts."""

    groups: list[GroupOfStarts]  # all starts, the slower half, then each cohort and each profile
    messages: list[StartMessage]
    diaries: list[StartDiary]  # of the slowest starts, and of one start that failed in each way

    @property
    def parts(self) -> list[tuple[Spent, Spent | None]]:
        """The parts of all starts, each with the same part of the slower half."""
        whole, *rest = self.groups
        slower = {spent.part: spent for spent in rest[0].spent} if rest else {}
        return [(spent, slower.get(spent.part)) for spent in whole.spent]


def time_of_starts(results: Results) -> TimeOfStarts | None:
    """Return where the time of a run's starts went; None for a run whose starts have no parts."""
    starts = [start for start in results.records.starts() if start.parts]
    if not starts:
        return None
    groups = list(_groups(starts))
    longest = max(_mean(group) for _, group in groups) or 1.0
    return TimeOfStarts(
        groups=[_group(name, group, longest) for name, group in groups],
        messages=[message for message in results.messages.rows() if message.seconds >= 1][:MOST_MESSAGES],
        diaries=[*results.diaries.slowest()[:MOST_SLOW], *results.diaries.failed()],
    )


def title_of(diary: StartDiary) -> str:
    """Return a start in one line: who, how long, and what became of it."""
    who = ", ".join(filter(None, (diary.username, diary.cohort, diary.profile)))
    took = words.in_seconds(diary.seconds)
    failed = with_reason(diary.failure, diary.reason) if diary.failure else ""
    return f"{who}: {failed}, after {took}" if failed else f"{who}: {took}"


def _groups(starts: list[Record]) -> Iterator[tuple[str, list[Record]]]:
    yield "all starts", starts
    by_slowness = sorted(starts, key=lambda start: start.seconds)
    if len(starts) > 1:
        yield "the slower half", by_slowness[len(starts) // 2 :]
    for what in ("cohort", "profile"):
        values = sorted({getattr(start, what) for start in starts})
        if len(values) > 1:
            for value in values:
                yield f"{what} {value or '(none)'}", [start for start in starts if getattr(start, what) == value]


def _group(name: str, starts: list[Record], longest: float) -> GroupOfStarts:
    seconds: dict[str, float] = {}
    for start in starts:
        for part, spent in start.parts:
            seconds[part] = seconds.get(part, 0.0) + spent / len(starts)
    mean = _mean(starts)
    parts = [
        Spent(part, seconds[part], seconds[part] / mean if mean else 0.0, _COLOURS.get(part, _COLOUR_OF_MESSAGES))
        for part in _in_order(seconds)
    ]
    return GroupOfStarts(name, len(starts), mean, mean / longest, parts)


def _in_order(parts: Iterable[str]) -> list[str]:
    known = {part: position for position, part in enumerate(PARTS)}
    return sorted(parts, key=lambda part: known.get(part, len(known)))


def _mean(starts: list[Record]) -> float:
    return fmean(start.seconds for start in starts)
