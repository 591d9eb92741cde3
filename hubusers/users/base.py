"""The base of all user classes: an account on the hub, and the steps of a server's life, measured."""

from locust import FastHttpUser
from locust.env import Environment
from locust.exception import RescheduleTask, StopTest, StopUser

import itertools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gevent
from gevent import GreenletExit
from gevent.lock import BoundedSemaphore

from hubusers.hub import lifecycle
from hubusers.hub.answers import error_for
from hubusers.hub.errors import HubUsersError, SpawnFailed, UserGone
from hubusers.hub.log import get_logger
from hubusers.hub.progress import progress
from hubusers.hub.waiting import Deadline, poll
from hubusers.hub.watching import USER_PATH, Sighting, looks
from hubusers.run.records import START_TO_READY, STOP_TO_STOPPED, Record
from hubusers.run.run import run_of
from hubusers.run.shared_listing import SharedListing
from hubusers.users.clients import CountingClient, UserClient

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

    _creating = BoundedSemaphore(ACCOUNTS_UNDER_WAY)

    def __init__(self, environment: Environment) -> None:
        run = run_of(environment)
        if run is None:
            raise StopTest("Add `from hubusers.run.switch import switch_on` and `switch_on()` to the locustfile.")
        self.test_run = run
        self.settings = run.settings
        # A request never takes longer than the step that it belongs to.
        self.network_timeout = self.connection_timeout = run.settings.server_timeout
        self.default_headers = {"Authorization": f"token {run.settings.access.token}"}
        # TLS certificates are verified, which Locust's fast client does not do by itself.
        self.insecure = run.settings.access.verify is False
        self.ssl_context_factory = run.tls_context
        super().__init__(environment)
        self.username = run.new_name()
        self.hub = UserClient(
            run, run.connections(request_event=environment.events.request, context=self.context), self._count
        )
        self._due: float | None = None
        self.wait_time = self._noting_when_it_ends(self.wait_time)  # type: ignore[method-assign]

    # What a subclass uses

    def start_server(self) -> None:
        """Start the server and wait until it is ready: the row `SERVER start to ready`.

        The time runs from the first request until the server is seen ready, with every wait that the hub asked for.
        Each such answer (429) is also a row `SERVER throttled`, with the time until the next try.
        """
        with self._measured(START_TO_READY) as measured:
            deadline = Deadline(self.settings.server_timeout)
            # Entered before the hub is asked, because its answer may never arrive.
            self.test_run.ledger.server_started(self.username)
            try:
                lifecycle.start_until_accepted(
                    self.hub, self.username, self.settings.user_options, deadline, self._count_throttled
                )
            except HubUsersError as error:
                # 502 to 504 come from what stands before the hub, which may have got the request all the same.
                if 400 <= error.status <= 500:
                    self.test_run.ledger.server_refused(self.username)
                raise
            try:
                measured.take(
                    lifecycle.wait_until_ready(self._sightings_of_start(deadline), self.username, deadline), deadline
                )
            except (SpawnFailed, UserGone):
                self.test_run.ledger.server_gone(self.username)
                raise
            self.test_run.note_ready()

    def stop_server(self) -> None:
        """Stop the server and wait until it is gone: the row `SERVER stop to stopped`."""
        with self._measured(STOP_TO_STOPPED) as measured:
            deadline = Deadline(self.settings.server_timeout)
            if not lifecycle.stop_until_accepted(self.hub, self.username, deadline, self.settings.poll_interval):
                measured.take(
                    lifecycle.wait_until_stopped(self._sightings_of_stop(deadline), self.username, deadline), deadline
                )
            self.test_run.ledger.server_gone(self.username)

    @contextmanager
    def server(self) -> Iterator[str]:
        """Have a ready server for the length of a with-block; its path below the hub's URL is what the block gets."""
        if self.has_server:
            self.stop_server()  # left over from a step that failed
        self.start_server()
        try:
            yield f"/user/{self.username}"
        except Exception:
            self.stop_server()
            raise
        self.stop_server()

    def stay(self, seconds: float) -> None:
        """Do nothing for so long. What comes next is due then, and measured from then should it begin late."""
        self._due = time.monotonic() + seconds
        if seconds > 0:
            gevent.sleep(seconds)

    @property
    def has_server(self) -> bool:
        """Whether a server was asked for that was not seen to stop or fail."""
        return self.test_run.ledger.has_server(self.username)

    # What Locust calls

    def on_start(self) -> None:
        """Create the account; a subclass that has an `on_start` of its own calls this one first.

        Without an account the user ends, by a `GreenletExit`: for a `StopUser` from here Locust would log a traceback.
        """
        with self._creating:
            self.test_run.ledger.user_created(self.username)
            deadline, tries = Deadline(self.settings.server_timeout), itertools.count(1)
            created = poll(lambda: self._create_account(deadline, next(tries)), deadline, self.settings.poll_interval)
        if not created:
            LOG.error("No account for %s within %g seconds; this user ends", self.username, deadline.seconds)
            raise GreenletExit

    def on_stop(self) -> None:
        """Have server and account removed; a subclass that has an `on_stop` of its own calls this one last."""
        self.test_run.release(self.username)

    # How it is done

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

    def _sightings_of_start(self, deadline: Deadline) -> Iterator[Sighting]:
        if self.settings.wait == "progress":
            return progress(self.hub, self.username, deadline, self.settings.poll_interval)
        return self._sightings_of_stop(deadline)

    def _sightings_of_stop(self, deadline: Deadline) -> Iterator[Sighting]:
        # There is no progress stream of a stop.
        if self.settings.wait == "listing":
            return self._shared_listing().sightings(self.hub, self.username, deadline)
        # A thousand users who were let in together would otherwise ask together, every second.
        interval = self.settings.poll_interval
        return looks(self.hub, self.username, deadline, interval, random.uniform(0, interval))

    def _shared_listing(self) -> SharedListing:
        run = self.test_run
        if run.listing is None:
            client = CountingClient(run, run.connections(request_event=self.environment.events.request))
            run.listing = SharedListing(client, run.names_begin_with, self.settings.poll_interval)
        return run.listing

    def _noting_when_it_ends(self, wait_time: Callable[[], float]) -> Callable[[], float]:
        def noted() -> float:
            seconds = wait_time()
            self._due = time.monotonic() + seconds
            return seconds

        return noted

    def _count_throttled(self, seconds: float) -> None:
        self._count("throttled", seconds)

    @contextmanager
    def _measured(self, step: str) -> Iterator[Measured]:
        """Count and record the block as one step, success or failure; a failure ends the task."""
        due, self._due = self._due, None
        measured = Measured(time.monotonic() - (self.test_run.generator.late_by(due) if due else 0.0))
        try:
            yield measured
        except HubUsersError as error:
            self._note(step, measured, error)
            self.test_run.note_failure(error)
            if isinstance(error, SpawnFailed):
                self.test_run.note_failed_spawn(measured.began)
            ends = self.settings.end_after_failure or isinstance(error, UserGone)
            raise (StopUser if ends else RescheduleTask) from error
        self._note(step, measured)

    def _note(self, step: str, measured: Measured, error: HubUsersError | None = None) -> None:
        now = time.monotonic()
        seconds = (measured.ended or now) - measured.began
        failure = str(error) if error else ""
        began = time.time() - (now - measured.began)
        self.test_run.records.note(Record(step, self.username, began, seconds, measured.late, failure))
        self._count(step, seconds, error)

    def _count(self, name: str, seconds: float, error: Exception | None = None) -> None:
        self.environment.events.request.fire(
            request_type="SERVER",
            name=name,
            response_time=seconds * 1000,  # Locust counts in milliseconds
            response_length=0,
            exception=error,
            context=self.context(),
        )
