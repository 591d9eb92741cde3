"""Connections to the hub, as cheap as Python allows: one user's, or those of the clean-up.

They use geventhttpclient's pool of connections and its parser, but not its client. That client builds the headers anew
for each request. It gives up its turn to look whether a kept connection still lives, and cannot look at all where a
process has more than a thousand connections: it then opens one for each request. And it sends a lost GET again, up to a
dozen times and without a word, which a measurement must not do.
"""

import errno
import select
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from gevent import monkey
from geventhttpclient.connectionpool import ConnectionPool, SSLConnectionPool
from geventhttpclient.response import HTTPConnectionClosed

from hubusers.http.host_names import address_of
from hubusers.http.known_addresses import KnownAddresses
from hubusers.http.response import Response
from hubusers.http.session import REQUEST_TIMEOUT

# gevent's own gives up the turn, also for a look that takes no time.
_original_poll = monkey.get_original("select", "poll")
_KNOWN_ADDRESSES = KnownAddresses()
_LOST_WHILE_IDLE = {errno.ECONNRESET, errno.EPIPE}


class Connections:
    """HTTP connections to one host, kept open.

    Args:
        url: The host's URL; its path does not count.
        headers: Sent with each request.
        tls_context: Returns the TLS context.
        insecure: Whether certificates are not verified.
        size: Connections at most.
        request_event: Locust's `environment.events.request`, which counts each request; None counts nothing.
        context: Returns what that event is told of the user.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        tls_context: Callable[..., Any] | None = None,
        insecure: bool = False,
        size: int = 1,
        request_event: Any = None,
        context: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self.url = url
        self.request_event = request_event
        self.context = context
        self._to_other_host = partial(
            Connections,
            headers=headers,
            tls_context=tls_context,
            insecure=insecure,
            size=size,
            request_event=request_event,
            context=context,
        )
        parts = urlsplit(url)
        host, netloc = parts.hostname or "", parts.netloc.rpartition("@")[2]
        lines = {"Host": netloc, "User-Agent": "hubusers", **headers}
        self._fixed_lines = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        # Without a timeout of the sockets: a request has one, for all of it.
        common: dict[str, Any] = {"size": size, "connection_timeout": REQUEST_TIMEOUT, "network_timeout": None}
        if parts.scheme == "https":
            port = parts.port or 443
            self._pool: _PlainPool = _TlsPool(
                host,
                port,
                host,
                port,
                ssl_context_factory=tls_context,
                ssl_options={"server_hostname": host},
                insecure=insecure,
                **common,
            )
        else:
            port = parts.port or 80
            self._pool = _PlainPool(host, port, host, port, **common)

    def to(self, url: str) -> "Connections":
        """Return connections of the same kind to another host, with the same headers."""
        return self._to_other_host(url)

    def request(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Send a request and return its response, of which the header has arrived.

        Only when a kept connection turns out to be closed is another one tried, and not for a POST, which may have been
        carried out.

        Raises:
            OSError, HTTPParseError: There is no response.
        """
        more = "".join([f"{name}: {value}\r\n" for name, value in headers.items()]) if headers else ""
        if body or method == "POST":
            more += f"Content-Length: {len(body)}\r\n"
        message = f"{method} {path} HTTP/1.1\r\n{self._fixed_lines}{more}\r\n".encode("latin-1") + body
        while True:
            kept = self._pool.has_kept
            sock = self._pool.get_socket()
            try:
                # At once: `sendall` looks up first how much the system takes in one go.
                if (sent := sock.send(message)) < len(message):
                    sock.sendall(message[sent:])
            except OSError as error:
                self._pool.release_socket(sock)
                if kept and method != "POST" and error.errno in _LOST_WHILE_IDLE:
                    continue
                raise
            except BaseException:
                self._pool.release_socket(sock)
                raise
            try:
                return Response(sock, self._pool, method)
            except HTTPConnectionClosed:
                if not kept or method == "POST":
                    raise


class _PlainPool(ConnectionPool):
    """The library's pool, with uses of four of its private parts; `tests/http/test_private_parts.py` guards them.

    If the library renamed `_is_socket_alive`, nothing would fail at once: it would use its own again, which cannot look
    at a connection in a process with more than a thousand open files.
    """

    def __init__(self, host: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(address_of(host), *args, **kwargs)

    @property
    def has_kept(self) -> bool:
        """Whether there is a connection that was used before: a failure may mean no more than that it is closed."""
        return not self._socket_queue.empty()

    def _resolve(self) -> Any:
        return _KNOWN_ADDRESSES.of(self._connection_host, self._connection_port, super()._resolve)

    def _create_socket(self) -> Any:
        try:
            return super()._create_socket()
        except OSError:
            _KNOWN_ADDRESSES.forget(self._connection_host, self._connection_port)
            raise

    def _is_socket_alive(self, sock: Any) -> bool:
        """Look whether a kept connection lives, when the pool takes it out; `select` refuses files above 1023."""
        poll = _original_poll()
        try:
            poll.register(sock.fileno(), select.POLLIN)
        except (ValueError, OSError):
            return False
        return not poll.poll(0)  # nothing was asked for, so that something can be read means that it is closed


class _TlsPool(_PlainPool, SSLConnectionPool):
    pass
