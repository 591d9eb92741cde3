"""Free ports: nobody listens there, and no other connection takes them."""

import random
import socket

import pytest

from hubusers.local.ports import LOOPBACK, free_ports


def test_ports_are_different_and_can_be_had() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    for port in ports:
        with socket.socket() as listener:
            listener.bind((LOOPBACK, port))


def test_a_port_that_is_taken_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, free = free_ports(2)
    monkeypatch.setattr(random, "sample", lambda *_: [taken, free])
    with socket.socket() as listener:
        listener.bind((LOOPBACK, taken))
        assert free_ports(1) == [free]
