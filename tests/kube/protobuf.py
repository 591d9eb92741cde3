"""Reads what kubectl sends as protobuf: since 1.33 that is what its own objects are, as in `create` and `auth can-i`.

Only the kinds are known here that it sends so for us. All else (`apply`, `create -f`) it sends as JSON, and it takes
JSON for every answer.
"""

import base64
from collections.abc import Iterator
from typing import Any

from tests.kube.resources import Object
from tests.kube.store import Refused

MAGIC = b"k8s\x00"

_META = {
    **{1: ("name", "text"), 2: ("generateName", "text"), 3: ("namespace", "text"), 5: ("uid", "text")},
    **{6: ("resourceVersion", "text"), 11: ("labels", "texts"), 12: ("annotations", "texts")},
}
_ATTRIBUTES = {
    **{1: ("namespace", "text"), 2: ("verb", "text"), 3: ("group", "text"), 4: ("version", "text")},
    **{5: ("resource", "text"), 6: ("subresource", "text"), 7: ("name", "text")},
}
_PRECONDITIONS = {1: ("uid", "text"), 2: ("resourceVersion", "text")}
_OPTIONS = {
    **{1: ("gracePeriodSeconds", "number"), 2: ("preconditions", _PRECONDITIONS)},
    **{4: ("propagationPolicy", "text"), 5: ("dryRun", "list")},
}
_KINDS: dict[str, dict[int, tuple[str, Any]]] = {
    "ConfigMap": {1: ("metadata", _META), 2: ("data", "texts"), 3: ("binaryData", "bytes")},
    "DeleteOptions": _OPTIONS,
    "Eviction": {1: ("metadata", _META), 2: ("deleteOptions", _OPTIONS)},
    "Namespace": {1: ("metadata", _META)},
    "Secret": {1: ("metadata", _META), 2: ("data", "bytes"), 3: ("type", "text")},
    "SelfSubjectAccessReview": {1: ("metadata", _META), 2: ("spec", {1: ("resourceAttributes", _ATTRIBUTES)})},
    "ServiceAccount": {1: ("metadata", _META)},
}
"""The fields that are read, by their numbers in the `.proto` files of Kubernetes."""


def read(body: bytes) -> Object:
    """Return an object that was sent as protobuf.

    Raises:
        Refused: it is of a kind that nobody has needed yet.
    """
    unknown = dict(_fields(body[len(MAGIC) :]))
    about = {number: value.decode() for number, value in _fields(unknown[1])}
    if about[2] not in _KINDS:
        message = f"tests/kube/protobuf.py does not read {about[2]}: send it with kubectl apply"
        raise Refused(415, "UnsupportedMediaType", message)
    found = _object(unknown.get(2, b""), _KINDS[about[2]])
    return {"apiVersion": about[1], "kind": about[2], "metadata": {}} | found


def _object(data: bytes, known: dict[int, tuple[str, Any]]) -> Object:
    found: Object = {}
    for number, value in _fields(data):
        if number not in known:
            continue
        name, kind = known[number]
        if isinstance(kind, dict):
            found[name] = _object(value, kind)
        elif kind == "text":
            if value:
                found[name] = value.decode()
        elif kind == "list":
            found.setdefault(name, []).append(value.decode())
        elif kind == "number":
            found[name] = value
        else:
            entry = dict(_fields(value))
            text = entry.get(2, b"")
            encoded = base64.b64encode(text).decode() if kind == "bytes" else text.decode()
            found.setdefault(name, {})[entry[1].decode()] = encoded
    return found


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield the fields of a message: their numbers, and numbers or bytes."""
    place = 0

    def number() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(data):
        tag = number()
        if tag & 7 == 0:
            yield tag >> 3, number()
        else:
            assert tag & 7 == 2, "neither a number nor bytes"
            length = number()
            yield tag >> 3, data[place : place + length]
            place += length
