"""Removing what a run created: user by user while it runs, and all that is left at its end."""

import logging
import time
from collections import deque
from collections.abc import Iterable

from gevent.pool import Group

from hubusers.hub.client import HubClient
from hubusers.hub.removal import remove_user
from hubusers.hub.session import get_session
from hubusers.run.ledger import Ledger
from hubusers.run.options import Settings

LOG = logging.getLogger(__name__)

CONCURRENCY = 20
"""Removals under way at the same time; a hub does its work in one thread, more would only queue there."""

_PROGRESS_INTERVAL = 5.0
_SECONDS_PER_USER = 1.0
"""What the clean-up allows the hub for each user, on top of one server timeout; a small hub needs some 50 ms."""


class Cleanup:
    """Removes users from the hub, a bounded number at a time, and strikes them from the ledger."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._settings = settings
        self._ledger = ledger
        self._client = HubClient(settings.endpoint, get_session(settings.token))
        self._waiting: deque[str] = deque()
        self._taken: set[str] = set()  # waiting or being removed just now
        self._workers = Group()
        self._give_up_at = float("inf")

    def release(self, names: Iterable[str]) -> None:
        """Remove these users in the background."""
        for name in names:
            if name not in self._taken:
                self._taken.add(name)
                self._waiting.append(name)
        while len(self._workers) < min(CONCURRENCY, len(self._waiting)):
            self._workers.spawn(self._remove_the_waiting)

    def finish(self) -> None:
        """Remove every user of the ledger and wait for it, with a line of progress every few seconds.

        It takes at most one server timeout and a second for each user; what is left then is in the ledger.
        """
        left = list(self._ledger.left())
        if not left:
            return
        started = time.monotonic()
        self._give_up_at = started + self._settings.server_timeout + _SECONDS_PER_USER * len(left)
        LOG.info("Clean-up: removing %d users", len(left))
        self.release(left)
        while self._workers:
            self._workers.join(timeout=_PROGRESS_INTERVAL)
            still = len(list(self._ledger.left()))
            LOG.info("Clean-up: %d of %d users removed", len(left) - still, len(left))
        LOG.info("Clean-up: done after %.1f seconds", time.monotonic() - started)

    def _remove_the_waiting(self) -> None:
        while self._waiting:
            name = self._waiting.popleft()
            seconds = min(self._settings.server_timeout, self._give_up_at - time.monotonic())
            if seconds > 0 and remove_user(self._client, name, seconds, self._settings.poll_interval):
                self._ledger.user_removed(name)
            self._taken.discard(name)
