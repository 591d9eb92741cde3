"""Calls a function for many names in a thread pool, and checks the arguments of the documented functions."""

import logging
import threading
from collections.abc import Callable, Collection, Iterable
from concurrent import futures
from typing import TypeVar

from hubusers.hub.deadline import end_pauses_when
from hubusers.log import get_logger

LOG = get_logger(__name__)

R = TypeVar("R")


def call_for_each(
    function: Callable[[str], R], names: Iterable[str], max_workers: int, what: str
) -> dict[str, R | None]:
    """Call `function` with each name, in at most `max_workers` threads, and wait for all calls.

    Args:
        function: The function to call.
        names: The arguments; duplicates are called once.
        max_workers: How many calls may be under way.
        what: Names the threads, and the calls in the log.

    Returns:
        What each call returned, in the order of the names; None for a call that raised.

    Logs:
        ERROR for each call that raised.
    """
    results: dict[str, R | None] = dict.fromkeys(names)
    broken_off = threading.Event()
    executor = futures.ThreadPoolExecutor(
        max_workers, thread_name_prefix=f"hubusers:{what}", initializer=end_pauses_when, initargs=(broken_off,)
    )
    try:
        name_of = {executor.submit(function, name): name for name in results}
        for future in futures.as_completed(name_of):
            name = name_of[future]
            try:
                results[name] = future.result()
            except Exception as error:
                LOG.error("%s for %s failed: %s", what, name, error, exc_info=LOG.isEnabledFor(logging.DEBUG))
    finally:
        # After Ctrl-C, don't work through the queue first, nor wait for as long as the hub's Retry-After asks.
        broken_off.set()
        executor.shutdown(wait=True, cancel_futures=True)
    return results


def checked_names(names: Iterable[str], what: str) -> list[str]:
    """Return `names` as a list; raise TypeError or ValueError if they are not user names, such as a bare string."""
    if isinstance(names, str | bytes):
        raise TypeError(f"{what} must be a list of names, not one string")
    try:
        listed = list(names)
    except TypeError:
        raise TypeError(f"{what} must be a list of names, not {type(names).__name__}") from None
    for name in listed:
        checked_name(name)
    return listed


def checked_name(username: str) -> str:
    """Return `username`; raise TypeError or ValueError if it cannot be a user name."""
    if not isinstance(username, str):
        raise TypeError(f"username must be a string, not {type(username).__name__}")
    if not username.strip(" ."):
        raise ValueError(f"username must not be {username!r}")
    return username


def checked_choice(choice: str, choices: Collection[str], what: str) -> str:
    """Return `choice`; raise ValueError if it is not one of `choices`."""
    if choice not in choices:
        raise ValueError(f"{what} must be one of {', '.join(choices)}, not {choice!r}")
    return choice


def checked_count(count: int, what: str) -> int:
    """Return `count`; raise TypeError or ValueError if it is not a whole number of at least 1."""
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(f"{what} must be a whole number, not {type(count).__name__}")
    if count < 1:
        raise ValueError(f"{what} must be 1 or more, not {count}")
    return count
