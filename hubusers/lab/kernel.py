"""A kernel as JupyterLab's front end uses it: one websocket, on which cells are run.

The messages are those of https://jupyter-client.readthedocs.io/en/stable/messaging.html.
"""

import ssl
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hubusers.browser.websocket import HeldWebsocket, WebsocketLost, at_most
from hubusers.http.session import REQUEST_TIMEOUT
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, WaitTimeout
from hubusers.lab.execution import CellResult, Execution, Pending
from hubusers.lab.kernel_messages import V1, Message, decode, encode
from hubusers.lab.output_widgets import OutputWidgets

ASK_AGAIN = 10.0
"""Seconds after which a kernel that is not ready is asked again; one that restarts loses what it was asked before."""

_END_OF_INPUT = "\x04"
"""The answer to a cell that asks for input. ipykernel takes it as Ctrl-D, which is an `EOFError` in the cell."""


class KernelDied(HubUsersError):
    phrase = "kernel died"


class KernelGone(HubUsersError):
    """The server does not know the kernel any more, because it was culled, or shut down."""

    phrase = "kernel gone"


class InputAsked(HubUsersError):
    """A cell asked for input, which nobody gives. The person sees that, and goes on."""

    phrase = "input asked for"
    ends_task = False


class OutputCutOff(HubUsersError):
    """The server left out a part of a cell's output. The person sees that, and goes on."""

    phrase = "output cut off"
    ends_task = False


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
        language_version: The version of its language, such as `3.11.7`. The empty string before it is ready.

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
        self.state = self.language_version = ""
        self._session = parse_qs(urlsplit(url).query).get("session_id", [uuid.uuid4().hex])[0]
        self._died: HubUsersError | None = None  # while nothing ran
        self._requests: dict[str, Pending] = {}
        self._displays: dict[str, list[dict[str, Any]]] = {}
        self._output_widgets = OutputWidgets(self._tell_widget)
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
        self._output_widgets.forget()
        while (left := deadline.remaining()) > 0:
            try:
                if self._ask("kernel_info_request", {}, Pending(), min(left, ASK_AGAIN)):
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
            KernelGone: It was told to `end`.
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
        self._output_widgets.tell_all()
        execution = Execution(self._displays)
        if not self._ask("execute_request", content, execution, deadline.remaining()):
            raise WaitTimeout(f"the cell did not end within {deadline.seconds:g} seconds", cause="cell still running")
        return execution.result

    def end(self, gone: KernelGone) -> None:
        """Take in that the server does not have the kernel any more, as the page learns from its list of kernels.

        A cell that is under way fails with this, otherwise the next one.
        """
        self._died = gone
        self._fail_requests(gone)

    def take_death(self) -> KernelDied | None:
        """Return the death of the kernel while nothing ran on it, if nobody was told of it; it is told once.

        A kernel that the server does not have any more, because it was culled, has not died.
        """
        if not isinstance(self._died, KernelDied):
            return None
        died, self._died = self._died, None
        return died

    def _ask(self, kind: str, content: dict[str, Any], request: Pending, seconds: float) -> bool:
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
            asked_by = parent.get("msg_id", "")
            request = self._requests.get(asked_by)
            if kind == "status":
                self._note_state(content["execution_state"])
            elif kind == "kernel_info_reply":
                self.language_version = str(content.get("language_info", {}).get("version", ""))
            elif kind == "update_display_data":
                self._update_displays(content)
            elif kind == "input_request" and request:
                self._send("stdin", self._header("input_reply"), header, {"status": "ok", "value": _END_OF_INPUT})
            is_of_a_widget = channel == "iopub" and self._output_widgets.take(kind, asked_by, content)
            if request and not is_of_a_widget:
                request.take(channel, kind, content)
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError("not a kernel's message") from error

    def _tell_widget(self, content: dict[str, Any]) -> str:
        header = self._header("comm_msg")
        self._send("shell", header, {}, content)
        return header["msg_id"]

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
