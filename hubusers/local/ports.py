"""Finds free ports on this machine."""

import contextlib
import random
import socket

LOOPBACK = "127.0.0.1"

_PORTS = range(10_000, 32_768)
"""Below the ephemeral range, so that no other connection takes the port meanwhile."""


def free_ports(count: int) -> list[int]:
    """Return different free ports of the loopback address."""
    with contextlib.ExitStack() as bound:
        ports: list[int] = []
        for port in random.sample(_PORTS, len(_PORTS)):
            if len(ports) == count:
                break
            with contextlib.suppress(OSError):
                bound.enter_context(socket.socket()).bind((LOOPBACK, port))
                ports.append(port)
        return ports


def free_port() -> int:
    return free_ports(1)[0]
