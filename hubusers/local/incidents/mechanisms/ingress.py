"""An ingress before the proxy, with the limits that such things have: `python -m MODULE IP PORT PROXY_PORT [OPTIONS]`.

It behaves as nginx does: it hands websockets on only where it was told to, it gives up when the proxy says nothing for
a while, and it refuses large requests itself. It can also run out of connections, as npm's proxy does. Unlike nginx it
closes the connection after each answer, so that it need not read more of an exchange than the first lines.
"""

import argparse
import asyncio
import contextlib
from dataclasses import dataclass, field
from http import HTTPStatus

_LONGEST_HEAD = 65_536
"""Bytes."""

_CHUNK = 65_536


@dataclass(frozen=True)
class Ingress:
    """One ingress.

    Args:
        proxy_port: The loopback port of the proxy behind it.
        passes_websockets: Whether it hands on the headers with which a browser asks for a websocket.
        read_timeout: Seconds that the proxy may say nothing before the connection is cut (nginx's
            `proxy_read_timeout`); None for ever.
        largest_body: Bytes of the largest request (nginx's `client_max_body_size`); None for any.
        most_connections: How many connections to the proxy may be open at a time; None for any number.
    """

    proxy_port: int
    passes_websockets: bool = True
    read_timeout: float | None = None
    largest_body: int | None = None
    most_connections: int | None = None
    _open: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    async def serve(self, ip: str, port: int) -> None:
        """Serve for ever."""
        server = await asyncio.start_server(self._serve_one, ip, port, limit=_LONGEST_HEAD)
        await server.serve_forever()

    async def _serve_one(self, from_person: asyncio.StreamReader, to_person: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await self._exchange(from_person, to_person)
        await _closed(to_person)

    async def _exchange(self, from_person: asyncio.StreamReader, to_person: asyncio.StreamWriter) -> None:
        head = _Head.read(await from_person.readuntil(b"\r\n\r\n"))
        size = int(head.value_of("content-length") or 0)
        if self.largest_body is not None and size > self.largest_body:
            to_person.write(_page(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
            # Read the rest, or the person's machine would lose the answer with the connection.
            await from_person.readexactly(size)
            return
        is_websocket = self.passes_websockets and head.value_of("upgrade").lower() == "websocket"
        if self.most_connections is not None and len(self._open) >= self.most_connections:
            to_person.write(_page(HTTPStatus.SERVICE_UNAVAILABLE))
            return
        try:
            from_proxy, to_proxy = await asyncio.open_connection("127.0.0.1", self.proxy_port)
        except OSError:
            to_person.write(_page(HTTPStatus.BAD_GATEWAY))
            return
        to_proxy.write(head.as_bytes() if is_websocket else head.without_upgrade().as_bytes())
        sending = asyncio.create_task(_hand_on(from_person, to_proxy))
        self._open.add(sending)
        try:
            await self._hand_back(from_proxy, to_person)
        finally:
            self._open.discard(sending)
            sending.cancel()
            await _closed(to_proxy)

    async def _hand_back(self, from_proxy: asyncio.StreamReader, to_person: asyncio.StreamWriter) -> None:
        began = False
        try:
            while chunk := await asyncio.wait_for(from_proxy.read(_CHUNK), self.read_timeout):
                began = True
                to_person.write(chunk)
                await to_person.drain()
        except TimeoutError:
            if not began:
                to_person.write(_page(HTTPStatus.GATEWAY_TIMEOUT))


@dataclass(frozen=True)
class _Head:
    """The first lines of a request."""

    request: bytes
    headers: tuple[tuple[str, bytes], ...]
    """Names in lower case, with the whole lines."""

    @classmethod
    def read(cls, head: bytes) -> "_Head":
        request, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        return cls(request, tuple((line.partition(b":")[0].decode("latin-1").lower(), line) for line in lines))

    def value_of(self, header: str) -> str:
        for name, line in self.headers:
            if name == header:
                return line.partition(b":")[2].decode("latin-1").strip()
        return ""

    def without_upgrade(self) -> "_Head":
        """Return what nginx hands on by default: without the headers of one connection, and to be closed afterwards."""
        kept = tuple(header for header in self.headers if header[0] not in {"upgrade", "connection", "keep-alive"})
        return _Head(self.request, (*kept, ("connection", b"Connection: close")))

    def as_bytes(self) -> bytes:
        return b"\r\n".join([self.request, *(line for _, line in self.headers), b"", b""])


async def _hand_on(from_person: asyncio.StreamReader, to_proxy: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await from_person.read(_CHUNK):
            to_proxy.write(chunk)
            await to_proxy.drain()
        to_proxy.close()  # the person has gone


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def _page(status: HTTPStatus) -> bytes:
    """Return an answer with the page that nginx has for this status."""
    title = f"{status.value} {status.phrase}"
    body = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    body += "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    head = f"HTTP/1.1 {title}\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n{body}".encode()


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("ip")
    parser.add_argument("port", type=int)
    parser.add_argument("proxy_port", type=int)
    parser.add_argument("--no-websockets", dest="passes_websockets", action="store_false")
    parser.add_argument("--read-timeout", type=float)
    parser.add_argument("--largest-body", type=int)
    parser.add_argument("--most-connections", type=int)
    options = vars(parser.parse_args())
    ip, port = options.pop("ip"), options.pop("port")
    asyncio.run(Ingress(**options).serve(ip, port))


if __name__ == "__main__":
    _main()
