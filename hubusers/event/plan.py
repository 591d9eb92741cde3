"""The plan of an event: each person's arrival, stays and choice of server, drawn before anything happens.

The plan follows from the event and a seed. What is drawn for one person depends only on the seed, the cohort and the
person's place in it. So every worker makes the same plan and takes its share of it.
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from hubusers.event.distributions import Spread, Uniform, draw
from hubusers.event.leaving import EVERYBODY_LOGS_OUT, Leaving
from hubusers.event.model import Cohort, Event

THINKING: Spread = Uniform.model_validate({"distribution": "uniform", "from": 5, "to": 20})
"""Default time between two cells of a notebook, in seconds."""


@dataclass(frozen=True)
class Person:
    """One person of an event. Times are in seconds of the run, so they are scaled."""

    number: int  # in order of arrival over the whole event, from 0
    cohort: str
    user_class: str
    arrives: float  # seconds after the start
    until: float | None  # seconds after the start; the person leaves then at the latest
    lifecycles: int  # 0: again and again
    user_options: dict[str, Any] | None
    seed: str
    stay: Spread  # as in the event file, not scaled
    pause: Spread
    thinking: Spread
    start_page: str  # below the person's server; "" where the hub leads everybody
    leave: Mapping[Leaving, float]  # shares
    time_scale: float

    @property
    def profile(self) -> str:
        """The profile's slug; other user options as JSON; "" where the hub chooses."""
        slug = self.user_options.get("profile") if self.user_options else None
        return str(slug) if slug else json.dumps(self.user_options) if self.user_options else ""

    def times(self) -> Iterator[tuple[float, float]]:
        """Yield, for each lifecycle, the seconds of the stay and of the pause after it."""
        random = Random(f"{self.seed}/times")
        for _ in range(self.lifecycles) if self.lifecycles else itertools.count():
            yield draw(self.stay, random) / self.time_scale, draw(self.pause, random) / self.time_scale

    def thoughts(self) -> Iterator[float]:
        """Yield the seconds before each cell of a notebook, without end."""
        random = Random(f"{self.seed}/thinking")
        while True:
            yield draw(self.thinking, random) / self.time_scale

    def ways_to_leave(self) -> Iterator[Leaving]:
        """Yield how the person leaves, for each lifecycle, without end."""
        random, ways = Random(f"{self.seed}/leave"), sorted(self.leave)
        while True:
            yield random.choices(ways, [self.leave[way] for way in ways])[0]


def plan(event: Event, seed: int) -> list[Person]:
    """Return everybody who comes, in order of arrival.

    People do not come if they would arrive only when their cohort has to leave, or when the event is over.
    """
    coming: list[tuple[float, Cohort, dict[str, Any] | None, str]] = []
    for cohort in event.cohorts:
        cohort_seed = f"{seed}/{cohort.name}"
        ends = [end for end in (cohort.until, event.ends_after) if end is not None]
        moments = cohort.arrivals.moments(cohort.size, f"{cohort_seed}/arrivals")
        options = _user_options(cohort, f"{cohort_seed}/profiles")
        for index, (moment, chosen) in enumerate(zip(moments, options, strict=True)):
            if all(moment < end for end in ends):
                coming.append((moment, cohort, chosen, f"{cohort_seed}/{index}"))
    coming.sort(key=lambda one: one[0])
    return [
        Person(
            number=number,
            cohort=cohort.name,
            user_class=cohort.user_class,
            arrives=event.scaled(moment),
            until=None if cohort.until is None else event.scaled(cohort.until),
            lifecycles=cohort.lifecycles,
            user_options=chosen,
            seed=person_seed,
            stay=cohort.stay,
            pause=cohort.pause,
            thinking=THINKING if cohort.thinking is None else cohort.thinking,
            start_page=cohort.first_page,
            leave=cohort.leave or EVERYBODY_LOGS_OUT,
            time_scale=event.time_scale,
        )
        for number, (moment, cohort, chosen, person_seed) in enumerate(coming)
    ]


def share_of_worker(worker: int, workers: int) -> slice:
    """Return which people a worker simulates: every `workers`-th, so that each worker has some of every rush.

    Args:
        worker: Its number, from 0.
        workers: How many workers there are.
    """
    return slice(worker, None, workers)


def _user_options(cohort: Cohort, seed: str) -> list[dict[str, Any] | None]:
    """Return the user options of each person: each profile for exactly its share of the people, in a drawn order."""
    if cohort.profiles is None:
        return [cohort.user_options] * cohort.size
    due = {slug: share * cohort.size for slug, share in cohort.profiles.items()}
    # Rounded first, because in floating point 0.29 * 100 is a little less than 29.
    counts = {slug: int(round(exact, 6)) for slug, exact in due.items()}
    by_remainder = sorted(due, key=lambda slug: counts[slug] - due[slug])
    for slug in by_remainder[: cohort.size - sum(counts.values())]:
        counts[slug] += 1
    random = Random(seed)
    # Not random.shuffle, whose order may differ between versions of Python.
    slugs = sorted((slug for slug in counts for _ in range(counts[slug])), key=lambda _: random.random())
    return [{"profile": slug} for slug in slugs]
