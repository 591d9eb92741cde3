"""The state of the fast hub: its users, their servers, and lists of users."""

import asyncio
import itertools
import json
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from urllib.parse import quote

from benchmarks.hub_answers import event, ready_event, user_model
from benchmarks.hub_rules import STATES, ServerState

_FAILED = event({"progress": 100, "failed": True, "message": "Spawn cancelled"})


@dataclass(slots=True, eq=False)
class Account:
    """A user; the number is what the hub lists them by."""

    number: int
    name: str
    state: ServerState = ServerState.NONE
    watchers: set[Callable[[bytes], None]] = field(default_factory=set)
    """Called, once, with the last event of the spawn that is under way."""

    timer: asyncio.TimerHandle | None = None
    created: str = field(default_factory=lambda: _now())
    started: str = ""
    escaped: str = field(init=False)
    quoted: str = field(init=False)
    _model: bytes | None = None

    def __post_init__(self) -> None:
        self.escaped, self.quoted = json.dumps(self.name)[1:-1], quote(self.name)

    @property
    def ready_event(self) -> bytes:
        return ready_event(f"/user/{self.quoted}/")

    @property
    def model(self) -> bytes:
        """Made once for each state, however often it is looked at."""
        if self._model is None:
            self._model = user_model(self.state, self.escaped, self.quoted, self.created, self.started)
        return self._model

    def change(self, state: ServerState) -> None:
        self.state = state
        self._model = None

    def cancel_timer(self) -> None:
        if self.timer:
            self.timer.cancel()
            self.timer = None

    def end_spawn(self, last_event: bytes) -> None:
        watchers, self.watchers = self.watchers, set()
        for watcher in watchers:
            watcher(last_event)


class Listing:
    """The accounts that one query finds, in the hub's order, kept up with every change: then a page is a mere slice.

    A list of 10,000 takes half a millisecond to search, and a client that reads all of it once a second asks 50 times.
    """

    def __init__(self, states: frozenset[ServerState], name_filter: str, accounts: Iterable[Account]) -> None:
        self._states = states
        self._name_filter = name_filter.lower()
        self.accounts = [account for account in accounts if self.finds(account)]

    def finds(self, account: Account) -> bool:
        return account.state in self._states and self._name_filter in account.name.lower()

    def update(self, account: Account, belongs: bool) -> None:
        place = bisect_left(self.accounts, account.number, key=attrgetter("number"))
        listed = self.accounts[place : place + 1] == [account]
        if belongs and not listed:
            self.accounts.insert(place, account)
        elif listed and not belongs:
            del self.accounts[place]


class HubState:
    """All accounts and servers; the servers start and stop by the clock of the running event loop."""

    def __init__(self, spawn_seconds: float, stop_seconds: float) -> None:
        self.accounts: dict[str, Account] = {}
        self.ready_times: dict[str, float] = {}
        self._spawn_seconds = spawn_seconds
        self._stop_seconds = stop_seconds
        self._loop = asyncio.get_running_loop()
        self._numbers = itertools.count()
        self._listings: dict[tuple[str, str], Listing] = {}

    def create(self, name: str) -> Account:
        account = self.accounts[name] = Account(next(self._numbers), name)
        self._update_listings(account)
        return account

    def delete(self, account: Account) -> None:
        account.cancel_timer()
        account.end_spawn(_FAILED)
        del self.accounts[account.name]
        for listing in self._listings.values():
            listing.update(account, belongs=False)

    def start(self, account: Account) -> None:
        """Start a server, of an account that has none."""
        account.started = _now()
        self._change(account, ServerState.STARTING)
        account.timer = self._loop.call_later(self._spawn_seconds, self._be_ready, account)

    def stop(self, account: Account) -> bool:
        """Stop a server that is starting or ready; return whether it is stopped already."""
        account.cancel_timer()
        if not self._stop_seconds:
            self._be_stopped(account)
        else:
            self._change(account, ServerState.STOPPING)
            account.timer = self._loop.call_later(self._stop_seconds, self._be_stopped, account)
        account.end_spawn(_FAILED)
        return account.state is ServerState.NONE

    def listing(self, state: str, name_filter: str) -> list[Account]:
        """Return the accounts whose servers are in this state, a key of `STATES`, with this in their names."""
        listing = self._listings.get((state, name_filter))
        if listing is None:
            listing = Listing(STATES[state], name_filter, self.accounts.values())
            self._listings[state, name_filter] = listing
        return listing.accounts

    def _be_ready(self, account: Account) -> None:
        self._change(account, ServerState.READY)
        self.ready_times[account.name] = time.time()
        account.end_spawn(account.ready_event)

    def _be_stopped(self, account: Account) -> None:
        self._change(account, ServerState.NONE)

    def _change(self, account: Account, state: ServerState) -> None:
        account.change(state)
        self._update_listings(account)

    def _update_listings(self, account: Account) -> None:
        for listing in self._listings.values():
            listing.update(account, listing.finds(account))


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat() + "Z"
