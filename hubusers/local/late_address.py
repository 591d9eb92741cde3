"""An address that leads to a server only after a while; until then it refuses connections, as a slow server does."""

import asyncio
import contextlib
import math
from urllib.parse import urlsplit

from hubusers.local.ports import LOOPBACK, free_port


class LateAddress:
    """A new loopback address for a server. It runs in the event loop that makes it.

    Args:
        url: The server's own URL, without a path.
        seconds: Seconds until the address leads there; infinity for never.
    """

    def __init__(self, url: str, seconds: float) -> None:
        parts = urlsplit(url)
        self._server_host, self._server_port = parts.hostname, parts.port
        self._port = free_port()
        self.url = f"http://{LOOPBACK}:{self._port}"
        self._open = None if seconds == math.inf else asyncio.create_task(self._serve_after(seconds))

    def close(self) -> None:
        if self._open:
            self._open.cancel()

    async def _serve_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        async with await asyncio.start_server(self._connect, LOOPBACK, self._port) as listener:
            await listener.serve_forever()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):  # either end may be gone
            server_reader, server_writer = await asyncio.open_connection(self._server_host, self._server_port)
            await asyncio.gather(_hand_on(reader, server_writer), _hand_on(server_reader, writer))


async def _hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
