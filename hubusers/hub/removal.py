"""Removing one user for certain: stop, wait until stopped, delete, and again until the hub no longer knows the user.

`DELETE /users/{name}` alone does not do it: while a spawn is pending the hub answers 500, while a stop is pending or
takes long 400, and the user stays. JupyterHub 4 does not even stop a server that is still starting.
"""

from typing import Any

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
    refusal = "no answer"

    def patiently(method: str, template: str, **kwargs: Any) -> Answer:
        return client.request_patiently(method, template, deadline=deadline, **kwargs)

    def remove() -> bool | None:
        nonlocal refusal, may_have_server
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
                return True
        if user_is_gone(answer):
            return True
        if answer.status == 500:
            # JupyterHub 4 answers so for a user that it does not know.
            servers = look_at(client, username, deadline)
            if servers and servers.user_is_gone:
                return True
        error = error_for(answer, "the hub's last answer")
        if isinstance(error, TokenRejected | MissingScope):
            raise error
        refusal = error.detail
        LOG.debug("%s is not removed yet: %s", username, refusal)
        return None

    if not poll(remove, deadline, interval):
        raise WaitTimeout(f"could not remove the user {username} within {timeout:g} seconds; {refusal}")
