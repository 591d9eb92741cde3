"""How some failures came about, in words: their causes, an example, and after how long they came."""

from collections import Counter
from collections.abc import Iterable, Iterator
from statistics import median

from hubusers.report import words
from hubusers.report.causes.affected import people
from hubusers.report.causes.explained import failures_by_kind
from hubusers.report.causes.facts import Facts
from hubusers.results.records import Record

FEW = 3
"""Durations, or people; fewer say nothing of a limit."""

_ALIKE = 0.1
"""Share of the median: durations that are mostly no further from it than this are the same time limit."""

_MOSTLY = 0.8
"""Share of durations that must be alike."""

_MOST_NAMED = 3
"""How many causes are named."""


def of_kind(facts: Facts, kind: str) -> Iterator[list[Record]]:
    """Return the failures of a kind, if there are any: one list or none."""
    if records := failures_by_kind(facts).get(kind):
        yield records


def cause_of(record: Record) -> str:
    """Return what the failure says beside its fixed phrase."""
    return record.failure.partition(": ")[2]


def most_frequent_cause(records: Iterable[Record]) -> str:
    """Return the most frequent cause of some failures."""
    causes = Counter(cause_of(record) for record in records)
    cause = causes.most_common(1)[0][0]
    return cause or "without a reason"


def causes_of(records: list[Record], what: str = "Causes", *, fewest: int = 2) -> list[str]:
    """Return the causes of some failures with their counts, where there are so many."""
    causes = Counter(cause_of(record) for record in records if cause_of(record))
    if len(causes) < fewest:
        return []
    named = [f"{cause} ({words.counted(count, 'time')})" for cause, count in causes.most_common(_MOST_NAMED)]
    more = [f"and {len(causes) - _MOST_NAMED:,} more"] if len(causes) > _MOST_NAMED else []
    return [f"{what}: {', '.join([*named, *more])}."]


def example_of(facts: Facts, records: list[Record]) -> list[str]:
    """Return what happened in one of the failures; as a list of one or none."""
    first = records[0]
    example = facts.results.examples.of(first.step, first.failure, first.reason)
    return [f"For example: {example}."] if example else []


def same(seconds: list[float]) -> float:
    """Return the duration that most of some durations are; 0 where they differ, or are too few to say."""
    if len(seconds) < FEW:
        return 0.0
    middle = median(seconds)
    alike = sum(abs(one - middle) <= max(0.5, _ALIKE * middle) for one in seconds)
    return middle if alike >= _MOSTLY * len(seconds) else 0.0


def after_each(seconds: list[float]) -> str:
    """Return after how long something came, as in ", after 3 s to 66 s"; "" where that is not known."""
    if not seconds:
        return ""
    shortest, longest = words.in_seconds(min(seconds)), words.in_seconds(max(seconds))
    return f", after {shortest}" if shortest == longest else f", after {shortest} to {longest}"


def were(records: list[Record]) -> str:
    """Return "was" or "were", for the people of some failures."""
    return "was" if people(records) == 1 else "were"
