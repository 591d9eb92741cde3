"""The kinds of PATCH that Kubernetes takes: merge, strategic merge and JSON patch."""

import copy
from typing import Any

from tests.kube.resources import Object
from tests.kube.store import Refused

_MERGE_KEYS = {
    "conditions": "type",
    "containers": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "ownerReferences": "uid",
    "volumeMounts": "mountPath",
    "volumes": "name",
}
"""By which key a strategic merge finds the element of a list that it changes, by the list's name."""

_SETS = {"finalizers"}
"""Lists of strings to which a strategic merge adds."""


def merge(before: Any, patch: Any) -> Any:
    """Return what a JSON merge patch (RFC 7396) makes of something."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(before) if isinstance(before, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def strategic_merge(before: Any, patch: Any, name: str = "") -> Any:
    """Return what a strategic merge patch makes of something; lists with a merge key are merged, others replaced."""
    if isinstance(patch, list):
        return _merge_lists(before if isinstance(before, list) else [], patch, name)
    if not isinstance(patch, dict):
        return patch
    if patch.get("$patch") == "replace":
        return {key: copy.deepcopy(value) for key, value in patch.items() if key != "$patch"}
    merged = dict(before) if isinstance(before, dict) else {}
    if "$retainKeys" in patch:
        merged = {key: value for key, value in merged.items() if key in patch["$retainKeys"]}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            field = key.split("/", 1)[1]
            merged[field] = [element for element in merged.get(field, []) if element not in value]
        elif key.startswith("$"):
            continue
        elif value is None:
            merged.pop(key, None)
        else:
            merged[key] = strategic_merge(merged.get(key), value, key)
    return merged


def _merge_lists(before: list[Any], patch: list[Any], name: str) -> list[Any]:
    if name in _SETS:
        return before + [element for element in patch if element not in before]
    key = _MERGE_KEYS.get(name)
    if name == "ports":
        key = "containerPort" if any("containerPort" in element for element in [*before, *patch]) else "port"
    if key is None or {"$patch": "replace"} in patch:
        return [strategic_merge(None, element) for element in patch if element != {"$patch": "replace"}]
    merged = list(before)
    for element in patch:
        index = next((i for i, old in enumerate(merged) if old.get(key) == element.get(key)), None)
        if element.get("$patch") == "delete":
            if index is not None:
                del merged[index]
        elif index is None:
            merged.append(strategic_merge(None, element))
        else:
            merged[index] = strategic_merge(merged[index], element)
    return merged


def json_patch(before: Object, operations: list[Object]) -> Object:
    """Return what a JSON patch (RFC 6902) with add, replace, remove and test makes of an object."""
    patched = copy.deepcopy(before)
    for operation in operations:
        *path, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        place: Any = patched
        try:
            for part in path:
                place = place[int(part)] if isinstance(place, list) else place[part]
            _apply(place, last, operation)
        except (KeyError, IndexError, ValueError, TypeError):
            message = "the server rejected our request due to an error in our request"
            raise Refused(422, "Invalid", message) from None
    return patched


def _apply(place: Any, last: str, operation: Object) -> None:
    key: Any = last if not isinstance(place, list) else len(place) if last == "-" else int(last)
    match operation["op"]:
        case "add" if isinstance(place, list):
            place.insert(key, operation["value"])
        case "add":
            place[key] = operation["value"]
        case "replace":
            if isinstance(place, dict) and key not in place:
                raise KeyError(key)
            place[key] = operation["value"]
        case "remove":
            del place[key]
        case "test":
            if place[key] != operation["value"]:
                raise ValueError(key)
        case other:
            raise ValueError(other)
