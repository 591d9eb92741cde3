"""The base of all user classes: an account on the hub, and the steps of a server's life, measured."""

from locust import FastHttpUser
from locust.env import Environment
from locust.exception import RescheduleTask, StopTest, StopUser

import itertools
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gevent import GreenletExit
from gevent.lock import BoundedSemaphore

from hubusers.hub import lifecycle
from hubusers.hub.answers import error_for
from hubusers.hub.client import HubClient
from hubusers.hub.errors import HubError, HubUsersError, SpawnFailed, UserGone
from hubusers.hub.log import get_logger
from hubusers.hub.session import REQUEST_TIMEOUT
from hubusers.hub.transport import TIMED_OUT, Answer
from hubusers.hub.waiting import Deadline, poll
from hubusers.run.run import Run, run_of

LOG = get_logger(__name__)

ACCOUNTS_UNDER_WAY = 10
"""Accounts that one process creates at the same time. People have theirs since long; a burst of new ones, which cost a
hub some 20 ms each, is not what the test is about, and should not keep it from answering those who are in."""

LOOKS_UNDER_WAY = 10
"""Looks at servers that one process has under way; enough to keep a hub busy that answers in milliseconds."""


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
        self.hub = _CountingClient(run, self.client)
        self._watching_hub = _WatchingClient(run, self.client)

    # What a subclass uses

    def start_server(self) -> None:
        """Start the server and wait until it is ready: the row `SERVER start to ready`.

        The time runs from the first request until the server is seen ready, with every wait that the hub asked for.
        Each such answer (429) is also a row `SERVER throttled`, with the time until the next try.
        """
        with self._measured("start to ready"):
            deadline, interval = Deadline(self.settings.server_timeout), self.settings.poll_interval
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
                first = deadline.elapsed() + self._spread()
                lifecycle.wait_until_ready(self._watching_hub, self.username, deadline, interval, first)
            except (SpawnFailed, UserGone):
                self.test_run.ledger.server_gone(self.username)
                raise
            self.test_run.note_ready()

    def stop_server(self) -> None:
        """Stop the server and wait until it is gone: the row `SERVER stop to stopped`."""
        with self._measured("stop to stopped"):
            deadline, interval = Deadline(self.settings.server_timeout), self.settings.poll_interval
            if not lifecycle.stop_until_accepted(self.hub, self.username, deadline, interval):
                first = deadline.elapsed() + self._spread()
                lifecycle.wait_until_stopped(self._watching_hub, self.username, deadline, interval, first)
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
            lifecycle.USER_PATH,
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

    def _spread(self) -> float:
        # A thousand users who were let in together would otherwise ask together, every second.
        return random.uniform(0, self.settings.poll_interval)

    def _count_throttled(self, seconds: float) -> None:
        self._count("throttled", seconds)

    @contextmanager
    def _measured(self, name: str) -> Iterator[None]:
        """Count the block as one row, success or failure; a failure ends the task."""
        started = time.monotonic()
        try:
            yield
        except HubUsersError as error:
            self._count(name, time.monotonic() - started, error)
            self.test_run.note_failure(error)
            if isinstance(error, SpawnFailed):
                self.test_run.note_failed_spawn(started)
            ends = self.settings.end_after_failure or isinstance(error, UserGone)
            raise (StopUser if ends else RescheduleTask) from error
        self._count(name, time.monotonic() - started)

    def _count(self, name: str, seconds: float, error: Exception | None = None) -> None:
        self.environment.events.request.fire(
            request_type="SERVER",
            name=name,
            response_time=seconds * 1000,  # Locust counts in milliseconds
            response_length=0,
            exception=error,
            context=self.context(),
        )


class _CountingClient(HubClient):
    """Leaves it to Locust to count odd answers, and to the run to say what is odd about the first of each kind."""

    def __init__(self, run: Run, session: Any) -> None:
        super().__init__(run.settings.endpoint, session)
        self._run = run

    def request(self, method: str, template: str, **kwargs: Any) -> Answer:
        answer = super().request(method, template, **kwargs)
        if answer.hub_is_away:
            self._run.note_hub_away()
        return answer

    def note_odd_answer(self, error: HubError) -> None:
        self._run.note_failure(error)


class _WatchingClient(_CountingClient):
    """Looks at servers, but with no more than a few looks of one process under way.

    People don't look; their pages are told. A thousand users who each look once a second are more than a hub answers,
    and one with hundreds of looks in its only event loop gets to nothing else: spawns of seconds then take minutes.
    Where the hub is slow, looks wait here instead, and come later than once a second.
    """

    _places = BoundedSemaphore(LOOKS_UNDER_WAY)

    def request(self, method: str, template: str, *, timeout: float = REQUEST_TIMEOUT, **kwargs: Any) -> Answer:
        deadline = Deadline(timeout)
        if not self._places.acquire(timeout=timeout):
            return Answer(0, error=TIMED_OUT)
        try:
            return super().request(method, template, timeout=deadline.remaining(), **kwargs)
        finally:
            self._places.release()
