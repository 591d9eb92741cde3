"""Letting the people of an event in, each at the planned moment, whatever the hub does: an open process."""

from __future__ import annotations

from locust.runners import Runner
from locust.shape import LoadTestShape

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import gevent
from gevent import GreenletExit
from gevent.lock import BoundedSemaphore

from hubusers.hub import client as hub_client
from hubusers.hub import creation
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError, HubUsersError
from hubusers.run import next_person

if TYPE_CHECKING:
    from hubusers.event.plan import Person
    from hubusers.run.run import Run

_ACCOUNTS_IN_A_REQUEST = 50
"""The hub takes some 20 ms for each, and answers nobody meanwhile."""


class Arrivals:
    """The people of one process: their accounts, then their arrivals.

    Args:
        runner: Locust's, whose users they become.
        run: The run.
        people: In order of arrival.
    """

    def __init__(self, runner: Runner, run: Run, people: list[Person]) -> None:
        self._runner = runner
        self._run = run
        self._people = people
        self._accounts = [run.accounts.take() for _ in people]
        self._coming: gevent.Greenlet[..., None] | None = None
        self._creating = BoundedSemaphore()
        self._is_stopped = False
        self._all_came = False

    @property
    def is_over(self) -> bool:
        """Whether everybody has come, and has left again."""
        return self._all_came and self._runner.user_count == 0

    def begin(self, may_come: Callable[[], bool], report_trouble: Callable[[str], None]) -> None:
        """Make the accounts in the background, then let people come when they are due.

        Args:
            may_come: Called when all accounts are there; returns, perhaps after a wait, whether people may come now.
            report_trouble: Called with the reason, a sentence, when the hub does not make the accounts.
        """
        gevent.spawn(self._prepare_and_begin, may_come, report_trouble)

    def _prepare_and_begin(self, may_come: Callable[[], bool], report_trouble: Callable[[str], None]) -> None:
        try:
            self._create_accounts()
        except HubUsersError as error:
            report_trouble(f"{error.sentence} So the event does not begin.")
            return
        if may_come() and not self._is_stopped:
            self._coming = gevent.spawn(self._let_come)

    def stop(self) -> None:
        """Let nobody come any more; accounts that are being made are waited for, or they would be left."""
        self._is_stopped = True
        if self._coming:
            self._coming.kill()
        with self._creating:
            pass

    def _create_accounts(self) -> None:
        """Create the accounts before the event: real people have one already, and making hundreds takes seconds."""
        if not self._run.accounts.are_made:
            return
        client = hub_client.HubClient(self._run.settings.endpoint, self._run.settings.access.session)
        for batch in creation.slices([account.username for account in self._accounts], _ACCOUNTS_IN_A_REQUEST):
            with self._creating:
                if self._is_stopped:
                    return
                self._create(client, batch)

    def _create(self, client: hub_client.HubClient, usernames: list[str]) -> None:
        settings = self._run.settings
        deadline = Deadline(settings.server_timeout)
        creation.make_accounts(
            client, usernames, self._run.ledger, deadline, settings.poll_interval, self._note_failure
        )

    def _note_failure(self, error: HubError) -> None:
        self._run.note_failure(error)
        if self._is_stopped:  # the test is being stopped, which waits for this
            raise GreenletExit

    def _let_come(self) -> None:
        for person, account in zip(self._people, self._accounts, strict=True):
            due = self._run.began + person.arrives
            gevent.sleep(max(0.0, due - time.monotonic()))  # also when many are late: those who are in go on meanwhile
            self._run.expect(next_person.NextPerson(person, account, has_account=True, due=due))
            self._runner.spawn_users({person.user_class: 1})
        self._all_came = True


class EventShape(LoadTestShape):
    """Has Locust wait until the event is over.

    Args:
        advance: Takes the event a step on; called once a second.
        is_over: Says whether it is over.
    """

    def __init__(self, advance: Callable[[], None], is_over: Callable[[], bool]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._advance = advance
        self._is_over = is_over

    def tick(self) -> tuple[int, float] | None:
        self._advance()
        return None if self._is_over() else (0, 1)
