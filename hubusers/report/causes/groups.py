"""What differs between cohorts, and between profiles."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from statistics import fmean

from hubusers.report import words
from hubusers.results.records import Record

GROUPS: dict[str, Callable[[Record], str]] = {
    "cohort": lambda record: record.cohort,
    "profile": lambda record: record.profile,
}
"""How records are grouped: the value of each for a record, which is "" where it has none."""

_CLEARLY = 2.0
"""How many times more the first group has than the last one, where they differ."""

_SHOWN = 4


def grouped(records: Iterable[Record], by: str) -> dict[str, list[Record]]:
    """Return the records of each cohort, or of each profile."""
    groups = defaultdict(list)
    for record in records:
        groups[GROUPS[by](record)].append(record)
    return dict(groups)


def by_groups(records: Iterable[Record], seconds: Callable[[Record], float]) -> list[str]:
    """Return sentences that say which cohorts and which profiles spent clearly more time with something than others.

    Args:
        records: Those to compare.
        seconds: How long a record spent with it.
    """
    records = list(records)
    return [sentence for by in GROUPS if (sentence := _compared(grouped(records, by), by, seconds))]


def _compared(groups: dict[str, list[Record]], by: str, seconds: Callable[[Record], float]) -> str:
    means = {value: fmean(map(seconds, group)) for value, group in groups.items() if value}
    ordered = sorted(means, key=lambda value: -means[value])
    if len(ordered) < 2 or means[ordered[0]] < _CLEARLY * means[ordered[-1]]:
        return ""
    shown = [
        f"{value} {words.in_seconds(means[value])} of "
        f"{words.in_seconds(fmean(record.seconds for record in groups[value]))} "
        f"({words.counted(len(groups[value]), 'start')})"
        for value in ordered[:_SHOWN]
    ]
    more = [f"and {len(ordered) - _SHOWN} more"] if len(ordered) > _SHOWN else []
    return f"By {by}, on average: {', '.join([*shown, *more])}."
