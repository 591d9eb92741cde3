"""People with a browser, step by step, on a real hub that starts one server at a time."""

from locust.exception import RescheduleTask

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gevent
import pytest
import requests

from hubusers.accounts.account import Account
from hubusers.accounts.ledger import Totals
from hubusers.browser import login
from hubusers.event.leaving import Leaving
from hubusers.hub.answers import CONCURRENT_SPAWN_LIMIT
from hubusers.hub.deadline import Deadline, poll
from hubusers.local import LocalHub
from hubusers.results.records import LOGIN, SPAWN_PAGE, START_TO_READY, STOP_TO_STOPPED
from hubusers.run.run import Run
from hubusers.settings.access import Access
from hubusers.users.browser_user import BrowserUser
from tests.scripted_hub import Scripted, ScriptedHub
from tests.settings.settings import settings_for
from tests.users.people import People, people_on

CONFIG = 'c.JupyterHub.tornado_settings["spawn_throttle_retry_range"] = (1, 2)'

TWO_CLOCKS = 0.5
"""Seconds by which a beginning may be wrong that is computed from two clocks, read one after the other."""


@pytest.fixture(scope="module")
def hub() -> Iterator[LocalHub]:
    with LocalHub(concurrent_spawn_limit=1, spawn_seconds=(0.8, 1.0), extra_config=CONFIG) as hub:
        yield hub


class Visitors(People):
    """The people of a run on a real hub."""

    def __init__(self, hub: LocalHub, password: str, leave: Leaving) -> None:
        settings = settings_for(hub.endpoint, Access(hub.token, password=password))
        super().__init__(Run(replace(settings, poll_interval=0.2, leave={leave: 1.0}), worker=0))
        self.hub = hub

    def newcomer(self) -> BrowserUser:
        person = self.comes(BrowserUser)
        person.on_start()
        return person

    def count(self, row: str) -> int:
        return [f"{kind} {name}" for kind, name, _ in self.rows].count(row)

    def server_of(self, person: BrowserUser) -> Any:
        headers = {"Authorization": f"token {self.hub.token}"}
        url = f"{self.hub.endpoint}/users/{person.username}"
        return requests.get(url, headers=headers, timeout=60).json()["server"]

    def stop_server_of(self, person: BrowserUser) -> None:
        """As a culler does."""
        headers = {"Authorization": f"token {self.hub.token}"}
        requests.delete(f"{self.hub.endpoint}/users/{person.username}/server", headers=headers, timeout=60)
        assert poll(lambda: self.server_of(person) is None or None, Deadline(120), 0.1)


@pytest.fixture
def people(hub: LocalHub) -> Iterator[Callable[..., Visitors]]:
    runs = []

    def make(password: str = "", leave: Leaving = "log-out") -> Visitors:
        made = Visitors(hub, password, leave)
        runs.append(made.run)
        return made

    yield make
    for run in runs:
        run.clean_up_own()
        assert not run.ledger.left()


def visit(person: BrowserUser) -> None:
    person.log_in()
    person.open_server()


def test_who_is_told_to_come_back_later_does_and_the_wait_counts(people: Callable[..., Visitors]) -> None:
    class_of_two = people(password="anything")
    persons = [class_of_two.newcomer() for _ in range(2)]
    gevent.joinall([gevent.spawn(visit, person) for person in persons], raise_error=True)
    first, second = sorted(class_of_two.run.results.records.of(START_TO_READY), key=lambda record: record.seconds)
    assert (first.failure, second.failure) == ("", "")
    assert (first.throttled, second.throttled_by) == (0.0, CONCURRENT_SPAWN_LIMIT)
    assert 0.5 < second.throttled < second.seconds
    assert class_of_two.count("SERVER throttled") >= 1
    assert all(not record.failure for record in class_of_two.run.results.records.of(SPAWN_PAGE))
    assert class_of_two.run.counts.ready == 2


def test_who_logs_out_has_stopped_the_server_and_logs_in_again(people: Callable[..., Visitors]) -> None:
    visitors = people(password="anything")
    person = visitors.newcomer()
    visit(person)
    assert visitors.server_of(person)
    person.leave()
    assert visitors.server_of(person) is None
    assert not person.has_server
    visit(person)
    records = visitors.run.results.records
    counted = {step: len(records.of(step)) for step in (LOGIN, SPAWN_PAGE, START_TO_READY, STOP_TO_STOPPED)}
    assert counted == {LOGIN: 2, SPAWN_PAGE: 2, START_TO_READY: 2, STOP_TO_STOPPED: 1}
    assert visitors.count("POST /hub/login") == 2


def test_who_closes_the_tab_finds_the_server_again(people: Callable[..., Visitors]) -> None:
    visitors = people(password="anything", leave="close-tab")
    person = visitors.newcomer()
    visit(person)
    person.leave()
    visit(person)
    assert len(visitors.run.results.records.of(START_TO_READY)) == 1
    assert visitors.count("POST /hub/login") == 1
    person.leave()
    person.on_stop()
    gevent.sleep(1.0)
    assert visitors.server_of(person)  # until the run ends


@pytest.mark.parametrize("password", ["anything", ""], ids=["by the pages", "with a token"])
def test_who_finds_the_server_stopped_meanwhile_starts_it_again(people: Callable[..., Visitors], password: str) -> None:
    visitors = people(password=password, leave="close-tab")
    person = visitors.newcomer()
    visit(person)
    person.leave()
    visitors.stop_server_of(person)
    returned = time.time()
    visit(person)
    assert visitors.server_of(person)
    records = visitors.run.results.records
    for step in (SPAWN_PAGE, START_TO_READY) if password else (START_TO_READY,):
        first, second = records.of(step)
        assert (first.failure, second.failure) == ("", "")
        assert first.began < returned < second.began + TWO_CLOCKS
    assert second.seconds > 0.7  # a spawn
    assert (visitors.run.spawns.ready, visitors.run.counts.ready) == (2, 1)
    assert (person.lifecycle, person.has_server) == (2, True)
    totals = visitors.run.ledger.totals()
    assert (totals.servers_started, totals.servers_removed) == (2, 1)


def test_who_needs_no_login_any_more_is_not_measured_from_the_last_one(
    people: Callable[..., Visitors], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitors = people(password="anything")
    person = visitors.newcomer()
    visit(person)
    monkeypatch.setattr(login, "log_out", lambda *_: None)
    person.leave()
    returned = time.time()
    visit(person)
    for step in (LOGIN, SPAWN_PAGE, START_TO_READY):
        again = visitors.run.results.records.of(step)[-1]
        assert again.began + TWO_CLOCKS > returned
        assert again.seconds >= 0


@pytest.mark.parametrize(
    ("options", "failure", "pages"),
    [({"profile": "huge"}, "not in the spawn form: option", 1), (None, "spawn failed", 2)],
)
def test_a_form_that_was_not_sent_or_not_taken_started_no_server(
    scripted_hub: ScriptedHub, options: dict[str, str] | None, failure: str, pages: int
) -> None:
    """JupyterHub 4 shows its form again with a 200."""
    form = '<html><form id="spawn_form" method="post"><input name="image" value="small"></form></html>'
    page = Scripted(200, form, {"Content-Type": "text/html"})
    scripted_hub.script(*[page] * pages, Scripted(200, {"name": "ann", "servers": {}}))
    people = people_on(scripted_hub.endpoint, user_options=options)
    person = people.comes(BrowserUser, Account("ann", password="anything"))
    person.on_start()
    with pytest.raises(RescheduleTask):
        person.open_server()
    assert [record.failure for record in people.run.results.records.of(START_TO_READY)] == [failure]
    assert not person.has_server
    assert people.run.ledger.totals() == Totals()


def test_who_has_no_password_gets_a_token_and_shows_no_page(people: Callable[..., Visitors]) -> None:
    visitors = people()
    person = visitors.newcomer()
    visit(person)
    assert visitors.count("POST /users/{name}/tokens") == 1
    assert visitors.count("GET /hub/api/user") == 1
    assert visitors.count("GET /user/{name}/") == 1
    assert not visitors.run.results.records.of(SPAWN_PAGE)
    person.leave()
    assert visitors.server_of(person) is None
    assert not [row for row in visitors.rows if "/hub/login" in row.name or "/hub/home" in row.name]
