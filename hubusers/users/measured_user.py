"""A user whose steps are measured: each is a row in Locust's statistics, and a record of the run."""

from __future__ import annotations

from locust import FastHttpUser
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment
from locust.exception import RescheduleTask, StopTest, StopUser

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import gevent
from gevent import GreenletExit

from hubusers.accounts import account, sources
from hubusers.browser import page_errors
from hubusers.http import request_event
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import ComeBackLater, HubError, HubUsersError
from hubusers.locust_import import check_is_patched
from hubusers.log import get_logger
from hubusers.results.records import LOGIN, NEW, OWN_REQUESTS, RETURNING, UNFINISHED, USER_CLASS, Record
from hubusers.run import next_person as next_people
from hubusers.run.present_run import run_of
from hubusers.users import clients
from hubusers.users.own_requests import OwnRequests, client_of
from hubusers.users.step import Step
from hubusers.users.switched_on import HOW, refuse_unless_switched_on
from hubusers.users.whose_token import OwnTokenRejected, own_rejections, stays_refused

if TYPE_CHECKING:
    from hubusers.http.connections import Connections
    from hubusers.run.pending_start import PendingStart
    from hubusers.run.run import Run

LOG = get_logger(__name__)


class MeasuredUser(FastHttpUser):
    """A person of a run, with an account, whose steps are measured. What the steps are is for subclasses to say.

    `self.client` is Locust's own HTTP client, on the hub's URL and with the hub's token.
    """

    abstract = True

    only_if_asked = False
    """Whether such users come only when their class is named, on Locust's command line or in an event.

    Not inherited: a subclass of such a class comes like any other, unless it says so itself.
    """

    lifecycle = 0
    """The number of this user's present or last lifecycle, from 1."""
    _had_server: bool | None = None
    """Whether the account had a server before this user came; None where that is not known."""
    _got_server_in = math.inf
    """In which lifecycle this user first had a server."""
    _is_told_to_stop = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.only_if_asked = vars(cls).get("only_if_asked", False)
        # A task that a subclass overrides is replaced, like any method; Locust would run both.
        cls.tasks = [task for task in cls.tasks if not _is_overridden(task, cls)]

    def __init__(self, environment: Environment) -> None:
        check_is_patched()
        run = run_of(environment)
        if run is None:
            raise StopTest(
                f"{HOW} A script that uses Locust as a library must also fire the event `init`, as the locust command "
                "does."
            )
        self.test_run, self.settings = run, run.settings
        # Locust makes its own client from these. A request never takes longer than the step that it belongs to.
        self.network_timeout = self.connection_timeout = run.settings.server_timeout
        self.default_headers = {"Authorization": f"token {run.settings.access.token}"}
        # TLS certificates are verified, which Locust's fast client does not do by itself.
        self.insecure = run.settings.access.verify is False
        self.ssl_context_factory = run.tls_context
        super(FastHttpUser, self).__init__(environment)  # without the client, which most people never use
        self._own_requests = OwnRequests(environment.events.request)
        next_person = self._next_person(run)
        self.account, self.person = next_person.account, next_person.person
        self._has_account, self._due = next_person.has_account, next_person.due
        self._counts = run.cohorts[self.person.cohort]
        self._had_server = None if self._has_account else False
        token = self.account.token or run.settings.access.token
        self.hub = clients.UserClient(run, self._connections(token), token, self._count)
        # Locust's task set sleeps by itself, and asks only this for how long. A subclass may define it in any of
        # Locust's ways, so it is wrapped here and not overridden.
        self.wait_time = self._noting_when_it_ends(self.wait_time)  # type: ignore[method-assign]

    # What a subclass uses

    @cached_property
    def client(self) -> FastHttpSession:  # type: ignore[override]
        """Locust's own HTTP client, on the hub's URL and with the hub's token; made when it is first used."""
        return client_of(self, self._own_requests)

    @contextmanager
    def errors_end_the_task(self) -> Iterator[None]:
        """Log an error of the hub's that comes out of the with-block, and end the task if it cannot go on after it.

        Raises:
            RescheduleTask: The task ends; Locust goes on with the next one.
            StopUser: The user ends, because the same error would come again, or because of `--after-failure`.
        """
        try:
            yield
        except HubUsersError as error:
            self.test_run.note_failure(error)
            if error.ends_task:
                ends = self.settings.end_after_failure or self._must_end(error)
                raise (StopUser if ends else RescheduleTask) from error

    def _must_end(self, error: HubUsersError) -> bool:
        """Say whether the same error would come again. One refusal of the person's own token does not prove that."""
        if isinstance(error, OwnTokenRejected | page_errors.SessionLost):
            return stays_refused(self.test_run, error, partial(self._ask_who_i_am, error))
        return error.ends_user

    def _ask_who_i_am(self, refusal: HubError) -> int:
        """Ask the hub with what it has refused, and return the status of its answer."""
        return self.test_run.ask_for_owner(self.hub.token)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Count the with-block as one step of its own, with a row `STEP name`; an error of the hub's ends the task.

        What the block gets has the step's `deadline`; the block has to keep it.
        """
        with self.errors_end_the_task(), self._measured(name, "STEP") as step:
            yield step

    @property
    def username(self) -> str:
        """The name of the account; "" where there is none for this user."""
        return self.account.username

    def stay(self, seconds: float) -> None:
        """Do nothing for this many seconds. The next step is due then, and is measured from then if it begins late."""
        self._due = time.monotonic() + seconds
        if seconds > 0:
            gevent.sleep(seconds)

    @property
    def time_left(self) -> float:
        """Seconds until this person has to leave, as the event says; infinite where it does not."""
        return math.inf if self.person.until is None else max(0.0, self.person.until - self.test_run.elapsed)

    # What Locust calls

    def note_crash(self, error: BaseException) -> None:
        """Take notice of an unexpected exception in the code of the user class: a failed step, as of the hub's."""
        self._counts.failed += 1
        failure = type(error).__name__
        self.test_run.results.examples.note(USER_CLASS, failure, "", str(error))
        self._record(USER_CLASS, self._new_step(), failure)
        if self.settings.end_after_failure:
            self.stop()

    def _note_own_requests(self) -> None:
        """Take notice, at the end of a visit, where no request by the code of the user class succeeded in it."""
        own = self._own_requests
        if own.all_failed:
            failure = f"all failed: {self.test_run.reason_of(own.failure, self.account)}"
            self._counts.failed += 1
            self.test_run.results.examples.note(OWN_REQUESTS, failure, "", own.example)
            self._record(OWN_REQUESTS, self._new_step(), failure)
        own.begin()

    def stop(self, force: bool = False) -> bool:
        # Locust takes a second request to stop gracefully for a mistake.
        if self._is_told_to_stop and not force:
            return False
        self._is_told_to_stop = True
        return bool(super().stop(force))

    # The person, and the connections

    def _next_person(self, run: Run) -> next_people.NextPerson:
        try:
            return run.next_person()
        except sources.NoAccountLeft as error:
            LOG.error("%s; this user ends", error)
            return next_people.NextPerson(next_people.anybody(run.settings), account.Account(""), has_account=False)

    def _connections(self, token: str = "", **kwargs: Any) -> Connections:
        event = self.environment.events.request
        return self.test_run.connections(token, request_event=event, context=self.context, **kwargs)

    def _token_shown(self) -> AbstractContextManager[None]:
        """Return the context for requests of `self.hub`: it tells this person's rejected token from the run's."""
        return own_rejections(self.hub.token, self.settings.access.token)

    # The measurement

    def _noting_when_it_ends(self, wait_time: Callable[[], float]) -> Callable[[], float]:
        def noted() -> float:
            seconds = wait_time()
            self._due = time.monotonic() + seconds
            return seconds

        return noted

    @property
    def _secrets(self) -> tuple[str, ...]:
        """What the person types or shows, and what no words in the results may repeat."""
        return self.account.password, self.account.token

    def _began(self) -> float:
        """Return when the step that begins now was due, on the monotonic clock."""
        due, self._due = self._due, None
        return time.monotonic() - (self.test_run.generator.late_by(due) if due else 0.0)

    @contextmanager
    def _measured(
        self, name: str, kind: str = "SERVER", began: float = 0.0, pending: PendingStart | None = None
    ) -> Iterator[Step]:
        """Count and record the with-block as one step, whether it succeeds or fails.

        Args:
            name: The step's name.
            kind: Under which type of request Locust counts it.
            began: When it began, on the monotonic clock; 0 for now.
            pending: The start that the step is, if it is one.
        """
        step = self._new_step(began or self._began(), pending)
        try:
            yield step
        except ComeBackLater:  # an answer like any other: whoever asked waits, and asks again
            self._count(name, self._record(name, step), kind=kind)
            raise
        except HubUsersError as error:
            self._counts.failed += 1
            error.hide(self._secrets)
            error.reason = self.test_run.reason_of(error.words, self.account)
            self.test_run.results.examples.note(name, str(error), error.reason, error.detail)
            self._count(name, self._record(name, step, str(error), error.reason, error.after), error, kind)
            raise
        except GreenletExit:
            if pending or name == LOGIN:  # what a person waits for until there is a server
                reason = self.test_run.reason_of(pending.last_words, self.account) if pending else ""
                self._record(name, step, step.failure or UNFINISHED, reason)
            raise
        self._count(name, self._record(name, step), kind=kind)

    def _new_step(self, began: float = 0.0, pending: PendingStart | None = None) -> Step:
        return Step(began or time.monotonic(), Deadline(self.settings.server_timeout), pending)

    def _record(self, name: str, step: Step, failure: str = "", reason: str = "", after: float = 0.0) -> float:
        """Record a step that is over, and return its seconds."""
        now = time.monotonic()
        seconds = (step.ended or now) - step.began
        record = Record(
            step=name,
            username=self.account.key or f"without account {self.test_run.worker}-{self.test_run.counts.arrived}",
            began=time.time() - (now - step.began),
            seconds=seconds,
            late=step.late,
            failure=failure,
            cohort=self.person.cohort,
            lifecycle=self.lifecycle,
            throttled=min(step.throttled, seconds),  # a pause is noted before it is waited, and the end may cut it
            throttled_by=step.throttled_by,
            reason=reason,
            profile=self.person.profile,
            person=self._new_or_returning,
            worker=self.test_run.worker,
            parts=step.pending.parts(seconds) if step.pending else step.parts,
            after=after,
            user_class=type(self).__name__,
        )
        self.test_run.results.records.note(record)
        if step.pending:
            step.pending.note_in_results(record)
        return seconds

    @property
    def _new_or_returning(self) -> str:
        """What the person was when the lifecycle began: with the first server nobody becomes a returning person yet."""
        if self._had_server or self._got_server_in < self.lifecycle:
            return RETURNING
        return "" if self._had_server is None else NEW

    def _count(self, name: str, seconds: float, error: Exception | None = None, kind: str = "SERVER") -> None:
        request_event.count(self.environment.events.request, kind, name, seconds, error, self.context())


def _is_overridden(task: Any, user_class: type) -> bool:
    """Return whether a task is a method of a base class that the class defines anew."""
    name = task.__name__
    is_inherited = any(vars(base).get(name) is task for base in user_class.__mro__[1:])
    return is_inherited and getattr(user_class, name) is not task


refuse_unless_switched_on(MeasuredUser)
