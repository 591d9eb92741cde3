"""Removing one user, or one server, reliably: stop, wait until stopped, delete, and try again until it is gone.

`DELETE /users/{name}` alone is not enough. The user stays, and the hub answers 500, while a spawn is pending or a named
server is active (the hub stops only the default server by itself); it answers 400 while a stop is pending or takes
long. JupyterHub 4 does not even stop a server that is still starting. And a hub whose database fails does not accept
the token for as long as that lasts.
"""

from collections.abc import Callable
from functools import partial

from hubusers.http.messages import Answer
from hubusers.hub import lifecycle
from hubusers.hub.answers import Stop, UserServers, error_for, stop_outcome, user_is_gone
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline, poll
from hubusers.hub.errors import MissingScope, WaitTimeout
from hubusers.hub.sightings import USER_PATH, look_at
from hubusers.log import get_logger

LOG = get_logger(__name__)


def remove_user(
    client: HubClient, username: str, timeout: float, interval: float, *, may_have_server: bool = True
) -> None:
    """Stop all servers of a user and delete the user; try again, every `interval` seconds, whatever the hub answers.

    Returns when the hub does not know the user; also if it never did.

    Args:
        client: The hub.
        username: The user to remove.
        timeout: Seconds for all of it.
        interval: Seconds between two tries.
        may_have_server: False skips stopping at the first try, for a user who should have no server.

    Logs:
        DEBUG each refusal.

    Raises:
        MissingScope: The token may not do this, so that trying again does not help.
        WaitTimeout: Time is up; the detail holds the hub's last refusal.
    """
    deadline = Deadline(timeout)
    patiently = partial(client.request_patiently, deadline=deadline)

    def attempt(seen: UserServers) -> Answer | None:
        nonlocal may_have_server
        named = [_asked_to_stop(client, username, server_name, patiently) for server_name in filter(None, seen.states)]
        answer = lifecycle.stop(client, username, patiently) if may_have_server else None
        may_have_server = True  # if another try is needed, there may be one after all
        if answer is None or stop_outcome(answer) is Stop.STOPPED:
            answer = next(filter(None, named), None) or patiently(
                "DELETE",
                USER_PATH,
                username=username,
                good=lambda answer: answer.status == 204 or user_is_gone(answer),
            )
            if answer.status == 204:
                return None
        return answer

    _insist(client, username, f"the user {username}", attempt, deadline, interval)


def remove_server(client: HubClient, username: str, server_name: str, timeout: float, interval: float) -> None:
    """Stop one server, and delete it if it is a named one; the user stays.

    Asks again, every `interval` seconds, whatever the hub answers. Returns when the server is gone; also if it never
    existed.

    Args:
        client: The hub.
        username: Whose server.
        server_name: Which; "" is the default one.
        timeout: Seconds for all of it.
        interval: Seconds between two tries.

    Logs:
        DEBUG each refusal.

    Raises:
        MissingScope: The token may not do this, so that trying again does not help.
        WaitTimeout: Time is up; the detail holds the hub's last refusal.
    """
    deadline = Deadline(timeout)
    patiently = partial(client.request_patiently, deadline=deadline)

    def attempt(_: UserServers) -> Answer | None:
        answer = lifecycle.stop(client, username, patiently, server_name)
        return None if stop_outcome(answer) is Stop.STOPPED else answer

    _insist(client, username, lifecycle.called(username, server_name), attempt, deadline, interval)


def _asked_to_stop(client: HubClient, username: str, server_name: str, request: Callable[..., Answer]) -> Answer | None:
    """Ask to stop a server; return None when it is gone, and else the hub's answer."""
    answer = lifecycle.stop(client, username, request, server_name)
    return None if stop_outcome(answer) in {Stop.STOPPED, Stop.USER_GONE} else answer


def _insist(
    client: HubClient,
    username: str,
    what: str,
    attempt: Callable[[UserServers], Answer | None],
    deadline: Deadline,
    interval: float,
) -> None:
    """Attempt a removal until it succeeds, or the hub does not know the user.

    Args:
        client: The hub.
        username: The user.
        what: What is removed, for the log and the error.
        attempt: Tries once; returns None for success, else the hub's answer. Gets the user's servers as they were last
            seen: none, as long as the hub has not answered 500.
        deadline: Until when to try.
        interval: Seconds between two tries.
    """
    refusal, seen, seemed_gone = "no answer", UserServers({}), False

    def is_removed() -> bool | None:
        nonlocal refusal, seen, seemed_gone
        answer = attempt(seen)
        if answer is None:
            return True
        is_gone = user_is_gone(answer)  # the hub answers 404 for a missing server as for a missing user
        if answer.status == 500:
            # Named servers may be in the way. JupyterHub 4 also answers 500 for a user whom it does not know.
            seen = look_at(client, username, deadline) or seen
            is_gone = seen.user_is_gone
        if is_gone and (seemed_gone or not client.hub_was_in_trouble):
            return True
        seemed_gone = is_gone
        error = error_for(answer, "the hub's last answer")
        if isinstance(error, MissingScope):
            raise error_for(answer, f"removing {what}")
        refusal = error.detail
        LOG.debug("%s is not removed yet: %s", what, refusal)
        return None

    if not poll(is_removed, deadline, interval):
        raise WaitTimeout(f"could not remove {what} within {deadline.seconds:g} seconds; {refusal}")
