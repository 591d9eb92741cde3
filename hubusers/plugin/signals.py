"""Ctrl-C and SIGTERM: the first ends what is going on in order, a second one ends the process at once."""

import signal
import time

import gevent

from hubusers.plugin.locust_internals import interrupt_main_greenlet
from hubusers.plugin.process import Process

_THE_SAME_WITHIN = 1.0
"""Seconds after the first signal in which another one counts as the same: `timeout`, or a supervisor, signals the group
of processes, and a parent passes on what it got.
"""


def handle_signals(process: Process) -> None:
    """Let SIGINT and SIGTERM end the process in order, in whatever phase it is."""
    first = 0.0

    def interrupt() -> None:
        nonlocal first
        if process.control.was_interrupted:
            if time.monotonic() - first >= _THE_SAME_WITHIN:
                process.quit_at_once()
            return
        first = time.monotonic()
        process.note_interrupt()
        interrupt_main_greenlet()

    gevent.signal_handler(signal.SIGINT, interrupt)
    gevent.signal_handler(signal.SIGTERM, interrupt)
