"""In an event, people of any class stay and pause as it says, come as often, and leave when it says."""

from locust import SequentialTaskSet, constant, task
from locust.exception import StopUser
from locust.user import User

import time
from typing import Any

import gevent
import pytest

from hubusers.accounts.account import Account
from hubusers.hub.errors import HubUsersError
from hubusers.plugin.needs import check_classes
from hubusers.results.records import USER_CLASS
from hubusers.run.next_person import NextPerson
from hubusers.settings.access import SettingsError
from hubusers.users import ActivityUser, HubUser, NotebookUser, ServerLifecycleUser
from tests.event.events import event_with
from tests.users.people import People, people_on

STAY = 0.3
PAUSE = 0.2


class OwnUser(HubUser):
    """Has a server at once, without a hub, and notes when it had one."""

    abstract = True
    host = "http://hub"
    wait_time = constant(0.05)

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.had: list[list[float]] = []  # from when to when
        _CAME.append(self)

    def on_start(self) -> None:
        self._has_arrived = True
        if self.person.until is not None:
            self._leave_in(self.time_left)

    def _start_in_turn(self, ask: Any, wait: Any, began: float) -> Any:
        self.had.append([time.monotonic()])
        self._count_server(True)
        self._note_visit_ready()

    def _stop(self, ask: Any, began: float = 0.0, gone: HubUsersError | None = None) -> None:
        self.had[-1].append(time.monotonic())
        self._count_server(False)

    def _what_ended_the_server(self) -> None:
        return None

    @property
    def has_server(self) -> bool:
        return self._uses_server


_CAME: list[OwnUser] = []


class Reader(OwnUser):
    """The one of docs/how-to/custom-users.md."""

    @task
    def look(self) -> None:
        with self.server():
            pass


class Lingers(OwnUser):
    @task
    def look(self) -> None:
        with self.server():
            self.stay(600)


class Holds(OwnUser):
    """Keeps its server over several tasks, and never stops it."""

    def on_start(self) -> None:
        super().on_start()
        self.start_server()

    @task
    def one(self) -> None:
        pass

    @task
    def another(self) -> None:
        pass


class InTaskSet(OwnUser):
    @task
    class tasks_in_order(SequentialTaskSet):  # noqa: N801
        user: Any
        wait_time = constant(0.05)

        @task
        def begin(self) -> None:
            self.user.start_server()

        @task
        def end(self) -> None:
            self.user.stop_server()


class Insists(OwnUser):
    """Wants a server again and again in one task."""

    @task
    def look(self) -> None:
        while True:
            with self.server():
                pass


class NeedsNoServer(OwnUser):
    @task
    def look(self) -> None:
        pass


class OwnTask(ServerLifecycleUser):
    """Inherits what a planned user does, and does something else."""

    host = "http://hub"
    on_start = OwnUser.on_start
    _start_in_turn = OwnUser._start_in_turn
    _stop = OwnUser._stop
    _what_ended_the_server = OwnUser._what_ended_the_server
    has_server = OwnUser.has_server

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.had: list[list[float]] = []
        _CAME.append(self)  # type: ignore[arg-type]

    @task
    def live_through_a_server(self) -> None:
        with self.server():
            pass


def visits_of(user_class: type[User], patience: float = 60.0, **changes: Any) -> tuple[People, OwnUser, float]:
    """Let one person of an event come, and return the person when it has left, with the seconds until then.

    Args:
        user_class: The person's class.
        patience: How many seconds a task has for its end when the person has to leave.
        changes: What the event says of the person.
    """
    cohort = f'user_class = "{user_class.__name__}"\nstay = {STAY}\npause = {PAUSE}\n'
    cohort += "\n".join(f"{key} = {value}" for key, value in changes.items())
    event = event_with(people=1, above="seed = 1", cohort=cohort)
    people = people_on("http://hub/hub/api", event=event, server_timeout=patience)
    runner = people.environment.create_local_runner()
    people.environment.user_classes = [user_class]
    people.run.begin()
    [person] = people.run.settings.people
    people.run.expect(NextPerson(person, Account("ann"), has_account=True))
    began = time.monotonic()
    runner.spawn_users({user_class.__name__: 1})
    with gevent.Timeout(120):
        runner.user_greenlets.join()
    runner.quit()
    return people, _CAME.pop(), time.monotonic() - began


@pytest.mark.parametrize("user_class", [Reader, Lingers, InTaskSet, Insists, OwnTask])
def test_stays_pauses_and_lifecycles_are_those_of_the_event(user_class: type[User]) -> None:
    _, user, _ = visits_of(user_class, lifecycles=2)
    first, second = user.had
    assert first[1] - first[0] >= STAY
    assert second[1] - second[0] >= STAY
    assert user.lifecycle == 2
    if user_class not in {InTaskSet, Insists}:  # which decide themselves when they ask for the next server
        assert second[0] - first[1] >= PAUSE


def test_a_server_that_is_never_stopped_is_left_when_the_stay_is_over() -> None:
    _, user, seconds = visits_of(Holds)
    assert (user.lifecycle, len(user.had)) == (1, 1)
    assert seconds >= STAY
    _, user, seconds = visits_of(Holds, lifecycles=2)  # it could start another one, after the pause
    assert user.had[0][1] - user.had[0][0] >= STAY
    assert seconds >= STAY + PAUSE


def test_people_who_need_no_server_leave_when_their_stays_are_over() -> None:
    _, user, seconds = visits_of(NeedsNoServer, lifecycles=2)
    assert user.had == []
    assert seconds >= 2 * STAY + PAUSE


@pytest.mark.parametrize("user_class", [Reader, Holds, NeedsNoServer, OwnTask])
def test_everybody_leaves_at_the_given_time(user_class: type[User]) -> None:
    people, _, _ = visits_of(user_class, lifecycles=0, until=0.6)
    assert not people.run.results.records.failed()


def test_a_task_that_never_ends_is_ended_and_counts_as_a_failure() -> None:
    class Endless(OwnUser):
        @task
        def look(self) -> None:
            with self.server():
                while True:
                    gevent.sleep(0.05)

    for changes in ({"until": 0.5}, {}):
        people, _, _ = visits_of(Endless, patience=0.5, **changes)
        [crash] = people.run.results.records.failed()
        assert (crash.step, crash.failure) == (USER_CLASS, "DidNotLeave")


def test_without_an_event_only_the_number_of_lifecycles_counts() -> None:
    people = people_on("http://hub/hub/api", lifecycles=2, stay=(60.0, 60.0), pause=(60.0, 60.0))
    user = people.comes(Reader)
    for _ in range(2):
        user.look()
        if user.lifecycle < 2:
            assert user.wait_time() == 0.05
    with pytest.raises(StopUser):
        user.wait_time()


@pytest.mark.parametrize(
    ("user_class", "cohort", "says"),
    [
        (User, "", "is not a HubUser"),
        (Reader, 'thinking = "5s"', "has no browser, so that `thinking` does nothing"),
        (ActivityUser, 'leave = { log-out = "100 %" }', "has no browser, so that `leave` does nothing"),
        (None, "", "is not in the locustfile; there are: Other."),
    ],
)
def test_a_class_that_cannot_hold_the_rules_is_refused(user_class: type[User] | None, cohort: str, says: str) -> None:
    event = event_with(cohort=f'user_class = "Named"\n{cohort}')
    known = {"Named": user_class} if user_class else {"Other": Reader}
    with pytest.raises(SettingsError, match=says):
        check_classes(known, event)
    check_classes({"Named": NotebookUser}, event)
