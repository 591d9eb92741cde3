"""Where the people of a run get their accounts from, and how to remove what they leave on the hub.

There are three sources: accounts that the run creates and deletes (`MadeAccounts`); accounts from a file, for hubs
whose accounts come from elsewhere (`GivenAccounts`); and named servers of the token's owner, for operators who may not
create accounts (`NamedServers`).
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hubusers.accounts.account import Account
from hubusers.accounts.names import is_made_up, names_of_run, usernames
from hubusers.hub.answers import State, error_for, servers_of, user_is_gone
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from hubusers.hub.removal import remove_server, remove_user
from hubusers.hub.sightings import USER_PATH
from hubusers.hub.user_list import list_users

_MOST_NAMED = 3
"""How many accounts a sentence names."""


class NoAccountLeft(Exception):
    """There are more people than accounts."""


@dataclass(frozen=True)
class Seen:
    """What the hub knows of an account."""

    in_use: bool = False
    """Whether its server is running already. Then it is somebody else's and must be left alone."""
    had_server: bool | None = None
    """Whether it has had a server before; None where that is not known."""
    is_known: bool = True
    """Whether the hub knows it; many hubs don't know an account until its first login."""


def not_known(usernames: Sequence[str], given: int = 1, file: str = "") -> str:
    """Return what to do about accounts that the hub does not know, without a full stop.

    Args:
        usernames: The accounts.
        given: How many were given in all.
        file: Where those come from; "" where only one is the matter.
    """
    named = ", ".join(usernames[:_MOST_NAMED]) + (", …" if len(usernames) > _MOST_NAMED else "")
    does_not_know = f"does not know the account {named}"
    if given > 1:
        does_not_know = f"does not know {len(usernames):,} of the {given:,} accounts in {file} ({named})"
    if 1 < given == len(usernames):
        does_not_know = f"knows none of the {given:,} accounts in {file} ({named})"
    they = "it", "this person", "the account"
    if len(usernames) > 1:
        they = "them", "these people", "the accounts"
    return (
        f"The hub {does_not_know}, so that no server can be started for {they[0]} by the API: let {they[1]} log "
        f"in once, or let an admin add {they[2]} (on the hub's admin page, or by create_users), or let people come who "
        "log in with their passwords (NotebookUser, PageUser)"
    )


class Accounts(ABC):
    """The accounts of the people of one process."""

    @abstractmethod
    def take(self) -> Account:
        """Return an account that nobody else in the run has.

        Raises:
            NoAccountLeft: All accounts are taken.
        """

    @abstractmethod
    def give_back(self, key: str) -> None:
        """Note that nothing of this person is left on the hub, so that another person may use the account."""

    @property
    def are_made(self) -> bool:
        """Whether the run creates the accounts."""
        return False

    def look_at(self, client: HubClient, account: Account, deadline: Deadline) -> "Seen":
        """Return what the hub knows of an account before a person uses it.

        Raises:
            HubError: The hub gave an unexpected answer, or none until the deadline.
        """
        return Seen()

    def place_of(self, key: str) -> tuple[str, str]:
        """Return the name of the account that has the server of this key, and the server's name."""
        return key, ""

    @abstractmethod
    def remove(self, client: HubClient, key: str, seconds: float, interval: float, *, may_have_server: bool) -> None:
        """Remove from the hub what the run created under this key; raise the errors of `remove_user`."""

    def left_on_hub(self, client: HubClient, run_id: str) -> Iterator[tuple[str, bool]]:
        """Return what the hub still lists of a run: each key, and whether it has a server.

        Raises:
            HubError: The hub gave an unexpected answer.
        """
        return iter(())


class MadeAccounts(Accounts):
    """Accounts that the run creates, under names of its own, and deletes.

    Args:
        prefix: The beginning of the names, before the run's id.
        begin_with: The beginning of the names of this process.
        password: The password of all accounts; "" for none.
    """

    def __init__(self, prefix: str, begin_with: str, password: str = "") -> None:
        self._prefix = prefix
        self._names = usernames(begin_with)
        self._password = password

    def take(self) -> Account:
        return Account(next(self._names), password=self._password)

    def give_back(self, key: str) -> None:
        """Do nothing: the account was deleted, and the next person gets a new one."""

    @property
    def are_made(self) -> bool:
        return True

    def remove(self, client: HubClient, key: str, seconds: float, interval: float, *, may_have_server: bool) -> None:
        remove_user(client, key, seconds, interval, may_have_server=may_have_server)

    def left_on_hub(self, client: HubClient, run_id: str) -> Iterator[tuple[str, bool]]:
        for user in list_users(names_of_run(self._prefix, run_id), client.request_patiently):
            if is_made_up(user["name"], self._prefix, run_id):
                yield user["name"], bool(user.get("servers"))


class GivenAccounts(Accounts):
    """Accounts that exist before and after the run, which only stops the servers that it started in them.

    Args:
        accounts: This process's share of the accounts.
        file: The name of their file, for messages.
    """

    def __init__(self, accounts: list[Account], file: str) -> None:
        self._free = deque(accounts)
        self._all = {account.key: account for account in accounts}
        self._file = file

    def take(self) -> Account:
        if not self._free:
            raise NoAccountLeft(
                f"No account in {self._file} is left for another person (all {len(self._all)} are taken): add "
                "accounts, or start fewer users"
            )
        return self._free.popleft()

    def give_back(self, key: str) -> None:
        account = self._all.get(key)  # None for a name that a login has led to by mistake
        if account and account not in self._free:
            self._free.append(account)

    def look_at(self, client: HubClient, account: Account, deadline: Deadline) -> "Seen":
        query = {"include_stopped_servers": "1"}
        answer = client.request_patiently(
            "GET",
            USER_PATH,
            username=account.username,
            query=query,
            deadline=deadline,
            good=lambda answer: answer.status == 200 or user_is_gone(answer),
        )
        if user_is_gone(answer):
            return Seen(had_server=False, is_known=False)
        if answer.status != 200:
            raise error_for(answer, f"looking at the server of {account.username}")
        is_running = servers_of(answer.model).state() is not State.STOPPED
        # The hub keeps a row of each server that was ever started, with its last activity.
        return Seen(is_running, had_server=bool(answer.model["servers"].get("", {}).get("last_activity")))

    def remove(self, client: HubClient, key: str, seconds: float, interval: float, *, may_have_server: bool) -> None:
        remove_server(client, key, "", seconds, interval)


class NamedServers(Accounts):
    """Named servers of the account that owns the run's token, one for each person.

    Args:
        owner: The account's name.
        token: Its token.
        prefix: The beginning of the servers' names, before the run's id.
        begin_with: The beginning of the names of this process's servers.
    """

    def __init__(self, owner: str, token: str, prefix: str, begin_with: str) -> None:
        self._owner = owner
        self._token = token
        self._prefix = prefix
        self._names = usernames(begin_with)

    def take(self) -> Account:
        return Account(self._owner, next(self._names), token=self._token)

    def give_back(self, key: str) -> None:
        """Do nothing: the server was deleted, and the next person gets a new one."""

    def place_of(self, key: str) -> tuple[str, str]:
        return self._owner, key

    def remove(self, client: HubClient, key: str, seconds: float, interval: float, *, may_have_server: bool) -> None:
        remove_server(client, self._owner, key, seconds, interval)

    def left_on_hub(self, client: HubClient, run_id: str) -> Iterator[tuple[str, bool]]:
        for name in named_servers(client, self._owner):
            if is_made_up(name, self._prefix, run_id):
                yield name, True


def named_servers(client: HubClient, owner: str) -> list[str]:
    """Return the names of all named servers of an account, including stopped ones.

    Raises:
        HubError: The hub gave an unexpected answer.
    """
    answer = client.request_patiently("GET", USER_PATH, username=owner, query={"include_stopped_servers": "1"})
    if answer.status != 200:
        raise error_for(answer, f"listing the servers of {owner}")
    return [name for name in servers_of(answer.model).states if name]
