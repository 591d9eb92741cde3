"""A user who starts a server, waits for it and stops it; each of these steps is measured."""

from __future__ import annotations

from locust.env import Environment
from locust.exception import RescheduleTask, StopUser

import random
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from hubusers.hub import answers, lifecycle, progress
from hubusers.hub import sightings as hub_sightings
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
from hubusers.results.records import START_TO_READY, STOP_TO_STOPPED
from hubusers.run import pending_start, server_life, shared_listing, start_gate
from hubusers.start_parts import ACCEPTANCE, PLACE_AT_HUB, SPAWNING
from hubusers.users import clients
from hubusers.users.step import Step
from hubusers.users.visiting_user import VisitingUser

if TYPE_CHECKING:
    from hubusers.hub.answers import Stop
    from hubusers.hub.sightings import Sighting

Asked = TypeVar("Asked")
Ready = TypeVar("Ready")


class ServerUser(VisitingUser):
    """A person who starts and stops a server, by the hub's API or in whichever way a subclass asks for it."""

    abstract = True

    _ready_at = 0.0
    """When the server was last seen to become ready, on the monotonic clock."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._turn = start_gate.Turn(self.test_run.gate, start_gate.kind_of_start(self.person.user_options))

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
            pending_start.PendingStart(
                self.test_run,
                self.username,
                self.account.server_name,
                began,
                self.person.cohort,
                secrets=self._secrets,
            ) as pending,
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
                error.words = error.words or pending.told_of_failure(self.hub, error)
                if isinstance(error, SpawnFailed):
                    self.test_run.note_failed_spawn(step.began)
                raise
            self.test_run.note_ready(self._turn.kind)
        self._got_server_in = min(self._got_server_in, self.lifecycle)
        self._ready_at = step.ended or time.monotonic()
        self._count_server(True)
        self._note_visit_ready()
        return ready

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
            # At once: a person who leaves cannot wait for the looks of all others.
            servers = hub_sightings.look_at(
                self.hub, self.username, Deadline(self.settings.server_timeout), self.hub.request_at_once
            )
            if servers and servers.user_is_gone:
                return UserGone(f"the hub does not know the user {self.username} any more", status=404)
            if servers and servers.state(server_name) in {answers.State.STOPPED, answers.State.STOPPING}:
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
            return progress.progress(self.hub, self.username, step.deadline, interval, server_name, step.hears)
        if step.pending:
            step.pending.ask_when_late(self.hub, step.deadline.remaining() / 2)
        return self._sightings_of_stop(step.deadline)

    def _sightings_of_stop(self, deadline: Deadline) -> Generator[Sighting]:
        # There is no progress stream of a stop.
        if self.settings.wait == "listing":
            return self._shared_listing().sightings(self.hub, self.username, deadline)
        # A thousand users who were let in together would otherwise ask together, every second.
        interval = self.settings.poll_interval
        return hub_sightings.looks(self.hub, self.username, deadline, interval, random.uniform(0, interval))

    def _shared_listing(self) -> shared_listing.SharedListing:
        run = self.test_run
        if run.listing is None:
            client = clients.RunClient(run, self._connections(run.settings.access.token))
            run.listing = shared_listing.SharedListing(client, run.names_begin_with, self.settings.poll_interval)
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
