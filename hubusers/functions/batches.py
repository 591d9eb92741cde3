"""Many calls at once, but never more than so many, and none lost for another's failure."""

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
    """Call `function` with each name, in at most `max_workers` threads, and wait for all.

    Args:
        function: What to call.
        names: The arguments; a name that stands there twice is taken once.
        max_workers: How many calls may be under way.
        what: For the threads' names and the log.

    Returns:
        What each call returned, in the order of the names; None, after an ERROR in the log, where it raised.
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
        # Ctrl-C must not first work through everything that is queued, nor through the hub's every "come back later".
        broken_off.set()
        executor.shutdown(wait=True, cancel_futures=True)
    return results


def checked_names(names: Iterable[str], what: str) -> list[str]:
    """Return a list of user names; raise TypeError or ValueError for anything else, such as one bare string."""
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
    """Return a user name; raise TypeError or ValueError for what cannot be one."""
    if not isinstance(username, str):
        raise TypeError(f"username must be a string, not {type(username).__name__}")
    if not username.strip(" ."):
        raise ValueError(f"username must not be {username!r}")
    return username


def checked_choice(choice: str, choices: Collection[str], what: str) -> str:
    """Return one of the choices; raise ValueError for anything else."""
    if choice not in choices:
        raise ValueError(f"{what} must be one of {', '.join(choices)}, not {choice!r}")
    return choice


def checked_count(count: int, what: str) -> int:
    """Return a whole number of at least 1; raise TypeError or ValueError for anything else."""
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(f"{what} must be a whole number, not {type(count).__name__}")
    if count < 1:
        raise ValueError(f"{what} must be 1 or more, not {count}")
    return count
