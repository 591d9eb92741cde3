"""The mistakes in an event file: pydantic's errors, with their lines, in words for an operator."""

import contextlib
import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hubusers.event.arrival_patterns import PATTERNS
from hubusers.event.distributions import ALWAYS, DISTRIBUTIONS, Table
from hubusers.event.leaving import WAYS_TO_LEAVE
from hubusers.event.model import PROBLEMS, Cohort, Event, Measure, Target, did_you_mean, nearest

_MOST_MISTAKES = 10

Location = tuple[str | int, ...]
"""The keys and positions that lead to a place in a file."""

_CHOICES = {"arrivals", "stay", "pause"}
"""Keys with several models. After them, pydantic puts the name of the chosen model into a location."""

_MODELS: dict[str, type[Table]] = {"cohorts": Cohort, "targets": Target, **PATTERNS, **DISTRIBUTIONS}
"""Models by the part of a location that their keys follow."""

_PLACES: dict[str, type[Table]] = {
    "to the top of the file, above the first header in brackets": Event,
    "to a cohort, below a header [[cohorts]]": Cohort,
    "to a target, below a header [[targets]]": Target,
}
"""Where the keys of a model belong."""

_PLAIN = {
    "missing": "is missing; add it",
    "string_type": "must be text in quotes",
    "string_too_short": "must not be empty",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false, without quotes",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "list_type": "must be tables, each under a header of its own in double brackets",
    "too_short": "must not be empty; add one",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
}
"""What to say for each type of pydantic's errors."""


def mistakes(error: ValidationError, content: dict[str, Any], text: str) -> list[str]:
    """Return the mistakes, each with its line, in the order of the lines; after ten, only how many more there are.

    Args:
        error: Pydantic's error.
        content: The content that was checked.
        text: The file that it was read from.
    """
    details = error.errors(include_url=False)
    # Where a key is misspelt, no second mistake says that the right one is missing.
    misspelt = {(*one["loc"][:-1], _meant(one)) for one in details if one["type"] == "extra_forbidden"}
    said = [what for one in details if one["loc"] not in misspelt for what in _in_words(one)]
    said, left_out = said[:_MOST_MISTAKES], said[_MOST_MISTAKES:]
    places = [_place(location, content) for location, _ in said]
    lines = lines_of({place for place, _ in places}, text)
    found = [
        (lines[place], f"{words}: {what}" if words else what)
        for (place, words), (_, what) in zip(places, said, strict=True)
    ]
    ordered = [f"line {line}: {what}" for line, what in sorted(found, key=lambda one: one[0])]
    return [*ordered, f"and {len(left_out)} more."] if left_out else ordered


def lines_of(locations: set[Location], text: str) -> dict[Location, int]:
    """Return the line in which each of these locations, all of which are in the text, begins.

    TOML's parser tells no lines, so the text is parsed in pieces. Each statement is a TOML file of its own, and it ends
    where the lines since its begin can first be parsed. Within an array over several lines they can also be parsed
    after each whole element, once the array is closed: what they then have, and had not before, is in the last lines.
    """
    found, table, tables, begin = dict[Location, int](), Location(), Counter[Location](), 1
    statement: list[str] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        statement.append(line)
        content, is_whole = _parsed(statement)
        if content is None:
            continue
        if is_whole and statement[0].lstrip().startswith("["):
            table, content = _table(content, tables), {}
        for location in locations - found.keys():
            if location == table[: len(location)] or _is_in(content, table, location):
                found[location] = begin
        begin = number + 1
        if is_whole:
            statement = []
    return found


def _parsed(lines: list[str]) -> tuple[dict[str, Any] | None, bool]:
    """Return the content of some lines of one statement, if they have any, and whether they are all of it."""
    for closed in (lines, [*lines, "]"]):
        with contextlib.suppress(tomllib.TOMLDecodeError):
            return tomllib.loads("\n".join(closed)), closed is lines
    return None, False


def _table(header: dict[str, Any], tables: Counter[Location]) -> Location:
    """Return the location of the table that a header such as `[[cohorts]]` begins.

    Args:
        header: The header alone, parsed.
        tables: How many tables each array of tables has so far; counted up here.
    """
    table: Location = ()
    while header:
        [(key, inner)] = header.items()
        table = (*table, key)
        if isinstance(inner, list):
            tables[table] += 1
            inner = inner[0]
        header = inner
        if table in tables:
            table = (*table, tables[table] - 1)
    return table


def _is_in(content: dict[str, Any], table: Location, location: Location) -> bool:
    """Return whether a statement in a table brings a location."""
    return location[: len(table)] == table and _holds(content, location[len(table) :])


def _holds(content: Any, location: Location) -> bool:
    for part in location:
        if not _has(content, part):
            return False
        content = content[part]
    return True


def _has(content: Any, part: str | int) -> bool:
    if isinstance(content, list):
        return isinstance(part, int) and part < len(content)
    return isinstance(content, dict) and part in content


def _place(location: Location, content: Any) -> tuple[Location, str]:
    """Return the part of a location that is in the file, and the whole location as in "cohorts 1 (students), stay"."""
    place: list[str | int] = []
    words: list[str] = []
    before: str | int | None = None
    for part in location:
        chosen, before = before in _CHOICES and (part in _MODELS or part == ALWAYS), part
        if chosen:
            continue
        if _has(content, part):
            content = content[part]
            place.append(part)
        else:
            content = None  # the line of a missing key is that of its table
        if isinstance(part, int):
            name = content.get("name") if isinstance(content, dict) else None
            words[-1] += f" {part + 1} ({name})" if isinstance(name, str) else f" {part + 1}"
        elif part != "[key]":
            words.append(part)
    return tuple(place), ", ".join(words)


def _in_words(error: ErrorDetails) -> Iterator[tuple[Location, str]]:
    """Yield where an error is and what to say about it; an error of `PROBLEMS` has several places."""
    kind, location, context = error["type"], error["loc"], error.get("ctx", {})
    if kind == PROBLEMS:
        yield from (((*location, *where), what) for where, what in context[PROBLEMS])
    elif kind == "extra_forbidden":
        key = str(location[-1])
        place = next((place for place, model in _PLACES.items() if key in _keys(model)), None)
        yield (
            location,
            f"belongs {place}" if place else f"unknown here; {did_you_mean(key, _keys(_model_at(location)))}",
        )
    elif kind == "literal_error":
        known = WAYS_TO_LEAVE if "leave" in location else get_args(Measure)
        yield location, f"{error['input']!r} is unknown; {did_you_mean(str(error['input']), known)}"
    elif kind in {"union_tag_invalid", "union_tag_not_found"}:
        yield _choice_in_words(location, error["input"])
    elif kind == "value_error":
        yield location, str(context["error"])
    else:
        quoted = ", without quotes" if kind in {"int_type", "float_type"} and isinstance(error["input"], str) else ""
        yield location, _PLAIN.get(kind, error["msg"]).format(**context) + quoted + _example(location)


def _choice_in_words(location: Location, value: Any) -> tuple[Location, str]:
    key, known = ("pattern", PATTERNS) if location[-1] == "arrivals" else ("distribution", DISTRIBUTIONS)
    if not isinstance(value, dict):
        return location, f"must be a table{_example(location)}"
    if key not in value:
        return (*location, key), f"is missing; add it, one of {', '.join(map(repr, known))}"
    return (*location, key), f"{value[key]!r} is unknown; {did_you_mean(str(value[key]), known)}"


def _example(location: Location) -> str:
    for name, field in _model_at(location).model_fields.items():
        if location and location[-1] in {name, field.alias} and field.examples:
            return f", as in {' or '.join(field.examples)}"
    return ""


def _meant(error: ErrorDetails) -> str | None:
    return nearest(str(error["loc"][-1]), _keys(_model_at(error["loc"])))


def _keys(model: type[Table]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(location: Location) -> type[Table]:
    """Return the model that the last key of a location belongs to."""
    return next((_MODELS[str(part)] for part in reversed(location[:-1]) if part in _MODELS), Event)
