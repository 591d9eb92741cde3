"""What the gate means for one person: the wait there is not part of the start."""

from locust.exception import RescheduleTask

import time

import gevent
import pytest

from hubusers.accounts.account import Account
from hubusers.run.start_gate import kind_of_start
from hubusers.users import ServerLifecycleUser
from tests.scripted_hub import Scripted, ScriptedHub
from tests.users.people import People, people_on
from tests.waiting import wait_until

READY = Scripted(200, {"name": "ann", "servers": {"": {"ready": True, "pending": None}}})


@pytest.fixture
def people(scripted_hub: ScriptedHub) -> People:
    scripted_hub.script(READY)
    scripted_hub.refuse("POST", "/server", Scripted(202))
    return people_on(scripted_hub.endpoint, poll_interval=0.05)


def test_the_time_of_a_start_begins_behind_the_gate(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    person = people.comes(ServerLifecycleUser, Account("ann"))
    people.run.gate.set_failed(4)
    # As if the process had been late all the time: what it delays is part of the start, and what the gate delays not.
    monkeypatch.setattr(people.run.generator, "late_by", lambda due: time.monotonic() - due)
    person.stay(0)  # the start is due now
    began = time.time()
    starting = gevent.spawn(person.start_server)
    gevent.sleep(1)
    assert people.rows == []
    people.run.gate.set_failed(0)
    starting.get()
    (record,) = people.run.results.records
    assert record.began - began > 0.9
    assert people.run.gate.held.starts == 1


def test_a_start_that_is_over_makes_room_whatever_came_of_it(people: People, scripted_hub: ScriptedHub) -> None:
    gate, kind = people.run.gate, kind_of_start(None)
    person = people.comes(ServerLifecycleUser, Account("ann"))
    gate.set_failed(3)  # one may be under way
    person.start_server()
    gate.set_failed(3)
    scripted_hub.script(Scripted(500, {"message": "no"}))
    scripted_hub._refused.clear()
    with pytest.raises(RescheduleTask):
        person.start_server()
    assert gate.failed == 4
    gate.set_failed(3)
    assert gate.enter(kind, 0.01) == 0.0


def test_people_who_were_told_to_come_later_pass_the_gate_again(people: People, scripted_hub: ScriptedHub) -> None:
    scripted_hub._refused.clear()
    scripted_hub.script(Scripted(429, headers={"Retry-After": "1"}), Scripted(202), READY)
    gate = people.run.gate

    def close_the_gate(request_type: str, name: str, **_: object) -> None:
        if (request_type, name) == ("SERVER", "throttled"):
            gate.set_failed(4)

    people.environment.events.request.add_listener(close_the_gate)
    person = people.comes(ServerLifecycleUser, Account("ann"))
    starting = gevent.spawn(person.start_server)
    wait_until(lambda: gate.held.starts == 1, "the person waits at the gate")
    gevent.sleep(0.5)
    assert len(scripted_hub.asked) == 1
    gate.set_failed(0)
    starting.get()
    (record,) = people.run.results.records
    assert 1.5 <= record.throttled <= record.seconds
