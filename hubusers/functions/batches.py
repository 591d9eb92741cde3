"""Calls a function for many names in a thread pool, and checks the arguments of the documented functions."""

import threading
from collections.abc import Callable, Collection, Iterable
from concurrent import futures
from typing import TypeVar

from hubusers.hub.deadline import end_pauses_when
from hubusers.hub.errors import HubUsersError
from hubusers.log import get_logger

LOG = get_logger(__name__)

R = TypeVar("R")


def _log_crash(_: str, crash: HubUsersError) -> None:
    LOG.error("%s", crash.detail)


def call_for_each(
    function: Callable[[str], R],
    names: Iterable[str],
    max_workers: int,
    what: str,
    *,
    returned: Callable[[str, R], None] = lambda *_: None,
    raised: Callable[[str, HubUsersError], None] = _log_crash,
) -> dict[str, R | None]:
    """Call `function` with each name, in at most `max_workers` threads, and wait for all calls.

    Ctrl-C ends the wait at once: calls that are under way go on in the background until the hub has answered them.

    Args:
        function: The function to call.
        names: The arguments; duplicates are called once.
        max_workers: How many calls may be under way.
        what: Names the threads, and the calls in the log.
        returned: Called, in this thread, with each name and what its call returned, as soon as it has.
        raised: Called in the same way for each call that raised. By default, this is logged as an ERROR.

    Returns:
        What each call returned, in the order of the names; None for a call that raised.
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
                result = future.result()
            except Exception as error:
                LOG.debug("%s for %s failed", what, name, exc_info=error)
                raised(name, HubUsersError(f"{what} for {name} failed: {error}"))
            else:
                results[name] = result
                returned(name, result)
    finally:
        # After Ctrl-C, don't work through the queue first, nor wait for as long as the hub's Retry-After asks, nor for
        # an answer that does not come.
        broken_off.set()
        executor.shutdown(wait=False, cancel_futures=True)
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


def checked_batches(users: Iterable[Iterable[str]]) -> list[list[str]]:
    """Return `users` as lists of names; raise TypeError or ValueError if they are not batches of user names."""
    if isinstance(users, str | bytes):
        raise TypeError("users must be a list of batches (lists of names), not one string")
    try:
        return [checked_names(batch, "each batch of users") for batch in users]
    except TypeError as error:
        raise TypeError(f"users must be a list of batches (lists of names): {error}") from None


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


def checked_count(count: int, what: str, least: int = 1) -> int:
    """Return `count`; raise TypeError or ValueError if it is not a whole number of at least `least`."""
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(f"{what} must be a whole number, not {type(count).__name__}")
    if count < least:
        raise ValueError(f"{what} must be {least} or more, not {count}")
    return count
