"""The failures of a run by their reason: how often each came, when, and who was affected."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hubusers.counting import counted
from hubusers.results.attributes import COHORT, PERSON, PROFILE, USER_CLASS, WORKER, Attribute
from hubusers.results.examples import Examples
from hubusers.results.records import Record
from hubusers.results.request_log import RequestLog

_MOST_NAMED = 3
"""How many values of an attribute are named; a longer list says little about who is affected."""

_SHOWN = (PERSON, PROFILE, COHORT, USER_CLASS, WORKER)
"""What is told of the people who are affected."""

FailureKey = tuple[str, str, str]
"""The step or request, how it failed, and the reason that was given."""


@dataclass(frozen=True)
class FailureKind:
    """What failed in one way, for one reason.

    Attributes:
        name: Of the step or the request.
        failure: One of the fixed phrases of errors.
        reason: What the hub, or something before it, said, without names and numbers; "" where nothing was said.
        count: How often.
        first: When the first one failed, in seconds since the epoch: at the end of the step, not at its beginning.
        last: When the last one failed.
        people: How many people it happened to; 0 for a request, of which that is not known.
        who: How many people they were, and what kind of people where the run has several, as in "8 people, all new;
            cohort: all students"; "" for a request.
        example: The particulars of the first one; "" where none was kept.
    """

    name: str
    failure: str
    reason: str
    count: int
    first: float
    last: float
    people: int = 0
    who: str = ""
    example: str = ""

    @property
    def what(self) -> str:
        """The failure, with the words of the hub where it said any."""
        return with_reason(self.failure, self.reason)


@dataclass
class _Group:
    count: int = 0
    first: float = float("inf")
    last: float = float("-inf")
    people: set[str] = field(default_factory=set)
    values: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    """The people by attribute and value."""

    def note(self, first: float, last: float, count: int = 1) -> None:
        self.count += count
        self.first, self.last = min(self.first, first), max(self.last, last)


class Failures:
    """Groups failures as they come, so that a page can show them while a run lasts.

    Args:
        examples: The examples of the same run.
    """

    def __init__(self, examples: Examples) -> None:
        self._examples = examples
        self._groups: dict[FailureKey, _Group] = defaultdict(_Group)
        self._values: dict[str, set[str]] = defaultdict(set)  # that the records have, by attribute

    def note(self, records: Iterable[Record]) -> None:
        """Take in records; those that did not fail tell what kinds of people there are."""
        for record in records:
            values = {attribute.name: attribute.of(record) or "" for attribute in _SHOWN}
            for name, value in values.items():
                self._values[name].add(value)
            if record.failed:
                group = self._groups[record.step, record.failure, record.reason]
                failed_at = record.began + record.seconds
                group.note(failed_at, failed_at)
                group.people.add(record.username)
                for name, value in values.items():
                    group.values[name][value].add(record.username)

    def note_requests(self, requests: RequestLog) -> None:
        """Take in the requests that failed."""
        for name in requests.names():
            for failed in requests.of(name).failures():
                self._groups[name, failed.failure, ""].note(failed.first, failed.last, failed.count)

    def kinds(self, most: int | None = None) -> list[FailureKind]:
        """Return the kinds of failure, the most frequent first.

        Args:
            most: How many to return at most; None for all.
        """
        by_count = sorted(self._groups.items(), key=lambda item: -item[1].count)
        return [self._kind(key, group) for key, group in by_count[:most]]

    def __len__(self) -> int:
        return len(self._groups)

    def _kind(self, key: FailureKey, group: _Group) -> FailureKind:
        return FailureKind(
            *key,
            count=group.count,
            first=group.first,
            last=group.last,
            people=len(group.people),
            who="; ".join(self._who(group)),
            example=self._examples.of(*key),
        )

    def _who(self, group: _Group) -> Iterable[str]:
        if group.people:
            people = counted(len(group.people), "person", "people")
            yield ", ".join(filter(None, (people, self._of(PERSON, group))))
        for attribute in _SHOWN:
            if attribute is not PERSON and (of_attribute := self._of(attribute, group)):
                yield f"{attribute.name}: {of_attribute}"

    def _of(self, attribute: Attribute, group: _Group) -> str:
        """Return how many people have which value of an attribute; "" where the run has only one value of it."""
        people = {value: len(names) for value, names in group.values[attribute.name].items() if value}
        several = len(self._values[attribute.name]) > 1
        return _counted(people, everybody=len(group.people)) if several and people else ""


def with_reason(failure: str, reason: str) -> str:
    """Return a failure with the reason that was given; words in which one ends and the other begins are told once.

    Args:
        failure: One of the fixed phrases of errors, as in "hub error: HTTP 503".
        reason: What was said, as in "503: Service Unavailable"; "" where nothing was.
    """
    phrase = failure.split()
    for first in range(len(phrase)):
        same = re.escape(" ".join(phrase[first:]))
        reason = re.sub(rf"^{same}(?:\s*:|\s*$|(?<=\d)\b)\s*", "", reason, flags=re.IGNORECASE)
    return f"{failure}: {reason}" if reason else failure


def _counted(people: Mapping[str, int], everybody: int) -> str:
    """Return how many people have which value, as in "8 students, 2 staff", or "all students"."""
    by_count = sorted(people.items(), key=lambda item: -item[1])
    if len(by_count) == 1 and by_count[0][1] == everybody:
        return f"{'all ' if everybody > 1 else ''}{by_count[0][0]}"
    named = [f"{count:,} {value}" for value, count in by_count[:_MOST_NAMED]]
    more = f", {len(by_count) - _MOST_NAMED} more" if len(by_count) > _MOST_NAMED else ""
    return f"{', '.join(named)}{more}"
