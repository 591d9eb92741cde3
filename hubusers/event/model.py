"""The content of an event file: the event, its cohorts of people, and its targets."""

import difflib
import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from hubusers.durations import in_one_unit, in_words, seconds
from hubusers.event.arrival_patterns import MOST_PEOPLE, AnyArrivals, Step, Steps
from hubusers.event.distributions import LongerThanZero, Spread, Table
from hubusers.event.leaving import Leaving
from hubusers.event.shares import share
from hubusers.event.start_page import git_pull_page, start_page

Duration = Literal[
    "start to ready",
    "stop to stopped",
    "throttled wait",
    "login",
    "spawn page",
    "git pull",
    "lab loaded",
    "page loaded",
    "kernel ready",
    "cell",
    "saved",
    "hub probe",
    "requests",
]
Share = Literal[
    "failed starts",
    "failed stops",
    "failed cells",
    "throttled starts",
    "failed probes",
    "failed requests",
]
Measure = Literal[Duration, Share]

_IN_SECONDS = get_args(Duration)
_OF_REQUESTS = ("requests", "failed requests")
_NOT_BY_COHORT = (*_OF_REQUESTS, "hub probe", "failed probes")

LIFECYCLE_USER = "ServerLifecycleUser"
"""Default user class."""

PROBLEMS = "problems"
"""Type of a pydantic error; its context lists, under the same name, all that does not fit together."""

Problem = tuple[tuple[str | int, ...], str]
"""A place, relative to the table that is checked, and what is wrong there."""


def _share_at_most(value: Any) -> float:
    """Return the share of a target as `share` does.

    Raises:
        ValueError: As for `share`, or it is the number 1, which some mean as one percent.
    """
    if value == 1 and not isinstance(value, str | bool):
        raise ValueError(f'{value} could mean all of them or one in a hundred; write "100 %" or "1 %"')
    return share(value)


def _percentile(value: Any) -> float:
    """Return a percentage, a number such as 95 or text such as "95 %" or "p95", as a number above 1.

    Raises:
        ValueError: It is not one; the text says what to write.
    """
    shown, text = str(value), str(value).strip().removesuffix("%").removeprefix("p").strip()
    number = float(text) if re.fullmatch(r"\d+(\.\d+)?(e\d+)?", text, re.ASCII) and value is not True else math.nan
    if 0 < number <= 1:
        raise ValueError(f"{shown} is a percentage; write {100 * number:g} for {100 * number:g} %")
    if not 1 < number <= 100:
        raise ValueError(f"{shown} is not a percentage from 1 to 100; write percentile = 95 for 95 % of them")
    return number


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that resembles a misspelt one; None when there is none."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1)), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint for an unknown word: the known word that it resembles, or else all known words."""
    known = list(known)
    meant = nearest(word, known)
    return f"did you mean {meant!r}?" if meant else f"choose one of {', '.join(map(repr, known))}"


def _refuse(problems: Iterable[Problem]) -> None:
    if found := list(problems):
        raise PydanticCustomError(PROBLEMS, "does not fit together", {PROBLEMS: found})


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line, without control characters")
    return text


def _json(options: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(options, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise ValueError("only text, numbers, true, false, lists and tables can be sent to a hub") from None
    return options


def _all_of_them(profiles: dict[str, float]) -> dict[str, float]:
    if abs(sum(profiles.values()) - 1) > 1e-6:
        raise ValueError(f"the shares must add up to 100 %, not to {100 * sum(profiles.values()):.4g} %")
    return profiles


OneLine = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_one_line)]
LeavingShares = Annotated[dict[Leaving, Annotated[float, BeforeValidator(share)]], AfterValidator(_all_of_them)]
StartPage = Annotated[str, AfterValidator(start_page)]
GitPull = Annotated[str, AfterValidator(git_pull_page)]
Profiles = Annotated[dict[OneLine, Annotated[float, BeforeValidator(share)]], AfterValidator(_all_of_them)]
UserOptions = Annotated[dict[str, Any], AfterValidator(_json)]


class Target(Table):
    """What must hold, such as that 95 % of the people have their server within a minute."""

    measure: Measure = Field(examples=['measure = "start to ready"'])
    # Percentage of measurements that must be within `at_most`. Required for measures in seconds, refused for shares.
    percentile: Annotated[float, BeforeValidator(_percentile)] | None = None
    at_most: float = Field(examples=['at_most = "60s"', 'at_most = "1 %"'])  # seconds, or a share of 1
    cohort: OneLine | None = None  # None: everybody
    request: OneLine | None = None  # as in "POST /users/{name}/server"; None: all requests

    @field_validator("at_most", mode="before")
    @classmethod
    def _seconds_or_share(cls, value: Any, info: ValidationInfo) -> float:
        if "measure" not in info.data:  # the measure itself is wrong, so it is not known what this should be
            return 0.0
        return (seconds if info.data["measure"] in _IN_SECONDS else _share_at_most)(value)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _refuse(self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        if self.measure in _IN_SECONDS and self.percentile is None:
            yield ("percentile",), "is missing; give the percentage that must be within at_most, as in percentile = 95"
        if self.measure not in _IN_SECONDS and self.percentile is not None:
            yield ("percentile",), f"{self.measure} is a share, which has no percentiles; remove this line"
        if self.measure in _NOT_BY_COHORT and self.cohort is not None:
            yield ("cohort",), f"{self.measure} is not measured by cohort; remove this line"
        if self.measure not in _OF_REQUESTS and self.request is not None:
            yield (
                ("request",),
                f'is only for "requests" and "failed requests", not for {self.measure}; remove this line',
            )

    @property
    def text(self) -> str:
        """The target in words, as in "start to ready of students: p95 at most 60 s"."""
        what = self.measure if self.request is None else self.measure.replace("requests", self.request)
        who = "" if self.cohort is None else f" of {self.cohort}"
        if self.percentile is None:
            return f"{what}{who}: at most {100 * self.at_most:g} %"
        return f"{what}{who}: p{self.percentile:g} at most {in_one_unit(self.at_most)}"


class Cohort(Table):
    """People who behave alike."""

    name: OneLine = Field(examples=['name = "students"'])
    people: int | None = Field(default=None, ge=1, le=MOST_PEOPLE)  # None where they arrive in steps
    user_class: str = Field(default=LIFECYCLE_USER, min_length=1)
    profiles: Profiles | None = None  # the share of the people who take each profile, by its slug
    user_options: UserOptions | None = None
    arrivals: AnyArrivals = Field(examples=['arrivals = { pattern = "evenly", over = "10m" }'])
    stay: Spread = Field(examples=['stay = "90m"'])  # with a ready server
    pause: Spread = 0.0  # between two lifecycles
    thinking: Spread | None = None  # between two cells of a notebook
    start_page: StartPage | None = None  # None: where the hub leads everybody
    git_pull: GitPull | None = None  # a repository, or a link of nbgitpuller, with which they begin
    leave: LeavingShares | None = None  # the share of the visits that end each way
    lifecycles: int = Field(default=1, ge=0)  # 0: again and again, until everybody leaves
    until: LongerThanZero | None = None  # after the start of the event; everybody leaves then at the latest

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _refuse(self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        if isinstance(self.arrivals, Steps) and self.people is not None:
            yield ("people",), "follows from the steps in which they arrive; remove this line"
        if not isinstance(self.arrivals, Steps) and self.people is None:
            yield ("people",), "is missing; add it, as in people = 300"
        if self.profiles is not None and self.user_options is not None:
            yield ("user_options",), "give profiles or user_options, not both: a profile is one of the user options"
        if self.start_page is not None and self.git_pull is not None:
            yield ("git_pull",), "give start_page or git_pull, not both: each says what these people open first"
        if self.user_class == LIFECYCLE_USER:
            for key in ("thinking", "start_page", "git_pull", "leave"):
                if getattr(self, key) is not None:
                    yield (key,), 'is for people with a browser; add user_class = "NotebookUser", or remove this line'
        if self.until is not None and self.until <= self.arrivals.earliest:
            yield ("until",), f"must be after the first of them arrives, at {in_words(self.arrivals.earliest)}"
        if self.lifecycles == 0 and self.stay == 0 and self.pause == 0:
            yield ("stay",), "stay and pause must not both be 0 where lifecycles = 0"

    @property
    def size(self) -> int:
        """How many people there are, including those who would arrive only after the end."""
        return self.arrivals.people if isinstance(self.arrivals, Steps) else self.people or 0

    @property
    def first_page(self) -> str:
        """The page that these people open first, below their servers; "" where the hub leads everybody."""
        return self.start_page or self.git_pull or ""


class Event(Table):
    """Who comes, when, for how long, and what must hold.

    Durations are as in the file. In a run, what is planned takes `1 / time_scale` of that.
    """

    title: OneLine = Field(examples=['title = "Class at nine"'])
    seed: int | None = None  # None: it follows from the text of the file
    time_scale: float = Field(default=1.0, ge=0.01, le=10_000)
    ends_after: LongerThanZero | None = None
    stop_when_missed: bool = False  # the run ends when a target is missed in a step
    cohorts: list[Cohort] = Field(min_length=1, examples=["[[cohorts]]"])
    targets: list[Target] = Field(default=[])

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _refuse([*self._problems_of_cohorts(), *self._problems_of_targets()])
        return self

    def _problems_of_cohorts(self) -> Iterator[Problem]:
        names, climbing = set[str](), False
        for number, cohort in enumerate(self.cohorts):
            if cohort.name in names:
                yield ("cohorts", number, "name"), "is the name of another cohort as well; choose another one"
            names.add(cohort.name)
            if isinstance(cohort.arrivals, Steps):
                if climbing:
                    yield (
                        ("cohorts", number, "arrivals"),
                        "only one cohort can arrive in steps; give this one another pattern",
                    )
                climbing = True
            if self.ends_after is not None and self.ends_after <= cohort.arrivals.earliest:
                yield ("ends_after",), f"must be after the first arrival of {cohort.name}"
            if cohort.lifecycles == 0 and cohort.until is None and self.ends_after is None:
                yield (
                    ("cohorts", number, "lifecycles"),
                    '0 means again and again; say until when, with until = "2h" here, or ends_after = "2h" at the top',
                )

    def _problems_of_targets(self) -> Iterator[Problem]:
        names = [cohort.name for cohort in self.cohorts]
        for number, target in enumerate(self.targets):
            if target.cohort is not None and target.cohort not in names:
                yield (
                    ("targets", number, "cohort"),
                    f"there is no {target.cohort!r}; {did_you_mean(target.cohort, names)}",
                )
        if self.stop_when_missed and not self.steps:
            yield ("stop_when_missed",), 'needs a cohort with arrivals = { pattern = "steps", … }'
        if self.stop_when_missed and not self.targets:
            yield ("stop_when_missed",), "needs a target that can be missed; add one under [[targets]]"

    def scaled(self, duration: float) -> float:
        """Return how many seconds a planned duration takes in the run."""
        return duration / self.time_scale

    @property
    def steps(self) -> list[Step]:
        """The steps of the climbing cohort as they are in the run: scaled, in seconds and people per minute."""
        return [
            Step(self.scaled(step.begin), self.scaled(step.end), step.per_minute * self.time_scale)
            for cohort in self.cohorts
            if isinstance(cohort.arrivals, Steps)
            for step in cohort.arrivals.steps()
        ]
