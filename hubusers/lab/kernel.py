"""A kernel as JupyterLab's front end uses it: one websocket, on which cells are run.

The messages are those of https://jupyter-client.readthedocs.io/en/stable/messaging.html.
"""

import ssl
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gevent.event import Event

from hubusers.browser.websocket import HeldWebsocket, WebsocketLost, at_most
from hubusers.http.session import REQUEST_TIMEOUT
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, WaitTimeout
from hubusers.lab.kernel_messages import V1, Message, decode, encode

ASK_AGAIN = 10.0
"""Seconds after which a kernel that is not ready is asked again; one that restarts loses what it was asked before."""

_END_OF_INPUT = "\x04"
"""The answer to a cell that asks for input. ipykernel takes it as Ctrl-D, which is an `EOFError` in the cell."""


class KernelDied(HubUsersError):
    phrase = "kernel died"


class KernelGone(HubUsersError):
    """The server does not know the kernel any more, because it was culled, or shut down."""

    phrase = "kernel gone"


@dataclass
class CellResult:
    """What running a cell gave.

    Attributes:
        outputs: As the nbformat library has them, in their order. A later cell may still update a display in them.
        execution_count: The number of the cell's prompt.
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    execution_count: int | None = None


class Kernel(HeldWebsocket):
    """A kernel that runs already, through its websocket.

    Args:
        url: `ws://…/api/kernels/{id}/channels?session_id=…`, with its base path; the session's id is any that no other
            front end of this kernel has.
        headers: As in `HeldWebsocket`.
        tls_context: As in `HeldWebsocket`.
        timeout: As in `HeldWebsocket`.

    Attributes:
        id: The kernel's id.
        state: What the kernel last said of itself: `starting`, `idle`, `busy`; or what the server said of it:
            `restarting`, `dead`. The empty string before that.

    Raises:
        WebsocketRefused: As in `HeldWebsocket`.
    """

    offered_subprotocol = V1

    def __init__(
        self,
        url: str,
        headers: Iterable[str] = (),
        *,
        tls_context: ssl.SSLContext | None = None,
        timeout: float = REQUEST_TIMEOUT,
    ) -> None:
        self.id = urlsplit(url).path.split("/")[-2]
        self.state = ""
        self._session = parse_qs(urlsplit(url).query).get("session_id", [uuid.uuid4().hex])[0]
        self._died: KernelDied | None = None  # while nothing ran
        self._requests: dict[str, _Request] = {}
        self._displays: dict[str, list[dict[str, Any]]] = {}
        super().__init__(url, headers, tls_context=tls_context, timeout=timeout)

    def wait_until_ready(self, deadline: Deadline) -> None:
        """Ask for the kernel's information, as a front end does first, until it answers.

        It is ready when what it publishes arrives too: after a restart its replies may come before that, and a cell
        that is run then never says that it is idle. Call it again after the kernel was restarted on request, which
        leaves the websocket as it is.

        Args:
            deadline: Until when it must have answered.

        Raises:
            WaitTimeout: It did not answer.
            KernelDied: The server says that it is dead.
            WebsocketLost: The connection was gone before.
        """
        self._displays.clear()  # nothing updates what a kernel showed before it was restarted
        while (left := deadline.remaining()) > 0:
            try:
                if self._ask("kernel_info_request", {}, _Request(), min(left, ASK_AGAIN)):
                    return
            except KernelDied:
                if self.state == "dead":
                    raise
        raise WaitTimeout(f"the kernel was not ready within {deadline.seconds:g} seconds", cause="kernel not ready")

    def execute(self, code: str, deadline: Deadline) -> CellResult:
        """Run a cell and return its outputs, as a notebook would show them.

        The cell is complete when the kernel has replied and said that it is idle again, in whichever order. Output that
        comes after that, from a thread of the cell's, is left out.

        Args:
            code: The cell's source.
            deadline: Until when it must be complete. The kernel goes on with a cell that takes longer, unless it is
                interrupted.

        Raises:
            WaitTimeout: It was not complete in time.
            KernelDied: The kernel died meanwhile, or since the last cell.
            WebsocketLost: The connection was gone before.
        """
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": True,
            "stop_on_error": True,
        }
        execution = _Execution(self._displays)
        if not self._ask("execute_request", content, execution, deadline.remaining()):
            raise WaitTimeout(f"the cell did not end within {deadline.seconds:g} seconds", cause="cell still running")
        return execution.result

    def _ask(self, kind: str, content: dict[str, Any], request: "_Request", seconds: float) -> bool:
        """Send a request and return whether it was done in time."""
        died, self._died = self._died, None
        if died or self.state == "dead":
            raise died or _died(self.state)
        header = self._header(kind)
        self._requests[header["msg_id"]] = request
        try:
            with at_most(seconds):
                self._send("shell", header, {}, content)
                request.done.wait()
        finally:
            del self._requests[header["msg_id"]]
        if request.failure:
            raise request.failure
        return request.done.is_set()

    def _header(self, kind: str) -> dict[str, str]:
        return {
            "msg_id": str(uuid.uuid4()),
            "msg_type": kind,
            "session": self._session,
            "username": "",
            "date": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "version": "5.2",
        }

    def _send(self, channel: str, header: dict[str, str], parent: dict[str, Any], content: dict[str, Any]) -> None:
        self.send(encode(Message(channel, header, parent, content), self.subprotocol))

    def received(self, message: str | bytes) -> None:
        channel, header, parent, content = decode(message, self.subprotocol)
        try:
            kind = header["msg_type"]
            request = self._requests.get(parent.get("msg_id", ""))
            if kind == "status":
                self._note_state(content["execution_state"])
            elif kind == "update_display_data":
                self._update_displays(content)
            elif kind == "input_request" and request:
                self._send("stdin", self._header("input_reply"), header, {"status": "ok", "value": _END_OF_INPUT})
            if request:
                request.take(channel, kind, content)
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError("not a kernel's message") from error

    @property
    def is_awaited(self) -> bool:
        return bool(self._requests)

    def ended(self, lost: WebsocketLost) -> None:
        self._fail_requests(lost)

    def _note_state(self, state: str) -> None:
        self.state = state
        if state in {"restarting", "dead"}:  # the server's word; a kernel that is restarted on request says neither
            self._died = None if self._requests else _died(state)
            self._fail_requests(_died(state))

    def _fail_requests(self, failure: HubUsersError) -> None:
        for request in self._requests.values():
            request.failure = failure
            request.done.set()

    def _update_displays(self, content: dict[str, Any]) -> None:
        for output in self._displays.get(content["transient"]["display_id"], []):
            output["data"], output["metadata"] = content["data"], content["metadata"]


def _died(state: str) -> KernelDied:
    return KernelDied(f"the kernel died; the server says that it is {state}", cause=state)


class _Request:
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


class _Execution(_Request):
    """A cell that runs, and its outputs as a notebook collects them.

    Args:
        displays: The kernel's displays by their id, to which the cell's are added.
    """

    def __init__(self, displays: dict[str, list[dict[str, Any]]]) -> None:
        super().__init__()
        self.result = CellResult()
        self._displays = displays
        self._clear_before_next = False

    def take(self, channel: str, kind: str, content: dict[str, Any]) -> None:
        if kind == "execute_reply":
            self.result.execution_count = content.get("execution_count")
        elif kind == "clear_output":
            self._clear_before_next = bool(content.get("wait"))
            if not self._clear_before_next:
                self.result.outputs.clear()
        elif kind in _OUTPUT_FIELDS:
            self._add({"output_type": kind, **{name: content[name] for name in _OUTPUT_FIELDS[kind]}})
            if display_id := content.get("transient", {}).get("display_id"):
                self._displays.setdefault(display_id, []).append(self.result.outputs[-1])
        super().take(channel, kind, content)

    def _add(self, output: dict[str, Any]) -> None:
        if self._clear_before_next:
            self.result.outputs.clear()
            self._clear_before_next = False
        last = self.result.outputs[-1] if self.result.outputs else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
        else:
            self.result.outputs.append(output)


_OUTPUT_FIELDS = {
    "stream": ("name", "text"),
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
    "error": ("ename", "evalue", "traceback"),
}
"""The kinds of messages that are outputs, and what of their content a notebook keeps."""
