"""One run in one process: its settings, its accounts, the ledger of what it created, its results and its clean-up."""

import logging
import math
import ssl
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Protocol

from gevent.lock import BoundedSemaphore

from hubusers.accounts.account import Account
from hubusers.accounts.cleanup import CONCURRENCY, Cleanup
from hubusers.accounts.ledger import Ledger, Totals
from hubusers.accounts.names import names_of_process
from hubusers.accounts.other_names import enter_other_name
from hubusers.accounts.sources import Accounts, GivenAccounts, MadeAccounts, NamedServers
from hubusers.durations import time_of_day
from hubusers.how_installed import NOT_INSTALLED
from hubusers.http.connections import Connections
from hubusers.http.session import REQUEST_TIMEOUT, ssl_context
from hubusers.hub.acceptance import OWNER_PATH, despite_refusals
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, TokenRejected
from hubusers.hub.templates import template_of
from hubusers.log import get_logger
from hubusers.results.distinct import Distinct
from hubusers.results.records import STEPS
from hubusers.results.results import Results
from hubusers.run.failed_spawns import SpawnCounts
from hubusers.run.generator_check import GeneratorCheck, Strain
from hubusers.run.kept_servers import strike_out_what_is_gone
from hubusers.run.next_person import NextPerson, anybody
from hubusers.run.shared_listing import SharedListing
from hubusers.run.start_gate import StartGate
from hubusers.run.token_doubt import TokenDoubt
from hubusers.run.user_counts import UserCounts
from hubusers.run.what_is_left import clean_up_line
from hubusers.settings.settings import Settings
from hubusers.start_parts import OTHER

LOG = get_logger(__name__)

ACCOUNTS_UNDER_WAY = 10
"""Accounts that the users of one process create at the same time. In real life people have theirs for long; a burst of
new ones, which cost a hub some 20 ms each, should not keep it from answering those who are in."""

LOOKS_UNDER_WAY = 10
"""Looks at servers that one process has under way; enough to keep a hub busy that answers in milliseconds."""


MOST_REASONS = 50
"""How many different reasons of failures one process counts apart; each is a row of Locust's table of failures."""

MOST_OTHER_PARTS = 20
"""How many different messages of unknown spawners are parts of a start by themselves."""


class Closable(Protocol):
    """A connection, for a run to close."""

    def close(self) -> None:
        """Close it; never raises."""


class Run:
    """One process's share of a run, from the start of the test until nothing of it is left on the hub.

    Args:
        settings: What was asked for.
        worker: The number of this process, in its users' names.
        share: Which of the given accounts are for this process.
        tried: The kinds of start of which a first server was tried, as `kind_of_start` returns them.
        processes: How many processes have users of this run.
        keeps_results: Whether results are kept here once they are handed over.
        stop: Ends the whole run; called with the reason, a sentence.
        spawns_changed: Called whenever a spawn failed, or the first one succeeded after that, with the counts so far.
        token_accepted_again: Called when the hub has refused a token for a while: with whose token it was, and with the
            moments of the first refusal and of the first acceptance after it, in seconds since the epoch.
        strained: Called whenever this process could not keep up, with how hard it was so far.
    """

    def __init__(
        self,
        settings: Settings,
        worker: int,
        *,
        share: slice = slice(None),
        tried: Iterable[str] = (),
        processes: int = 1,
        keeps_results: bool = True,
        stop: Callable[[str], None] = lambda _: None,
        spawns_changed: Callable[[SpawnCounts], None] = lambda _: None,
        token_accepted_again: Callable[[str, float, float], None] = lambda *_: None,
        strained: Callable[[Strain], None] = lambda _: None,
    ) -> None:
        self.settings = settings
        self.ledger = Ledger()
        self.spawns = SpawnCounts()
        self.gate = StartGate(settings.failed_spawns_to_stop, tried, processes)
        self.results = Results(keeps=keeps_results)
        self.cohorts: defaultdict[str, UserCounts] = defaultdict(UserCounts)  # by name; "" without an event
        self.pending_for: Counter[str] = Counter()  # what its pending starts wait for now
        self.pending_since: dict[object, float] = {}  # when each of them began, on the monotonic clock
        self.reasons = Distinct(MOST_REASONS, "(another reason)")
        self.other_parts = Distinct(MOST_OTHER_PARTS, OTHER)
        self.began = math.inf  # on the monotonic clock: when people could come
        self.generator = GeneratorCheck(strained, worker)
        self.listing: SharedListing | None = None  # of the users who wait by it, made by the first of them
        self.creating = BoundedSemaphore(ACCOUNTS_UNDER_WAY)  # for users who create their accounts
        self.looking = BoundedSemaphore(LOOKS_UNDER_WAY)  # for users who look at their servers
        self.worker = worker
        self.names_begin_with = names_of_process(settings.prefix, settings.run_id, worker)
        self.accounts = _accounts(settings, share, self.names_begin_with)
        self.newest: NextPerson | None = None  # for whom a user is being made
        self._expected: NextPerson | None = None
        self.kept: dict[str, Callable[[HubUsersError], None]] = {}  # by key of the server: counts it as gone
        self._kept_open: list[Closable] = []
        self.token_accepted_again = token_accepted_again
        self._stop = stop
        self._spawns_changed = spawns_changed
        self._failures_seen: set[str] = set()
        self._hub_away_at = -math.inf
        self._is_over = False
        self._tls_context = ssl_context(settings.access.verify)
        self._token_doubt = TokenDoubt(
            partial(self.ask_for_owner, settings.access.token),
            settings.server_timeout,
            self._believe_refusal,
            partial(token_accepted_again, "the API token"),
        )
        cleaner = HubClient(settings.endpoint, self.connections(settings.access.token, size=CONCURRENCY))
        self._cleanup = Cleanup(cleaner, self.ledger, self.accounts, settings.server_timeout, settings.poll_interval)

    def tls_context(self, **_: object) -> ssl.SSLContext:
        """Return the context that verifies the hub's certificate: one for all users, because each takes a megabyte."""
        return self._tls_context

    def connections(self, token: str = "", headers: Mapping[str, str] | None = None, **kwargs: Any) -> Connections:
        """Return new connections to the hub.

        Args:
            token: The token that each request carries; "" for none.
            headers: More headers of each request.
            kwargs: More arguments of `Connections`.
        """
        access = self.settings.access
        return Connections(
            self.settings.endpoint,
            {**(headers or {}), **({"Authorization": f"token {token}"} if token else {})},
            tls_context=self.tls_context,
            insecure=access.verify is False,
            **kwargs,
        )

    def begin(self) -> None:
        """Note that from now on people may come."""
        self.began = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since people could come."""
        return max(0.0, time.monotonic() - self.began)

    @property
    def counts(self) -> UserCounts:
        """What all users of this process do now, added up."""
        return sum(self.cohorts.values(), UserCounts())

    def waits(self) -> list[float]:
        """Return for how many seconds each start that is pending has been so by now."""
        now = time.monotonic()
        return [now - began for began in self.pending_since.values()]

    def expect(self, next_person: NextPerson) -> None:
        """Set the person that the next user stands for, just before Locust makes that user."""
        self._expected = self.newest = next_person

    def next_person(self) -> NextPerson:
        """Return the person that the next user stands for.

        Raises:
            NoAccountLeft: All accounts are taken.
        """
        next_person, self._expected = self._expected, None
        self.newest = next_person or NextPerson(
            anybody(self.settings), self.accounts.take(), has_account=not self.accounts.are_made
        )
        return self.newest

    def note_ready(self, kind: str) -> None:
        """Count a spawn that succeeded, of a kind as `kind_of_start` returns it."""
        self.spawns = SpawnCounts(self.spawns.ready + 1, self.spawns.failed)
        failed_before = self.gate.failed
        self.gate.note_ready(kind)
        if failed_before:
            self._spawns_changed(self.spawns)

    def reason_of(self, words: str, account: Account) -> str:
        """Return words of the hub as a run counts failures by them: without names and numbers, and bounded."""
        return self.reasons(template_of(words, (account.username, account.server_name)))

    def note_hub_away(self) -> None:
        """Remember that the hub did not answer just now."""
        self._hub_away_at = time.monotonic()

    def note_failed_spawn(self, since: float) -> None:
        """Count a failed spawn that began at `since` on the monotonic clock; too many in a row end the run."""
        # A hub that restarts forgets its pending spawns, and counts its failures from zero.
        if since < self._hub_away_at:
            return
        self.spawns = SpawnCounts(self.spawns.ready, self.spawns.failed + 1)
        self.gate.set_failed(self.gate.failed + 1)
        self._spawns_changed(self.spawns)

    def note_failure(self, error: HubUsersError) -> None:
        """Log the first failure of each kind, with its particulars; Locust's statistics count them all.

        A refused token is asked about again, in the background: one that the hub no longer accepts ends the run.
        """
        first = str(error) not in self._failures_seen
        self._failures_seen.add(str(error))
        LOG.log(logging.WARNING if first else logging.DEBUG, "%s", error.detail)
        if isinstance(error, TokenRejected):
            self._token_doubt.begin()

    def ask_for_owner(self, token: str) -> int:
        """Ask the hub once who the owner of a token is; return the status of its answer, 0 without one."""
        client = HubClient(self.settings.endpoint, self.connections(token))
        return client.request("GET", OWNER_PATH, timeout=min(REQUEST_TIMEOUT, self.settings.server_timeout)).status

    def end_for_want_of(self, reason: str) -> None:
        """End the whole run, because people cannot go on with what is installed here: that says nothing of the hub.

        Args:
            reason: What is missing, and how to get it.
        """
        self._stop(f"{NOT_INSTALLED}{reason}")

    def _believe_refusal(self, since: float) -> None:
        moment = time_of_day(since)
        if self._is_over:
            LOG.error("The hub does not accept the API token any more: it has refused it since %s", moment)
        else:
            self._stop(
                "The hub does not accept the API token any more, so the run ends. (It was asked again and again, and "
                f"has refused it each time since {moment}.)"
            )

    def release(self, key: str) -> None:
        """Remove the account and the server of a person who is done, in the background, unless they are to be kept."""
        if self.settings.keep:
            return
        if key in self.ledger:
            self._cleanup.release([key])
        else:
            self.accounts.give_back(key)

    def undo_login(self, client: HubClient, own: str, other: str, *, started: bool) -> None:
        """Remove, in the background, what a login has brought into being that the hub took for somebody else's.

        Also where everything is to be kept: nobody has asked for this.

        Args:
            client: Whose requests look at both accounts.
            own: The name of the person's own account.
            other: The name that the login has led to.
            started: Whether the login has started the server of that account.
        """
        deadline = Deadline(self.settings.server_timeout)
        if enter_other_name(client, self.ledger, self.accounts, own, other, deadline, started=started):
            self._cleanup.release([other])

    def keep_open(self, connection: Closable) -> None:
        """Keep a connection open until the end of the run, because its user walked away from it."""
        self._kept_open.append(connection)

    def clean_up_own(self) -> None:
        """Remove what this process created in this run, unless it is to be kept; return when it is done."""
        self._is_over = True
        while self._kept_open:
            self._kept_open.pop().close()
        if self.settings.keep:
            client = HubClient(self.settings.endpoint, self.connections(self.settings.access.token, size=CONCURRENCY))
            deadline = Deadline(self.settings.server_timeout)
            strike_out_what_is_gone(client, self.ledger, self.accounts, self.kept, deadline)
        else:
            self._cleanup.remove_all()
        self._token_doubt.end()

    def clean_up_everything(self) -> None:
        """Like `clean_up_own`, in the only process of a run; then look whether the hub still lists anything of it."""
        self.clean_up_own()
        if not self.settings.keep and not self.ledger.left() and self.take_over():
            self.clean_up_own()

    def take_over(self) -> bool:
        """Enter everything of this run that the hub still lists; return False when the hub does not say what.

        Workers that died have left it, or requests that reached the hub after the clean-up.
        """
        client = HubClient(self.settings.endpoint, self.settings.access.session)
        try:
            left = despite_refusals(
                lambda: list(self.accounts.left_on_hub(client, self.settings.run_id)), self.settings.server_timeout
            )
            for key, has_server in left:
                if self.accounts.are_made:
                    self.ledger.user_created(key)
                if has_server:
                    self.ledger.server_started(key)
        except HubUsersError as error:
            LOG.error("Could not look for what may be left: %s", error.detail)
            return False
        return True

    def say_measured(self) -> None:
        """Log the percentiles of each step, and their largest error."""
        for step in STEPS:
            if summary := self.results.people.summary(step):
                LOG.info("%s", summary)

    def summary(self, totals: Totals) -> str:
        """Return the last line of the run, as `clean_up_line` has it."""
        return clean_up_line(self.settings, totals)


def _accounts(settings: Settings, share: slice, names_begin_with: str) -> Accounts:
    if settings.accounts_file:
        return GivenAccounts(settings.given_accounts[share], settings.accounts_file)
    if settings.named_servers:
        return NamedServers(settings.owner, settings.access.token, settings.prefix, names_begin_with)
    return MadeAccounts(settings.prefix, names_begin_with, settings.access.password)
