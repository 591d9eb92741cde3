"""Everybody who comes leaves a record, whatever keeps them from a server."""

from locust.exception import RescheduleTask

from pathlib import Path

import gevent
import pytest
from gevent import GreenletExit

from hubusers.accounts.account import Account
from hubusers.results.records import ARRIVAL, LOGIN, UNFINISHED, USER_CLASS, Record
from hubusers.settings.access import Access
from hubusers.users import HubUser, ServerLifecycleUser
from hubusers.users.browser_user import BrowserUser
from tests.scripted_hub import Scripted, ScriptedHub
from tests.users.people import People, people_on

RUNNING = Scripted(200, {"name": "ann", "servers": {"": {"ready": True}}})


def records_of(people: People) -> list[Record]:
    return list(people.run.results.records)


def given(folder: Path) -> str:
    """Return a file with the account of one person."""
    accounts = folder / "accounts.csv"
    accounts.write_text("name,password\nann,one\n")
    return str(accounts)


def turned_away(people: People, person: HubUser) -> Record:
    """Let somebody come in vain, and return the record of it."""
    with pytest.raises(GreenletExit):
        person.on_start()
    assert people.run.counts.arrived == people.run.results.people.reached().came == 1
    assert people.run.counts.failed == len(people.run.results.records.failed()) == 1
    [*_, record] = records_of(people)
    return record


def test_somebody_whose_account_cannot_be_made(scripted_hub: ScriptedHub) -> None:
    people = people_on(scripted_hub.endpoint)
    scripted_hub.script(Scripted(403, {"message": "no"}))
    record = turned_away(people, people.comes(ServerLifecycleUser))
    assert (record.step, record.failure) == (ARRIVAL, "hub error: HTTP 403")


def test_somebody_for_whom_no_account_is_left(scripted_hub: ScriptedHub, tmp_path: Path) -> None:
    people = people_on(scripted_hub.endpoint, accounts_file=given(tmp_path))
    people.run.accounts.take()
    record = turned_away(people, people.comes(ServerLifecycleUser))
    assert (record.step, record.failure) == (ARRIVAL, "no account left")
    assert record.username  # or those for whom nothing is left would look like one person


def test_somebody_whose_server_runs_already(scripted_hub: ScriptedHub, tmp_path: Path) -> None:
    people = people_on(scripted_hub.endpoint, accounts_file=given(tmp_path))
    scripted_hub.script(RUNNING)
    record = turned_away(people, people.comes(ServerLifecycleUser, Account("ann")))
    assert (record.step, record.failure) == (ARRIVAL, "the server runs already")


def test_somebody_who_gets_no_token_cannot_log_in(scripted_hub: ScriptedHub) -> None:
    people = people_on(scripted_hub.endpoint)
    scripted_hub.script(Scripted(403, {"message": "no"}))
    record = turned_away(people, people.comes(BrowserUser, Account("ann")))
    assert (record.step, record.failure) == (LOGIN, "hub error: HTTP 403")
    assert people.run.results.people.reached().stopped == {LOGIN: 1}


@pytest.mark.parametrize(
    ("user_class", "account", "step"),
    [(ServerLifecycleUser, None, ARRIVAL), (BrowserUser, Account("ann"), LOGIN)],
)
def test_somebody_who_waits_for_an_account_or_a_token_when_the_run_ends(
    scripted_hub: ScriptedHub, user_class: type[HubUser], account: Account | None, step: str
) -> None:
    people = people_on(scripted_hub.endpoint)
    scripted_hub.script(Scripted(201, [], held=600))
    person = people.comes(user_class, account)
    waiting = gevent.spawn(person.on_start)
    while not any(asked.method == "POST" for asked in scripted_hub.asked):
        gevent.sleep(0.01)
    waiting.kill()
    record = records_of(people)[-1]
    assert (record.step, record.failure) == (step, UNFINISHED)
    reached = people.run.results.people.reached()
    assert (reached.came, reached.waiting, reached.share_in_vain) == (1, 1, 1.0)
    assert reached.without_account == int(step == ARRIVAL)


def test_an_exception_in_a_user_class(scripted_hub: ScriptedHub) -> None:
    people = people_on(scripted_hub.endpoint)
    person = people.comes(ServerLifecycleUser, Account("ann"))
    person.on_start()
    person.note_crash(KeyError("nothing"))
    arrival, crash = records_of(people)
    assert (arrival.step, arrival.failure) == (ARRIVAL, "")
    assert (crash.step, crash.failure, crash.user_class) == (USER_CLASS, "KeyError", "Person")
    assert people.run.results.people.reached().stopped == {USER_CLASS: 1}
    assert people.run.counts.failed == 1


def test_steps_belong_to_the_lifecycle_that_they_begin(scripted_hub: ScriptedHub) -> None:
    people = people_on(scripted_hub.endpoint, Access("0123456789abcdef", password="secret"))
    person = people.comes(BrowserUser, Account("ann", password="wrong"))
    person.on_start()
    for _ in range(2):
        scripted_hub.script(Scripted(500, "down"))
        person.begin_lifecycle()
        with pytest.raises(RescheduleTask):
            person.log_in()
    assert [(record.step, record.lifecycle) for record in records_of(people)[1:]] == [(LOGIN, 1), (LOGIN, 2)]
    assert people.run.results.people.reached().visits_in_vain == 2
    assert people.run.counts.failed == 2


def test_a_start_belongs_to_the_lifecycle_that_has_begun(scripted_hub: ScriptedHub) -> None:
    people = people_on(scripted_hub.endpoint)
    person = people.comes(ServerLifecycleUser, Account("ann"))
    for lifecycle in (1, 2):
        scripted_hub.script(Scripted(500, {"message": "no"}))
        person.begin_lifecycle()
        with pytest.raises(RescheduleTask):
            person.start_server()
        assert records_of(people)[-1].lifecycle == person.lifecycle == lifecycle
    scripted_hub.script(Scripted(500, {"message": "no"}))
    with pytest.raises(RescheduleTask):
        person.start_server()  # of a class that plans no lifecycles, each start begins one
    assert person.lifecycle == 3
