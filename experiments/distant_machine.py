"""A machine that can vanish, as a laptop does when its lid is closed: a network namespace, at the other end of a cable.

The cable is virtual, too. Needs Linux, root and `ip`.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

# From a range that is reserved for documentation, so that they belong to no real machine.
NEAR, _DISTANT = "198.51.100.1", "198.51.100.2"
"""The addresses at the two ends of the cable; the near end is this machine's."""

_DISTANT_MAC = "02:00:00:00:00:02"


@dataclass(frozen=True)
class DistantMachine:
    """A network namespace, at the other end of a cable."""

    namespace: str

    def vanish(self) -> None:
        """Lose the address: packets to it are lost from now on, without any notice."""
        _ip("-n", self.namespace, "address", "flush", "dev", "eth0")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, stderr=subprocess.PIPE)  # noqa: S607 (wherever it is)


@contextmanager
def distant_machine() -> Iterator[DistantMachine | None]:
    """Have a machine that can vanish, or None where that cannot be had."""
    name, cable = f"abandoned{os.getpid()}", f"aban{os.getpid()}"
    with ExitStack() as stack:
        machine: DistantMachine | None = None
        try:
            if os.geteuid() != 0:
                raise PermissionError("not root")
            _ip("netns", "add", name)
            stack.callback(_ip, "netns", "del", name)
            _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "address", _DISTANT_MAC, "netns", name)
            stack.callback(_ip, "link", "del", cable)
            _ip("address", "add", f"{NEAR}/30", "dev", cable)
            _ip("link", "set", cable, "up")
            _ip("-n", name, "address", "add", f"{_DISTANT}/30", "dev", "eth0")
            _ip("-n", name, "link", "set", "eth0", "up")
            # As with a router in between: the next hop stays when the machine behind it vanishes.
            _ip("neighbor", "replace", _DISTANT, "lladdr", _DISTANT_MAC, "dev", cable, "nud", "permanent")
            machine = DistantMachine(name)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"nobody vanishes, because that needs a network namespace: {error}", file=sys.stderr, flush=True)
        yield machine
