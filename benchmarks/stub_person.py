"""What people have on the servers that `stub_lab.py` stands in for: files, sessions with their kernels, workspaces."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from benchmarks.chromium_visits import NOTEBOOK
from hubusers.lab.notebooks import built_in_notebook


@dataclass
class Person:
    """What one person has on their server."""

    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the contents API says of each file and folder, by its path."""

    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    workspaces: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.put("", {"type": "directory"})
        self.put(NOTEBOOK, {"type": "notebook", "format": "json", "content": _example()})

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        content = body.get("content")
        self.files[path] = {
            "name": path.rpartition("/")[2],
            "path": path,
            "created": now(),
            "last_modified": now(),
            "content": content,
            "format": body.get("format"),
            "mimetype": None,
            "size": len(json.dumps(content)) if content else None,
            "writable": True,
            "hash": uuid.uuid4().hex,
            "hash_algorithm": "sha256",
            "type": body["type"],
        }
        if content and body["type"] == "notebook":
            for cell in content["cells"]:
                if cell["cell_type"] == "code":
                    OUTPUTS["".join(cell["source"])] = cell["outputs"]
        return self.without_content(path)

    def without_content(self, path: str) -> dict[str, Any]:
        return {**self.files[path], "content": None, "format": None}

    def with_content(self, path: str) -> dict[str, Any]:
        if self.files[path]["type"] != "directory":
            return self.files[path]
        inside = [other for other in self.files if other and other.rpartition("/")[0] == path]
        return {**self.files[path], "content": [self.without_content(other) for other in inside], "format": "json"}

    def remove(self, path: str) -> None:
        for other in [other for other in self.files if f"{other}/".startswith(f"{path}/")]:
            del self.files[other]

    @property
    def kernels(self) -> dict[str, dict[str, Any]]:
        return {session["kernel"]["id"]: session["kernel"] for session in self.sessions.values()}


OUTPUTS: dict[str, list[dict[str, Any]]] = {}
"""What each cell gives, by its code."""

PEOPLE: dict[str, Person] = {}


def _example() -> dict[str, Any]:
    """Return the notebook that everybody has: the one that comes with hubusers, without what is said between cells."""
    document = built_in_notebook().document()
    title, *others = document["cells"]
    return {**document, "cells": [title, *(cell for cell in others if cell["cell_type"] == "code")]}


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def person_called(name: str) -> Person:
    if name not in PEOPLE:
        PEOPLE[name] = Person()
    return PEOPLE[name]
