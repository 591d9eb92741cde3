"""Ctrl-C and SIGTERM, counted; two that come together are one."""

import os
import signal
import threading
import time

import pytest

from hubusers.kube.interrupts import Interrupts


def test_signals_are_counted_and_then_left_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    before = signal.getsignal(signal.SIGTERM)
    interrupts = Interrupts()
    with interrupts.noted():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        assert interrupts.count == 1
        now += 1.5
        os.kill(os.getpid(), signal.SIGHUP)
        assert interrupts.count == 2
    assert signal.getsignal(signal.SIGTERM) is before


def test_one_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        interrupts = Interrupts()
        with interrupts.noted():
            os.kill(os.getpid(), signal.SIGHUP)
            assert not interrupts.count
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_wait_ends_with_an_interrupt() -> None:
    interrupts = Interrupts()
    waiting = threading.Thread(target=interrupts.wait, args=(600,))
    waiting.start()
    interrupts.interrupt()
    waiting.join(60)
    assert not waiting.is_alive()
