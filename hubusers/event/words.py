"""An event in words: who comes, when, and for how long."""

from collections.abc import Iterator

from hubusers.durations import in_words
from hubusers.event.arrival_patterns import AnyArrivals, AtOnce, Bell, Evenly, Poisson, Steps
from hubusers.event.distributions import Exponential, Lognormal, Spread, Uniform
from hubusers.event.model import Cohort, Event


def people_in_words(event: Event) -> list[str]:
    """Return a sentence for each cohort, with its times as the file has them, such as "students (300) arrive evenly
    over 10m and stay for 1h 30m."
    """
    return [f"{cohort.name} ({cohort.size:,}) {', '.join(_what_they_do(cohort))}." for cohort in event.cohorts]


def _what_they_do(cohort: Cohort) -> Iterator[str]:
    yield f"{_arrive(cohort.arrivals)} and stay {_lasting(cohort.stay)}"
    if cohort.lifecycles > 1:
        yield f"{cohort.lifecycles} times each{_with_pauses(cohort)}"
    if cohort.lifecycles == 0:
        yield f"again and again{_with_pauses(cohort)}"
    if cohort.until is not None:
        yield f"until {in_words(cohort.until)} after the start at the latest"


def _with_pauses(cohort: Cohort) -> str:
    return f" with pauses {_lasting(cohort.pause)}" if cohort.pause != 0 else ""


def _arrive(arrivals: AnyArrivals) -> str:
    match arrivals:
        case AtOnce():
            return "arrive all at once" + (f" {in_words(arrivals.at)} after the start" if arrivals.at else "")
        case Evenly():
            return f"arrive evenly over {in_words(arrivals.over)}{_from(arrivals.begin)}"
        case Poisson():
            return f"arrive at random, {arrivals.per_minute:g} in a minute on average{_from(arrivals.begin)},"
        case Bell():
            around = f" {in_words(arrivals.around)} after" if arrivals.around else ""
            return f"arrive around{around or ''} the start, two in three within {in_words(arrivals.spread)} of that,"
        case Steps():
            rates = f"from {arrivals.first_per_minute:g} to {arrivals.up_to_per_minute:g} in a minute"
            return f"arrive faster every {in_words(arrivals.each_lasts)}, {rates}{_from(arrivals.begin)},"


def _from(begin: float) -> str:
    return f", from {in_words(begin)} after the start on" if begin else ""


def _lasting(spread: Spread) -> str:
    match spread:
        case Uniform():
            return f"for {in_words(spread.shortest)} to {in_words(spread.longest)}"
        case Exponential():
            return f"for {in_words(spread.mean)} on average"
        case Lognormal():
            return f"for {in_words(spread.median)} as a rule, 95 % of them less than {in_words(spread.p95)}"
        case _:
            return f"for {in_words(spread)}"
