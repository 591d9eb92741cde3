"""A request to a kernel that is under way; of a cell that runs also its outputs, as a notebook collects them."""

import re
from dataclasses import dataclass, field
from typing import Any

from gevent.event import Event

from hubusers.hub.errors import HubUsersError

OUTPUT_FIELDS = {
    "stream": ("name", "text"),
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
    "error": ("ename", "evalue", "traceback"),
}
"""The kinds of messages that are outputs, and what of their content a notebook keeps."""

_CUT_OFF = re.compile(r"\s*(IOPub (?:data|message) rate exceeded)\.")
"""What a Jupyter server puts in place of the rest, where a cell prints too much in too short a time."""


@dataclass
class Collected:
    """The outputs of a cell, or of an Output widget, as messages add to them.

    Attributes:
        outputs: As the nbformat library has them, in their order. Call `settle` before they are read.
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    _clear_before_next: bool = False
    _pieces: list[str] = field(default_factory=list)  # of the text of the last output, which may be long

    def take(self, kind: str, content: dict[str, Any]) -> dict[str, Any] | None:
        """Take an output, or the order to clear them; return the output that is new in the list, if there is one."""
        if kind == "clear_output":
            self._clear_before_next = bool(content.get("wait"))
            if not self._clear_before_next:
                self._clear()
            return None
        if self._clear_before_next:
            self._clear()
            self._clear_before_next = False
        output = {"output_type": kind, **{name: content[name] for name in OUTPUT_FIELDS[kind]}}
        last = self.outputs[-1] if self.outputs else {}
        if kind == "stream" and last.get("name") == output["name"]:
            self._pieces = self._pieces or [last["text"]]
            self._pieces.append(output["text"])
            return None
        self.settle()
        self._pieces = []
        self.outputs.append(output)
        return output

    def settle(self) -> None:
        """Put the pieces of a text together."""
        if self._pieces:
            self.outputs[-1]["text"] = "".join(self._pieces)
            self._pieces = [self.outputs[-1]["text"]]

    def _clear(self) -> None:
        self.outputs.clear()
        self._pieces = []


@dataclass
class CellResult:
    """What running a cell gave.

    Attributes:
        outputs: As the nbformat library has them, in their order. A later cell may still update a display in them.
        execution_count: The number of the cell's prompt.
        updatable: Those of the outputs that may be updated.
        has_asked: Whether the cell asked for input. It got none.
        cut_off: Why the server left out a part of the output, in its own words; the empty string if it did not.
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    execution_count: int | None = None
    updatable: list[dict[str, Any]] = field(default_factory=list)
    has_asked: bool = False
    cut_off: str = ""

    @property
    def may_change(self) -> set[int]:
        """The places of the outputs that a later cell may change."""
        updatable = {id(output) for output in self.updatable}
        return {place for place, output in enumerate(self.outputs) if id(output) in updatable}


class Pending:
    """A request that is under way: done with its reply and the kernel's word that it is idle, or with a failure."""

    def __init__(self) -> None:
        self.done = Event()
        self.failure: HubUsersError | None = None
        self._has_reply = self._is_idle = False

    def take(self, channel: str, kind: str, content: dict[str, Any]) -> None:
        """Take a message that belongs to the request."""
        self._has_reply = self._has_reply or channel == "shell"
        self._is_idle = self._is_idle or (kind == "status" and content["execution_state"] == "idle")
        if self._has_reply and self._is_idle:
            self.done.set()


class Execution(Pending):
    """A cell that runs.

    Args:
        displays: The kernel's displays by their id, to which the cell's are added.
    """

    def __init__(self, displays: dict[str, list[dict[str, Any]]]) -> None:
        super().__init__()
        self._collected = Collected()
        self.result = CellResult(self._collected.outputs)
        self._displays = displays

    def take(self, channel: str, kind: str, content: dict[str, Any]) -> None:
        if kind == "execute_reply":
            self.result.execution_count = content.get("execution_count")
        elif kind == "input_request":
            self.result.has_asked = True
        elif kind in OUTPUT_FIELDS or kind == "clear_output":
            if content.get("name") == "stderr" and (cut_off := _CUT_OFF.match(content["text"])):
                self.result.cut_off = cut_off[1]
            output = self._collected.take(kind, content)
            if output and (display_id := (content.get("transient") or {}).get("display_id")):
                self._displays.setdefault(display_id, []).append(output)
                self.result.updatable.append(output)
        super().take(channel, kind, content)
        if self.done.is_set():
            self._collected.settle()
