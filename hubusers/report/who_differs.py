"""What sets those who failed, or waited long, apart from all others; said only where chance would hardly do it."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from hubusers.report import words
from hubusers.results.attributes import ATTRIBUTES, Attribute
from hubusers.results.records import Record

FEWEST = 3
"""People. What one or two have in common is no sign of a cause."""

PURE = 0.9
"""Share of those affected that have it in common, and of all others that have it not."""

CHANCE = 0.01
"""The highest probability that chance alone sets people apart so well in anything that is looked at."""

_MOST_VALUES = 20
"""Where there are more, such as a profile for each person, hardly anybody shares one."""


@dataclass(frozen=True)
class _Split:
    """How well something sets those affected apart.

    Attributes:
        they: What those affected have in common, in words.
        others: The opposite, in few words.
        affected: How many people are affected.
        affected_with: How many of them have it.
        spared: How many others there are.
        spared_with: How many of them have it.
        ways: In how many ways people could have been set apart by this.
        same_people: Whether some of the others are the same people, at another time.
    """

    they: str
    others: str
    affected: int
    affected_with: int
    spared: int
    spared_with: int
    ways: float
    same_people: bool = False

    @property
    def chance(self) -> float:
        """The probability that chance sets them apart as well, in one of the ways; 1 where they hardly are."""
        if self.affected_with < PURE * self.affected or self.spared_with > (1 - PURE) * self.spared:
            return 1.0
        return min(1.0, self.ways * _by_chance(*self.counts))

    @property
    def counts(self) -> tuple[int, int, int, int]:
        return self.affected, self.affected_with, self.spared, self.spared_with


def who_differs(
    records: Iterable[Record],
    is_affected: Callable[[Record], bool],
    they: str = "who failed",
    *,
    without: Sequence[Attribute] = (),
    by_time: bool = True,
) -> str:
    """Say what those who are affected have in common, and all others have not; "" if that is not clear.

    It compares people, not starts: someone who failed ten times counts once. Fisher's exact test gives the probability
    that chance alone would set them apart as well as that, and it is taken as many times as there are ways to look.

    Args:
        records: Those of everybody who could have been affected. Leave out those of whom it is not known.
        is_affected: Whether a record is of those who are affected.
        they: Says who those are, as in "who stopped at the login".
        without: Attributes that follow from being affected, such as the limit for those who were throttled too long.
        by_time: Whether to compare the times at which people came, too. In a rush those in its middle wait longest.
    """
    of_affected, of_spared = list[Record](), list[Record]()
    for record in records:
        (of_affected if is_affected(record) else of_spared).append(record)
    if len({record.username for record in of_affected}) < FEWEST or not of_spared:
        return ""
    attributes = [one for one in ATTRIBUTES if one not in without]
    splits = [split for one in attributes if (split := _by_attribute(one, of_affected, of_spared))]
    times = list(_by_time(of_affected, of_spared)) if by_time else []
    looked_at = len(splits) + len(times)
    clear = [split for split in splits if split.chance * looked_at < CHANCE]
    if not clear:  # people of a kind often come at a time of their own, so the time says less than the kind
        clear = [split for split in times if split.chance * looked_at < CHANCE]
    if not clear:
        return ""
    best = min(clear, key=lambda split: split.chance)
    return _in_words([split for split in clear if split.counts == best.counts], they)


def _by_attribute(attribute: Attribute, of_affected: list[Record], of_spared: list[Record]) -> _Split | None:
    """Compare people by the values that are more frequent among those affected; None where that is not possible."""
    affected = {(record.username, attribute.of(record)) for record in of_affected}
    spared = {(record.username, attribute.of(record)) for record in of_spared} - affected
    bad, good = Counter(value for _, value in affected), Counter(value for _, value in spared)
    values = [value for value in {*bad, *good} if value is not None]
    shared = sorted(value for value in values if bad[value] * len(spared) > good[value] * len(affected))
    if None in bad or None in good or not shared or len(values) > _MOST_VALUES:
        return None
    return _Split(
        they=attribute.they(shared),
        others=attribute.others(shared),
        affected=len(affected),
        affected_with=sum(bad[value] for value in shared),
        spared=len(spared),
        spared_with=sum(good[value] for value in shared),
        # The values were chosen by what happened to them, so each choice among them is one way.
        ways=2.0 ** len(values) - 2,
        same_people=not {name for name, _ in affected}.isdisjoint(name for name, _ in spared),
    )


def _by_time(of_affected: list[Record], of_spared: list[Record]) -> Iterator[_Split]:
    """Compare those who were affected, from the first to the last of them, with those who came before or after."""
    affected: dict[str, float] = {}
    for record in of_affected:
        affected[record.username] = min(record.began, affected.get(record.username, math.inf))
    spared = {record.username: record.began for record in of_spared if record.username not in affected}
    begin, end = min(affected.values()), max(affected.values())
    is_before = any(time < begin for time in spared.values())
    is_after = any(time > end for time in spared.values())
    if is_before and is_after:
        they, others = f"began from {words.clock(begin)} to {words.clock(end)} UTC", "began before or after that"
    elif is_before:
        they, others = f"began at {words.clock(begin)} UTC or later", "began before"
    elif is_after:
        they, others = f"began at {words.clock(end)} UTC or earlier", "began later"
    else:
        return
    within = sum(begin <= time <= end for time in spared.values())
    # The first and the last moment could be those of any two people.
    ways = math.comb(len(affected) + len(spared), 2)
    yield _Split(they, others, len(affected), len(affected), len(spared), within, ways)


def _by_chance(bad: int, bad_with: int, good: int, good_with: int) -> float:
    """Return the probability that chance gives something to so many of the bad ones, or more (Fisher's exact test).

    Args:
        bad: How many bad ones there are.
        bad_with: How many of them have it.
        good: How many good ones there are.
        good_with: How many of them have it.
    """
    having = bad_with + good_with
    of_all = _log_of_ways(bad + good, having)
    return sum(
        math.exp(_log_of_ways(bad, number) + _log_of_ways(good, having - number) - of_all)
        for number in range(bad_with, min(bad, having) + 1)
    )


def _log_of_ways(count: int, chosen: int) -> float:
    """Return the logarithm of `math.comb`, whose numbers have thousands of digits for thousands of people."""
    return math.lgamma(count + 1) - math.lgamma(chosen + 1) - math.lgamma(count - chosen + 1)


def _in_words(splits: list[_Split], they: str) -> str:
    one = splits[0]
    who = f"{words.counted(one.affected, 'person', 'people')} {they}"
    had = " and ".join(split.they for split in splits)
    begin = f"All {who} {had}" if one.affected_with == one.affected else f"{one.affected_with:,} of the {who} {had}"
    others = words.counted(one.spared, "other visit" if one.same_people else "other")
    if one.affected_with < one.affected or one.spared_with or len(splits) > 1 or one.same_people:
        return f"{begin}; this was so for {one.spared_with or 'none'} of the {others}."
    return f"{begin}; {f'all {others}' if one.spared > 1 else 'the only other one'} {one.others}."
