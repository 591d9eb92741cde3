"""What the hub said while servers started, counted: the messages of all progress streams by their templates."""

import re
from dataclasses import astuple, dataclass, replace
from typing import Any

from hubusers.results.distinct import Distinct

_MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+Z ")

MOST_TEMPLATES = 200
"""How many different messages are counted apart; a hub says some twenty."""


@dataclass(slots=True)
class StartMessage:
    """A message of starting servers, without names and numbers."""

    template: str
    part: str  # what a start waited for after it
    count: int = 0
    seconds: float = 0.0  # until the next message of the same start, or its end: of all of them together
    longest: float = 0.0  # the longest of those, in seconds
    first: float = 0.0  # when it came first, in seconds since the epoch
    last: float = 0.0
    example: str = ""  # the first one as it came
    failed: int = 0  # of how many starts that failed it was said; 0 in runs of the first versions

    @property
    def words(self) -> str:
        """The first one as it came, without the moment with which events of Kubernetes begin: they come at others."""
        return _MOMENT.sub("", self.example or self.template)

    def add(self, other: "StartMessage") -> None:
        """Count another one of the same kind as well."""
        self.count += other.count
        self.seconds += other.seconds
        self.longest = max(self.longest, other.longest)
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.example = self.example or other.example
        self.failed += other.failed


class MessageLog:
    """The messages of one process or, in the master, of all processes."""

    def __init__(self) -> None:
        self._all: dict[tuple[str, str], StartMessage] = {}
        self._new: dict[tuple[str, str], StartMessage] = {}
        self._distinct = Distinct(MOST_TEMPLATES, "(another message)")

    def note(self, message: StartMessage) -> None:
        """Count a message, or several of one kind."""
        if (template := self._distinct(message.template)) != message.template:
            message = replace(message, template=template)
        key = (message.template, message.part)
        for counted in (self._all, self._new):
            if key in counted:
                counted[key].add(message)
            else:
                counted[key] = replace(message)  # a copy, to which more is added

    def take_new(self) -> list[tuple[Any, ...]]:
        """Return what was counted since the last call, as a message from a worker to the master."""
        new, self._new = self._new, {}
        return [astuple(message) for message in new.values()]

    def add(self, messages: list[tuple[Any, ...]]) -> None:
        """Take in a worker's message."""
        for message in messages:
            self.note(StartMessage(*message))

    def rows(self) -> list[StartMessage]:
        """Return all messages, those first after which starts waited longest in all."""
        return sorted(self._all.values(), key=lambda message: -message.seconds)
