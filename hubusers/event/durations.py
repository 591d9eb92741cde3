"""How long something takes in an event: durations as an operator writes them, and distributions to draw them from."""

import math
import re
from random import Random
from statistics import NormalDist
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

_UNITS = {"d": 86400, "h": 3600, "m": 60, "min": 60, "s": 1}
_PART = r"(\d+(?:\.\d+)?)\s*(d|h|min|m|s)\s*"
_LONGEST = 366 * _UNITS["d"]


class Part(BaseModel):
    """A table of an event file: nothing in it is converted silently, and no key is ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def seconds(value: Any) -> float:
    """Return a duration, a number of seconds or text such as "1h 30m", in seconds.

    Clock times such as "9:00" are refused: nobody could tell whether they are minutes or hours.

    Raises:
        ValueError: It is neither, or less than nothing, or longer than a year.
    """
    if isinstance(value, str) and re.fullmatch(f"({_PART})+", value.strip(), re.ASCII):
        value = sum(float(number) * _UNITS[unit] for number, unit in re.findall(_PART, value))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"{_shown(value)} is no duration; write seconds, or 90s, 10m, 1h30m, 2d")
    if not 0 <= value <= _LONGEST:
        shown = f"{value:g}" if isinstance(value, float) else str(value)  # an int may be more than a float can hold
        raise ValueError(f"{shown} seconds must be 0 or more, and a year at most")
    return float(value)


def in_words(duration: float) -> str:
    """Return seconds as they would be written in an event, as in "1h 30m"."""
    rest, words = round(duration, 1), list[str]()
    for unit in ("d", "h", "m"):
        whole, rest = divmod(rest, _UNITS[unit])
        if whole:
            words.append(f"{whole:.0f}{unit}")
    if round(rest, 1) or not words:
        words.append(f"{round(rest, 1):g}s")
    return " ".join(words)


def _shown(value: Any) -> str:
    return "a table" if isinstance(value, dict) else repr(value) if isinstance(value, str) else str(value)


def _not_zero(duration: float) -> float:
    if duration == 0:
        raise ValueError("must be longer than 0 seconds")
    return duration


Duration = Annotated[float, BeforeValidator(seconds)]
"""Seconds."""

LongerThanZero = Annotated[Duration, AfterValidator(_not_zero)]


class Uniform(Part):
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


class Exponential(Part):
    """Mostly short, now and then very long: as if everybody might leave at any moment."""

    distribution: Literal["exponential"]
    mean: LongerThanZero = Field(examples=['mean = "30m"'])

    def quantile(self, share: float) -> float:
        """Return the seconds that a share of all draws do not exceed."""
        return -self.mean * math.log1p(-share)


class Lognormal(Part):
    """Around a median, with a long tail: how long people really work. 95 of 100 draws are below `p95`."""

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


DISTRIBUTIONS: dict[str, type[Part]] = {"uniform": Uniform, "exponential": Exponential, "lognormal": Lognormal}

Spread = Annotated[
    Annotated[Duration, Tag(ALWAYS)]
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
