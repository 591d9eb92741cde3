"""What names of hosts were found to stand for, for half a minute."""

import time
from collections.abc import Callable
from typing import Any

_KNOWN_FOR = 30.0
"""Seconds for which an address is used again, by everybody who comes; browsers keep them for about as long."""


class KnownAddresses:
    """The addresses of hosts, so that not everybody who opens a connection to the same host looks them up.

    A look-up takes a thread, and nearly as much of the load generator's time as a request. Where a name has several
    addresses of a kind, it is looked up each time: by their order a host shares out its work.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], tuple[float, list[Any]]] = {}

    def of(self, host: str, port: int, look_up: Callable[[], list[Any]]) -> list[Any]:
        """Return the addresses of a host, in the order in which they are to be tried.

        Args:
            host: Its name.
            port: Of the connection.
            look_up: Returns them as `socket.getaddrinfo` does; raises what that raises.
        """
        until, found = self._found.get((host, port), (0.0, []))
        if time.monotonic() >= until:
            found = look_up()
            kinds = [kind for kind, *_ in found]
            if len(kinds) == len(set(kinds)):
                self._found[host, port] = time.monotonic() + _KNOWN_FOR, found
        return found

    def forget(self, host: str, port: int) -> None:
        """Forget the addresses of a host, because nothing answers there."""
        self._found.pop((host, port), None)
