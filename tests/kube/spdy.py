"""SPDY/3.1, as much of it as `kubectl port-forward` speaks: streams that are opened, carry bytes and end.

kubectl sends it through a websocket. There is no flow control in what it uses (moby/spdystream), nor here. The format
is that of the protocol's draft (draft-mbelshe-httpbis-spdy-00, with the dictionary of version 3).
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

_NAMES = """
options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow
authorization cache-control connection content-base content-encoding content-language content-length content-location
content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match
if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range
referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get
status 200_OK version HTTP/1.1 url public set-cookie keep-alive origin
"""
_REST = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden"
    "404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,"
    "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
DICTIONARY = (
    b"".join(struct.pack(">I", len(name)) + name.replace("_", " ").encode() for name in _NAMES.split()) + _REST.encode()
)
"""What both sides compress headers with."""

_SYN_STREAM, _SYN_REPLY, _RST_STREAM, _PING, _GOAWAY = 1, 2, 3, 6, 7
_FIN = 1


@dataclass(frozen=True)
class Opened:
    """The client opened a stream."""

    stream: int
    headers: dict[str, str]
    finished: bool


@dataclass(frozen=True)
class Data:
    """The client sent bytes in a stream; `finished` says that they were the last."""

    stream: int
    data: bytes
    finished: bool


@dataclass(frozen=True)
class Reset:
    """The client gave a stream up."""

    stream: int


@dataclass(frozen=True)
class Ping:
    """The client wants this frame back."""

    frame: bytes


Frame = Opened | Data | Reset | Ping


@dataclass
class Connection:
    """Reads and writes the frames of one connection; each direction compresses headers in one go."""

    _rest: bytes = b""
    _inflate: "zlib._Decompress" = field(default_factory=lambda: zlib.decompressobj(zdict=DICTIONARY))
    _deflate: "zlib._Compress" = field(default_factory=lambda: zlib.compressobj(zdict=DICTIONARY))

    def read(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that are whole with these bytes."""
        self._rest += data
        while len(self._rest) >= 8:
            first, second = struct.unpack(">II", self._rest[:8])
            end = 8 + (second & 0xFFFFFF)
            if len(self._rest) < end:
                return
            whole, self._rest = self._rest[:end], self._rest[end:]
            flags, body = second >> 24, whole[8:]
            if not first >> 31:
                yield Data(first, body, bool(flags & _FIN))
                continue
            kind = first & 0xFFFF
            if kind == _SYN_STREAM:
                yield Opened(struct.unpack(">I", body[:4])[0], self._headers(body[10:]), bool(flags & _FIN))
            elif kind == _RST_STREAM:
                yield Reset(struct.unpack(">I", body[:4])[0])
            elif kind == _PING:
                yield Ping(whole)

    def _headers(self, packed: bytes) -> dict[str, str]:
        block = self._inflate.decompress(packed)
        place = 4
        texts = []
        for _ in range(2 * struct.unpack(">I", block[:4])[0]):
            length = struct.unpack(">I", block[place : place + 4])[0]
            texts.append(block[place + 4 : place + 4 + length].decode())
            place += 4 + length
        return dict(zip(texts[::2], texts[1::2], strict=True))

    def accept(self, stream: int) -> bytes:
        """Return the frame that accepts a stream."""
        headers = self._deflate.compress(struct.pack(">I", 0)) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        body = struct.pack(">I", stream) + headers
        return struct.pack(">HHI", 0x8003, _SYN_REPLY, len(body)) + body


def data_frame(stream: int, data: bytes, finished: bool = False) -> bytes:
    """Return the frame that sends bytes in a stream, or ends it on this side."""
    return struct.pack(">II", stream, (_FIN << 24 if finished else 0) | len(data)) + data
