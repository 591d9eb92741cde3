"""Where the people of a run get their accounts from, and how what they leave on the hub is removed.

There are three kinds: accounts that the run makes and deletes; accounts that it is given in a file, for hubs whose
accounts come from elsewhere; and named servers of the one account whose token the run has, for who may make none.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator

from hubusers.accounts.account import Account
from hubusers.accounts.names import is_made_up, names_of_run, usernames
from hubusers.hub.answers import State, error_for, servers_of, user_is_gone
from hubusers.hub.client import HubClient
from hubusers.hub.removal import remove_server, remove_user
from hubusers.hub.sightings import USER_PATH
from hubusers.hub.user_list import list_users


class NoAccountLeft(Exception):
    """There are more people than accounts; the text says so."""


class Accounts(ABC):
    """The accounts of the people of one process."""

    @abstractmethod
    def take(self) -> Account:
        """Return an account that nobody else in the run has.

        Raises:
            NoAccountLeft: All are taken.
        """

    @abstractmethod
    def give_back(self, key: str) -> None:
        """Say that nothing of a person's is left on the hub, so that another person may have a given account."""

    @property
    def are_made(self) -> bool:
        """Whether the hub does not have them before the run."""
        return False

    def in_use(self, client: HubClient, account: Account) -> bool:
        """Say whether the account's server runs already, which is then somebody else's and must be left alone.

        Raises:
            HubError: The hub did not say.
        """
        return False

    @abstractmethod
    def remove(self, client: HubClient, key: str, seconds: float, interval: float, *, may_have_server: bool) -> None:
        """Remove from the hub what the run put there under this key; raises what `remove_user` raises."""

    def left_on_hub(self, client: HubClient, run_id: str) -> Iterator[tuple[str, bool]]:
        """Return what the hub still lists of a run: each key, and whether there is a server.

        Raises:
            HubError: The hub did not say.
        """
        return iter(())


class MadeAccounts(Accounts):
    """Accounts that the run makes, under names that it makes up, and deletes.

    Args:
        prefix: What the names begin with, before the run's id.
        begin_with: What the names of this process begin with.
        password: What all of them log in with, where the hub lets such people in; "" for none.
    """

    def __init__(self, prefix: str, begin_with: str, password: str = "") -> None:
        self._prefix = prefix
        self._names = usernames(begin_with)
        self._password = password

    def take(self) -> Account:
        return Account(next(self._names), password=self._password)

    def give_back(self, key: str) -> None:
        """Nothing: the account is deleted, and the next person gets another one."""

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
    """Accounts that are on the hub before the run and after it; only servers that the run started are stopped.

    Args:
        accounts: Those of this process.
        file: Where they are from, for the texts.
    """

    def __init__(self, accounts: list[Account], file: str) -> None:
        self._free = deque(accounts)
        self._all = {account.key: account for account in accounts}
        self._file = file

    def take(self) -> Account:
        if not self._free:
            raise NoAccountLeft(
                f"No account of {self._file} is left for another person: all {len(self._all)} are taken"
            )
        return self._free.popleft()

    def give_back(self, key: str) -> None:
        account = self._all[key]
        if account not in self._free:
            self._free.append(account)

    def in_use(self, client: HubClient, account: Account) -> bool:
        answer = client.request_patiently("GET", USER_PATH, username=account.username)
        if user_is_gone(answer):  # many hubs know of an account only when somebody has logged in with it
            return False
        if answer.status != 200:
            raise error_for(answer, f"looking at the server of {account.username}")
        return servers_of(answer.model).state() is not State.STOPPED

    def remove(self, client: HubClient, key: str, seconds: float, interval: float, *, may_have_server: bool) -> None:
        remove_server(client, key, "", seconds, interval)


class NamedServers(Accounts):
    """One account, whose token the run has; each person is one more named server of it.

    Args:
        owner: The account's name.
        token: Its token.
        prefix: What the servers' names begin with, before the run's id.
        begin_with: What the servers' names of this process begin with.
    """

    def __init__(self, owner: str, token: str, prefix: str, begin_with: str) -> None:
        self._owner = owner
        self._token = token
        self._prefix = prefix
        self._names = usernames(begin_with)

    def take(self) -> Account:
        return Account(self._owner, next(self._names), token=self._token)

    def give_back(self, key: str) -> None:
        """Nothing: the server is deleted, and the next person gets another one."""

    def remove(self, client: HubClient, key: str, seconds: float, interval: float, *, may_have_server: bool) -> None:
        remove_server(client, self._owner, key, seconds, interval)

    def left_on_hub(self, client: HubClient, run_id: str) -> Iterator[tuple[str, bool]]:
        for name in named_servers(client, self._owner):
            if is_made_up(name, self._prefix, run_id):
                yield name, True


def named_servers(client: HubClient, owner: str) -> list[str]:
    """Return the names of all named servers of an account, also of those that are stopped.

    Raises:
        HubError: The hub did not say.
    """
    answer = client.request_patiently("GET", USER_PATH, username=owner, query={"include_stopped_servers": "1"})
    if answer.status != 200:
        raise error_for(answer, f"listing the servers of {owner}")
    return [name for name in servers_of(answer.model).states if name]
