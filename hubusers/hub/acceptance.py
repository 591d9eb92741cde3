"""Asking again whether the hub accepts a token, or a session, that it has refused.

One refusal proves nothing: a hub whose database fails answers everybody with 403 *Missing or invalid credentials*, and
accepts the same token again when its database is back.
"""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import TypeVar

from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import TokenRejected

T = TypeVar("T")

OWNER_PATH = "/user"
"""Tells who the token's owner is; every token may ask."""

BELIEVED_AFTER = 15.0
"""Seconds of nothing but refusals after which they are believed; a database comes back within some seconds."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 4.0


class Acceptance(Enum):
    """What became of a token, or a session, that was refused."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # each time
    UNKNOWN = "unknown"  # the hub answered something else, or nothing


def ask_again(ask: Callable[[], int], at_most: float) -> Acceptance:
    """Ask again, at growing pauses, until the hub accepts, or has refused each time for 15 seconds.

    Args:
        ask: Asks the hub once who somebody is, and returns the status of its answer; 0 without one.
        at_most: Seconds after which refusals are believed, where that is less than 15.
    """
    for _ in _tries(at_most):
        status = ask()
        if status not in {401, 403}:
            return Acceptance.ACCEPTED if status == 200 else Acceptance.UNKNOWN
    return Acceptance.REFUSED


def despite_refusals(do: Callable[[], T], at_most: float) -> T:
    """Do something, and again at growing pauses while the hub does not accept the token, until that is believed.

    Args:
        do: What to do.
        at_most: As for `ask_again`.

    Returns:
        What it returns.

    Raises:
        TokenRejected: The hub has refused each time.
        HubUsersError: Any other error of `do`, at once.
    """
    for is_last in _tries(at_most):
        try:
            return do()
        except TokenRejected:
            if is_last:
                raise
    raise AssertionError("there is a last try")


def _tries(at_most: float) -> Iterator[bool]:
    """Yield for each try whether it is the last one; sleep in between."""
    deadline, pause = Deadline(min(BELIEVED_AFTER, at_most)), _FIRST_PAUSE
    while deadline.remaining() > 0:
        yield False
        deadline.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    yield True
