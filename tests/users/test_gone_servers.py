"""Servers that somebody else stopped: a stop of one is a failure, and not a very quick stop."""

from locust.exception import RescheduleTask, StopUser

import time
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
import requests

from hubusers.accounts.account import Account
from hubusers.http.messages import NO_TURN
from hubusers.hub.deadline import Deadline, poll
from hubusers.local import LocalHub
from hubusers.results.records import SERVER_HELD, STOP_TO_STOPPED, Record
from hubusers.settings.access import Access
from hubusers.users import ServerLifecycleUser
from hubusers.users.browser_user import BrowserUser
from tests.scripted_hub import Asked, Scripted, ScriptedHub
from tests.users.people import People, people_on

LOOK = ("GET", "/users/{name}", "")


@pytest.fixture
def people(local_hub: LocalHub) -> Iterator[People]:
    access = Access(local_hub.token, password="anything")
    people = people_on(local_hub.endpoint, access, poll_interval=0.1)
    yield people
    people.run.clean_up_own()
    assert not people.run.ledger.left()


@pytest.fixture
def delete(local_hub: LocalHub) -> Callable[[str], None]:
    """Delete something by the hub's API, as a culler does, and wait until it is gone."""

    def delete(path: str) -> None:
        headers, user = {"Authorization": f"token {local_hub.token}"}, path.removesuffix("/server")
        requests.delete(f"{local_hub.endpoint}{path}", headers=headers, timeout=60).raise_for_status()

        def is_gone() -> bool | None:
            answer = requests.get(f"{local_hub.endpoint}{user}", headers=headers, timeout=60)
            return answer.status_code == 404 or not answer.json()["servers"] or None

        assert poll(is_gone, Deadline(120), 0.1)

    return delete


def stops(people: People) -> list[Record]:
    return people.run.results.records.of(STOP_TO_STOPPED)


def test_a_server_that_was_culled_was_gone(people: People, delete: Callable[[str], None]) -> None:
    person = people.comes(ServerLifecycleUser)
    person.on_start()
    person.start_server()
    gevent.sleep(0.5)
    delete(f"/users/{person.username}/server")
    with pytest.raises(RescheduleTask):
        person.stop_server()
    (stop,) = stops(people)
    assert stop.failure == "server was gone"
    assert stop.after >= 0.5
    assert not person.has_server
    totals = people.run.ledger.totals()
    assert (totals.servers_started, totals.servers_removed) == (1, 1)
    person.start_server()
    person.stop_server()
    assert [record.failure for record in stops(people)] == ["server was gone", ""]


def test_servers_that_were_to_be_kept_and_are_gone(
    local_hub: LocalHub, delete: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    people = people_on(local_hub.endpoint, Access(local_hub.token), poll_interval=0.1, keep=True, stay=(0.0, 0.0))
    kept, culled, deleted = [people.comes(ServerLifecycleUser) for _ in range(3)]
    try:
        for person in (kept, culled, deleted):
            person.on_start()
            person.live_through_a_server()
        delete(f"/users/{culled.username}/server")
        with pytest.raises(RescheduleTask):
            culled.live_through_a_server()
        kept.live_through_a_server()
        assert [(record.step, record.failure) for record in people.run.results.records.failed()] == [
            (SERVER_HELD, "server was gone")
        ]
        culled.live_through_a_server()  # asks for another one
        delete(f"/users/{culled.username}/server")
        delete(f"/users/{deleted.username}")
        people.run.clean_up_everything()
        totals = people.run.ledger.totals()
        assert (totals.users_left, totals.servers_left) == (2, 1)
        assert people.run.ledger.has_server(kept.account.key)
        assert "2 servers that were to be kept were stopped by somebody else" in caplog.text
        ends = sorted(record.failure for record in people.run.results.records.of(SERVER_HELD))
        assert ends == ["server was gone", "server was gone", "user gone"]
        reached = people.run.results.people.reached()
        assert (reached.came, reached.lost, reached.visits_in_vain) == (3, {SERVER_HELD: 1}, 3)
    finally:
        object.__setattr__(people.run.settings, "keep", False)
        people.run.clean_up_everything()


def test_an_account_that_was_deleted_is_gone_with_its_server(people: People, delete: Callable[[str], None]) -> None:
    person = people.comes(ServerLifecycleUser)
    person.on_start()
    person.start_server()
    delete(f"/users/{person.username}")
    with pytest.raises(StopUser):
        person.stop_server()
    assert [record.failure for record in stops(people)] == ["user gone"]


def test_the_home_page_has_no_button_for_a_server_that_was_culled(
    people: People, delete: Callable[[str], None]
) -> None:
    person = people.comes(BrowserUser)
    person.on_start()
    person.log_in()
    person.open_server()
    delete(f"/users/{person.username}/server")
    with pytest.raises(RescheduleTask):
        person.leave()
    (stop,) = stops(people)
    assert stop.failure == "server was gone"
    assert stop.after > 0
    assert not person.has_server


class Hub(ScriptedHub):
    """A hub with one user, whose server runs until it is stopped; it takes its time to say so."""

    def __init__(self, look_seconds: float = 0.0, **looked_at: Any) -> None:
        super().__init__()
        self.looked_at_moments: list[float] = []
        self._look_seconds, self._looked_at = look_seconds, looked_at

    def answer(self, asked: Asked) -> Scripted:
        if asked.method == "DELETE":
            return Scripted(204)
        if asked.method == "POST":
            return Scripted(201, {})
        ready = {"name": "ann", "servers": {"": {"ready": True}}}
        if "/users?" in asked.path:
            return Scripted(200, {"items": [ready], "_pagination": {"next": None}})
        if asked.path.endswith("/progress"):
            return Scripted(pieces=[b'data: {"ready": true}\n\n'])
        self.looked_at_moments.append(time.time())
        return Scripted(200, {"name": "ann", **self._looked_at} if self._looked_at else ready, held=self._look_seconds)


def person_on(hub: ScriptedHub, **changes: Any) -> tuple[People, ServerLifecycleUser]:
    people = people_on(hub.endpoint, **{"wait": "progress", **changes})
    person = people.comes(ServerLifecycleUser, Account("ann"))
    person.start_server()
    people.rows.clear()
    return people, person


def test_the_look_is_not_part_of_the_time() -> None:
    with Hub(look_seconds=0.5) as hub:
        people, person = person_on(hub)
        hub.looked_at_moments.clear()
        person.stop_server()
    (stop,) = stops(people)
    assert stop.failure == ""
    assert stop.began > hub.looked_at_moments[0] + 0.4
    assert people.rows[0] == LOOK


@pytest.mark.parametrize(
    ("servers", "failure"),
    [
        ({"": {"ready": True}}, ""),
        ({"": {"ready": False, "pending": "spawn"}}, ""),
        ({"": {"ready": False, "pending": "stop"}}, "server was gone"),
        ({}, "server was gone"),
    ],
)
def test_what_a_look_means(servers: dict[str, Any], failure: str) -> None:
    with Hub(servers=servers) as hub:
        people, person = person_on(hub)
        if failure:
            with pytest.raises(RescheduleTask):
                person.stop_server()
        else:
            person.stop_server()
    assert [stop.failure for stop in stops(people)] == [failure]


def test_the_look_before_a_stop_does_not_wait_for_the_looks_of_others() -> None:
    with Hub(servers={}) as hub:
        people, person = person_on(hub)
        take_all_turns(people)
        with pytest.raises(RescheduleTask):
            person.stop_server()
    assert [stop.failure for stop in stops(people)] == ["server was gone"]
    assert people.rows[0] == LOOK


def test_a_look_that_has_no_turn_is_no_failure_of_the_hub() -> None:
    with Hub() as hub:
        people, person = person_on(hub)
        take_all_turns(people)
        assert person.hub.request("GET", "/users/{name}", username="ann", timeout=0.2).error == NO_TURN
        assert people.rows == []
        gevent.spawn_later(0.5, people.run.looking.release)
        assert person.hub.request("GET", "/users/{name}", username="ann", timeout=60.0).status == 200
    assert people.rows == [LOOK]


def take_all_turns(people: People) -> None:
    """Have as many looks of others under way as there may be."""
    while people.run.looking.acquire(blocking=False):
        pass


def test_a_look_that_tells_nothing_does_not_keep_from_stopping() -> None:
    with Hub() as hub:
        people, person = person_on(hub)
        hub.refuse("GET", "/users/ann", Scripted(500))
        person.stop_server()
    assert [stop.failure for stop in stops(people)] == [""]


def test_nobody_looks_at_a_server_that_the_list_has_just_shown() -> None:
    with Hub() as hub:
        people, person = person_on(hub, wait="listing", poll_interval=5.0)
        people.run.listing._prefix = "ann"  # type: ignore[union-attr]
        person.start_server()
        people.rows.clear()
        person.stop_server()
        assert LOOK not in people.rows
        people.run.listing._interval = 0.0  # type: ignore[union-attr]  # that reading is old now
        person.stop_server()
        assert LOOK in people.rows
