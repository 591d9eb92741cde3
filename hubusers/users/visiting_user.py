"""A user who comes and leaves as planned, whatever the tasks of its class are."""

from __future__ import annotations

from locust.env import Environment
from locust.exception import RescheduleTask, StopUser

import math
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import gevent

from hubusers.users.measured_user import MeasuredUser
from hubusers.users.step import Step
from hubusers.users.visits import Visit, Visits

if TYPE_CHECKING:
    from hubusers.run.pending_start import PendingStart

_MOST_STEPS = 5
"""Steps, each as long as `--server-timeout`, that people may need to leave: one that is under way, saving, stopping."""


class DidNotLeave(Exception):
    """A task went on although the person had to leave long ago."""


class VisitingUser(MeasuredUser):
    """A person with visits, each with a server of its own.

    In an event, the person stays and pauses as the event says, comes as often, and leaves when it says, in tasks of any
    kind. A visit of a class that does not begin it with `begin_lifecycle` begins with a ready server, and ends when
    the server is stopped, or after a task when the stay is over. A visit without a server ends when the stay is over.
    Without an event only `--lifecycles` counts, and stays and pauses are for the class to decide.
    """

    abstract = True

    _visit_is_one_task = False
    """Whether a visit ends with the task in which it began."""
    _lifecycle_has_begun = False
    """Whether a lifecycle has begun in which no server was asked for yet; if not, the next start begins one."""
    _uses_server = False

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._visits = Visits(self.person)
        self._step_began = time.monotonic()
        self._leaving: list[gevent.Greenlet[..., None]] = []

    # What a subclass uses

    def begin_lifecycle(self) -> float:
        """Begin one more lifecycle; return how many seconds the person stays with a ready server.

        Raises:
            StopUser: As many have been as were planned.
        """
        return min(self._begin_lifecycle(from_ready=False).stay, self.time_left)

    def stay(self, seconds: float) -> None:
        """Do nothing for this many seconds, or until the person has to leave.

        The next step is due then, and is measured from then if it begins late.
        """
        visit = self._visits.present
        most = self._stay_left if visit and visit.from_ready else math.inf
        super().stay(min(seconds, self.time_left, most))

    def stay_as_planned(self) -> None:
        """Stay until the event's stay is over; does nothing without an event, or if it is over already."""
        visit = self._visits.present
        if visit and visit.has_lifecycle and math.isfinite(self._stay_left):
            self.stay(visit.left)

    def stop_server(self) -> None:
        """Stop the server and wait until it is gone."""
        raise NotImplementedError

    # How it is done

    @property
    def _is_in_event(self) -> bool:
        return self.settings.event is not None

    def _begin_lifecycle(self, *, from_ready: bool) -> Visit:
        visit = self._visits.begin_lifecycle(from_ready=from_ready)
        if not visit or (self.lifecycle and self.time_left <= 0):
            raise StopUser
        if self.lifecycle:
            self._note_own_requests()
        self.lifecycle += 1
        self._lifecycle_has_begun = True
        return visit

    def _note_visit_ready(self) -> None:
        """Take notice that the server of the visit is ready."""
        self._visits.note_ready()
        visit = self._visits.present
        if self._is_in_event and visit and visit.from_ready and self._visits.was_last:
            self._leave_in(visit.left)

    def _new_step(self, began: float = 0.0, pending: PendingStart | None = None) -> Step:
        self._step_began = time.monotonic()
        return super()._new_step(began, pending)

    def _noting_when_it_ends(self, wait_time: Callable[[], float]) -> Callable[[], float]:
        return super()._noting_when_it_ends(partial(self._wait_as_planned, wait_time))

    def _wait_as_planned(self, wait_time: Callable[[], float]) -> float:
        """Return how many seconds to wait after a task. Locust asks for that after each one, also after a failed one.

        Raises:
            StopUser: The person is done, or would have to leave before the next task.
        """
        visit, seconds = self._visits.present, wait_time()
        if visit and not self._is_over(visit) and self._stay_left <= seconds:
            super().stay(min(visit.left, self.time_left))
        if visit and self._is_over(visit):
            if self._visits.was_last:
                raise StopUser
            if self._uses_server and not self._visit_is_one_task:
                with suppress(RescheduleTask):  # a stop that fails is counted
                    self.stop_server()
            self._visits.end()
            seconds = visit.pause if self._is_in_event else seconds
        if self.time_left <= seconds:
            raise StopUser
        return seconds

    @property
    def _stay_left(self) -> float:
        """Seconds until the event's stay is over; infinite without an event."""
        visit = self._visits.present
        return visit.left if visit and self._is_in_event else math.inf

    def _is_over(self, visit: Visit) -> bool:
        """Say, between two tasks, whether a visit is over."""
        if visit.has_lifecycle and (self._visit_is_one_task or not self._uses_server):
            return True
        return self._is_in_event and visit.left <= 0

    def _leave_in(self, seconds: float) -> None:
        """Leave in so many seconds, after the task that is under way then."""
        self._leaving.append(gevent.spawn_later(seconds, self._leave))

    def _leave(self) -> None:
        began, patience = time.monotonic(), self.settings.server_timeout
        self.stop()
        while self.greenlet and not self.greenlet.dead:
            now = time.monotonic()
            if now - max(began, self._step_began) > patience or now - began > _MOST_STEPS * patience:
                self.note_crash(
                    DidNotLeave(f"a task of {type(self).__name__} went on, although the person had to leave")
                )
                self.stop(force=True)
                return
            gevent.sleep(min(1.0, patience))

    def leave_run(self) -> None:
        """Take notice that the user is done; does nothing when called again."""
        while self._leaving:
            timer = self._leaving.pop()
            if timer is not gevent.getcurrent():
                timer.kill(block=False)
