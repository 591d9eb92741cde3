"""The mistakes in a values file: pydantic's errors in words for an operator."""

from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hubusers.event.model import did_you_mean, nearest
from hubusers.kube.value_types import MUST_BE

_PLAIN = {
    "missing": "is missing; add it",
    "string_type": "must be text; put it into quotes",
    "string_too_short": "must not be empty",
    "string_too_long": "must have {max_length} characters or fewer",
    "int_type": "must be a whole number, without quotes",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false, without quotes",
    "dict_type": "must have values of its own, each with a name and a colon",
    "model_type": "must have values of its own, each with a name and a colon",
    "list_type": "must be a list, in brackets or with a hyphen before each of its values",
    "greater_than_equal": "must be {ge} or more",
    "literal_error": "must be one of {expected}",
}
"""What to say for each type of pydantic's errors."""

_TABLES = {"dict_type", "model_type"}


def mistakes(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return the mistakes, each with where it is.

    Args:
        error: Pydantic's error.
        model: What the values were checked with.
    """
    details, schema = error.errors(include_url=False), model.model_json_schema()
    # Where a key is misspelt, nothing says that the right one is missing.
    misspelt = {
        (*one["loc"][:-1], nearest(str(one["loc"][-1]), _keys(one, schema)))
        for one in details
        if one["type"] == "extra_forbidden"
    }
    return [_in_words(one, schema) for one in details if one["loc"] not in misspelt]


def _in_words(error: ErrorDetails, schema: dict[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        what = f"is unknown here; {did_you_mean(str(error['loc'][-1]), _keys(error, schema))}"
    elif kind == "value_error":
        what = str(context["error"])
    elif kind == "string_pattern_mismatch":
        what = f"{error['input']!r} {MUST_BE[context['pattern']]}"
    else:
        what = _PLAIN.get(kind, error["msg"]).format(**context)
        if kind in _TABLES and (keys := _properties(_part(error["loc"], schema), schema)):
            what += f": {', '.join(keys)}"
    return f"{_place(error['loc'])}: {what}"


def _place(location: tuple[str | int, ...]) -> str:
    """Return where a mistake is, as in "tolerations 1, key"."""
    words = list[str]()
    for part in location:
        if isinstance(part, int):
            words[-1] += f" {part + 1}"
        elif part != "[key]":
            words.append(part)
    return ", ".join(words)


def _keys(error: ErrorDetails, schema: dict[str, Any]) -> list[str]:
    """Return the keys that are known where an error's key is."""
    return _properties(_part(error["loc"][:-1], schema), schema)


def _properties(part: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    return list(_resolved(part, schema).get("properties", {}))


def _part(location: tuple[str | int, ...], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a schema that stands for a location."""
    part = schema
    for key in location:
        part = _resolved(part, schema)
        part = part.get("items", {}) if isinstance(key, int) else part.get("properties", {}).get(key, {})
    return part


def _resolved(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part
    return found
