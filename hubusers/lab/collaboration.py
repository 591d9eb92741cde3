"""JupyterLab with jupyter-collaboration: an open notebook is a document that the server holds and saves, in a "room".

Each person in a room has a websocket, on which the changes go to and fro: messages of Yjs, for which pycrdt is there.
Nothing saves by a request of its own: the server does, a second after a change. So a notebook counts as saved when the
server's contents say so. Recorded from Chromium with jupyter-collaboration 3 and 4; version 2 has the same paths.

Left out are a person's cursor and presence as they change, what people type, and the message by which version 4 saves
at once.
"""

import json
import ssl
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

from gevent.event import Event
from pycrdt import (
    Array,
    Awareness,
    Doc,
    Map,
    YMessageType,
    YSyncMessageType,
    create_awareness_message,
    create_sync_message,
    create_update_message,
    handle_sync_message,
)

from hubusers.browser.page import Page
from hubusers.browser.websocket import HeldWebsocket
from hubusers.http.session import REQUEST_TIMEOUT
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, WaitTimeout
from hubusers.lab.calls import CALLS_OF_LAB, NBCONVERT, Call, Wave
from hubusers.lab.frontend import FrontEnd
from hubusers.lab.tab import in_time

_EVERYBODY = "JupyterLab:globalAwareness"
"""The room of all who have JupyterLab open on the server."""
_SESSION = Call("PUT", "api/collaboration/session/{notebook}", (200, 201))
_STATE = Call("GET", "api/contents/{notebook}?type=notebook&content=0&hash=1&contentProviderId=undefined")
_USER = {
    "username": "hubusers",
    "name": "hubusers",
    "display_name": "hubusers",
    "initials": "h",
    "avatar_url": None,
    "color": "var(--jp-collaborator-color1)",
}
"""As whom others see a person: as much as JupyterLab tells."""
_LOOK_EVERY = 1.0  # the seconds after a change in which the server saves, by default

CALLS_OF_COLLABORATION = replace(CALLS_OF_LAB, opening=((_STATE, NBCONVERT), *CALLS_OF_LAB.opening[1:]))


class RoomEmpty(HubUsersError):
    """The person sees a notebook without cells: the server does not know the room by the address that arrived."""

    phrase = "room of the notebook is empty"


class Room(HeldWebsocket):
    """A room that a person is in, through a websocket; the arguments are those of `HeldWebsocket`.

    Attributes:
        document: What the room holds, as far as it has come.
    """

    def __init__(
        self,
        url: str,
        headers: Iterable[str] = (),
        *,
        tls_context: ssl.SSLContext | None = None,
        timeout: float = REQUEST_TIMEOUT,
    ) -> None:
        self.document: Doc[Any] = Doc()
        self._has_come = Event()
        super().__init__(url, headers, tls_context=tls_context, timeout=timeout)
        awareness = Awareness(self.document)
        awareness.set_local_state({"user": _USER})
        self.send(create_sync_message(self.document))
        self.send(create_awareness_message(awareness.encode_awareness_update([self.document.client_id])))

    def wait_for_document(self, deadline: Deadline) -> None:
        """Wait until the server has sent what is in the room.

        Raises:
            WebsocketLost: The connection was gone before.
            WaitTimeout: It had not come at the deadline.
            RoomEmpty: There is no notebook in it.
        """
        self._has_come.wait(max(deadline.remaining(), 0.0))
        if self.lost:
            raise self.lost
        if not self._has_come.is_set():
            raise WaitTimeout("the room of the notebook sent nothing", cause="room not ready")
        if not len(self.document.get("cells", type=Array)):
            raise RoomEmpty(
                "the server holds no notebook in its room. Look whether something before the server changes the room's "
                "address: it has colons, which the proxy from PyPI encodes, and npm's does not"
            )

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata of the notebook in the room."""
        metadata = self.document.get("meta", type=Map).to_py() or {}
        found = metadata.get("metadata")
        return found if isinstance(found, dict) else {}

    def put_outputs(self, cells: list[dict[str, Any]]) -> None:
        """Put the outputs of code cells into the room's document, and send that, also where they are as before.

        Args:
            cells: All cells of the notebook, as nbformat has them.

        Raises:
            WebsocketLost: It cannot be sent.
        """
        before = self.document.get_state()
        with self.document.transaction():
            for there, here in zip(self.document.get("cells", type=Array), cells, strict=False):
                if here["cell_type"] == "code":
                    there["outputs"].clear()
                    there["outputs"].extend(here["outputs"])
                    there["execution_count"] = here["execution_count"]
        self.send(create_update_message(self.document.get_update(before)))

    @property
    def is_awaited(self) -> bool:
        return not self._has_come.is_set()

    def ended(self, lost: object) -> None:
        self._has_come.set()

    def received(self, message: str | bytes) -> None:
        if isinstance(message, str) or message[:1] != bytes([YMessageType.SYNC]):
            return
        try:
            reply = handle_sync_message(message[1:], self.document)
        except Exception as error:  # pycrdt raises all kinds
            raise ValueError("not a message of Yjs") from error
        if reply:
            self.send(reply)
        if message[1] == YSyncMessageType.SYNC_STEP2:
            self._has_come.set()


class CollaborativeLab(FrontEnd):
    """JupyterLab in a tab of a person's browser, on a server with jupyter-collaboration."""

    def load(self, deadline: Deadline) -> None:
        super().load(deadline)
        self._rooms: dict[str, Room] = {}
        self._enter(_EVERYBODY, deadline)

    def save(self, content: Any, deadline: Deadline) -> Page:
        """Put the outputs into the notebook's room, and wait until the server has saved it.

        Returns:
            What the server then says of the file.
        """
        room, ((state,), _, *afterwards) = self._rooms[self.notebook], self._calls.saving
        with in_time(f"saving {self.notebook}", deadline):
            (before,) = self._ask((state,), deadline)
            room.put_outputs(content["cells"])
            page = before
            while page.status == 200 and _when_saved(page) == _when_saved(before) and deadline.remaining() > 0:
                deadline.sleep(_LOOK_EVERY)
                (page,) = self._ask((state,), deadline)
            for wave in afterwards:
                self._ask(wave, deadline)
            return page

    def _content(self, wave: Wave, deadline: Deadline) -> Page:
        (session,) = self._ask((_SESSION,), deadline, body={"format": "json", "type": "notebook"})
        said = session.answer.model
        if session.status not in _SESSION.good or not isinstance(said, dict) or not said.get("fileId"):
            return session if session.status >= 400 else replace(session, status=0)
        (state, *_) = self._ask(wave, deadline)
        if state.status != 200:
            return state
        room = self._enter(f"json:notebook:{said['fileId']}?sessionId={said.get('sessionId', '')}", deadline)
        self._rooms[self.notebook] = room
        room.wait_for_document(deadline)
        return replace(state, text=json.dumps({"content": {"metadata": room.metadata}}))

    def _enter(self, name: str, deadline: Deadline) -> Room:
        return cast("Room", self._hold(Room, f"{self.base}api/collaboration/room/{name}", deadline))


def _when_saved(page: Page) -> Any:
    model = page.answer.model
    return model.get("last_modified") if isinstance(model, dict) else None
