"""The base of all user classes: an account on the hub, and the steps of a server's life, measured."""

from locust.env import Environment
from locust.exception import RescheduleTask, StopUser

import random
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TypeVar

from gevent import GreenletExit

from hubusers.accounts.account import Account
from hubusers.accounts.sources import not_known
from hubusers.hub import lifecycle
from hubusers.hub.answers import State, Stop
from hubusers.hub.creation import make_accounts
from hubusers.hub.deadline import Deadline
from hubusers.hub.endpoint import quoted
from hubusers.hub.errors import (
    HubError,
    HubUsersError,
    ServerGone,
    SpawnFailed,
    Throttled,
    UserGone,
    WaitTimeout,
)
from hubusers.hub.progress import progress
from hubusers.hub.sightings import Sighting, look_at, looks
from hubusers.log import get_logger
from hubusers.results.records import (
    ARRIVAL,
    START_TO_READY,
    STOP_TO_STOPPED,
    UNFINISHED,
)
from hubusers.run import server_life
from hubusers.run.pending_start import PendingStart
from hubusers.run.run import Run
from hubusers.run.shared_listing import SharedListing
from hubusers.run.start_gate import Turn, kind_of_start
from hubusers.settings.settings import Settings
from hubusers.start_parts import ACCEPTANCE, PLACE_AT_HUB, SPAWNING
from hubusers.users.clients import RunClient
from hubusers.users.step import Step
from hubusers.users.visiting_user import VisitingUser

LOG = get_logger(__name__)

Asked = TypeVar("Asked")
Ready = TypeVar("Ready")


class HubUser(VisitingUser):
    """A person with an account of their own on the hub.

    The account is made when the user starts; account and server are removed when the user stops, in whatever phase that
    is. Subclasses add tasks, and in them call the steps below, each of which is one row in Locust's statistics. A step
    that fails is counted there and ends the task (with Locust's `RescheduleTask`, so call them from tasks only). Locust
    then goes on with the next task, or the user ends, as `--after-failure` says. A user whose account is gone ends.

    `self.client` is Locust's own HTTP client, on the hub's URL and with the hub's token.
    """

    abstract = True

    has_browser = False
    """Whether such a person opens the hub's pages, thinks between cells, and leaves in the ways that an event says."""
    leaves_server = False
    """Whether the user leaves the server running, until the end of the run."""
    _login_makes_the_account = False
    """Whether the person logs in at the hub's page, which is how many hubs get to know an account."""
    _has_arrived = False
    _has_left = False
    _ready_at = 0.0
    """When the server was last seen to become ready, on the monotonic clock."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._turn = Turn(self.test_run.gate, kind_of_start(self.person.user_options))

    # What a run asks of the class, before there are users

    @classmethod
    def needed_scopes(cls, settings: Settings) -> tuple[str, ...]:
        """Return the scopes that the run's token needs for these users, in addition to those for their accounts."""
        return ()

    @classmethod
    def check_settings(cls, settings: Settings) -> None:
        """Raise SettingsError if these users cannot do their work with the settings."""

    @classmethod
    def what_they_do(cls, settings: Settings) -> str:
        """Return what the log says at the start of a run about what these users will do; "" for nothing."""
        return ""

    @classmethod
    def try_login(cls, run: Run, account: Account) -> str:
        """Log in once before the run, where such people log in; return why the hub refuses, "" where it does not.

        Raises:
            PreflightError: Nobody of them could log in like this.
        """
        return ""

    # What a subclass uses

    def start_server(self) -> None:
        """Start the server and wait until it is ready: the row `SERVER start to ready`.

        The time runs from the first request until the server is seen ready, with every wait that the hub asked for.
        Each such answer (429) is also a row `SERVER throttled`, with the time until the next try.
        """
        self._start(self._ask_to_start, self._wait_until_ready)

    def stop_server(self) -> None:
        """Stop the server and wait until it is gone: the row `SERVER stop to stopped`.

        A server that was gone before counts as a failure. The look that tells this is not part of the time. In an
        event, the person first stays as long as the event says.
        """
        self.stay_as_planned()
        self._stop_at_once()

    def _stop_at_once(self) -> None:
        began, looked = self._began(), time.monotonic()
        gone = self._what_ended_the_server()
        self._stop(self._ask_to_stop, began + time.monotonic() - looked, gone)

    @contextmanager
    def server(self) -> Iterator[str]:
        """Have a ready server for the length of a with-block; its path below the hub's URL is what the block gets.

        In an event, the person stays on after the block until the stay is over. An error in the block stops the server,
        and then goes on.
        """
        if self.has_server:
            self._stop_at_once()  # left over from a step that failed
        self.start_server()
        try:
            yield self.server_path
        except Exception:
            with suppress(RescheduleTask, StopUser):  # a stop that fails is counted and logged; the first error goes on
                self._stop_at_once()
            raise
        self.stop_server()

    @property
    def server_path(self) -> str:
        """The path of the server below the hub's URL."""
        path = f"/user/{quoted(self.username)}"
        return f"{path}/{quoted(self.account.server_name)}" if self.account.server_name else path

    @property
    def has_server(self) -> bool:
        """Whether a server was asked for and has not been seen to stop or fail since."""
        return self.test_run.ledger.has_server(self.account.key)

    # What Locust calls

    def on_start(self) -> None:
        """Create the account, if there is none yet; a subclass that has an `on_start` of its own calls this one first.

        The user ends if there is no account for it, or if its account already has a running server, which is somebody
        else's. (By a `GreenletExit`, because Locust logs a traceback for a `StopUser` here.)
        """
        self._has_arrived = True
        self._counts.arrived += 1
        if self.person.until is not None:
            self._leave_in(self.time_left)
        step = self._new_step()
        try:
            failure = self._why_turned_away()
        except GreenletExit:  # the run ends, and the hub has not made the account yet
            self._record(ARRIVAL, step, UNFINISHED)
            raise
        self._record(ARRIVAL, step, failure)
        if failure:
            self._counts.failed += 1
            raise GreenletExit

    def on_stop(self) -> None:
        """Have server and account removed; a subclass that has an `on_stop` of its own calls this one last.

        If the user has left the server running, both are removed at the end of the run.
        """
        self.leave_run()

    def leave_run(self) -> None:
        super().leave_run()
        if self._has_left:
            return
        self._has_left = True
        self._note_own_requests()
        self._turn.give_back()
        if not self.leaves_server:
            self._count_server(False)
        self._counts.left += self._has_arrived
        if self.username and not self.leaves_server:
            self.test_run.release(self.account.key)

    # The life of a server

    def _start(
        self, ask: Callable[[Step], Asked], wait: Callable[[Step, Asked], Ready], *, began: float = 0.0
    ) -> Ready:
        """Start the server, and wait until it is ready; measured, and counted.

        Args:
            ask: Asks the hub once; raises `ComeBackLater` for "later" (429).
            wait: Waits until the server is ready; gets what `ask` returned.
            began: When the user began to ask, on the monotonic clock; 0 for now.

        Returns:
            What `wait` returns.
        """
        if not self._lifecycle_has_begun:
            self._begin_lifecycle(from_ready=True)
        self._lifecycle_has_begun = False
        self._take_turn()
        try:
            return self._start_in_turn(ask, wait, began or self._began())
        finally:
            self._turn.give_back()

    def _take_turn(self) -> None:
        """Wait until the run's gate lets the start in."""
        if self._turn.take():
            self._due = None  # the person comes later than planned, and is measured from now

    def _start_in_turn(self, ask: Callable[[Step], Asked], wait: Callable[[Step, Asked], Ready], began: float) -> Ready:
        with (
            self.errors_end_the_task(),
            PendingStart(self.test_run, self.username, self.account.server_name, began, self.person.cohort) as pending,
            self._measured(START_TO_READY, began=began, pending=pending) as step,
        ):

            def ask_hub() -> Asked:
                held = self._turn.take(step.deadline.remaining())  # again, after a "later"
                if held is None:
                    waited = f"{step.deadline.seconds:g} seconds"
                    raise Throttled(f"not let in within {waited}, at last by the run itself, because spawns fail")
                step.throttled += held
                pending.waits_for(ACCEPTANCE)
                return ask(step)

            def wait_for_server(asked: Asked) -> Ready:
                pending.waits_for(SPAWNING)
                return wait(step, asked)

            def note_throttled(seconds: float, limit: str) -> None:
                self._turn.give_back()
                pending.waits_for(PLACE_AT_HUB)
                self._throttled(step, seconds, limit)

            try:
                ready = server_life.start(
                    self.test_run.ledger,
                    self.account.key,
                    step.deadline,
                    ask_hub,
                    wait_for_server,
                    self._may_run,
                    note_throttled,
                )
            except (SpawnFailed, WaitTimeout) as error:
                step.ended, step.failure = time.monotonic(), str(error)
                error.words = error.words or self._told_of_failure(pending)
                if isinstance(error, SpawnFailed):
                    self.test_run.note_failed_spawn(step.began)
                raise
            self.test_run.note_ready(kind_of_start(self.person.user_options))
        self._got_server_in = min(self._got_server_in, self.lifecycle)
        self._ready_at = step.ended or time.monotonic()
        self._count_server(True)
        self._note_visit_ready()
        return ready

    def _told_of_failure(self, pending: PendingStart) -> str:
        """Return what the hub last said of a start that failed, or was late, in a way that told nothing itself."""
        if pending.has_heard:  # and so everything of a start that is late, too
            return pending.last_words
        return pending.ask_once(self.hub) or pending.last_words

    def _stop(self, ask: Callable[[Step], Stop], began: float = 0.0, gone: HubUsersError | None = None) -> None:
        """Stop the server, and wait until it is gone; measured, and counted.

        Args:
            ask: Asks the hub once.
            began: When the stop was due, on the monotonic clock; 0 for now.
            gone: Why there is nothing to stop, if that is so.
        """
        self._count_server(False)
        with self.errors_end_the_task(), self._measured(STOP_TO_STOPPED, began=began) as step:
            if gone:
                self._note_server_gone()
                raise gone
            server_life.stop(
                self.test_run.ledger,
                self.account.key,
                step.deadline,
                self.settings.poll_interval,
                partial(ask, step),
                partial(self._wait_until_stopped, step),
                self._may_run,
                lifecycle.called(self.username, self.account.server_name),
            )

    def _ask_to_start(self, step: Step) -> None:
        with self._token_shown():
            options, server_name = self.person.user_options, self.account.server_name
            lifecycle.ask_to_start(self.hub, self.username, options, step.deadline, server_name)

    def _wait_until_ready(self, step: Step, _: None) -> None:
        sightings = self._sightings_of_start(step)
        step.end_seen(lifecycle.wait_until_ready(sightings, self.username, step.deadline, self.account.server_name))

    def _what_ended_the_server(self) -> HubUsersError | None:
        """Look whether the server is still there; return what has become of it if it is not, None otherwise.

        The hub answers a request to stop a server that is not there like one to stop a server that stops at once.
        """
        run, server_name = self.test_run, self.account.server_name
        if run.listing and run.listing.has_just_listed(self.username):
            return None
        with suppress(HubError):  # what the hub says against a look, it will say against the stop
            servers = look_at(self.hub, self.username, Deadline(self.settings.server_timeout))
            if servers and servers.user_is_gone:
                return UserGone(f"the hub does not know the user {self.username} any more", status=404)
            if servers and servers.state(server_name) in {State.STOPPED, State.STOPPING}:
                what = lifecycle.called(self.username, server_name)
                return self._gone(f"{what} was stopped by somebody else, as a culler does, or has ended by itself")
        return None

    def _gone(self, detail: str) -> ServerGone:
        error = ServerGone(detail)
        error.after = time.monotonic() - self._ready_at
        return error

    def _ask_to_stop(self, step: Step) -> Stop:
        with self._token_shown():
            return lifecycle.ask_to_stop(self.hub, self.username, step.deadline, self.account.server_name)

    def _wait_until_stopped(self, step: Step) -> None:
        sightings = self._sightings_of_stop(step.deadline)
        step.end_seen(lifecycle.wait_until_stopped(sightings, self.username, step.deadline, self.account.server_name))

    def _sightings_of_start(self, step: Step) -> Generator[Sighting]:
        if self.settings.wait == "progress":
            interval, server_name = self.settings.poll_interval, self.account.server_name
            return progress(self.hub, self.username, step.deadline, interval, server_name, step.hears)
        if step.pending:
            step.pending.ask_when_late(self.hub, step.deadline.remaining() / 2)
        return self._sightings_of_stop(step.deadline)

    def _sightings_of_stop(self, deadline: Deadline) -> Generator[Sighting]:
        # There is no progress stream of a stop.
        if self.settings.wait == "listing":
            return self._shared_listing().sightings(self.hub, self.username, deadline)
        # A thousand users who were let in together would otherwise ask together, every second.
        interval = self.settings.poll_interval
        return looks(self.hub, self.username, deadline, interval, random.uniform(0, interval))

    def _shared_listing(self) -> SharedListing:
        run = self.test_run
        if run.listing is None:
            client = RunClient(run, self._connections(run.settings.access.token))
            run.listing = SharedListing(client, run.names_begin_with, self.settings.poll_interval)
        return run.listing

    def _throttled(self, step: Step, seconds: float, limit: str) -> None:
        step.throttled += seconds
        step.throttled_by = limit
        self._counts.throttled += 1
        self._count("throttled", seconds)

    def _may_run(self) -> bool:
        """Ask the hub whether the server runs; True also where it does not say."""
        return server_life.may_run(self.hub, self.username, self.account.server_name)

    def _note_server_lost(self, error: HubUsersError) -> None:
        """Take in that the person has lost the server by this error, and strike it out if the hub says so, too."""
        server_life.strike_out_if_gone(self.test_run.ledger, self.account.key, error, self._may_run)
        self._count_server(False)

    def _note_server_gone(self) -> None:
        """Strike out the server, of which the hub has just said that it does not run."""
        self.test_run.ledger.server_gone(self.account.key)
        self._count_server(False)

    def _count_server(self, in_use: bool) -> None:
        self._counts.ready += in_use - self._uses_server
        self._uses_server = in_use

    # The account

    def _why_turned_away(self) -> str:
        """Return why the person cannot even begin, in a fixed phrase; "" if they can."""
        if not self.username:
            return "no account left"
        return self._why_no_use() if self._has_account else self._why_not_created()

    def _why_not_created(self) -> str:
        run = self.test_run
        with run.creating:
            deadline = Deadline(self.settings.server_timeout)  # not before: a thousand new users stand in line here
            try:
                make_accounts(
                    self.hub, [self.username], run.ledger, deadline, self.settings.poll_interval, run.note_failure
                )
            except WaitTimeout as error:
                LOG.error("No account for %s; this user ends: %s", self.username, error.detail)
                return str(error)
            except HubUsersError as error:
                run.note_failure(error)
                return str(error)
        return ""

    def _why_no_use(self) -> str:
        """Return why the account cannot be used, which was there before; "" if it can."""
        deadline = Deadline(self.settings.server_timeout)
        try:
            with self._token_shown():
                seen = self.test_run.accounts.look_at(self.hub, self.account, deadline)
        except HubUsersError as error:
            self.test_run.note_failure(error)
            return str(error)
        self._had_server = seen.had_server
        if not seen.is_known and not self._login_makes_the_account:
            LOG.error("%s; this user ends", not_known(self.username))
            return "the hub does not know the account"
        if not seen.in_use:
            return ""
        LOG.error("The server of %s runs already and is somebody else's; this user ends", self.username)
        return "the server runs already"
