"""Ctrl-C, SIGTERM and a closed terminal: the first ends what is going on in order, a second one the process at once."""

import os
import signal
import stat
import time

import gevent

from hubusers.plugin.locust_internals import interrupt_main_greenlet
from hubusers.plugin.process import Process

_THE_SAME_WITHIN = 1.0
"""Seconds after the first signal in which another one counts as the same: `timeout`, or a supervisor, signals the group
of processes, and a parent passes on what it got.
"""


def handle_signals(process: Process) -> None:
    """Let SIGINT, SIGTERM and SIGHUP end the process in order, in whatever phase it is; nohup has it go on."""
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

    def hang_up() -> None:
        _let_go_of_terminal()
        interrupt()

    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        gevent.signal_handler(signal.SIGHUP, hang_up)


def _let_go_of_terminal() -> None:
    """Read from nowhere, and write to nowhere, in place of a terminal that is gone: each line would be an error."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        if stat.S_ISCHR(os.fstat(standard).st_mode):
            os.dup2(nowhere, standard)
    os.close(nowhere)
