"""An extension of IPython that ends kernels as the system does when memory runs out."""

import os
import signal
from typing import Any

_CELLS = 3
"""The cell in which a kernel ends."""


def load_ipython_extension(shell: Any) -> None:
    """Count the cells that this kernel runs, and kill it in one of them."""
    cells = 0

    def count(info: Any) -> None:
        nonlocal cells
        cells += info.store_history  # what a front end asks for itself does not count
        if cells == _CELLS:
            os.kill(os.getpid(), signal.SIGKILL)

    shell.events.register("pre_run_cell", count)
