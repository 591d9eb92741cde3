"""Logins that have led to another name than the one that was typed: what they brought into being is ours to remove."""

from hubusers.accounts.ledger import Ledger
from hubusers.accounts.sources import Accounts
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from hubusers.hub.sightings import USER_PATH


def enter_other_name(
    client: HubClient, ledger: Ledger, accounts: Accounts, own: str, other: str, deadline: Deadline, *, started: bool
) -> bool:
    """Enter into the ledger what a login as somebody else has brought into being.

    The account is entered where the run makes its accounts and the hub has made this one later than the person's own:
    then it was made for this login. Any other was there before, and is left alone but for the server.

    Args:
        client: The hub.
        ledger: The run's.
        accounts: The run's.
        own: The name of the person's own account.
        other: The name that the login has led to.
        deadline: Until when the hub must have answered.
        started: Whether the login has started the server of that account.

    Returns:
        Whether there is something to remove that this login has brought into being. Not where the name was entered
        before: it is another person's of this run, who has it removed, or that of a login before, which has done so.
    """
    if other in ledger:
        return False
    if started:
        ledger.server_started(other)
    if accounts.are_made:
        mine, theirs = _made(client, own, deadline), _made(client, other, deadline)
        if mine and theirs and theirs > mine:
            ledger.user_created(other)
    return other in ledger


def _made(client: HubClient, name: str, deadline: Deadline) -> str:
    """Return when the hub has made an account, in UTC as the hub writes it, so that moments can be compared; or ""."""
    answer = client.request_patiently("GET", USER_PATH, username=name, deadline=deadline)
    model = answer.model
    return str(model.get("created") or "") if answer.status == 200 and isinstance(model, dict) else ""
