"""The servers and accounts that a run leaves on the hub, as `--keep` asks: which of them somebody else has ended."""

from collections.abc import Callable, Mapping
from contextlib import suppress

from gevent.pool import Pool

from hubusers.accounts.cleanup import CONCURRENCY
from hubusers.accounts.ledger import Ledger
from hubusers.accounts.sources import Accounts
from hubusers.counting import counted
from hubusers.hub.answers import State
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, ServerGone, UserGone
from hubusers.hub.lifecycle import called
from hubusers.hub.sightings import look_at
from hubusers.log import get_logger

LOG = get_logger(__name__)

Kept = Mapping[str, Callable[[HubUsersError], None]]
"""By the key of a server: what counts it as gone, and then raises the error that it gets."""


def strike_out_what_is_gone(
    client: HubClient, ledger: Ledger, accounts: Accounts, kept: Kept, deadline: Deadline
) -> None:
    """Look at what is to be kept; strike out of the ledger, and count, what is there no more.

    Args:
        client: The hub, with `CONCURRENCY` connections.
        ledger: The run's.
        accounts: The run's.
        kept: The servers whose end is counted.
        deadline: Until when to look. What cannot be seen by then is told as it was.

    Logs:
        WARNING with how many servers are gone.
    """
    before = ledger.totals()

    def count_gone(key: str, gone: HubUsersError) -> None:
        if key in kept:
            kept[key](gone)

    def look(key: str) -> None:
        username, server_name = accounts.place_of(key)
        with suppress(HubUsersError):
            servers = look_at(client, username, deadline)
            if servers and servers.user_is_gone:
                ledger.removed(key)
                count_gone(key, UserGone(f"the hub does not know the user {username} any more", status=404))
            elif servers and servers.state(server_name) is State.STOPPED:
                ledger.server_gone(key)
                count_gone(key, ServerGone(f"{called(username, server_name)} was to be kept, and is gone"))

    Pool(CONCURRENCY).map(look, ledger.left())
    if gone := before.servers_left - ledger.totals().servers_left:
        LOG.warning(
            "%s that %s to be kept %s stopped by somebody else, as a culler does, or ended",
            counted(gone, "server"),
            *(("was", "was") if gone == 1 else ("were", "were")),
        )
