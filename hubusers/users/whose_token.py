"""Whose access the hub refused: without the run's token nothing goes on, without a person's own only they cannot.

HubUsersError
  HubError
    OwnTokenRejected   the hub, or a server, does not know this person's own token, or not any more
    SessionLost        likewise what a person's browser got when they logged in
"""

from collections.abc import Iterator
from contextlib import contextmanager

from hubusers.hub.errors import HubError, TokenRejected


class OwnTokenRejected(HubError):
    phrase = "person's token rejected"
    ends_user = True  # it would be again


class SessionLost(HubError):
    phrase = "session lost"
    ends_user = True


def for_whom(error: HubError, token: str, token_of_run: str) -> HubError:
    """Return the error, or what it means where it is a token's that is not the run's.

    Args:
        error: What an answer stands for.
        token: What was shown for this answer; "" for the cookies of who has logged in.
        token_of_run: The one that the whole run depends on.
    """
    if not isinstance(error, TokenRejected) or token == token_of_run:
        return error
    return (OwnTokenRejected if token else SessionLost)(error.detail, status=error.status)


@contextmanager
def own_rejections(token: str, token_of_run: str) -> Iterator[None]:
    """Let errors out of the with-block, whose requests show this token, as what they mean: see `for_whom`."""
    try:
        yield
    except TokenRejected as error:
        raise for_whom(error, token, token_of_run) from None
