"""Tells a rejected token of the run (ends the run) from a rejected token or session of one person (ends that user).

HubUsersError
  HubError
    OwnTokenRejected   the hub, or a server, does not know this person's own token, or not any more
    SessionLost        the same of the session of this person's browser (`hubusers/browser/page_errors.py`)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hubusers.browser import page_errors
from hubusers.hub import acceptance as hub_acceptance
from hubusers.hub.errors import HubError, TokenRejected

if TYPE_CHECKING:
    from hubusers.run.run import Run


class OwnTokenRejected(HubError):
    phrase = "person's token rejected"
    ends_user = True


def for_whom(error: HubError, token: str, token_of_run: str) -> HubError:
    """Return the error, or its meaning for one person where it rejects a session, or another token than the run's.

    Args:
        error: The error of an answer.
        token: The token of the request; "" for the cookies of a person who has logged in.
        token_of_run: The token that the whole run depends on.
    """
    if not isinstance(error, TokenRejected | page_errors.SessionLost) or token == token_of_run:
        return error
    return (OwnTokenRejected if token else page_errors.SessionLost)(
        error.detail, status=error.status, words=error.words
    )


def stays_refused(run: Run, refusal: HubError, ask: Callable[[], int]) -> bool:
    """Ask again, for up to 15 seconds, and say whether the hub refuses one person each time; note if it does not.

    Args:
        run: The run.
        refusal: The error of the first answer.
        ask: As for `ask_again`, with that person's token, or session.
    """
    refused = time.time()
    acceptance = hub_acceptance.ask_again(ask, run.settings.server_timeout)
    if acceptance is hub_acceptance.Acceptance.ACCEPTED:
        whose = "a person's session" if isinstance(refusal, page_errors.SessionLost) else "a person's own token"
        run.token_accepted_again(whose, refused, time.time())
    return acceptance is hub_acceptance.Acceptance.REFUSED


@contextmanager
def own_rejections(token: str, token_of_run: str) -> Iterator[None]:
    """Translate rejections of the with-block, whose requests carry this token, as `for_whom` does."""
    try:
        yield
    except TokenRejected as error:
        raise for_whom(error, token, token_of_run) from None
