"""How a kernel's messages are put into a websocket's frames, by one of two protocols; the server chooses which.

As documented at https://jupyter-server.readthedocs.io/en/stable/developers/websocket-protocols.html. Both number the
places where the parts of a message begin; v1 also where the last one ends.
"""

import json
import struct
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

V1 = "v1.kernel.websocket.jupyter.org"
"""The subprotocol that is offered to the server; one that does not choose it speaks the older protocol."""


class Message(NamedTuple):
    """The parts of a kernel message that are used here: no metadata, no buffers."""

    channel: str
    header: dict[str, Any]
    parent_header: dict[str, Any]
    content: dict[str, Any]


def encode(message: Message, subprotocol: str) -> str | bytes:
    """Return what is sent for a message, which goes without metadata and buffers.

    Args:
        message: The message.
        subprotocol: What the server chose; the empty string where it chose none.
    """
    if subprotocol != V1:
        return json.dumps({**message._asdict(), "metadata": {}, "buffers": []})
    channel, header, parent, content = message
    parts = [channel.encode(), *(json.dumps(part).encode() for part in (header, parent, {}, content))]
    count = len(parts) + 1
    offsets = accumulate(map(len, parts), initial=8 * (1 + count))
    return struct.pack(f"<{1 + count}Q", count, *offsets) + b"".join(parts)


def decode(received: str | bytes, subprotocol: str) -> Message:
    """Return the message that came.

    Args:
        received: What came, as a text or a binary message of the websocket.
        subprotocol: As for `encode`.

    Raises:
        ValueError: It is not a message of this protocol.
    """
    try:
        return _decoded_v1(received) if subprotocol == V1 else _decoded_legacy(received)
    except (LookupError, TypeError, struct.error, RecursionError) as error:
        raise ValueError("not a kernel's message") from error


def _decoded_v1(received: str | bytes) -> Message:
    if isinstance(received, str):
        raise ValueError("all of this protocol's messages are binary")
    (count,) = struct.unpack_from("<Q", received)
    if 8 * (1 + count) > len(received):
        raise ValueError("more parts than the message can have")
    offsets = struct.unpack_from(f"<{count}Q", received, 8)
    channel, header, parent, _, content, *_ = (received[begin:end] for begin, end in pairwise(offsets))
    return Message(channel.decode(), json.loads(header), json.loads(parent), json.loads(content))


def _decoded_legacy(received: str | bytes) -> Message:
    if isinstance(received, bytes):  # a message with buffers, which come after the JSON
        count, begin = struct.unpack_from("!II", received)
        end = struct.unpack_from("!I", received, 8)[0] if count > 1 else None
        received = received[begin:end].decode()
    parts = json.loads(received)
    return Message(*(parts[name] for name in Message._fields))
