"""Free ports on this machine, for what is started a moment later."""

import contextlib
import random
import socket

LOOPBACK = "127.0.0.1"

_PORTS = range(10_000, 32_768)
"""Below what systems take for any connection, and for who asks for any port: one of those might be gone by then."""


def free_ports(count: int) -> list[int]:
    """Return different ports of the loopback address that nobody uses."""
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
