"""Waits of the tests, each with a deadline."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], what: str | Callable[[], str] = "", seconds: float = 120) -> None:
    """Wait until a condition holds; if it never does, fail with `what` was waited for, or what it says by then.

    Where it takes long to tell, as where a hub is asked, it is looked at less often: the hub has other work to do.
    """
    give_up_at = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        if condition():
            return
        ended = time.monotonic()
        if ended >= give_up_at:
            raise AssertionError(f"not in {seconds:g} seconds: {what() if callable(what) else what}")
        time.sleep(min(max(0.02, 4 * (ended - began)), 0.5))
