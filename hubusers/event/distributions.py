"""Durations in an event file: always the same, or drawn from a distribution."""

import math
from random import Random
from statistics import NormalDist
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from hubusers.durations import seconds, seconds_above_zero


class Table(BaseModel):
    """A table of an event file: nothing in it is converted silently, and no key is ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


Duration = Annotated[float, BeforeValidator(seconds)]
"""Seconds."""

LongerThanZero = Annotated[float, BeforeValidator(seconds_above_zero)]


class Uniform(Table):
    """Any duration of a range, all equally likely."""

    distribution: Literal["uniform"]
    shortest: Duration = Field(alias="from", examples=['from = "30m"'])
    longest: Duration = Field(alias="to", examples=['to = "60m"'])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.shortest >= self.longest:
            raise ValueError("from must be shorter than to")
        return self

    def quantile(self, share: float) -> float:
        """Return the seconds that a share of all draws do not exceed."""
        return self.shortest + share * (self.longest - self.shortest)


class Exponential(Table):
    """Mostly short, now and then very long: as if everybody might leave at any moment."""

    distribution: Literal["exponential"]
    mean: LongerThanZero = Field(examples=['mean = "30m"'])

    def quantile(self, share: float) -> float:
        """Return the seconds that a share of all draws do not exceed."""
        return -self.mean * math.log1p(-share)


class Lognormal(Table):
    """Around a median, with a long tail: how long people really work. 95 % of the draws are below `p95`."""

    distribution: Literal["lognormal"]
    median: LongerThanZero = Field(examples=['median = "40m"'])
    p95: LongerThanZero = Field(examples=['p95 = "80m"'])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 1 < self.p95 / self.median <= 100:
            raise ValueError("p95 must be longer than median, by a factor of 100 at most")
        return self

    def quantile(self, share: float) -> float:
        """Return the seconds that a share of all draws do not exceed."""
        normal = NormalDist()
        return float(self.median * (self.p95 / self.median) ** (normal.inv_cdf(share) / normal.inv_cdf(0.95)))


ALWAYS = "always"
"""The kind of a plain duration."""


def _kind(value: Any) -> str | None:
    return value.get("distribution") if isinstance(value, dict) else getattr(value, "distribution", ALWAYS)


DISTRIBUTIONS: dict[str, type[Table]] = {"uniform": Uniform, "exponential": Exponential, "lognormal": Lognormal}


def _always(value: Any) -> float:
    """Return a duration that is always the same, in seconds.

    Raises:
        ValueError: It is not a duration. The text says what to write for a range.
    """
    try:
        return seconds(value)
    except ValueError:
        shortest, dash, longest = value.partition("-") if isinstance(value, str) else ("", "", "")
        if shortest.strip() and dash:
            uniform = f'{{ distribution = "uniform", from = "{shortest.strip()}", to = "{longest.strip()}" }}'
            raise ValueError(f"{value!r} is not a duration; for a range, write {uniform}") from None
        raise


Spread = Annotated[
    Annotated[float, BeforeValidator(_always), Tag(ALWAYS)]
    | Annotated[Uniform, Tag("uniform")]
    | Annotated[Exponential, Tag("exponential")]
    | Annotated[Lognormal, Tag("lognormal")],
    Discriminator(_kind),
]
"""A duration that is always the same, or the distribution that it is drawn from."""


def draw(spread: Spread, random: Random) -> float:
    """Return a duration in seconds, drawn with exactly one number of `random`.

    By quantile, because `Random.random` is the only method whose numbers stay the same in every version of Python.
    """
    share = random.random() or 0.5  # 0 has no quantile
    return spread if isinstance(spread, float) else spread.quantile(share)
