"""Ctrl-C and SIGTERM: the first ends what is going on in order, a second one ends the process at once."""

import signal

import gevent

from hubusers.plugin.locust_internals import interrupt_main_greenlet
from hubusers.plugin.run_control import RunControl


def handle_signals(control: RunControl) -> None:
    """Let SIGINT and SIGTERM end the process in order, in whatever phase it is."""

    def interrupt() -> None:
        if control.was_interrupted:
            control.quit_at_once()
        control.note_interrupt()
        interrupt_main_greenlet()

    gevent.signal_handler(signal.SIGINT, interrupt)
    gevent.signal_handler(signal.SIGTERM, interrupt)
