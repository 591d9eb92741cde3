"""An HTTP answer as it arrives on one connection.

geventhttpclient's parser reads it. The library's own class of responses calls Python four times for each header and
some twenty times more for each answer, which is twice as often as this one.
"""

from typing import Any

from geventhttpclient._parser import HTTPParseError, HTTPResponseParser
from geventhttpclient.connectionpool import ConnectionPool
from geventhttpclient.response import HTTPConnectionClosed

_BLOCK_SIZE = 65_536
"""Bytes to read at once. A page of the hub's list of users has some hundred thousand."""


class Headers(dict[str, str]):
    """A response's headers, under their names in small letters, whichever letters they are asked for in.

    Several cookies are one value, a line for each.
    """

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name.lower() if isinstance(name, str) else name)

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


class Response(HTTPResponseParser):
    """A response of which the header has arrived. The connection goes back to its pool when all of it has arrived.

    Args:
        connection: A request was sent on it.
        pool: Where the connection is from.
        method: The request's.

    Attributes:
        headers: The headers.

    Raises:
        HTTPConnectionClosed: The connection was closed before anything arrived.
        OSError, HTTPParseError: The header did not arrive, or is not one.
    """

    def __init__(self, connection: Any, pool: ConnectionPool, method: str) -> None:
        self.headers = Headers()
        self._connection, self._pool, self._method = connection, pool, method
        self._name, self._is_in_name = "", False
        self._has_header = self._is_complete = False
        self._body = bytearray()
        self._on_body = self._body.extend
        try:
            self._receive()
        except ConnectionResetError as error:
            raise HTTPConnectionClosed("closed before the answer") from error
        while not self._has_header:
            self._receive()

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.get_code()

    @property
    def has_line(self) -> bool:
        """Whether the next line has arrived."""
        return b"\n" in self._body

    def read(self, most: int | None = None) -> bytes:
        """Return the rest of the body; or its next bytes, at most so many, and none at its end."""
        while not self._is_complete and (most is None or len(self._body) < most):
            self._receive()
        content = bytes(self._body[:most])
        del self._body[:most]
        return content

    def readline(self) -> bytes:
        r"""Return the next line as soon as it has arrived, with its b"\n"; b"" at the end."""
        while (end := self._body.find(b"\n")) < 0:
            if self._is_complete:
                return b""
            self._receive()
        line = bytes(self._body[: end + 1])
        del self._body[: end + 1]
        return line

    def release(self) -> None:
        """Give the connection back, and close it unless it can carry another request."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._is_complete and self.should_keep_alive() and not self.parser_failed():
            self._pool.return_socket(connection)
        else:
            self._pool.release_socket(connection)

    def _receive(self) -> None:
        try:
            data = self._connection.recv(_BLOCK_SIZE)
            self.feed(data)
            if not (data or self._is_complete):
                raise HTTPConnectionClosed("closed before the end of the answer")
        except BaseException:
            self.release()
            raise
        if self._is_complete:
            self.release()

    # What the parser calls

    def _on_message_begin(self) -> None:
        if self._is_complete:
            raise HTTPParseError("more than the answer")
        self.headers.clear()  # those of an interim answer (1xx), if there was one

    def _on_status(self, reason: str) -> None:
        pass

    def _on_header_field(self, part: str) -> None:
        self._name = self._name + part if self._is_in_name else part
        self._is_in_name = True

    def _on_header_value(self, part: str) -> None:
        name = self._name
        if self._is_in_name:
            self._is_in_name = False
            name = self._name = name.lower()
            if name == "set-cookie" and name in self.headers:  # the one that comes again and cannot be joined by commas
                part = f"{self.headers[name]}\n{part}"
        else:  # the value arrived in parts
            part = self.headers[name] + part
        dict.__setitem__(self.headers, name, part)

    def _on_headers_complete(self) -> bool:
        self._has_header = self.get_code() >= 200
        return self._method == "HEAD"  # has no body

    def _on_message_complete(self) -> None:
        self._is_complete = self._has_header
