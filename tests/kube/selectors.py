"""What a client asks for in the parameters of a request: objects by their labels and fields, yes or no."""

import re
from collections.abc import Callable, Mapping

from tests.kube.resources import Object, Resource
from tests.kube.store import Refused

Filter = Callable[[Object], bool]


def is_true(query: Mapping[str, str], name: str) -> bool:
    """Return whether a parameter says yes, in one of the ways that Go reads."""
    return query.get(name) in ("1", "t", "T", "true", "TRUE", "True")


def label_filter(selector: str) -> Filter:
    """Return whether an object's labels fit a selector such as `app=hub,tier in (a, b),!old`."""
    tests = [_label_test(part.strip()) for part in re.findall(r"[^,(]+(?:\([^)]*\))?", selector) if part.strip()]
    return lambda found: all(test(found["metadata"].get("labels") or {}) for test in tests)


def _label_test(part: str) -> Filter:
    if among := re.fullmatch(r"(\S+)\s+(in|notin)\s+\(([^)]*)\)", part):
        key, word, listed = among.groups()
        values = {value.strip() for value in listed.split(",")}
        return lambda labels: (labels.get(key) in values) == (word == "in")
    if unequal := re.fullmatch(r"([^!=\s]+)\s*!=\s*(.*)", part):
        return lambda labels: labels.get(unequal[1]) != unequal[2]
    if equal := re.fullmatch(r"([^=\s]+)\s*==?\s*(.*)", part):
        return lambda labels: labels.get(equal[1]) == equal[2]
    if part.startswith("!"):
        return lambda labels: part[1:].strip() not in labels
    return lambda labels: part in labels


def field_filter(resource: Resource, selector: str) -> Filter:
    """Return whether an object's fields fit a selector such as `status.phase!=Running`.

    Raises:
        Refused: the API does not select this kind by such a field.
    """
    wanted: list[tuple[str, bool, str]] = []
    for part in filter(None, selector.split(",")):
        name, sign, value = re.split(r"(!=|==|=)", part, maxsplit=1)
        if name not in ("metadata.name", "metadata.namespace", *resource.fields):
            raise Refused(400, "BadRequest", f"field label not supported: {name}")
        wanted.append((name, sign != "!=", value))
    return lambda found: all((_field(found, name) == value) == equal for name, equal, value in wanted)


def _field(found: Object, path: str) -> str:
    value: object = found
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if path == "status.successful":
        return str(found.get("status", {}).get("succeeded", 0))
    if path == "spec.unschedulable":
        return "true" if value else "false"
    return "" if value is None else str(value)
