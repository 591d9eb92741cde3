"""Addresses of hosts are looked up for everybody together, and anew when that may tell something else."""

import socket
from typing import Any
from unittest import mock

import pytest

from hubusers.http import connections
from hubusers.http.connections import Connections
from hubusers.http.known_addresses import KnownAddresses
from tests.fake_clock import FakeClock

_IPV4, _IPV6 = (socket.AF_INET, "10.0.0.1"), (socket.AF_INET6, "fe80::1")


class LookUps:
    """Counts the look-ups of a name.

    Args:
        found: What each finds.
    """

    def __init__(self, *found: tuple[Any, ...]) -> None:
        self.found = list(found)
        self.count = 0

    def __call__(self) -> list[Any]:
        self.count += 1
        return self.found


def test_an_address_is_looked_up_once_in_half_a_minute() -> None:
    clock, look_up, known = FakeClock(), LookUps(_IPV6, _IPV4), KnownAddresses()
    with mock.patch("hubusers.http.known_addresses.time.monotonic", clock.monotonic):
        assert [known.of("hub", 80, look_up) for _ in range(3)] == [[_IPV6, _IPV4]] * 3
        clock.sleep(29)
        known.of("hub", 80, look_up)
        assert look_up.count == 1
        known.of("hub", 443, look_up)
        known.of("lab", 80, look_up)
        assert look_up.count == 3
        clock.sleep(1)
        known.of("hub", 80, look_up)
        assert look_up.count == 4


def test_of_several_addresses_of_a_kind_each_look_up_tells_which_comes_first() -> None:
    look_up, known = LookUps(_IPV4, (socket.AF_INET, "10.0.0.2")), KnownAddresses()
    for _ in range(3):
        known.of("hub", 80, look_up)
    assert look_up.count == 3


def test_an_address_at_which_nothing_answers_is_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    known = KnownAddresses()
    monkeypatch.setattr(connections, "_KNOWN_ADDRESSES", known)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        look_up = LookUps((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port)))
    known.of("127.0.0.1", port, look_up)
    with pytest.raises(ConnectionRefusedError):
        Connections(f"http://127.0.0.1:{port}", {}).request("GET", "/", b"", {})
    known.of("127.0.0.1", port, look_up)
    assert look_up.count == 2
