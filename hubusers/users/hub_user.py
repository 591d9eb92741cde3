"""The base of all user classes: an account on the hub, and the steps of a server's life, measured."""

from locust import FastHttpUser
from locust.env import Environment
from locust.exception import RescheduleTask, StopTest, StopUser

import itertools
import math
import random
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import gevent
from gevent import GreenletExit
from gevent.lock import BoundedSemaphore

from hubusers.accounts.account import Account
from hubusers.accounts.sources import NoAccountLeft
from hubusers.http.connections import Connections
from hubusers.hub import lifecycle
from hubusers.hub.answers import error_for
from hubusers.hub.deadline import Deadline, poll
from hubusers.hub.endpoint import quoted
from hubusers.hub.errors import HubUsersError, SpawnFailed, UserGone
from hubusers.hub.progress import progress
from hubusers.hub.sightings import USER_PATH, Sighting, looks
from hubusers.log import get_logger
from hubusers.results.records import START_TO_READY, STOP_TO_STOPPED, UNFINISHED, Record
from hubusers.run.next_person import NextPerson, anybody
from hubusers.run.run import Run, run_of
from hubusers.run.shared_listing import SharedListing
from hubusers.settings.settings import Settings
from hubusers.users.hub_client import CountingClient, UserClient
from hubusers.users.whose_token import own_rejections

LOG = get_logger(__name__)

ACCOUNTS_UNDER_WAY = 10
"""Accounts that one process creates at the same time. People have theirs since long; a burst of new ones, which cost a
hub some 20 ms each, is not what the test is about, and should not keep it from answering those who are in."""


class Measured:
    """One step that is under way: when it was due, and when and how late its end was seen."""

    def __init__(self, began: float) -> None:
        self.began = began
        self.ended = 0.0
        self.late = 0.0
        self.throttled = 0.0
        self.throttled_by = ""

    def take(self, sighting: Sighting, deadline: Deadline) -> None:
        self.ended = deadline.started + sighting.seen
        self.late = sighting.late


class HubUser(FastHttpUser):
    """A person with an account of their own on the hub.

    The account is made when the user starts; account and server are removed when the user stops, in whatever phase that
    is. Subclasses add tasks, and in them call the steps below, each of which is one row in Locust's statistics. A step
    that fails is counted there and ends the task (with Locust's `RescheduleTask`, so call them from tasks only); Locust
    then goes on with the next one, or the user ends, as `--after-failure` says. A user whose account is gone ends.

    `self.client` is Locust's own HTTP client, on the hub's URL and with the hub's token.
    """

    abstract = True

    only_if_asked = False
    """Whether such users come only when their class is named, on Locust's command line or in an event."""

    _creating = BoundedSemaphore(ACCOUNTS_UNDER_WAY)

    def __init__(self, environment: Environment) -> None:
        run = run_of(environment)
        if run is None:
            raise StopTest("Add `from hubusers.plugin import switch_on` and `switch_on()` to the locustfile.")
        self.test_run = run
        self.settings = run.settings
        # A request never takes longer than the step that it belongs to.
        self.network_timeout = self.connection_timeout = run.settings.server_timeout
        self.default_headers = {"Authorization": f"token {run.settings.access.token}"}
        # TLS certificates are verified, which Locust's fast client does not do by itself.
        self.insecure = run.settings.access.verify is False
        self.ssl_context_factory = run.tls_context
        super().__init__(environment)
        next_person = self._next_person(run)
        self.account = next_person.account
        self.username = next_person.account.username
        self.person = next_person.person
        self.lifecycle = 0
        # Who has a token of their own speaks with that one.
        token = self.account.token or run.settings.access.token
        self.hub = UserClient(run, self._connections(token), token, self._count)
        self._has_account = next_person.has_account
        self._has_arrived = False
        self._due = next_person.due
        self._server_in_use = False
        self.leaves_server = False
        self.wait_time = self._noting_when_it_ends(self.wait_time)  # type: ignore[method-assign]

    # What a run asks of the class, before there are users

    @classmethod
    def needed_scopes(cls, settings: Settings) -> tuple[str, ...]:
        """Return the scopes that the run's token needs for these users, in addition to those for their accounts."""
        return ()

    @classmethod
    def check(cls, settings: Settings) -> None:
        """Raise SettingsError where these users could not do their work with the settings."""

    # What a subclass uses

    @contextmanager
    def or_end_the_task(self) -> Iterator[None]:
        """End the task where an error of the hub's comes out of the with-block, unless one can go on after it."""
        try:
            yield
        except HubUsersError as error:
            self.test_run.note_failure(error)
            if error.ends_task:
                ends = self.settings.end_after_failure or error.ends_user
                raise (StopUser if ends else RescheduleTask) from error

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the with-block as one step of its own, with a row `STEP name`; an error of the hub's ends the task."""
        with self._measured(name, "STEP"):
            yield

    def start_server(self) -> None:
        """Start the server and wait until it is ready: the row `SERVER start to ready`.

        The time runs from the first request until the server is seen ready, with every wait that the hub asked for.
        Each such answer (429) is also a row `SERVER throttled`, with the time until the next try.
        """
        self.lifecycle += 1
        with self._counted_as_pending(), self._measured(START_TO_READY) as measured:
            deadline = Deadline(self.settings.server_timeout)
            # Entered before the hub is asked, because its answer may never arrive.
            self.test_run.ledger.server_started(self.account.key)
            try:
                with self._token_shown():
                    lifecycle.start_until_accepted(
                        self.hub,
                        self.username,
                        self.person.user_options,
                        deadline,
                        partial(self._throttled, measured),
                        self.account.server_name,
                    )
            except HubUsersError as error:
                # 502 to 504 come from what stands before the hub, which may have got the request all the same.
                if 400 <= error.status <= 500:
                    self.test_run.ledger.server_refused(self.account.key)
                raise
            try:
                sightings = self._sightings_of_start(deadline)
                seen = lifecycle.wait_until_ready(sightings, self.username, deadline, self.account.server_name)
                measured.take(seen, deadline)
            except (SpawnFailed, UserGone):
                self.test_run.ledger.server_gone(self.account.key)
                raise
            self.test_run.note_ready()
        self._use_server(True)

    def stop_server(self) -> None:
        """Stop the server and wait until it is gone: the row `SERVER stop to stopped`."""
        self._use_server(False)
        with self._measured(STOP_TO_STOPPED) as measured:
            deadline = Deadline(self.settings.server_timeout)
            interval, server_name = self.settings.poll_interval, self.account.server_name
            with self._token_shown():
                stopped = lifecycle.stop_until_accepted(self.hub, self.username, deadline, interval, server_name)
            if not stopped:
                sightings = self._sightings_of_stop(deadline)
                seen = lifecycle.wait_until_stopped(sightings, self.username, deadline, server_name)
                measured.take(seen, deadline)
            self.test_run.ledger.server_gone(self.account.key)

    @contextmanager
    def server(self) -> Iterator[str]:
        """Have a ready server for the length of a with-block; its path below the hub's URL is what the block gets."""
        if self.has_server:
            self.stop_server()  # left over from a step that failed
        self.start_server()
        try:
            yield self.server_path
        except Exception:
            self.stop_server()
            raise
        self.stop_server()

    @property
    def server_path(self) -> str:
        """The path of the server below the hub's URL."""
        path = f"/user/{quoted(self.username)}"
        return f"{path}/{quoted(self.account.server_name)}" if self.account.server_name else path

    def stay(self, seconds: float) -> None:
        """Do nothing for so long. What comes next is due then, and measured from then should it begin late."""
        self._due = time.monotonic() + seconds
        if seconds > 0:
            gevent.sleep(seconds)

    @property
    def time_left(self) -> float:
        """Seconds until this person has to leave, as the event says; infinite where it does not."""
        return math.inf if self.person.until is None else max(0.0, self.person.until - self.test_run.elapsed)

    @property
    def has_server(self) -> bool:
        """Whether a server was asked for that was not seen to stop or fail."""
        return self.test_run.ledger.has_server(self.account.key)

    # What Locust calls

    def on_start(self) -> None:
        """Create the account, if there is none yet; a subclass that has an `on_start` of its own calls this one first.

        Without an account the user ends, by a `GreenletExit`: for a `StopUser` from here Locust would log a traceback.
        So does who has an account with a server that runs already: it is somebody else's.
        """
        if not self.username:
            raise GreenletExit
        if not self._has_account:
            self._have_account()
        elif self._account_is_in_use():
            raise GreenletExit
        self._has_arrived = True
        self.test_run.counts.arrived += 1

    def on_stop(self) -> None:
        """Have server and account removed; a subclass that has an `on_stop` of its own calls this one last.

        Where the person has left the server running, that is at the end of the run.
        """
        if not self.leaves_server:
            self._use_server(False)
        self.test_run.counts.left += self._has_arrived
        if self.username and not self.leaves_server:
            self.test_run.release(self.account.key)

    # How it is done

    def _connections(self, token: str = "", **kwargs: Any) -> Connections:
        event = self.environment.events.request
        return self.test_run.connections(token, request_event=event, context=self.context, **kwargs)

    def _token_shown(self) -> AbstractContextManager[None]:
        """Return the context for requests of `self.hub`, in which a rejected token is this person's or the run's."""
        return own_rejections(self.hub.token, self.settings.access.token)

    def _next_person(self, run: Run) -> NextPerson:
        try:
            return run.next_person()
        except NoAccountLeft as error:
            LOG.error("%s; this user ends", error)
            return NextPerson(anybody(run.settings), Account(""), has_account=False)

    def _account_is_in_use(self) -> bool:
        try:
            with self._token_shown():
                in_use = self.test_run.accounts.in_use(self.hub, self.account)
        except HubUsersError as error:
            self.test_run.note_failure(error)
            return True
        if in_use:
            LOG.error("The server of %s runs already and is somebody else's; this user ends", self.username)
        return in_use

    def _have_account(self) -> None:
        with self._creating:
            self.test_run.ledger.user_created(self.username)
            deadline, tries = Deadline(self.settings.server_timeout), itertools.count(1)
            created = poll(lambda: self._create_account(deadline, next(tries)), deadline, self.settings.poll_interval)
        if not created:
            LOG.error("No account for %s within %g seconds; this user ends", self.username, deadline.seconds)
            raise GreenletExit

    def _create_account(self, deadline: Deadline, tries: int) -> bool | None:
        answer = self.hub.request(
            "POST",
            USER_PATH,
            username=self.username,
            timeout=deadline.remaining(),
            good=lambda answer: answer.status in {201, 409},  # 409: an earlier try arrived, its answer did not
        )
        if answer.status in {201, 409}:
            return True
        error = error_for(answer, f"creating the account {self.username}")
        self.test_run.note_failure(error)
        if answer.status in {400, 401, 403, 404}:  # trying again would not help
            if tries == 1:  # an earlier try may have arrived, although its answer did not
                self.test_run.ledger.user_refused(self.username)
            raise GreenletExit
        return None

    def _sightings_of_start(self, deadline: Deadline) -> Generator[Sighting]:
        if self.settings.wait == "progress":
            interval, server_name = self.settings.poll_interval, self.account.server_name
            return progress(self.hub, self.username, deadline, interval, server_name)
        return self._sightings_of_stop(deadline)

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
            client = CountingClient(run, self._connections(run.settings.access.token))
            run.listing = SharedListing(client, run.names_begin_with, self.settings.poll_interval)
        return run.listing

    def _noting_when_it_ends(self, wait_time: Callable[[], float]) -> Callable[[], float]:
        def noted() -> float:
            seconds = wait_time()
            self._due = time.monotonic() + seconds
            return seconds

        return noted

    def _throttled(self, measured: Measured, seconds: float, limit: str) -> None:
        measured.throttled += seconds
        measured.throttled_by = limit
        self.test_run.counts.throttled += 1
        self._count("throttled", seconds)

    @contextmanager
    def _counted_as_pending(self) -> Iterator[None]:
        self.test_run.counts.pending += 1
        try:
            yield
        finally:
            self.test_run.counts.pending -= 1

    def _note_server_gone(self) -> None:
        self.test_run.ledger.server_gone(self.account.key)
        self._use_server(False)

    def _use_server(self, in_use: bool) -> None:
        self.test_run.counts.ready += in_use - self._server_in_use
        self._server_in_use = in_use

    def _began(self) -> float:
        """Return when what begins now was due, on the monotonic clock."""
        due, self._due = self._due, None
        return time.monotonic() - (self.test_run.generator.late_by(due) if due else 0.0)

    @contextmanager
    def _measured(self, step: str, kind: str = "SERVER", began: float = 0.0) -> Iterator[Measured]:
        """Count and record the block as one step, success or failure; a failure ends the task.

        Args:
            step: Its name.
            kind: Under which type of request Locust counts it.
            began: When it began, where that was before now.
        """
        measured = Measured(began or self._began())
        with self.or_end_the_task():
            try:
                with self._noted(step, measured, kind):
                    yield measured
            except HubUsersError as error:
                self.test_run.counts.failed += kind == "SERVER"
                if isinstance(error, SpawnFailed):
                    self.test_run.note_failed_spawn(measured.began)
                raise

    @contextmanager
    def _noted(self, step: str, measured: Measured, kind: str) -> Iterator[None]:
        """Count and record the block as one step, success or failure; a failure goes on to who called."""
        try:
            yield
        except HubUsersError as error:
            seconds = self._record(step, measured, str(error))
            self._count(step, seconds, error, kind)
            raise
        except GreenletExit:
            if step == START_TO_READY:
                self._record(step, measured, UNFINISHED)
            raise
        self._count(step, self._record(step, measured), kind=kind)

    def _record(self, step: str, measured: Measured, failure: str = "") -> float:
        """Record a step that is over, and return its seconds."""
        now = time.monotonic()
        seconds = (measured.ended or now) - measured.began
        began = time.time() - (now - measured.began)
        self.test_run.results.records.note(
            Record(
                step=step,
                username=self.account.key,
                began=began,
                seconds=seconds,
                late=measured.late,
                failure=failure,
                cohort=self.person.cohort,
                lifecycle=self.lifecycle,
                throttled=measured.throttled,
                throttled_by=measured.throttled_by,
            )
        )
        return seconds

    def _count(self, name: str, seconds: float, error: Exception | None = None, kind: str = "SERVER") -> None:
        self.environment.events.request.fire(
            request_type=kind,
            name=name,
            response_time=seconds * 1000,  # Locust counts in milliseconds
            response_length=0,
            exception=error,
            context=self.context(),
        )
