"""The ledger of what this process created on the hub, so that it can remove all of it and nothing else.

Its names are `Account.key`: an account's name or, for named servers, a server's name. A login that the hub takes for
somebody else's adds that name.
"""

from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True)
class Totals:
    """How many users and servers were created and removed, by one process or summed over all processes."""

    users_created: int = 0
    users_removed: int = 0
    servers_started: int = 0
    servers_removed: int = 0

    @property
    def users_left(self) -> int:
        return self.users_created - self.users_removed

    @property
    def servers_left(self) -> int:
        return self.servers_started - self.servers_removed

    @property
    def left(self) -> int:
        """How much is left to remove: users with their servers or, if accounts were given, servers."""
        return max(self.users_left, self.servers_left)

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(**{item.name: getattr(self, item.name) + getattr(other, item.name) for item in fields(self)})

    def __str__(self) -> str:
        return (
            f"users: {self.users_created} created, {self.users_removed} removed, {self.users_left} left; "
            f"servers: {self.servers_started} started, {self.servers_removed} removed, {self.servers_left} left"
        )

    def settled(self) -> "Totals":
        """Return only what was created and removed again, if another process takes over the rest."""
        return Totals(self.users_removed, self.users_removed, self.servers_removed, self.servers_removed)

    def as_message(self) -> dict[str, int]:
        """Return the numbers for a message between worker and master."""
        return asdict(self)


class Ledger:
    """The accounts that one process created, and the servers that it started.

    Enter both before asking the hub for them, because its answer may never arrive.
    """

    def __init__(self) -> None:
        self._created: set[str] = set()
        self._users: set[str] = set()
        self._servers: set[str] = set()
        self._servers_started = 0

    def user_created(self, name: str) -> None:
        """Enter an account, or enter it again if it turns out not to be gone."""
        self._created.add(name)
        self._users.add(name)

    def user_refused(self, name: str) -> None:
        """Strike out an account that the hub said it did not create."""
        self._created.discard(name)
        self._users.discard(name)

    def server_started(self, name: str) -> None:
        if name not in self._servers:
            self._servers.add(name)
            self._servers_started += 1

    def server_refused(self, name: str) -> None:
        """Strike out a server that the hub said it will not start."""
        if name in self._servers:
            self._servers.discard(name)
            self._servers_started -= 1

    def server_gone(self, name: str) -> None:
        self._servers.discard(name)

    def removed(self, name: str) -> None:
        """Strike out the account, if it was created, and its server."""
        self._users.discard(name)
        self.server_gone(name)

    def has_server(self, name: str) -> bool:
        return name in self._servers

    def has_user(self, name: str) -> bool:
        """Return whether this account was created, and is not removed yet; not so where only a server is ours."""
        return name in self._users

    def __contains__(self, name: str) -> bool:
        return name in self._users or name in self._servers

    def left(self) -> list[str]:
        """Return the names whose account or server is, or may be, still on the hub."""
        return sorted(self._users | self._servers)

    def totals(self) -> Totals:
        return Totals(
            len(self._created),
            len(self._created) - len(self._users),
            self._servers_started,
            self._servers_started - len(self._servers),
        )
