"""The documented functions for accounts: create them, find those that a stress test left, remove them."""

import logging
from collections.abc import Iterable
from typing import Any

from hubusers.accounts.names import DEFAULT_PREFIX
from hubusers.counting import counted
from hubusers.functions.batches import call_for_each, checked_count, checked_names
from hubusers.functions.defaults import chosen_interval, chosen_timeout
from hubusers.functions.many import many
from hubusers.functions.script_client import Reasons, ScriptClient
from hubusers.functions.timing import timeit
from hubusers.http.messages import Answer
from hubusers.hub.answers import error_for, user_is_gone
from hubusers.hub.client import HubClient
from hubusers.hub.creation import ask_for_accounts, slices
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError, HubUsersError, UserExisted
from hubusers.hub.removal import remove_user
from hubusers.hub.sightings import USER_PATH
from hubusers.hub.user_list import list_users


@timeit
def create_users(
    usernames: Iterable[str],
    endpoint: str,
    session: Any,
    *,
    batch_size: int = 100,
    reasons: Reasons | None = None,
    progress: bool = False,
) -> dict[str, bool]:
    """Create accounts (`POST /users`), many with one request.

    Args:
        usernames: The names; the hub lower-cases them.
        endpoint: The hub's API.
        session: From `get_session`, or a Locust HTTP session.
        batch_size: Names in one request. The hub takes some 17 ms for each; the request's timeout grows with them.
        reasons: A dictionary to fill: why, as an error, for each user for whom the result is False.
        progress: Whether to show a progress bar, in a terminal or notebook; it needs tqdm.

    Returns:
        For each name whether this call created it. False also for an account that existed before, so that a script
        which later removes the accounts it created leaves that one alone.

    Logs:
        INFO how many were created and how long it took; WARNING for each account that existed before, or to which the
        hub gave another name; ERROR, with status and content, for each that the hub refused.

    Raises:
        TypeError, ValueError: An argument is wrong; nothing was sent.
    """
    names = list(dict.fromkeys(checked_names(usernames, "usernames")))
    checked_count(batch_size, "batch_size")
    client = ScriptClient(endpoint, session, names, reasons)
    with many(client, names, "creating users", progress) as everybody:
        for batch in slices(names, batch_size):
            for name, answer in ask_for_accounts(client, batch).items():
                everybody.settle(name, _was_created(client, answer, name))
    client.log(logging.INFO, "created %d of %s", sum(everybody.results.values()), counted(len(names), "user"))
    return everybody.results


def _was_created(client: ScriptClient, answer: Answer, name: str) -> bool:
    if answer.status == 201 and isinstance(answer.model, list):
        if name.lower() in {str(user.get("name", "")).lower() for user in answer.model if isinstance(user, dict)}:
            if name != name.lower():
                client.log(logging.WARNING, "the hub calls the user %s %s: go on with that name", name, name.lower())
            return True
    elif answer.status != 409:
        client.note_failure(name, error_for(answer, f"could not create the user {name}"))
        return False
    client.note_failure(name, UserExisted(f"the user {name} existed before", status=answer.status), logging.WARNING)
    return False


@timeit
def delete_users(
    usernames: Iterable[str],
    endpoint: str,
    session: Any,
    *,
    batch_size: int = 10,
    timeout: float | None = None,
    poll_interval: float | None = None,
    reasons: Reasons | None = None,
    progress: bool = False,
) -> dict[str, bool]:
    """Stop the servers of users, wait until they are stopped and delete the users, trying again what the hub refuses.

    Args:
        usernames: The users to delete.
        endpoint: The hub's API.
        session: From `get_session`, or a Locust HTTP session.
        batch_size: How many users are worked on at the same time.
        timeout: Seconds for one user; by default `hubusers.SERVER_LIFECYCLE_TIMEOUT` (60).
        poll_interval: Seconds between two tries; by default 1.
        reasons: A dictionary to fill: why, as an error, for each user for whom the result is False.
        progress: Whether to show a progress bar, in a terminal or notebook; it needs tqdm.

    Returns:
        For each name whether the user is gone; True also for a user who never existed. False, and nobody is deleted,
        where the hub knows a name with capital letters in lower case only: most hubs lower-case the names of new
        accounts, so that this may be the same user, but on other hubs it is somebody else.

    Logs:
        WARNING, with the hub's last answer, for each user that is left; INFO how long it took.

    Raises:
        TypeError, ValueError: An argument is wrong; nothing was sent.
    """
    names = checked_names(usernames, "usernames")
    checked_count(batch_size, "batch_size")
    client = ScriptClient(endpoint, session, names, reasons)
    seconds, interval = chosen_timeout(timeout), chosen_interval(poll_interval)

    def remove(name: str) -> bool:
        try:
            _check_spelling(client, name, Deadline(seconds))
            remove_user(client, name, seconds, interval)
        except HubUsersError as error:
            client.note_failure(name, error, logging.WARNING)
            return False
        return True

    with many(client, names, "deleting users", progress) as everybody:
        call_for_each(remove, names, batch_size, "delete_users", returned=everybody.settle, raised=everybody.note_crash)
    return everybody.results


def _check_spelling(client: ScriptClient, name: str, deadline: Deadline) -> None:
    """Raise HubUsersError where the hub does not know a name, but knows it in lower case, or does not say."""
    if name == name.lower():
        return
    known = [
        client.request_patiently("GET", USER_PATH, username=each, deadline=deadline) for each in (name, name.lower())
    ]
    if known[0].status != 200 and not user_is_gone(known[0]):
        raise error_for(known[0], f"looking for the user {name}")
    if user_is_gone(known[0]) and not user_is_gone(known[1]):
        raise HubError(
            f"the user {name} was not deleted: the hub does not know this name, and calls a user {name.lower()}; "
            "delete that one, if it is the one that you mean",
            status=404,
        )


def find_stress_test_users(endpoint: str, session: Any, *, prefix: str = DEFAULT_PREFIX) -> list[str]:
    """Return the names of all users that begin with `prefix`, through every page of the hub's list (`GET /users`).

    Args:
        endpoint: The hub's API.
        session: From `get_session`, or a Locust HTTP session.
        prefix: Compared exactly, by this function. The hub's own filter matches anywhere in a name, ignores case, and
            knows wildcards.

    Raises:
        TypeError, ValueError: An argument is wrong, such as an empty prefix; nothing was sent.
        HubError: The hub did not return the whole list; a part of it would look like all of it.
    """
    checked_prefix(prefix)
    return [user["name"] for user in list_users(prefix, HubClient(endpoint, session).request_patiently)]


def checked_prefix(prefix: str) -> str:
    """Return the prefix; raise TypeError or ValueError if it is not a string or would match everybody."""
    if not isinstance(prefix, str):
        raise TypeError(f"prefix must be a string, not {type(prefix).__name__}")
    if not prefix.strip():
        raise ValueError("prefix is empty: that would match every user of the hub")
    return prefix


@timeit
def purge_users(
    endpoint: str,
    session: Any,
    *,
    prefix: str = DEFAULT_PREFIX,
    batch_size: int = 10,
    reasons: Reasons | None = None,
    progress: bool = False,
) -> dict[str, bool]:
    """Remove every user whose name begins with `prefix`, with their servers.

    Args:
        endpoint: The hub's API.
        session: From `get_session`, or a Locust HTTP session.
        prefix: As for `find_stress_test_users`; `hub-stress-test-` with the hyphen spares `hub-stress-tester`.
        batch_size: How many users are worked on at the same time.
        reasons: A dictionary to fill: why, as an error, for each user for whom the result is False.
        progress: Whether to show a progress bar, in a terminal or notebook; it needs tqdm.

    Returns:
        For each name that was found whether the user is gone.

    Raises:
        TypeError, ValueError: An argument is wrong, such as an empty prefix; nothing was sent.
        HubError: The hub did not return the whole list; no user was removed.
    """
    checked_count(batch_size, "batch_size")
    client = ScriptClient(endpoint, session, (), reasons)
    names = find_stress_test_users(endpoint, session, prefix=prefix)
    client.log(logging.INFO, "removing %s whose names begin with %r", counted(len(names), "user"), prefix)
    return delete_users(names, endpoint, session, batch_size=batch_size, reasons=reasons, progress=progress)
