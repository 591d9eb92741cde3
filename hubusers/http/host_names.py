"""What the names of hosts stand for. Those below `localhost`, such as `ann.localhost`, are this machine (RFC 6761).

Browsers take them so, but the look-up of names of some systems knows only `localhost` itself.
"""

import ipaddress
import socket
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_LOCALHOST = "localhost"

PORTS = {"http": 80, "https": 443}
"""The port of each scheme that goes without saying."""


def address_of(host: str) -> str:
    """Return the name to connect to for a host: `localhost` for a name below it, otherwise the host itself."""
    return _LOCALHOST if host.endswith(f".{_LOCALHOST}") else host


def is_this_machine(host: str) -> bool:
    """Say whether a host is this machine, by its name or its IPv4 or IPv6 address."""
    return address_of(host) in {_LOCALHOST, "::1"} or host.startswith("127.")


def has_address(host: str) -> bool:
    """Look up whether a name has an address."""
    try:
        socket.getaddrinfo(address_of(host), None)
    except (OSError, UnicodeError):  # UnicodeError: a label that is empty or too long
        return False
    return True


def is_address(host: str) -> bool:
    """Say whether a host is an IPv4 or IPv6 address, and not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def is_same_site(host: str, other: str) -> bool:
    """Say whether two hosts are of one site, and so of one owner, as browsers tell it by the list of public suffixes.

    `ann.example.co.uk` and `hub.example.co.uk` are; `ann.github.io` and `hub.github.io` are not. An IP address, or a
    name that is itself a public suffix, is of one site with itself only.

    Args:
        host: In small letters, as `urlsplit` has it.
        other: Likewise.
    """
    if host == other:
        return True
    if is_address(host) or is_address(other) or host.endswith(".") != other.endswith("."):
        return False
    suffixes = _public_suffixes()
    site = suffixes.privatesuffix(host)
    return site is not None and site == suffixes.privatesuffix(other)


@lru_cache(maxsize=1)
def _public_suffixes() -> "PublicSuffixList":
    from publicsuffixlist import PublicSuffixList  # most hubs have one host, and need no list

    return PublicSuffixList()


def origin_of(parts: SplitResult) -> str:
    """Return the scheme and host of a URL, in small letters and without a port that goes without saying.

    Raises:
        ValueError: The port is not a number.
    """
    return _origin(parts.scheme, parts.netloc)


@lru_cache(maxsize=1024)  # a run has few origins, and each request asks for one several times
def _origin(scheme: str, netloc: str) -> str:
    parts = SplitResult(scheme, netloc, "", "", "")
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" + (f":{parts.port}" if parts.port not in {None, PORTS.get(scheme)} else "")
