"""The client of the documented functions: it names the hub in each message, and keeps why something failed."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from hubusers.hub.client import HubClient
from hubusers.hub.endpoint import hub_url
from hubusers.hub.errors import HubError, HubUsersError, WaitTimeout
from hubusers.log import get_logger, without_secrets

LOG = get_logger(__name__)

Reasons = dict[str, HubUsersError]
"""For each user for whom a function returned False, why."""


class ScriptClient(HubClient):
    """A client whose messages make sense by themselves: where no logging is set up, Python shows only their text.

    Args:
        endpoint: The hub's API.
        session: From `get_session`, or a Locust HTTP session.
        usernames: Whom this call of a function is about.
        reasons: A caller's dictionary, to be filled. What an earlier call left in it about these users is taken out.

    Raises:
        TypeError, ValueError: An argument cannot be used.
    """

    def __init__(self, endpoint: str, session: Any, usernames: Iterable[str], reasons: Reasons | None) -> None:
        super().__init__(endpoint, session)
        if not isinstance(reasons, dict | None):
            raise TypeError(f"reasons must be a dictionary to fill, not {type(reasons).__name__}")
        self._hub = hub_url(self.endpoint)
        self._reasons = {} if reasons is None else reasons
        self._odd_answers: dict[str, HubError] = {}
        self._warned_of: set[str] = set()
        for username in usernames:
            self._reasons.pop(username, None)

    def log(self, level: int, text: str, *parts: object) -> None:
        LOG.log(level, f"%s: {text}", self._hub, *parts)

    def note_failure(self, username: str, error: HubUsersError, level: int = logging.ERROR) -> None:
        """Log why the function is going to return False for a user, and keep the reason for the caller."""
        if isinstance(error, WaitTimeout) and (odd := self._odd_answers.get(username)):
            error.detail, error.words = f"{error.detail}; meanwhile, {odd.detail}", odd.words
        error.detail, error.words = without_secrets(error.detail), without_secrets(error.words)
        self.log(level, "%s", error.detail)
        self._reasons[username] = error

    def note_odd_answer(self, error: HubError, username: str = "") -> None:
        self._odd_answers[username] = error
        is_new = str(error) not in self._warned_of
        self._warned_of.add(str(error))
        goes_on = "; trying again until the time is up, and not saying this again" if is_new else ""
        self.log(logging.WARNING if is_new else logging.DEBUG, "%s%s", error.detail, goes_on)

    def note_stream_lost(self, username: str, reason: str) -> None:
        self.log(logging.WARNING, "the progress stream of %s was lost (%s); polling instead", username, reason)

    @contextmanager
    def interruptible(self, doing: str, left: Callable[[], str] = lambda: "") -> Iterator[None]:
        """When Ctrl-C ends the with-block, log what it was doing, and what `left` returns."""
        try:
            yield
        except KeyboardInterrupt:
            self.log(
                logging.WARNING, "interrupted while %s%s; the hub goes on with what it was asked for", doing, left()
            )
            raise
