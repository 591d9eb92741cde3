"""Ctrl-C and SIGTERM: the first ends what is going on in order, a second one ends the process at once."""

import signal

import gevent

from hubusers.plugin.locust_internals import interrupt_main_greenlet
from hubusers.plugin.process import Process


def handle_signals(process: Process) -> None:
    """Let SIGINT and SIGTERM end the process in order, in whatever phase it is."""

    def interrupt() -> None:
        if process.control.was_interrupted:
            process.quit_at_once()
        process.note_interrupt()
        interrupt_main_greenlet()

    gevent.signal_handler(signal.SIGINT, interrupt)
    gevent.signal_handler(signal.SIGTERM, interrupt)
