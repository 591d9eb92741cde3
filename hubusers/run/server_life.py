"""One server's life in a run: asked for, waited for, stopped.

How to ask and how to wait is handed in: by the hub's API, or by its pages.

The ledger has the server from before the hub is asked for it until it is known to be gone, so that the clean-up finds
it whenever a person, or the run, ends.
"""

from collections.abc import Callable
from typing import TypeVar

from hubusers.accounts.ledger import Ledger
from hubusers.hub.answers import Stop
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError
from hubusers.hub.lifecycle import until_let_in, until_stopping

Asked = TypeVar("Asked")
Ready = TypeVar("Ready")


def start(
    ledger: Ledger,
    key: str,
    deadline: Deadline,
    ask: Callable[[], Asked],
    wait: Callable[[Asked], Ready],
    on_throttled: Callable[[float, str], None] = lambda *_: None,
) -> Ready:
    """Start a server, and wait until it is ready.

    Args:
        ledger: The run's.
        key: The server's key in the ledger.
        deadline: Until when to come back after "later" (429); `wait` keeps it by itself.
        ask: Asks once; raises `ComeBackLater` for "later".
        wait: Waits until the server is ready; gets what `ask` returned.
        on_throttled: As for `until_let_in`.

    Returns:
        What `wait` returns.

    Raises:
        HubUsersError: What `until_let_in` or `wait` raises.
    """
    ledger.server_started(key)  # before the hub is asked, because its answer may never arrive
    try:
        asked = until_let_in(ask, deadline, on_throttled)
    except HubUsersError as error:
        # 502 to 504 come from what stands before the hub, which may have got the request all the same.
        if error.no_server or 400 <= error.status <= 500:
            ledger.server_refused(key)
        raise
    try:
        return wait(asked)
    except HubUsersError as error:
        if error.no_server:
            ledger.server_gone(key)
        raise


def stop(
    ledger: Ledger,
    key: str,
    deadline: Deadline,
    interval: float,
    ask: Callable[[], Stop],
    wait: Callable[[], None],
    what: str,
) -> None:
    """Stop a server, and wait until it is gone.

    Args:
        ledger: The run's.
        key: The server's key in the ledger.
        deadline: Until when to ask; `wait` keeps it by itself.
        interval: Seconds between two tries where the hub will not stop the server yet.
        ask: Asks once.
        wait: Waits until the server is gone.
        what: The server, for the text of an error.

    Raises:
        HubUsersError: What `until_stopping` or `wait` raises.
    """
    try:
        if until_stopping(ask, what, deadline, interval) is Stop.STOPPING:
            wait()
    except HubUsersError as error:
        if error.no_server:
            ledger.server_gone(key)
        raise
    ledger.server_gone(key)
