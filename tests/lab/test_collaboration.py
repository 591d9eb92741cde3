"""JupyterLab with jupyter-collaboration, whose servers are made up here: documents and their messages are real ones."""

import json
import re
import subprocess
import sys
from typing import Any, cast

import pytest
from gevent.event import Event
from pycrdt import Array, Doc, Map, YMessageType, create_sync_message, handle_sync_message

from hubusers.browser.page import Page
from hubusers.browser.websocket import HeldWebsocket
from hubusers.how_installed import this_installation
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import WaitTimeout
from hubusers.lab import collaboration, interface
from hubusers.lab.collaboration import CollaborativeLab, Room, RoomEmpty
from hubusers.lab.frontend import FrontEnd
from hubusers.lab.interface import CollaborationMissing, interface_of
from tests.lab.test_frontend import CONFIGURATION, StandIn, page

OUTPUT = {"output_type": "stream", "name": "stdout", "text": "5\n"}
CELLS = [
    {"cell_type": "markdown", "source": "# Sums"},
    {"cell_type": "code", "source": "print(5)", "outputs": [OUTPUT], "execution_count": 3},
]


class InProcess(Room):
    """A room whose server is in this process.

    Args:
        has_notebook: Whether the server knows the room.
    """

    def __init__(self, has_notebook: bool = True) -> None:  # without a connection
        self.document, self._has_come, self.lost = Doc(), Event(), None
        self.server: Doc[Any] = Doc()
        if has_notebook:
            cells = [Map({"cell_type": "markdown"}), Map({"cell_type": "code", "outputs": Array([]), "source": "5"})]
            self.server["cells"] = Array(cells)
            self.server["meta"] = Map({"metadata": Map({"kernelspec": Map({"name": "python3"})})})
        self.send(create_sync_message(self.document))
        self.received(create_sync_message(self.server))

    def send(self, message: str | bytes) -> None:
        assert isinstance(message, bytes)
        if message[0] == YMessageType.SYNC and (reply := handle_sync_message(message[1:], self.server)):
            self.received(reply)

    def outputs(self) -> Any:
        return self.server.get("cells", type=Array)[1]["outputs"].to_py()


class Server(StandIn):
    """Says at each look when the file was saved: for the first time after `saved_after` looks at it."""

    def __init__(self, saved_after: float) -> None:
        super().__init__(
            **{
                "PUT api/collaboration/session/a.ipynb": (201, {"fileId": "f-1", "sessionId": "s-1"}),
                "POST api/sessions": (201, {"id": "s-1", "kernel": {"id": "k-1"}}),
            }
        )
        self.looks, self.saved_after = 0, saved_after

    def fetch(self, method: str, path: str, *arguments: Any, **more: Any) -> Page:
        answer = super().fetch(method, path, *arguments, **more)
        if "a.ipynb?" in path and method == "GET":
            self.looks += 1
            return Page(200, path, json.dumps({"last_modified": str(self.looks > self.saved_after)}))
        return answer


def lab_on(browser: StandIn, room: Room, entered: list[str], **configuration: Any) -> FrontEnd:
    def hold(_: object, path: str, __: Deadline) -> HeldWebsocket:
        entered.append(path.removeprefix("/hub-prefix/user/ann/"))
        return room

    extensions = [{"name": "@jupyter/collaboration-extension", "load": "static/remoteEntry.js"}]
    return cast(
        "FrontEnd",
        interface_of(
            browser, page({**CONFIGURATION, "federated_extensions": extensions, **configuration}), hold, Deadline(60)
        ),
    )


def test_a_notebook_is_opened_in_its_room_and_saved_by_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collaboration, "_LOOK_EVERY", 0.01)
    browser, room, entered = Server(saved_after=5), InProcess(), list[str]()
    lab = lab_on(browser, room, entered)
    assert isinstance(lab, CollaborativeLab)
    lab.load(Deadline(60))
    assert lab.open_notebook("a.ipynb", Deadline(60)).kernel == "k-1"
    assert entered == [
        "api/events/subscribe",
        "api/collaboration/room/JupyterLab:globalAwareness",
        "api/collaboration/room/json:notebook:f-1?sessionId=s-1",
    ]
    assert browser.bodies[browser.calls.index("POST api/sessions")]["kernel"] == {"name": "python3"}
    assert json.loads(lab.save({"cells": CELLS}, Deadline(60)).text) == {"last_modified": "True"}
    assert browser.looks >= 6
    assert room.outputs() == [OUTPUT]
    assert "PUT api/contents/a.ipynb" not in browser.calls


def test_a_notebook_that_the_server_does_not_save_is_not_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collaboration, "_LOOK_EVERY", 0.05)
    lab = lab_on(Server(saved_after=1e9), InProcess(), [])
    lab.load(Deadline(60))
    lab.open_notebook("a.ipynb", Deadline(60))
    with pytest.raises(WaitTimeout):
        lab.save({"cells": CELLS}, Deadline(0.3))


def test_a_room_without_the_notebook_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = lab_on(Server(saved_after=0), InProcess(has_notebook=False), [])
    lab.load(Deadline(60))
    with pytest.raises(RoomEmpty, match=r"^room of the notebook is empty$"):
        lab.open_notebook("a.ipynb", Deadline(60))


@pytest.mark.parametrize("message", [b"\x00\x02\x05ab", b"\x00\x01\x03\xff\xff\xff", b"\x00"])
def test_what_is_not_a_message_of_a_room_is_malformed(message: bytes) -> None:
    with pytest.raises(ValueError, match="not a message of Yjs"):
        InProcess().received(message)


def test_without_its_library_nobody_can_work_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """What people work in can be imported all the same, and the library is asked for then, before anybody comes."""
    code = "import sys; sys.modules['pycrdt'] = None; from hubusers.lab import interface; print(interface._LACK)"
    lack = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert lack == (
        "people's servers have jupyter-collaboration, which needs libraries that are not installed here. "
        f"{this_installation().to_add('collaboration')}"
    )
    monkeypatch.setattr(interface, "_LACK", lack)
    with pytest.raises(CollaborationMissing, match=re.escape(lack)):
        lab_on(StandIn(), InProcess(), [])
    assert isinstance(lab_on(StandIn(), InProcess(), [], disableRTC="true"), FrontEnd)


@pytest.mark.parametrize("more", [{"disableRTC": "true"}, {"disableRTC": True}, {"federated_extensions": []}])
def test_without_collaboration_jupyterlab_is_as_ever(more: dict[str, Any]) -> None:
    assert not isinstance(lab_on(StandIn(), InProcess(), [], **more), CollaborativeLab)
