"""Draws the plan of an event for a terminal, before anybody starts a server."""

import math
import os
import sys
from collections import Counter

from hubusers.durations import in_words
from hubusers.event.model import Event
from hubusers.event.plan import Person
from hubusers.how_installed import this_installation
from hubusers.report.counts import Count
from hubusers.report.stretches import round_seconds

_WIDTH = 100
_HEIGHT = 12
_MOST_BARS = 85
_MOST_TICKS = 8
_MINUTE = 60


def drawn(event: Event, people: list[Person], seed: int, *, seed_is_in_file: bool = True) -> str:
    """Return a drawing of arrivals and servers over time, as if each server were ready, and gone, at once.

    Args:
        event: The event.
        people: Its plan.
        seed: The seed of the plan.
        seed_is_in_file: Whether the event's file gives this seed. Otherwise it follows from the text of the file.

    Returns:
        Lines of at most 100 columns, unless a name or a target is longer. Times are those of the run, so scaled.
        Without the extra `report`, the facts alone, and how to get the drawing.
    """
    stays = stays_of(event, people)
    facts = facts_of(event, people, stays, str(seed) if seed_is_in_file else _seed_to_keep(seed))
    width = max(len(name) for name, _ in facts)
    table = "\n".join([event.title, *(f"  {name:{width}}  {value}" for name, value in facts)])
    if not people:
        return table
    if not _can_draw():
        return f"{table}\n\nArrivals and servers over time are drawn by plotext. {this_installation().to_add('report')}"
    by_arrival = bar_length(people[-1].arrives)
    arriving = Counter(math.floor(person.arrives / by_arrival) for person in people)
    bars = [arriving[number] for number in range(max(arriving) + 1)]
    end, servers = max(end for _, end in stays), Count(stays)
    by_stay = bar_length(end)
    count = max(1, math.ceil(end / by_stay))
    most = [servers.highest(number * by_stay, (number + 1) * by_stay) for number in range(count)]
    return "\n\n".join(
        [
            table,
            _chart(f"People who arrive in each {in_words(by_arrival)}", bars, by_arrival),
            _chart("Servers", most, by_stay),
        ]
    )


def show(drawing: str) -> None:
    """Print a drawing. A reader such as `head` may end before it has read everything."""
    try:
        print(drawing, flush=True)
    except BrokenPipeError:
        # Python would try again, at its end, to write what is left, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def stays_of(event: Event, people: list[Person]) -> list[tuple[float, float]]:
    """Return the begin and the end of each server, in seconds after the start of the event."""
    over = math.inf if event.ends_after is None else event.scaled(event.ends_after)
    stays: list[tuple[float, float]] = []
    for person in people:
        begin, leaves = person.arrives, over if person.until is None else min(person.until, over)
        for stay, pause in person.times():
            if begin >= leaves:
                break
            stays.append((begin, min(begin + stay, leaves)))
            begin += stay + pause
    return stays


def _most_in_a_minute(moments: list[float]) -> int:
    """Return how many of these moments, in order, lie within one minute at most."""
    most = first = 0
    for position, moment in enumerate(moments):
        while moment - moments[first] > _MINUTE - 1e-6:  # a minute apart, but for rounding: not within one
            first += 1
        most = max(most, position - first + 1)
    return most


def facts_of(event: Event, people: list[Person], stays: list[tuple[float, float]], seed: str) -> list[tuple[str, str]]:
    """Return the figures of a plan, by name."""
    planned = sum(cohort.size for cohort in event.cohorts)
    by_cohort = Counter(person.cohort for person in people)
    options = [person.user_options or {} for person in people]
    by_profile = Counter(str(chosen["profile"]) for chosen in options if "profile" in chosen)
    facts = [
        ("people", f"{len(people)}: {_counted({cohort.name: by_cohort[cohort.name] for cohort in event.cohorts})}")
    ]
    if len(people) < planned:
        facts.append(("", f"{planned - len(people)} more would arrive only after the end, and are left out"))
    if by_profile:
        facts.append(("profiles", _counted(by_profile)))
    if people:
        arrivals = [person.arrives for person in people]
        facts += [
            ("first arrival", f"after {in_words(arrivals[0])}"),
            ("last arrival", f"after {in_words(arrivals[-1])}"),
            ("most arrivals in a minute", str(_most_in_a_minute(arrivals))),
            ("most servers at once", str(Count(stays).highest())),
            ("expected end", f"after {in_words(max(end for _, end in stays))}, if every server is ready at once"),
        ]
    facts.append(("time scale", _time_scale(event)))
    facts.append(("seed", seed))
    return facts + [("target", target.text) for target in event.targets]


def _seed_to_keep(seed: int) -> str:
    return f'{seed}, from the text of the file: "seed = {seed}" in it keeps this plan when you change it'


def _time_scale(event: Event) -> str:
    if event.time_scale == 1:
        return "1: as in real life"
    return f"{event.time_scale:g}: an hour takes {in_words(event.scaled(3600))}; times shown here are those of the run"


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _can_draw() -> bool:
    try:
        import plotext  # type: ignore[import-untyped]  # noqa: F401  # here, for it takes as long as a start of Locust
    except ImportError:
        return False
    return True


def _chart(title: str, bars: list[int], bar: float) -> str:
    import plotext

    figure = plotext.figure
    figure.clear()
    plotext.terminal.limit(False, False)  # use this size, whatever the size of the terminal
    figure.plot_size(_WIDTH, _HEIGHT)
    figure.title(title)
    figure.draw(figure.bar([number + 0.5 for number in range(len(bars))], bars, width=1))
    end = len(bars) * bar
    between = round_seconds(end / _MOST_TICKS)
    ticks = [number * between for number in range(math.floor(end / between) + 1)]
    figure.ruler("x").lim(0, len(bars))
    figure.ruler("x").ticks([tick / bar for tick in ticks], [in_words(tick) for tick in ticks])
    top = max([*bars, 1])
    levels = sorted({0, top // 2, top})
    figure.ruler("y").lim(0, top)
    figure.ruler("y").ticks(levels, [str(level) for level in levels])
    return str(figure.build().string(colorless=True)).rstrip()


def bar_length(end: float, most_bars: int = _MOST_BARS) -> float:
    """Return for how many seconds each bar of a chart stands that ends after `end` seconds."""
    return round_seconds(end / most_bars)
