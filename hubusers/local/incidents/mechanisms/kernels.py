"""Kernels that end as they do when the system's memory runs out: a line of IPython's configuration calls this."""

import os
import signal
from typing import Any

from IPython.core.getipython import get_ipython


def kill_in_cell(number: int, *, server_too: bool = False) -> None:
    """Let this kernel be killed in a cell.

    Args:
        number: Which cell, from 1.
        server_too: Whether the server that has started this kernel is killed instead, and so all of its kernels.
    """
    cells = 0

    def count(info: Any) -> None:
        nonlocal cells
        cells += info.store_history  # what a front end asks for itself does not count
        if cells == number:
            os.kill(os.getppid() if server_too else os.getpid(), signal.SIGKILL)

    shell: Any = get_ipython()
    shell.events.register("pre_run_cell", count)
