"""What the hub knows of the accounts that were given, before anybody comes."""

from collections.abc import Sequence

from hubusers.accounts.account import Account
from hubusers.hub.answers import user_is_gone
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from hubusers.hub.sightings import USER_PATH
from hubusers.settings.access import Access
from hubusers.settings.hub_check import PreflightError

_LOOK = 20.0
"""Seconds for a look at all of them: a hub answers some hundred such requests in a second."""


def unknown_accounts(endpoint: str, access: Access, accounts: Sequence[Account], file: str) -> list[str]:
    """Ask for each account, with small requests that change nothing, for twenty seconds at most.

    Args:
        endpoint: The hub's API.
        access: The token, and how to verify the hub's certificate.
        accounts: Those that were given.
        file: Where they come from, for the message.

    Returns:
        The names that the hub does not know: many hubs don't know an account until its first login.

    Raises:
        PreflightError: The token may not see the first account, and so could not watch its server.
    """
    client, deadline, unknown = HubClient(endpoint, access.session), Deadline(_LOOK), list[str]()
    for account in accounts:
        answer = client.request("GET", USER_PATH, username=account.username, timeout=min(10, deadline.remaining()))
        if user_is_gone(answer):
            unknown.append(account.username)
        elif answer.status in {403, 404} and account is accounts[0]:
            raise PreflightError(
                f"The token may not see the account {account.username}, which is in {file}, and so no server of it: "
                "give its role the scope admin:servers for everybody who comes."
            )
        if deadline.remaining() <= 0:
            break
    return unknown
