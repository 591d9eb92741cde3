"""Unexpected exceptions in the code of user classes are counted, wherever Locust or gevent would lose them."""

from locust import SequentialTaskSet, TaskSet, User, constant, task
from locust.env import Environment
from locust.exception import InterruptTaskSet, StopUser

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gevent
import pytest
from gevent import GreenletExit
from gevent.pool import Pool

from hubusers.plugin.user_events import note_users
from hubusers.results.records import ARRIVAL, USER_CLASS
from hubusers.run.present_run import set_run
from hubusers.run.run import Run
from hubusers.run.user_class import TurnedAway
from hubusers.settings.access import Access
from hubusers.users import HubUser
from tests.scripted_hub import ScriptedHub
from tests.settings.settings import settings_for
from tests.waiting import wait_until

OFTEN = constant(0.05)


class Ours(HubUser):
    abstract = True
    host = "http://hub"
    wait_time = OFTEN

    def on_start(self) -> None:  # without an account
        pass

    @task
    def nothing(self) -> None:
        pass


class Theirs(User):
    abstract = True
    wait_time = OFTEN

    @task
    def nothing(self) -> None:
        pass


class FailsInTask(Ours):
    @task
    def nothing(self) -> None:
        raise ZeroDivisionError("in a task")


class FailsInInit(Ours):
    def __init__(self, environment: Environment) -> None:
        raise ZeroDivisionError("in __init__")


class FailsInOnStart(Ours):
    def on_start(self) -> None:
        raise ZeroDivisionError("in on_start")


class FailsInOnStop(Ours):
    def on_stop(self) -> None:
        raise ZeroDivisionError("in on_stop, before that of HubUser")


class FailsInWaitTime(Ours):
    def wait_time(self) -> float:
        raise ZeroDivisionError("in wait_time")


class ExitsInTask(Ours):
    @task
    def nothing(self) -> None:
        raise SystemExit(0)


class TimesOutInTask(Ours):
    @task
    def nothing(self) -> None:
        with gevent.Timeout(0.01):
            gevent.sleep(1)


class FailsInGreenlet(Ours):
    @task
    def nothing(self) -> None:
        gevent.spawn(self.elsewhere)

    def elsewhere(self) -> None:
        raise ZeroDivisionError("in a greenlet")


class FailsInPool(Ours):
    @task
    def nothing(self) -> None:
        pool = Pool(1)
        pool.spawn(self.elsewhere)
        pool.join()

    def elsewhere(self) -> None:
        raise ZeroDivisionError("in a pool, which is joined")


class FailsInThread(Ours):
    @task
    def nothing(self) -> None:
        thread = threading.Thread(target=self.elsewhere)
        thread.start()
        thread.join()

    def elsewhere(self) -> None:
        raise ZeroDivisionError("in a thread")


class EndsThread(Ours):
    @task
    def nothing(self) -> None:
        threading.Thread(target=sys.exit).start()


class FailsInNestedTaskSet(Ours):
    @task
    class nothing(SequentialTaskSet):  # noqa: N801
        @task
        class Deeper(TaskSet):
            @task
            def fail(self) -> None:
                raise ZeroDivisionError("far below")


class FailsInOnStopOfTaskSet(Ours):
    @task
    class nothing(TaskSet):  # noqa: N801
        @task
        def leave(self) -> None:
            self.interrupt(reschedule=False)  # type: ignore[no-untyped-call]

        def on_stop(self) -> None:
            raise ZeroDivisionError("in on_stop of a task set")


class EndsInTask(Ours):
    @task
    def nothing(self) -> None:
        raise GreenletExit


class IsKilled(Ours):
    @task
    def nothing(self) -> None:
        assert self.greenlet
        gevent.spawn(self.greenlet.kill)
        gevent.sleep(60)


class EndsInOnStart(Ours):
    def on_start(self) -> None:
        raise GreenletExit


class EndsInOnStop(Ours):
    @task
    def nothing(self) -> None:
        raise StopUser

    def on_stop(self) -> None:
        raise GreenletExit


class InterruptsNothing(Ours):
    @task
    def nothing(self) -> None:
        raise InterruptTaskSet


class StopsInTask(Ours):
    @task
    def nothing(self) -> None:
        raise StopUser


class IsTurnedAway(Ours):
    def on_start(self) -> None:
        raise TurnedAway  # which HubUser counts


class TakesLong(Ours):
    @task
    def nothing(self) -> None:
        gevent.sleep(60)


class PlainEndsInTask(Theirs):
    @task
    def nothing(self) -> None:
        raise GreenletExit


class PlainFailsInTask(Theirs):
    @task
    def nothing(self) -> None:
        raise ZeroDivisionError("in a task")


class PlainFailsInInit(Theirs):
    def __init__(self, environment: Environment) -> None:
        raise ZeroDivisionError("in __init__")


class PlainFailsInOnStop(Theirs):
    def on_stop(self) -> None:
        raise ZeroDivisionError("in on_stop")


class Good(Ours):
    pass


class PlainGood(Theirs):
    pass


ALL: list[type[User]] = [
    *[FailsInTask, FailsInInit, FailsInOnStart, FailsInOnStop, FailsInWaitTime, ExitsInTask, TimesOutInTask],
    *[FailsInGreenlet, FailsInPool, FailsInThread, FailsInNestedTaskSet, FailsInOnStopOfTaskSet],
    *[PlainFailsInTask, PlainFailsInInit, PlainFailsInOnStop, EndsThread, Good, PlainGood],
    *[EndsInTask, IsKilled, EndsInOnStart, EndsInOnStop, InterruptsNothing, PlainEndsInTask, StopsInTask, TakesLong],
    IsTurnedAway,
]

ENDED_EARLY = {"EndsInTask", "IsKilled", "EndsInOnStart", "EndsInOnStop", "InterruptsNothing", "PlainEndsInTask"}
FAILS_AND_ENDS = {"FailsInOnStart", "FailsInWaitTime", "ExitsInTask", "TimesOutInTask", *ENDED_EARLY}
GOOD = {"Good", "EndsThread", "PlainGood", "StopsInTask", "TakesLong", "IsTurnedAway"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    """Locust's, with the hub of gevent and threads that print nothing of the exceptions here."""
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    environment = Environment(user_classes=ALL)
    environment.create_local_runner()
    hub: Any = gevent.get_hub()
    before = hub.__dict__.get("handle_error"), hub.exception_stream
    hub.exception_stream = None
    yield environment
    assert environment.runner
    environment.runner.quit()
    hub.handle_error, hub.exception_stream = before[0] or type(hub).handle_error.__get__(hub), before[1]


def test_every_exception_counts_and_the_others_go_on(scripted_hub: ScriptedHub, environment: Environment) -> None:
    run = Run(settings_for(scripted_hub.endpoint, Access("0123456789abcdef")), worker=0)
    set_run(environment, run)
    note_users(environment)
    runner = environment.runner
    assert runner
    environment.stop_timeout = 0.2  # after which Locust kills TakesLong
    runner.start(len(ALL), spawn_rate=100)
    gone = [*FAILS_AND_ENDS, "FailsInInit", "PlainFailsInInit", "StopsInTask", "IsTurnedAway"]
    wait_until(lambda: runner.user_count == len(ALL) - len(gone), lambda: str(runner.user_classes_count))
    failing = {each.__name__ for each in ALL} - GOOD
    early = failing - {"FailsInOnStop", "PlainFailsInOnStop"}
    wait_until(lambda: early <= crashed(run).keys(), lambda: str(crashed(run)))
    runner.stop()
    crashes = crashed(run)
    assert crashes.keys() == failing
    once = [*FAILS_AND_ENDS, "FailsInInit", "FailsInOnStop", "PlainFailsInInit", "PlainFailsInOnStop"]
    assert {crashes[name] for name in once} == {1}, crashes
    assert run.counts.failed == crashes.total()
    came = {record.user_class for record in run.results.records if record.step == ARRIVAL}
    assert came == {
        "FailsInInit",
        "PlainFailsInTask",
        "PlainFailsInInit",
        "PlainFailsInOnStop",
        "PlainGood",
        "PlainEndsInTask",
    }
    failures = {record.failure for record in run.results.records.failed()}
    assert failures == {"ZeroDivisionError", "SystemExit", "Timeout", "EndedEarly"}
    ended_early = {record.user_class for record in run.results.records.failed() if record.failure == "EndedEarly"}
    assert ended_early == ENDED_EARLY
    assert len(runner.exceptions) >= len(crashes) - 1  # Locust shows them as well


def test_a_user_ends_after_a_crash_if_failures_end_users(scripted_hub: ScriptedHub, environment: Environment) -> None:
    settings = replace(settings_for(scripted_hub.endpoint, Access("0123456789abcdef")), end_after_failure=True)
    run = Run(settings, worker=0)
    set_run(environment, run)
    environment.user_classes = [FailsInTask]
    note_users(environment)
    runner = environment.runner
    assert runner
    runner.start(1, spawn_rate=1)
    wait_until(lambda: crashed(run).total() == 1 and runner.user_count == 0, lambda: str(crashed(run)))


def crashed(run: Run) -> Counter[str]:
    return Counter(record.user_class for record in run.results.records if record.step == USER_CLASS)
