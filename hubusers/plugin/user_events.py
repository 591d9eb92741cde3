"""What Locust tells of the users of this process: that they come, their requests, and errors in their code."""

from __future__ import annotations

from locust.env import Environment
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from locust.user import User

import threading
import time
from collections.abc import Callable
from functools import cache, partial
from types import TracebackType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import gevent
from gevent import GreenletExit

from hubusers.hub.errors import HubUsersError
from hubusers.plugin.locust_internals import tell_of_each_user, tell_of_early_ends, tell_of_failed_on_stop, user_of
from hubusers.results import request_log
from hubusers.results.records import ARRIVAL, USER_CLASS, Record
from hubusers.run.present_run import run_of
from hubusers.run.user_class import CountsItself, TurnedAway

if TYPE_CHECKING:
    from hubusers.run.run import Run

_END_A_TASK = (RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet)
_NO_CRASHES = (GreenletExit, StopUser, StopTest, *_END_A_TASK)
"""Exceptions by which Locust, and the steps of our users, end a task or a user."""


class EndedEarly(Exception):
    """A user ended although nobody has ended it: neither Locust nor hubusers, nor its own code by a `StopUser`."""


def note_request(
    environment: Environment,
    /,
    request_type: str,
    name: str,
    response_time: float,
    exception: BaseException | None,
    **_: Any,
) -> None:
    """Keep the exact time of each request; what else is counted in Locust's statistics has its own records."""
    run = run_of(environment)
    if run and request_type not in {"SERVER", "STEP"}:
        seconds = response_time / 1000
        failure = request_log.failure_of(exception) if exception else ""
        run.results.requests.note(f"{request_type} {name}", time.time() - seconds, seconds, failure)
        if exception and failure != str(exception):
            run.results.examples.note(f"{request_type} {name}", failure, "", str(exception))


def note_users(environment: Environment) -> None:
    """Have all users counted that come, and all errors in the code of their classes, wherever they come up.

    Locust fires its event `user_error` for exceptions in tasks and in a user's `on_start` only. This fires it for all
    others as well: in `on_stop` and `wait_time`, in greenlets and threads that users start, and for those that are not
    of the type `Exception`, such as a `SystemExit`, by which one user would end the whole process, or a timeout.

    Args:
        environment: Locust's, of a process that has users.
    """
    assert environment.runner
    others = _OtherUsers()
    environment.events.user_error.add_listener(others.note_error)
    watch_end = tell_of_early_ends(environment.runner, lambda user, error: gevent.spawn(note_early_end, user, error))

    def note_new(user: User) -> None:
        watch_end(user)
        others.note_new(user)

    tell_of_each_user(environment.runner, note_new, partial(others.note_not_made, environment))
    tell_of_failed_on_stop(lambda user, error: _fire_user_error(user.environment, user, error))
    hub: Any = gevent.get_hub()
    handle_error = hub.handle_error

    def note_early_end(user: User, error: BaseException) -> None:
        if isinstance(error, TurnedAway) or isinstance(error.__cause__, HubUsersError):  # which was counted
            return
        what = f"a {type(user).__name__} was ended by a {type(error).__name__}"
        early = EndedEarly(f"{what}; to end one who is done, raise a StopUser").with_traceback(error.__traceback__)
        hub.print_exception(user.greenlet, EndedEarly, early, early.__traceback__)
        _fire_user_error(user.environment, user, early)

    def handle_error_and_tell(
        context: object, kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        user = user_of(context)
        if user is None or error is None or isinstance(error, GreenletExit):
            handle_error(context, kind, error, traceback)
            return
        if not isinstance(error, _NO_CRASHES):
            hub.print_exception(context, kind, error, traceback)
            _fire_user_error(user.environment, user, error)
        elif context is user.greenlet and isinstance(error, _END_A_TASK):  # outside of tasks
            note_early_end(user, error)
        if context is user.greenlet and isinstance(user, CountsItself):
            gevent.spawn(user.leave_run)  # Locust calls no `on_stop` of a user that ends like this

    hub.handle_error = handle_error_and_tell
    threading.excepthook = partial(_tell_of_thread, threading.excepthook)


def _tell_of_thread(
    print_exception: Callable[[threading.ExceptHookArgs], object], error: threading.ExceptHookArgs
) -> None:
    """Have an exception counted that ends a thread: Python takes it before gevent does, though threads are greenlets.

    A `SystemExit` only ends the thread, as Python has it.
    """
    user, exception = user_of(gevent.getcurrent()), error.exc_value
    if user is None or exception is None or isinstance(exception, SystemExit):
        print_exception(error)
    elif not isinstance(exception, _NO_CRASHES):
        print_exception(error)
        _fire_user_error(user.environment, user, exception)


def _fire_user_error(environment: Environment, user: User | None, error: BaseException) -> None:
    if not _is_noted(error):
        environment.events.user_error.fire(user_instance=user, exception=error, tb=error.__traceback__)


_NOTED = "noted_by_hubusers"
"""An attribute of exceptions that were noted: the same one may come up in several places."""


def _is_noted(error: BaseException) -> bool:
    # Locust asks for the wait time once more while it handles an exception in it, which raises a second one.
    return any(getattr(each, _NOTED, False) for each in (error, error.__context__))


@cache
def _counts_itself(user_class: type[User]) -> bool:
    """Say whether the users of a class are those of a `HubUser`; to find out takes as long as half a request."""
    return issubclass(user_class, CountsItself)


class _OtherUsers:
    """Has errors in the code of user classes counted, and counts users that do not count themselves.

    Those are the users of classes that are not a `HubUser`, and those that could not be made.
    """

    def __init__(self) -> None:
        self._names: WeakKeyDictionary[User, str] = WeakKeyDictionary()
        self._came = 0

    def note_new(self, user: User) -> None:
        """Count a user that has just been started."""
        run = run_of(user.environment)
        if run is None:
            return
        run.newest = None
        if _counts_itself(type(user)):
            return
        counts = run.cohorts[""]
        counts.arrived += 1
        self._names[user] = self._new_name(run, type(user).__name__)
        run.results.records.note(_record(run, ARRIVAL, self._names[user], type(user).__name__))

        def note_left(_: object) -> None:
            counts.left += 1

        assert user.greenlet
        user.greenlet.link(note_left)

    def note_not_made(self, environment: Environment, user_class: str, error: Exception) -> None:
        """Count a user that could not be made."""
        run = run_of(environment)
        if run is None:
            raise error
        newest, run.newest = run.newest, None
        cohort = newest.person.cohort if newest else ""
        username = newest.account.key if newest else self._new_name(run, user_class)
        counts = run.cohorts[cohort]
        counts.arrived += 1
        counts.left += 1
        run.results.records.note(_record(run, ARRIVAL, username, user_class, cohort=cohort))
        self._note_crash(run, error, username, user_class, cohort)
        _fire_user_error(environment, None, error)

    def note_error(self, user_instance: object, exception: BaseException, **_: Any) -> None:
        """Count an exception in the code of a user class, once."""
        # For an exception in a task, Locust names the user's task set in place of the user.
        user = getattr(user_instance, "user", user_instance)
        if not isinstance(user, User) or isinstance(exception, _NO_CRASHES) or _is_noted(exception):
            return
        setattr(exception, _NOTED, True)
        run = run_of(user.environment)
        if isinstance(user, CountsItself):
            user.note_crash(exception)
        elif run:
            name = self._names.get(user) or self._new_name(run, type(user).__name__)
            self._note_crash(run, exception, name, type(user).__name__)

    def _new_name(self, run: Run, user_class: str) -> str:
        self._came += 1
        return f"{user_class} {run.worker}-{self._came}"

    def _note_crash(self, run: Run, error: BaseException, username: str, user_class: str, cohort: str = "") -> None:
        run.cohorts[cohort].failed += 1
        failure = type(error).__name__
        run.results.examples.note(USER_CLASS, failure, "", str(error))
        run.results.records.note(_record(run, USER_CLASS, username, user_class, failure, cohort))


def _record(run: Run, step: str, username: str, user_class: str, failure: str = "", cohort: str = "") -> Record:
    return Record(
        step=step,
        username=username,
        began=time.time(),
        seconds=0.0,
        late=0.0,
        failure=failure,
        cohort=cohort,
        worker=run.worker,
        user_class=user_class,
    )
