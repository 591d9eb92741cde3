"""Draws the plan of an event for a terminal, before anybody starts a server."""

import math
import os
import sys
from collections import Counter

from hubusers.durations import in_words
from hubusers.event.model import Event
from hubusers.event.plan import Person
from hubusers.report.counts import Count
from hubusers.report.stretches import round_seconds

_WIDTH = 100
_ROWS = 8
_BLOCKS = "▁▂▃▄▅▆▇█"
"""The heights of a bar within a row."""
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
    """
    stays = stays_of(event, people)
    facts = facts_of(event, people, stays, str(seed) if seed_is_in_file else _seed_to_keep(seed))
    width = max(len(name) for name, _ in facts)
    table = "\n".join([event.title, *(f"  {name:{width}}  {value}" for name, value in facts)])
    if not people:
        return table
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
            bars_as_text(f"People who arrive in each {in_words(by_arrival)}", bars, by_arrival),
            bars_as_text("Servers", most, by_stay),
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


def bars_as_text(title: str, bars: list[int], bar: float) -> str:
    """Return bars as text, with a scale on their left and the times below.

    Args:
        title: Stands above them.
        bars: How high each is.
        bar: For how many seconds each stands.
    """
    top = max([*bars, 1])
    left = len(f"{top:,}")
    columns = _WIDTH - left - 1
    levels = [math.ceil(_ROWS * len(_BLOCKS) * bars[column * len(bars) // columns] / top) for column in range(columns)]
    scale = {_ROWS - 1: f"{top:,}"} | ({_ROWS // 2 - 1: f"{top // 2:,}"} if top % 2 == 0 else {})
    lines = [title.center(_WIDTH).rstrip()]
    for row in reversed(range(_ROWS)):
        cells = (min(len(_BLOCKS), level - row * len(_BLOCKS)) for level in levels)
        drawing = "".join(_BLOCKS[cell - 1] if cell > 0 else " " for cell in cells)
        lines.append(f"{scale.get(row, ''):>{left}}{'┤' if row in scale else '│'}{drawing}".rstrip())
    ticks, times = ["─"] * columns, ""
    end = len(bars) * bar
    between = round_seconds(end / _MOST_TICKS)
    for number in range(math.floor(end / between) + 1):
        column, time = min(columns - 1, round(number * between / end * columns)), in_words(number * between)
        ticks[column] = "┬"
        place = max(len(times) + 1, min(left + 1 + column - len(time) // 2, _WIDTH - len(time)))
        times = f"{times:{place}}{time}"
    return "\n".join([*lines, f"{0:>{left}}└{''.join(ticks)}", times])


def bar_length(end: float, most_bars: int = _MOST_BARS) -> float:
    """Return for how many seconds each bar of a chart stands that ends after `end` seconds."""
    return round_seconds(end / most_bars)
