"""Removing one user, or one server, for certain: stop, wait until stopped, delete, and again until it is gone.

`DELETE /users/{name}` alone does not do it: while a spawn is pending the hub answers 500, while a stop is pending or
takes long 400, and the user stays. JupyterHub 4 does not even stop a server that is still starting.
"""

from collections.abc import Callable
from functools import partial

from hubusers.hub import lifecycle
from hubusers.hub.answers import Stop, error_for, stop_outcome, user_is_gone
from hubusers.hub.client import HubClient
from hubusers.hub.errors import MissingScope, TokenRejected, WaitTimeout
from hubusers.hub.log import get_logger
from hubusers.hub.messages import Answer
from hubusers.hub.waiting import Deadline, poll
from hubusers.hub.watching import USER_PATH, look_at

LOG = get_logger(__name__)


def remove_user(
    client: HubClient, username: str, timeout: float, interval: float, *, may_have_server: bool = True
) -> None:
    """Stop all servers of a user and delete the user; try again, every `interval` seconds, whatever the hub answers.

    Returns when the hub does not know the user any more, also when it never did.

    Args:
        client: The hub.
        username: Whom to remove.
        timeout: Seconds for all of it.
        interval: Seconds between two tries.
        may_have_server: False skips stopping at the first try, where nothing is believed to run.

    Logs:
        DEBUG each refusal.

    Raises:
        TokenRejected, MissingScope: Trying again would not help.
        WaitTimeout: Time is up; the detail holds the hub's last refusal.
    """
    deadline = Deadline(timeout)
    patiently = partial(client.request_patiently, deadline=deadline)

    def attempt() -> Answer | None:
        nonlocal may_have_server
        answer = lifecycle.stop(client, username, patiently) if may_have_server else None
        may_have_server = True  # if it must be tried again, it was wrong to believe that there is none
        if answer is None or stop_outcome(answer) is Stop.STOPPED:
            answer = patiently(
                "DELETE",
                USER_PATH,
                username=username,
                good=lambda answer: answer.status == 204 or user_is_gone(answer),
            )
            if answer.status == 204:
                return None
        return None if user_is_gone(answer) else answer

    _insist(client, username, f"the user {username}", attempt, deadline, interval)


def remove_server(client: HubClient, username: str, server_name: str, timeout: float, interval: float) -> None:
    """Stop one server, and delete it if it is a named one; the user stays.

    Asks again, every `interval` seconds, whatever the hub answers. Returns when the server is gone, also when it never
    was there.

    Args:
        client: The hub.
        username: Whose server.
        server_name: Which; "" is the default one.
        timeout: Seconds for all of it.
        interval: Seconds between two tries.

    Logs:
        DEBUG each refusal.

    Raises:
        TokenRejected, MissingScope: Trying again would not help.
        WaitTimeout: Time is up; the detail holds the hub's last refusal.
    """
    deadline = Deadline(timeout)
    patiently = partial(client.request_patiently, deadline=deadline)

    def attempt() -> Answer | None:
        answer = lifecycle.stop(client, username, patiently, server_name)
        # A server that is gone is a 404 like a user who is.
        return None if stop_outcome(answer) in {Stop.STOPPED, Stop.USER_GONE} else answer

    _insist(client, username, lifecycle.called(username, server_name), attempt, deadline, interval)


def _insist(
    client: HubClient,
    username: str,
    what: str,
    attempt: Callable[[], Answer | None],
    deadline: Deadline,
    interval: float,
) -> None:
    """Attempt a removal until no answer of the hub's stands against it, or the hub does not know the user."""
    refusal = "no answer"

    def is_removed() -> bool | None:
        nonlocal refusal
        answer = attempt()
        if answer is None or (answer.status == 500 and _is_unknown(client, username, deadline)):
            return True
        error = error_for(answer, "the hub's last answer")
        if isinstance(error, TokenRejected | MissingScope):
            raise error
        refusal = error.detail
        LOG.debug("%s is not removed yet: %s", what, refusal)
        return None

    if not poll(is_removed, deadline, interval):
        raise WaitTimeout(f"could not remove {what} within {deadline.seconds:g} seconds; {refusal}")


def _is_unknown(client: HubClient, username: str, deadline: Deadline) -> bool:
    """Say whether the hub does not know a user; JupyterHub 4 answers 500 to a request to stop their server."""
    servers = look_at(client, username, deadline)
    return servers is not None and servers.user_is_gone
