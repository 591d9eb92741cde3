"""When people arrive in an event. The moments are planned before it begins: they never depend on how the hub does."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from random import Random
from statistics import NormalDist
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from hubusers.event.distributions import Duration, Exponential, LongerThanZero, Table, draw

MOST_PEOPLE = 100_000
"""Most people in a cohort: far more than one hub serves. A typing error must not fill the memory."""

_MINUTE = 60.0

Rate = Annotated[float, Field(ge=0.001, le=MOST_PEOPLE)]
"""People per minute."""


class Step(NamedTuple):
    """A stretch of time in which people arrive at one rate."""

    begin: float  # seconds
    end: float  # seconds
    per_minute: float


class ArrivalPattern(Table, ABC):
    """A pattern in which people arrive."""

    @property
    @abstractmethod
    def earliest(self) -> float:
        """Seconds after the start of the event; nobody comes before."""

    @abstractmethod
    def moments(self, people: int, seed: str) -> list[float]:
        """Return when each person comes, in seconds after the start of the event."""


class AtOnce(ArrivalPattern):
    """Everybody comes at the same moment."""

    pattern: Literal["at once"]
    at: Duration = 0.0

    @property
    def earliest(self) -> float:
        return self.at

    def moments(self, people: int, seed: str) -> list[float]:
        return [self.at] * people


class Evenly(ArrivalPattern):
    """People come one after the other, at equal intervals."""

    pattern: Literal["evenly"]
    over: LongerThanZero = Field(examples=['over = "10m"'])
    begin: Duration = Field(default=0.0, alias="from")

    @property
    def earliest(self) -> float:
        return self.begin

    def moments(self, people: int, seed: str) -> list[float]:
        return [self.begin + self.over * index / people for index in range(people)]


class Poisson(ArrivalPattern):
    """People come independently of each other, at a rate that is steady on average."""

    pattern: Literal["poisson"]
    per_minute: Rate = Field(examples=["per_minute = 2"])
    begin: Duration = Field(default=0.0, alias="from")

    @property
    def earliest(self) -> float:
        return self.begin

    def moments(self, people: int, seed: str) -> list[float]:
        random = Random(seed)
        gap = Exponential(distribution="exponential", mean=_MINUTE / self.per_minute)
        moment, moments = self.begin, list[float]()
        for _ in range(people):
            moment += draw(gap, random)
            moments.append(moment)
        return moments


class Bell(ArrivalPattern):
    """People come around a moment: 68 % within one spread of it, 95 % within two. Nobody comes before the start."""

    pattern: Literal["bell"]
    around: Duration = Field(examples=['around = "10m"'])
    spread: LongerThanZero = Field(examples=['spread = "3m"'])  # the standard deviation

    @property
    def earliest(self) -> float:
        return 0.0

    def moments(self, people: int, seed: str) -> list[float]:
        return [self._moment(Random(f"{seed}/{index}")) for index in range(people)]

    def _moment(self, random: Random) -> float:
        while True:
            moment = NormalDist(self.around, self.spread).inv_cdf(random.random() or 0.5)  # 0 has no quantile
            if moment >= 0:
                return moment


class Steps(ArrivalPattern):
    """People come faster in each step, and evenly within a step."""

    pattern: Literal["steps"]
    first_per_minute: Rate = Field(examples=["first_per_minute = 10"])
    more_per_minute: Rate = Field(examples=["more_per_minute = 10"])
    up_to_per_minute: Rate = Field(examples=["up_to_per_minute = 120"])
    each_lasts: LongerThanZero = Field(examples=['each_lasts = "2m"'])
    begin: Duration = Field(default=0.0, alias="from")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.up_to_per_minute < self.first_per_minute:
            raise ValueError("up_to_per_minute must not be less than first_per_minute")
        if self._people(self.first_per_minute) < 1:
            raise ValueError("in the first step nobody comes; raise first_per_minute or each_lasts")
        mean_rate = (self.first_per_minute + self.up_to_per_minute) / 2
        if self._count * self._people(mean_rate) > MOST_PEOPLE:
            raise ValueError(
                f"these steps bring more than {MOST_PEOPLE:,} people; use fewer or shorter steps, or lower rates"
            )
        return self

    @property
    def earliest(self) -> float:
        return self.begin

    @property
    def people(self) -> int:
        """How many arrive in all steps together."""
        return sum(self._people(step.per_minute) for step in self.steps())

    def steps(self) -> Iterator[Step]:
        """Return the steps, in seconds after the start of the event."""
        for number in range(self._count):
            begin = self.begin + number * self.each_lasts
            yield Step(begin, begin + self.each_lasts, self.first_per_minute + number * self.more_per_minute)

    def moments(self, people: int, seed: str) -> list[float]:
        return [
            step.begin + self.each_lasts * index / self._people(step.per_minute)
            for step in self.steps()
            for index in range(self._people(step.per_minute))
        ]

    @property
    def _count(self) -> int:
        # A little more, because in floating point 0.1 + 2 * 0.1 is above 0.3.
        return math.floor((self.up_to_per_minute - self.first_per_minute) / self.more_per_minute + 1e-9) + 1

    def _people(self, per_minute: float) -> int:
        return round(per_minute * self.each_lasts / _MINUTE)


PATTERNS: dict[str, type[Table]] = {
    "at once": AtOnce,
    "evenly": Evenly,
    "poisson": Poisson,
    "bell": Bell,
    "steps": Steps,
}

AnyArrivals = Annotated[AtOnce | Evenly | Poisson | Bell | Steps, Field(discriminator="pattern")]
