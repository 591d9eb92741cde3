"""Waits of the tests, each with a deadline."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], what: str | Callable[[], str] = "", seconds: float = 120) -> None:
    """Wait until a condition holds; if it never does, fail with `what` was waited for, or what it says by then."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= give_up_at:
            raise AssertionError(f"not in {seconds:g} seconds: {what() if callable(what) else what}")
        time.sleep(0.02)
