"""The Output widgets of ipywidgets: what is printed or shown inside one belongs to the widget, not to the cell.

`interact` has one, too. The kernel's part of a widget sets its `msg_id` to the request whose outputs it wants, and to
the empty string when that is over. The front end's part takes these outputs out of the cell, and tells the kernel's
part which they are. nbclient and JupyterLab do the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hubusers.lab.execution import OUTPUT_FIELDS, Collected

TellKernel = Callable[[dict[str, Any]], str]
"""Sends the content of a `comm_msg`, and returns the id of the message."""


class OutputWidgets:
    """The Output widgets of a kernel that are there.

    Args:
        tell_kernel: Sends what the front end has of a widget.
    """

    def __init__(self, tell_kernel: TellKernel) -> None:
        self._tell_kernel = tell_kernel
        self._widgets: dict[str, _Widget] = {}  # by the ids of their comms

    def tell_all(self) -> None:
        """Tell the kernel what it does not know yet, so that the next cell finds it."""
        for comm_id, widget in self._widgets.items():
            if widget.is_changed:
                widget.told_by = ""
                self._tell(comm_id, widget)

    def forget(self) -> None:
        """Forget all of them, as their kernel was restarted."""
        self._widgets.clear()

    def take(self, kind: str, parent: str, content: dict[str, Any]) -> bool:
        """Take a message that the kernel has published, if it is about a widget, or belongs to one.

        Args:
            kind: The type of the message.
            parent: The id of the request that it came from.
            content: Its content.

        Returns:
            Whether it belongs to a widget, and so not to a cell.
        """
        if kind == "comm_open":
            state = content.get("data", {}).get("state", {})
            if state.get("_model_name") == "OutputModel":
                self._widgets[content["comm_id"]] = _Widget()
                self._set_state(content["comm_id"], state)
        elif kind == "comm_msg" and content["comm_id"] in self._widgets:
            data = content["data"]
            if data.get("method") == "update":
                self._set_state(content["comm_id"], data["state"])
        elif kind == "comm_close":
            self._widgets.pop(content["comm_id"], None)
        elif kind == "status" and content["execution_state"] == "idle":
            self._note_told(parent)
        elif kind in OUTPUT_FIELDS or kind == "clear_output":
            return self._take_output(kind, parent, content)
        return False

    def _set_state(self, comm_id: str, state: dict[str, Any]) -> None:
        widget = self._widgets[comm_id]
        if "msg_id" in state:
            widget.takes_from = state["msg_id"]
            # Of two, one in the other, the inner one takes what comes.
            self._widgets[comm_id] = self._widgets.pop(comm_id)
        if "outputs" in state:
            widget.collected = Collected(list(state["outputs"]))

    def _take_output(self, kind: str, parent: str, content: dict[str, Any]) -> bool:
        taking = [comm_id for comm_id, widget in self._widgets.items() if parent and widget.takes_from == parent]
        if taking:
            widget = self._widgets[taking[-1]]
            widget.collected.take(kind, content)
            widget.is_changed = True
            self._tell(taking[-1], widget)
        return bool(taking)

    def _note_told(self, message: str) -> None:
        for comm_id, widget in self._widgets.items():
            if widget.told_by == message:
                widget.told_by = ""
                if widget.is_changed:
                    self._tell(comm_id, widget)

    def _tell(self, comm_id: str, widget: "_Widget") -> None:
        if not widget.told_by:  # like ipywidgets: one message at a time, whatever changes meanwhile
            widget.collected.settle()
            state = {"outputs": widget.collected.outputs}
            data = {"method": "update", "state": state, "buffer_paths": []}
            widget.told_by = self._tell_kernel({"comm_id": comm_id, "data": data})
            widget.is_changed = False


@dataclass
class _Widget:
    takes_from: str = ""  # the id of the request whose outputs it takes
    collected: Collected = field(default_factory=Collected)
    is_changed: bool = False  # since the kernel's part was told
    told_by: str = ""  # the id of the message that the kernel has not dealt with yet
