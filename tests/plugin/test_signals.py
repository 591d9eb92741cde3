"""Which signals end the run in order, and which end the process at once."""

import locust  # noqa: F401  # patches the standard library for gevent; must come before everything else

import signal
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gevent
import pytest

from hubusers.plugin import signals


def test_a_signal_that_comes_twice_within_a_moment_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers: dict[int, Callable[[], None]] = {}
    done: list[str] = []
    now = [1000.0]

    def note_interrupt() -> None:
        process.control.was_interrupted = True
        done.append("noted")

    control = SimpleNamespace(was_interrupted=False)
    process: Any = SimpleNamespace(
        control=control, note_interrupt=note_interrupt, quit_at_once=lambda: done.append("quit at once")
    )
    monkeypatch.setattr(gevent, "signal_handler", handlers.__setitem__)
    monkeypatch.setattr(signals, "interrupt_main_greenlet", lambda: done.append("interrupted"))
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    signals.handle_signals(process)
    handlers[signal.SIGTERM]()
    for seconds in (0.02, 0.9):  # the parent's, and that of a supervisor
        now[0] = 1000.0 + seconds
        handlers[signal.SIGTERM]()
        handlers[signal.SIGINT]()
    assert done == ["noted", "interrupted"]
    now[0] = 1001.1
    handlers[signal.SIGINT]()
    assert done == ["noted", "interrupted", "quit at once"]


@pytest.mark.parametrize("is_ignored", [False, True])
def test_a_closed_terminal_ends_a_run_in_order_unless_nohup_keeps_it(
    monkeypatch: pytest.MonkeyPatch, is_ignored: bool
) -> None:
    handlers: dict[int, Callable[[], None]] = {}
    monkeypatch.setattr(gevent, "signal_handler", handlers.__setitem__)
    monkeypatch.setattr(signal, "getsignal", lambda _: signal.SIG_IGN if is_ignored else signal.SIG_DFL)
    signals.handle_signals(SimpleNamespace())  # type: ignore[arg-type]
    assert (signal.SIGHUP in handlers) is not is_ignored
