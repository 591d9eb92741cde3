"""A websocket as a page holds it: it is read all the time, and pings are answered."""

import contextlib
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from functools import cache
from http.cookies import CookieError
from typing import Any, ClassVar
from urllib.parse import urlsplit

import gevent
from requests.structures import CaseInsensitiveDict
from websocket import (
    ABNF,
    STATUS_GOING_AWAY,
    WebSocket,
    WebSocketBadStatusException,
    WebSocketException,
    WebSocketPayloadException,
    WebSocketProtocolException,
    _handshake,
)

from hubusers.browser.page import Page
from hubusers.browser.said import BEFORE_THE_HUB, answered_by, words_of
from hubusers.http.host_names import address_of
from hubusers.http.messages import TIMED_OUT, UNREADABLE, Answer, reason_of
from hubusers.http.session import REQUEST_TIMEOUT
from hubusers.hub.errors import HubError, HubUsersError

GOODBYE = 2.0
"""Seconds that the other side has to answer the closing of a websocket, before its connection is just closed."""

_KEEP_ALIVE = 45
"""Seconds without traffic after which TCP probes the connection, as in Chromium; so a vanished host is noticed."""

_FAILURES = (OSError, WebSocketException, ValueError, CookieError)
_MALFORMED = (WebSocketException, WebSocketProtocolException, WebSocketPayloadException)


_TAKEN_OUT = re.compile(r"""Can "Upgrade" only to "WebSocket"|"Connection" must be "Upgrade\"""")
"""What Jupyter servers say to a handshake whose headers are not there: something on the way has taken them out."""


class WebsocketRefused(HubError):
    """The handshake failed.

    Attributes:
        page: The answer; its status is 0 where there is none.
        refused_by: Who refused it, as in `hubusers.browser.said`; "" without an answer.
    """

    phrase = "websocket refused"

    def __init__(self, page: Page) -> None:
        self.page, self.refused_by, words = page, answered_by(page), words_of(page)
        cause, why = page.answer.cause, str(page.answer)
        if page.status:
            cause = f"HTTP {page.status} from {self.refused_by}"
            why = f"{cause}: {words or '(no content)'}"
        if page.status == 400 and _TAKEN_OUT.search(words):
            self.refused_by = BEFORE_THE_HUB
            cause = "its headers were taken out on the way"
            why += f" ({BEFORE_THE_HUB} does not pass websockets on: it takes out the header Upgrade)"
        super().__init__(f"the websocket was refused: {why}", status=page.status, cause=cause, words=words)


class WebsocketLost(HubUsersError):
    """Nothing comes or goes any more on a websocket that was open.

    Attributes:
        after: For how many seconds it had been open.
        silent: For how many seconds nothing had come from the other side, not even a ping.
        is_here: Whether it was closed or abandoned here.
    """

    phrase = "websocket lost"

    def __init__(self, reason: str, after: float, silent: float, words: str = "", *, is_here: bool = False) -> None:
        times = "" if is_here else f" after {after:.1f} seconds, the last {silent:.1f} of them silent"
        said = f" ({words})" if words else ""
        super().__init__(f"the websocket was lost{times}: {reason}{said}", cause=reason, words=words)
        self.after, self.silent, self.is_here = after, silent, is_here


def websocket_url(url: str, path: str) -> str:
    """Return the URL of a websocket.

    Args:
        url: Any of the hub's URLs; its host is taken, and `wss` for `https`.
        path: Path and query on that host. It begins with the hub's base path, where the hub has one.
    """
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}[parts.scheme]
    return f"{scheme}://{parts.netloc.rpartition('@')[2]}{path}"


class HeldWebsocket:
    """A websocket that is open as long as its page is: what comes is read at once, and pings are answered.

    It is used as it is for what a page only listens to, such as `/api/events/subscribe`. A greenlet of its own reads
    it until it is closed: call `close`, or `drop` when the run ends.

    Offers no compression, which a Jupyter server does not choose unless it is configured to.

    Args:
        url: `ws://…` or `wss://…`, with its base path.
        headers: Lines of the handshake, as `Browser.websocket_headers` gives them: cookies, authorization, origin.
        tls_context: How `wss` verifies certificates; None takes the authorities of this machine.
        timeout: Seconds that the handshake may take, from the look-up of the host's name to the answer.
        subprotocols: What is offered to the server, as a list with commas; "" for what the class offers.

    Attributes:
        subprotocol: The subprotocol that the server chose, or the empty string.
        opened: When it was opened, on the monotonic clock.
        lost: Why nothing comes or goes any more, also after `close`; None while the websocket is open.
        on_lost: Called once if the other side, or something on the way, ends it while nobody waits for an answer.

    Raises:
        WebsocketRefused: The handshake failed.
    """

    offered_subprotocol: ClassVar[str] = ""
    """The subprotocol that is offered to the server, if any, where none are given."""

    def __init__(
        self,
        url: str,
        headers: Iterable[str] = (),
        *,
        tls_context: ssl.SSLContext | None = None,
        timeout: float = REQUEST_TIMEOUT,
        subprotocols: str = "",
    ) -> None:
        lines = [*headers]
        if offered := subprotocols or self.offered_subprotocol:
            # As a header, because the library refuses servers that choose none of what its own option offers.
            lines.append(f"Sec-WebSocket-Protocol: {offered}")
        self.lost: WebsocketLost | None = None
        self.on_lost: Callable[[WebsocketLost], None] = lambda _: None
        self._websocket = _opened(url, lines, tls_context, timeout)
        self.subprotocol = (self._websocket.getheaders() or {}).get("sec-websocket-protocol", "")
        self.opened = self._heard = time.monotonic()
        self._reader = gevent.spawn(self._read)

    def close(self) -> None:
        """Close it as a browser does when its tab is closed: say so, and wait `GOODBYE` seconds for the answer."""
        if not self.lost:
            self._end("closed here", is_here=True)
            with at_most(GOODBYE), contextlib.suppress(*_FAILURES):
                self._websocket.send_close(STATUS_GOING_AWAY)
                self._reader.join()
        self.drop()

    def abandon(self) -> None:
        """Leave the connection open without reading it: no ping is answered any more. `drop` ends that."""
        self._end("abandoned here", is_here=True)
        self._reader.kill()

    def drop(self) -> None:
        """Close the connection at once, in whatever state it is, without telling the server."""
        self._end("closed here", is_here=True)
        self._reader.kill()
        self._websocket.shutdown()

    def send(self, message: str | bytes) -> None:
        """Send a text or a binary message.

        Raises:
            WebsocketLost: It cannot be sent.
        """
        if not self.lost:
            try:
                self._websocket.send(message, ABNF.OPCODE_TEXT if isinstance(message, str) else ABNF.OPCODE_BINARY)
            except _FAILURES as error:
                self._end(_reason(error))
        if self.lost:
            raise self.lost

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits for an answer, and so learns of the loss. Never here; for subclasses that ask."""
        return False

    def received(self, message: str | bytes) -> None:
        """Take a message, a text or a binary one. Does nothing; a subclass raises ValueError for a malformed one."""

    def ended(self, lost: WebsocketLost) -> None:
        """Learn that nothing comes or goes any more. Does nothing here; it is called once."""

    def _read(self) -> None:
        words = ""
        try:
            while True:
                opcode, data = self._websocket.recv_data(control_frame=True)
                if opcode == ABNF.OPCODE_CLOSE:
                    reason = f"closed with code {int.from_bytes(data[:2], 'big')}" if data else "closed without a code"
                    words = data[2:].decode("utf-8", "replace")
                    break
                self._heard = time.monotonic()
                if opcode not in {ABNF.OPCODE_PING, ABNF.OPCODE_PONG}:  # which the library answers
                    self.received(data.decode() if opcode == ABNF.OPCODE_TEXT else data)
        except _FAILURES as error:
            reason = _reason(error)
        except WebsocketLost:  # while an answer was being sent
            reason = ""
        self._end(reason, words)
        self._websocket.shutdown()

    def _end(self, reason: str, words: str = "", *, is_here: bool = False) -> None:
        if not self.lost:
            now = time.monotonic()
            self.lost = WebsocketLost(reason, now - self.opened, now - self._heard, words, is_here=is_here)
            was_awaited = self.is_awaited
            self.ended(self.lost)
            if not is_here and not was_awaited:
                self.on_lost(self.lost)


def _opened(url: str, lines: list[str], tls_context: ssl.SSLContext | None, timeout: float) -> Any:
    # Text is checked where it is decoded; the library's own check is one step of Python for each byte.
    websocket: Any = WebSocket(skip_utf8_validation=True)  # as Any, because not all of it has type hints
    timer = gevent.Timeout.start_new(timeout)
    try:
        connection = _connection(url, tls_context)
        try:
            websocket.connect(url, socket=connection, header=lines, suppress_origin=True, redirect_limit=0)
        except BaseException:
            connection.close()
            raise
        return websocket
    except gevent.Timeout as error:
        if error is not timer:
            raise
        answer = Answer(0, error=TIMED_OUT)
    except WebSocketBadStatusException as error:
        body = (error.resp_body or b"").decode("utf-8", "replace")
        answer = Answer(error.status_code, body, CaseInsensitiveDict(error.resp_headers or {}))
    except _FAILURES as error:
        redirect, headers = websocket.getstatus(), CaseInsensitiveDict(websocket.getheaders() or {})
        answer = Answer(redirect, headers=headers) if redirect else Answer(0, error=_reason(error))
    finally:
        _forget_cookies()
        timer.close()
    shown = tuple(line.split()[-1] for line in lines if line.startswith("Authorization:"))
    raise WebsocketRefused(Page.of(answer, urlsplit(url).path, secrets=shown))


def _forget_cookies() -> None:
    """Empty the library's private jar, which is one for all websockets: it would give one person's cookies to the next.

    `tests/browser/test_private_parts.py` fails where the library has no such jar any more.
    """
    _handshake.CookieJar.jar.clear()


def _connection(url: str, tls_context: ssl.SSLContext | None) -> socket.socket:
    """Connect to a URL's host; the library would go by the environment's proxies, as nothing else here does."""
    parts = urlsplit(url)
    host, is_secure = parts.hostname or "", parts.scheme == "wss"
    connection = socket.create_connection((address_of(host), parts.port or (443 if is_secure else 80)))
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_KEEPIDLE"):  # not on every system
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEP_ALIVE)
        if is_secure:
            connection = (tls_context or _default_tls_context()).wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise
    return connection


@cache
def _default_tls_context() -> ssl.SSLContext:
    return ssl.create_default_context()


def at_most(seconds: float) -> gevent.Timeout:
    """Return a context that ends silently after this time: the code after it goes on."""
    return gevent.Timeout(seconds, False)  # type: ignore[arg-type]  # documented, but not in the hints


def _reason(error: Exception) -> str:
    return UNREADABLE if type(error) in _MALFORMED else reason_of(error)
