"""Removes what a run created: users who leave while it runs, and all that is left at its end."""

import math
from collections import deque
from collections.abc import Iterable

from gevent.pool import Group

from hubusers.accounts.ledger import Ledger
from hubusers.accounts.sources import Accounts
from hubusers.counting import counted
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, MissingScope
from hubusers.hub.removal import remove_server
from hubusers.log import Progress, get_logger

LOG = get_logger(__name__)

CONCURRENCY = 20
"""Removals under way at the same time. A hub works in one thread, so more of them would only queue there."""

_FIRST_LINE = 5.0
"""Seconds after which a log gets the first line of progress."""
_BETWEEN_LOOKS = 1.0
_NAMED = 10
"""How many of the users that are left to name in the log; `hubusers purge` finds them all."""
_SECONDS_PER_USER = 1.0
"""How long the clean-up may take for each user, in addition to one server timeout; a small hub needs some 50 ms."""


def remove_entered(
    client: HubClient, ledger: Ledger, accounts: Accounts, name: str, seconds: float, interval: float
) -> None:
    """Remove from the hub what the ledger has under a name, and strike it out.

    Args:
        client: The hub.
        ledger: What the run created.
        accounts: Know how to remove it.
        name: The name in the ledger.
        seconds: How long it may take.
        interval: Seconds between two tries.

    Raises:
        HubUsersError: It could not be removed, as for `remove_user`.
    """
    if accounts.are_made and not ledger.has_user(name):  # the account was there before a login led to it
        remove_server(client, name, "", seconds, interval)
    else:
        accounts.remove(client, name, seconds, interval, may_have_server=ledger.has_server(name))
    ledger.removed(name)
    accounts.give_back(name)


class Cleanup:
    """Removes users (or, if accounts were given, only their servers), some at a time, and strikes them from the ledger.

    Args:
        client: The hub, with `CONCURRENCY` connections.
        ledger: What the run created.
        accounts: Know how to remove it.
        server_timeout: Seconds that one removal may take.
        poll_interval: Seconds between two polls of a stopping server, and between two tries.
    """

    def __init__(
        self, client: HubClient, ledger: Ledger, accounts: Accounts, server_timeout: float, poll_interval: float
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._accounts = accounts
        self._server_timeout = server_timeout
        self._poll_interval = poll_interval
        self._waiting: deque[str] = deque()
        self._taken: set[str] = set()  # waiting, or being removed
        self._workers = Group()
        self._deadline = Deadline(math.inf)
        self._refusal = ""
        self._hopeless = False  # the token may not do this

    def release(self, names: Iterable[str]) -> None:
        """Remove these users in the background."""
        for name in names:
            if name not in self._taken:
                self._taken.add(name)
                self._waiting.append(name)
        while len(self._workers) < min(CONCURRENCY, len(self._waiting)):
            self._workers.spawn(self._remove_the_waiting)

    def remove_all(self) -> None:
        """Remove every user of the ledger and wait until it is done, with a line of progress.

        Removals that fail are tried again, also when the hub does not accept the token: so answers a hub whose database
        fails. All of it takes at most one server timeout plus a second for each user, and less where the token lacks a
        scope. What could not be removed stays in the ledger.
        """
        left = self._ledger.left()
        if not left:
            return
        count, self._hopeless = len(left), False
        self._deadline = Deadline(self._server_timeout + _SECONDS_PER_USER * count)
        what = "users" if self._accounts.are_made else "servers"
        LOG.info("Clean-up: removing %s", counted(count, what.removesuffix("s")))
        progress = Progress(LOG, _FIRST_LINE)
        while left and self._deadline.remaining() > 0 and not self._hopeless:
            self.release(left)
            while self._workers:
                self._workers.join(timeout=_BETWEEN_LOOKS)
                left = self._ledger.left()
                progress.say(f"Clean-up: {count - len(left)} of {count} {what} removed")
            if left:
                self._deadline.sleep(self._poll_interval)
        if left:
            more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
            LOG.error("Left on the hub: %s%s; %s", ", ".join(left[:_NAMED]), more, self._refusal)

    def _remove_the_waiting(self) -> None:
        while self._waiting:
            name = self._waiting.popleft()
            seconds = min(self._server_timeout, self._deadline.remaining())
            if seconds > 0 and not self._hopeless:
                self._remove(name, seconds)
            self._taken.discard(name)

    def _remove(self, name: str, seconds: float) -> None:
        try:
            remove_entered(self._client, self._ledger, self._accounts, name, seconds, self._poll_interval)
        except HubUsersError as error:
            self._refusal = error.detail
            LOG.debug("%s", error.detail)
            if isinstance(error, MissingScope):
                self._hopeless = True
