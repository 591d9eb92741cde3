"""One server's life in a run: asked for, waited for, stopped.

How to ask and how to wait is handed in: by the hub's API, or by its pages.

The ledger has the server from before the hub is asked for it until the hub itself says that it does not run, so that
the clean-up finds it whenever a person, or the run, ends. An answer that sounds like a refusal, or a page that sounds
as if the server was gone, is not enough: the hub may have started it all the same, and something else have gone wrong.
"""

from collections.abc import Callable
from typing import TypeVar

from hubusers.accounts.ledger import Ledger
from hubusers.http.session import REQUEST_TIMEOUT
from hubusers.hub.answers import State, Stop
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError
from hubusers.hub.lifecycle import until_let_in, until_stopping
from hubusers.hub.sightings import look_at

Asked = TypeVar("Asked")
Ready = TypeVar("Ready")


def start(
    ledger: Ledger,
    key: str,
    deadline: Deadline,
    ask: Callable[[], Asked],
    wait: Callable[[Asked], Ready],
    may_run: Callable[[], bool],
    on_throttled: Callable[[float, str], None] = lambda *_: None,
) -> Ready:
    """Start a server, and wait until it is ready.

    Args:
        ledger: The run's.
        key: The server's key in the ledger.
        deadline: Until when to come back after "later" (429); `wait` keeps it by itself.
        ask: Asks once; raises `ComeBackLater` for "later".
        wait: Waits until the server is ready; gets what `ask` returned.
        may_run: Asks the hub, as `may_run` does.
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
        strike_out_if_refused(ledger, key, error, may_run)
        raise
    try:
        return wait(asked)
    except HubUsersError as error:
        strike_out_if_gone(ledger, key, error, may_run)
        raise


def strike_out_if_refused(ledger: Ledger, key: str, error: HubUsersError, may_run: Callable[[], bool]) -> None:
    """Strike out a server that was asked for, as never started, where the request has failed and the hub says so, too.

    Args:
        ledger: The run's.
        key: The server's key in the ledger.
        error: What came of the request.
        may_run: Asks the hub, as `may_run` does.
    """
    # What is not answered yet, or by what stands before the hub (502 to 504), the hub may still get to.
    is_answered = error.no_server or 0 < error.status <= 500
    if is_answered and not may_run():
        ledger.server_refused(key)


def strike_out_if_gone(ledger: Ledger, key: str, error: HubUsersError, may_run: Callable[[], bool]) -> None:
    """Strike out a server that is gone by an error, where the hub says so, too; the arguments are as above."""
    if error.no_server and not may_run():
        ledger.server_gone(key)


def may_run(client: HubClient, username: str, server_name: str) -> bool:
    """Ask the hub once whether a server runs, starts or stops; return True also where it does not say.

    Args:
        client: The hub.
        username: Whose server.
        server_name: Which; "" is the default one.
    """
    try:
        servers = look_at(client, username, Deadline(REQUEST_TIMEOUT))
    except HubUsersError:
        return True
    return servers is None or servers.state(server_name) not in {State.STOPPED, State.FAILED}


def stop(
    ledger: Ledger,
    key: str,
    deadline: Deadline,
    interval: float,
    ask: Callable[[], Stop],
    wait: Callable[[], None],
    may_run: Callable[[], bool],
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
        may_run: Asks the hub, as `may_run` does.
        what: The server, for the text of an error.

    Raises:
        HubUsersError: What `until_stopping` or `wait` raises.
    """
    try:
        if until_stopping(ask, what, deadline, interval) is Stop.STOPPING:
            wait()
    except HubUsersError as error:
        strike_out_if_gone(ledger, key, error, may_run)
        raise
    ledger.server_gone(key)
