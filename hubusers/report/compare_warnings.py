"""What else differs between two runs, or was wrong in one of them: why measures may differ without the hub."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hubusers import durations
from hubusers.event.model import Cohort, Event
from hubusers.report import words
from hubusers.results.folder import FinishedRun
from hubusers.results.records import START_TO_READY
from hubusers.results.run_info import RunInfo

_OTHER_NUMBER = 0.1
"""Share by which the numbers of people may differ without a word about it."""

_LONGEST_VALUE = 60


@dataclass(frozen=True)
class Caution:
    """A sentence, and whether the runs were so unlike that equal measures do not speak for an equal hub."""

    sentence: str
    unlike: bool = False


def warnings_about(before: FinishedRun, after: FinishedRun) -> Iterator[Caution]:
    """Yield the warnings about two runs that are compared."""
    yield from _about_users(before, after)
    yield from _about_options(before, after)
    yield from _about_hub(before.info, after.info)
    first, second = before.info.versions.get("hubusers"), after.info.versions.get("hubusers")
    if first != second:
        yield Caution(
            f"The versions of hubusers differ ({first or 'not known'}, then {second or 'not known'}), and may measure "
            "differently."
        )
    if before.info.began > after.info.began:
        yield Caution("The run before began later than the run after: perhaps they are the wrong way round.")
    for when, run in (("before", before), ("after", after)):
        yield from _about_one(when, run)


def _about_users(before: FinishedRun, after: FinishedRun) -> Iterator[Caution]:
    first, second = before.info, after.info
    if before.event and after.event:
        if differing := list(_of_events(before.event, after.event)):
            yield Caution(f"The events differ: {', '.join(differing)}.", unlike=True)
        if before.event.seed != after.event.seed:
            seeds = _then("seed", before.event.seed, after.event.seed)
            yield Caution(f"The people come at other moments, drawn anew: {seeds}.")
    elif before.event or after.event:
        yield Caution("Only one of the runs had an event, so people came in another way.", unlike=True)
    elif first.user_classes and second.user_classes:  # runs of the first versions do not tell
        differing = [
            _then(name, value, other)
            for (name, value), (_, other) in zip(words.users(first), words.users(second), strict=True)
            if value != other
        ]
        if differing:
            yield Caution(f"The users differ: {', '.join(differing)}.", unlike=True)
    classes, others = user_classes(before), user_classes(after)
    if classes and others and classes != others and not (first.user_classes and second.user_classes):
        yield Caution(
            f"The user classes differ ({', '.join(sorted(classes))}, then {', '.join(sorted(others))}).", unlike=True
        )
    came, later = _people(before), _people(after)
    if abs(came - later) > _OTHER_NUMBER * max(came, later):
        yield Caution(f"{words.counted(came, 'person', 'people')} came before, and {later:,} after.", unlike=True)


def user_classes(run: FinishedRun) -> set[str]:
    """Return the classes of those who came, in runs with and without an event; none in runs of the first versions."""
    return {record.user_class for record in run.results.records} - {""} or set(run.info.user_classes)


def _people(run: FinishedRun) -> int:
    return run.info.people_came or len({record.username for record in run.results.records})


def _about_options(before: FinishedRun, after: FinishedRun) -> Iterator[Caution]:
    first, second = before.info.options, after.info.options
    names = {*first, *second}
    if (before.event is None) != (after.event is None):
        names = {*first} & {*second}  # an event decides the others
    differing = [
        _then(words.flag(name), _short(name, first.get(name)), _short(name, second.get(name)))
        for name in sorted(names)
        if first.get(name) != second.get(name)
    ]
    if differing:
        yield Caution(f"The options differ: {', '.join(differing)}.", unlike=True)


def _about_hub(before: RunInfo, after: RunInfo) -> Iterator[Caution]:
    known = {
        "URL": (before.hub, after.hub),
        "JupyterHub": (before.hub_version, after.hub_version),
        "spawner": (before.spawner, after.spawner),
    }
    differing = [_then(name, *pair) for name, pair in known.items() if all(pair) and pair[0] != pair[1]]
    if differing:
        yield Caution(f"The hubs differ: {', '.join(differing)}.")


def _about_one(when: str, run: FinishedRun) -> Iterator[Caution]:
    info, measured = run.info, run.results.people.measured(START_TO_READY)
    if all(start.is_unfinished for start in measured):
        waited = words.counted(len(measured), "start was", "starts were")
        yield Caution(f"Nobody got a server in the run {when}: {waited} under way when it ended.", unlike=True)
    if info.generator:
        yield Caution(f"In the run {when}: {info.generator}")
    if info.people_lost:
        people = words.counted(info.people_lost, "person", "people")
        yield Caution(f"The run {when} lost {people} with a worker that died.", unlike=True)
    if run.broke_off:
        yield Caution(f"The run {when} was cut off, or is still going on.", unlike=True)
    for damage in run.damages:
        yield Caution(f"In the run {when}: {damage.sentence}", unlike=True)
    if info.ended_because:
        yield Caution(f"The run {when} ended early: {info.ended_because.rstrip('.')}.", unlike=True)


def _of_events(before: Event, after: Event) -> Iterator[str]:
    """Yield what makes two events different: not their titles, targets and seeds."""
    for name in ("time_scale", "ends_after", "stop_when_missed"):
        if getattr(before, name) != getattr(after, name):
            yield _then(name, getattr(before, name), getattr(after, name))
    cohorts, others = ({cohort.name: cohort for cohort in event.cohorts} for event in (before, after))
    for cohort in dict.fromkeys([*cohorts, *others]):
        if cohort not in others:
            yield f"no {cohort} after"
        elif cohort not in cohorts:
            yield f"no {cohort} before"
        else:
            yield from _of_cohorts(cohorts[cohort], others[cohort])


def _of_cohorts(before: Cohort, after: Cohort) -> Iterator[str]:
    for name in Cohort.model_fields:
        value, other = getattr(before, name), getattr(after, name)
        if value != other:
            yield f"{_then(name, value, other)} of {before.name}"


def _then(name: str, before: Any, after: Any) -> str:
    """Return how something differs, with its values where they are short."""
    shown = name if name.startswith("-") else name.replace("_", " ")
    if not all(isinstance(value, str | int | float | None) for value in (before, after)):
        return shown
    return f"{shown} ({_in_words(name, before)}, then {_in_words(name, after)})"


def _in_words(name: str, value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and name != "time_scale":
        return durations.in_words(value)
    return f"{value:,.10g}" if isinstance(value, int | float) and name != "seed" else str(value)


def _short(name: str, value: Any) -> str:
    text = words.option(name, value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
