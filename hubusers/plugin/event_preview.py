"""What the start form shows of an event, in place of the fields that the event decides."""

from locust.user import User

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from hubusers.counting import counted
from hubusers.durations import in_words
from hubusers.event.file import parse_event
from hubusers.event.plan import Person, plan
from hubusers.event.words import people_in_words
from hubusers.plugin.needs import check_classes
from hubusers.report.plan_chart import bar_length, facts_of, stays_of
from hubusers.settings.access import SettingsError

_MOST_BARS = 200


@dataclass(frozen=True)
class Preview:
    """An event and its plan, or the mistakes for which it cannot be rehearsed."""

    mistakes: list[str] = field(default_factory=list)
    title: str = ""
    people: list[str] = field(default_factory=list)  # sentences
    targets: list[str] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    bar: float = 1.0  # seconds for which each bar of the chart stands
    arrivals: list[int] = field(default_factory=list)  # how many come in each of them
    sentence: str = ""  # the chart in words

    @property
    def rows(self) -> list[tuple[str, int]]:
        """The chart as a table: from when to when how many come, without the times in which nobody does."""
        spans = [(number * self.bar, count) for number, count in enumerate(self.arrivals)]
        return [(f"{in_words(begin)} to {in_words(begin + self.bar)}", count) for begin, count in spans if count]


def preview(event_text: str, known_classes: Mapping[str, type[User]]) -> Preview:
    """Return what to show of an event.

    Args:
        event_text: As it would be rehearsed, with its seed and time scale.
        known_classes: The user classes that may come, by their names.

    Raises:
        SettingsError: A user class is not in the locustfile, or cannot do what the event says.
    """
    event = parse_event(event_text, "The event")
    check_classes(known_classes, event)
    assert event.seed is not None
    people = plan(event, event.seed)
    known = facts_of(event, people, stays_of(event, people), str(event.seed))
    bar = bar_length(people[-1].arrives, _MOST_BARS) if people else 1.0
    return Preview(
        title=event.title,
        people=people_in_words(event),
        targets=[target.text for target in event.targets],
        facts=[(name or "left out", value) for name, value in known if name not in {"target", "people", "seed"}],
        bar=bar,
        arrivals=_arrivals(people, bar),
        sentence=_in_a_sentence(people),
    )


def cannot_be_rehearsed(error: SettingsError) -> Preview:
    """Return what to show in place of a plan."""
    return Preview(mistakes=str(error).splitlines())


def _arrivals(people: list[Person], bar: float) -> list[int]:
    arriving = Counter(math.floor(person.arrives / bar) for person in people)
    return [arriving[number] for number in range(max(arriving, default=-1) + 1)]


def _in_a_sentence(people: list[Person]) -> str:
    if not people:
        return "Nobody comes."
    first, last = people[0].arrives, people[-1].arrives
    come = counted(len(people), "person", "people")
    if first == last:
        return f"{come}, all in the same moment."
    return (
        f"{come}: the first {f'after {in_words(first)}' if first else 'at the start'}, the last after {in_words(last)}."
    )
