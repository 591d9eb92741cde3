"""Where the people of a run get their accounts from, and how what they leave on the hub is removed.

There are three kinds: accounts that the run makes and deletes; accounts that it is given in a file, for hubs whose
accounts come from elsewhere; and named servers of the one account whose token the run has, for who may make none.
"""

import csv
import itertools
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hubusers.hub.answers import State, error_for, servers_of, user_is_gone
from hubusers.hub.client import HubClient
from hubusers.hub.listing import list_users
from hubusers.hub.removal import remove_server, remove_user
from hubusers.hub.watching import USER_PATH
from hubusers.run.names import is_made_up, names_of_run, usernames


@dataclass(frozen=True)
class Account:
    """Who a person is to the hub, and which server is theirs."""

    username: str
    server_name: str = ""  # "" is the default server
    password: str = field(default="", repr=False)  # for the hub's login form; "" where there is none
    token: str = field(default="", repr=False)  # the person's own, to the hub's API and to the server

    @property
    def key(self) -> str:
        """The name that is this person's alone in the run."""
        return self.server_name or self.username


class AccountsFileError(ValueError):
    """A file of accounts that cannot be used; the text says where, and what to do."""


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


def read_accounts(file: str) -> list[Account]:
    """Read accounts from a CSV file whose first line is `name,password` or `name,token`.

    Raises:
        AccountsFileError: It cannot be read, or an account in it cannot be used.
    """
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as opened:
            rows = csv.DictReader(opened, strict=True, skipinitialspace=True)
            header = [name.strip().lower() for name in rows.fieldnames or ()]
            if sorted(header) not in (["name", "password"], ["name", "token"]):
                raise AccountsFileError(
                    f"{file}: the first line must be `name,password` or `name,token`; then one account a line"
                )
            rows.fieldnames = header
            accounts = [_account(row, f"{file}, line {rows.line_num}") for row in rows]
    except OSError as error:
        raise AccountsFileError(f"The accounts in {file} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise AccountsFileError(f"{file} is no CSV file in UTF-8: save it as one") from None
    if not accounts:
        raise AccountsFileError(f"{file} holds no account: add one a line below the first")
    names = [account.username for account in accounts]
    if twice := next((name for name, same in itertools.groupby(sorted(names)) if len(list(same)) > 1), None):
        raise AccountsFileError(f"{file}: {twice} is there twice; a person needs an account of their own")
    return accounts


def _account(row: dict[str | None, str | list[str] | None], where: str) -> Account:
    # Not what is wrong with it: that may be a password.
    if None in row or not all(isinstance(value, str) and value.strip() for value in row.values()):
        raise AccountsFileError(f'{where}: must be two values; one with a comma or a quote in it goes into "quotes"')
    return Account(**{_FIELDS[str(name)]: str(value).strip() for name, value in row.items()})


_FIELDS = {"name": "username", "password": "password", "token": "token"}
