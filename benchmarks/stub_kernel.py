"""The kernels of `stub_lab.py`: they answer as ipykernel does, at once, with outputs that a notebook has stored."""

import uuid
from typing import Any

from tornado import websocket

from benchmarks.stub_person import OUTPUTS, now
from hubusers.lab.kernel_messages import V1, Message, decode, encode


class Channels(websocket.WebSocketHandler):
    """A kernel's websocket."""

    def initialize(self) -> None:
        self._session = uuid.uuid4().hex
        self._count = 0

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return V1 if V1 in subprotocols else None

    def on_message(self, message: str | bytes) -> None:
        channel, asked, _, content = decode(message, self.selected_subprotocol or "")
        kind = asked["msg_type"]
        if not kind.endswith("_request"):
            return
        self._say("iopub", "status", {"execution_state": "busy"}, asked)
        reply: dict[str, Any] = {"status": "ok", **(_KERNEL_INFO if kind == "kernel_info_request" else {})}
        if kind == "comm_info_request":
            reply["comms"] = {}
        if kind == "execute_request":
            self._count += 1
            reply |= {"execution_count": self._count, "user_expressions": {}, "payload": []}
            self._run(content["code"], asked)
        self._say(channel, kind.replace("_request", "_reply"), reply, asked)
        self._say("iopub", "status", {"execution_state": "idle"}, asked)

    def _run(self, code: str, asked: dict[str, Any]) -> None:
        self._say("iopub", "execute_input", {"code": code, "execution_count": self._count}, asked)
        for output in OUTPUTS.get(code, ()):
            content = {name: value for name, value in output.items() if name != "output_type"}
            if "execution_count" in content:
                content["execution_count"] = self._count
            self._say("iopub", output["output_type"], content, asked)

    def _say(self, channel: str, kind: str, content: dict[str, Any], asked: dict[str, Any]) -> None:
        header = {"msg_id": str(uuid.uuid4()), "msg_type": kind, "session": self._session, "username": "user"}
        header |= {"date": now(), "version": "5.3"}
        said = encode(Message(channel, header, asked, content), self.selected_subprotocol or "")
        self.write_message(said, binary=isinstance(said, bytes))


_KERNEL_INFO = {
    "protocol_version": "5.3",
    "implementation": "ipython",
    "implementation_version": "9.0.0",
    "language_info": {
        "name": "python",
        "version": "3.12.0",
        "mimetype": "text/x-python",
        "codemirror_mode": {"name": "ipython", "version": 3},
        "pygments_lexer": "ipython3",
        "nbconvert_exporter": "python",
        "file_extension": ".py",
    },
    "banner": "Python 3.12.0 | a stand-in, which computes nothing",
    "help_links": [],
    "supported_features": [],
}
