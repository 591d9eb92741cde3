"""What is said of a start, whichever way a user waits for it: on real hubs whose spawner speaks as KubeSpawner does."""

from locust.exception import StopUser

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import gevent
import pytest

from hubusers import create_users, get_session, stop_server
from hubusers.accounts.account import Account
from hubusers.hub.client import HubClient
from hubusers.local import LocalHub
from hubusers.results.records import ARRIVAL, NEW, RETURNING, UNFINISHED, Record
from hubusers.run.pending_start import PendingStart
from hubusers.start_parts import ACCEPTANCE, IMAGE, NODE, PLACE_AT_HUB, SPAWNING
from hubusers.users import HubUser, ServerLifecycleUser
from hubusers.users.browser_user import BrowserUser
from tests.gate import Gate
from tests.users.people import People, people_on
from tests.users.test_browser_user import TWO_CLOCKS
from tests.waiting import wait_until

NO_ROOM = "0/7 nodes are available: 7 Insufficient memory."


def speaking(node: Gate, image: Gate) -> str:
    """Return the configuration of a hub whose servers wait for a node, and for an image, until the gates are open."""
    return f"""
import asyncio
import os
from hubusers.local.spawners import StubSpawner

class Speaking(StubSpawner):
    async def launch(self):
        if "broken" in self.user_options:
            raise RuntimeError(f"no home for {{self.user.name}} on node 17")
        await asyncio.sleep(self.user_options.get("hangs", 0))
        {image.passed}
        return await super().launch()

    async def progress(self):
        def event(reason, message):
            return {{"progress": 50, "message": f"None [Normal] {{message}}", "raw_event": {{"reason": reason}}}}
        if "room" not in self.user_options:
            yield event("FailedScheduling", "{NO_ROOM}")
            {node.passed}
        yield event("Pulling", 'Pulling image "a/b:1"')
        await asyncio.sleep(600)

c.JupyterHub.spawner_class = Speaking
"""


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Gate]:
    folder = tmp_path_factory.mktemp("gates")
    return {NODE: Gate(folder / "node"), IMAGE: Gate(folder / "image")}


@pytest.fixture(scope="module")
def speaking_hub(gates: dict[str, Gate]) -> Iterator[LocalHub]:
    with LocalHub(extra_config=speaking(gates[NODE], gates[IMAGE]), spawn_seconds=(0.5, 0.5)) as hub:
        yield hub


def _wait_for(people: People, part: str) -> bool:
    return +people.run.pending_for == Counter([part])


@pytest.fixture
def one_after_the_other(gates: dict[str, Gate]) -> Iterator[Callable[[People], None]]:
    """Let the only start of some people wait for a node and then for an image, each for a moment."""
    for gate in gates.values():
        gate.close()

    def open_gates(people: People) -> None:
        for part, gate in gates.items():
            wait_until(partial(_wait_for, people, part), lambda: str(people.run.pending_for))
            gevent.sleep(0.3)
            gate.open()

    yield open_gates
    for gate in gates.values():
        gate.open()


def people_of(hub: LocalHub, **changes: Any) -> People:
    """Return people whose accounts have the names of no other test."""
    return people_on(hub.endpoint, hub.token, **{"run_id": secrets.token_hex(3), "wait": "progress", **changes})


def start(people: People, user_class: type[HubUser] = ServerLifecycleUser, account: Account | None = None) -> Record:
    """Return the record of one more person's start."""
    person = people.comes(user_class, account)
    person.on_start()
    with suppress(StopUser):
        if isinstance(person, BrowserUser):
            person.log_in()
            person.open_server()
        else:
            person.start_server()
    person.on_stop()
    return people.run.results.records.starts()[-1]


@pytest.mark.parametrize("wait", ["progress", "poll", "listing"])
def test_why_a_start_failed(wait: str, speaking_hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_at: list[float] = []
    ask_once = PendingStart.ask_once

    def note_when(self: PendingStart, client: HubClient) -> str:
        asked_at.append(time.time())
        return ask_once(self, client)

    monkeypatch.setattr(PendingStart, "ask_once", note_when)
    people = people_of(
        speaking_hub,
        wait=wait,
        poll_interval=0.2,
        user_options={"broken": True},
        end_after_failure=True,
    )
    record = start(people)
    assert record.failure == "spawn failed"
    assert record.reason.endswith("no home for {name} on node {number}")
    assert (record.person, record.profile) == (NEW, '{"broken": true}')
    ended_at = record.began + record.seconds
    assert all(ended_at <= moment + TWO_CLOCKS for moment in asked_at)  # what was asked then is not part of it
    assert bool(asked_at) == (wait != "progress")  # which has told it already
    example = people.run.results.examples.of(record.step, record.failure, record.reason)
    assert record.username in example
    assert [diary.reason for diary in people.run.results.diaries.failed()] == [record.reason]
    assert {message.failed for message in people.run.results.messages.rows()} == {1}


def test_what_a_start_waited_for_by_the_stream(
    speaking_hub: LocalHub, one_after_the_other: Callable[[People], None]
) -> None:
    people = people_of(speaking_hub)
    starting = gevent.spawn(start, people)
    one_after_the_other(people)
    record = starting.get()
    parts = dict(record.parts)
    assert record.failure == ""
    assert parts[NODE] > 0.25
    assert parts[IMAGE] > 0.25
    assert sum(parts.values()) == pytest.approx(record.seconds, abs=0.1)
    templates = {message.template for message in people.run.results.messages.rows()}
    assert {"{number}/{number} nodes are available: {number} Insufficient memory.", 'Pulling image "a/b:1"'} < templates
    assert {message.failed for message in people.run.results.messages.rows()} == {0}
    [diary] = people.run.results.diaries.slowest()
    (no_room, _, _), (pulling, _, last) = diary.messages[-2:]
    assert last == IMAGE
    assert parts[NODE] == pytest.approx(pulling - no_room, abs=0.1)
    assert parts[IMAGE] == pytest.approx(record.seconds - pulling, abs=0.1)


def test_what_a_start_waited_for_by_the_hubs_pages(
    speaking_hub: LocalHub, one_after_the_other: Callable[[People], None]
) -> None:
    people = people_of(speaking_hub)
    starting = gevent.spawn(start, people, BrowserUser, Account("ann", password="any"))  # the hub takes any
    one_after_the_other(people)
    record = starting.get()
    assert record.failure == ""
    assert dict(record.parts).keys() >= {NODE, IMAGE}
    assert record.person == ""  # nobody has asked the hub


@pytest.mark.parametrize("wait", ["poll", "listing"])
def test_a_start_that_is_late_is_asked_about_once(wait: str, speaking_hub: LocalHub) -> None:
    people = people_of(
        speaking_hub,
        wait=wait,
        poll_interval=0.2,
        server_timeout=6.0,  # it is asked about after half of that
        user_options={"room": True, "hangs": 600},
        end_after_failure=True,
    )
    record = start(people)
    assert (record.failure, record.reason) == ("timed out", 'Pulling image "a/b:1"')
    assert IMAGE in dict(record.parts)
    asked = Counter(row.name for row in people.rows)
    assert asked["/users/{name}/server/progress"] == 1


def test_the_pending_starts_of_a_run_are_counted_by_what_they_wait_for(speaking_hub: LocalHub) -> None:
    people = people_of(speaking_hub, user_options={"room": True, "hangs": 600})
    starting = [gevent.spawn(start, people) for _ in range(3)]
    wait_until(lambda: +people.run.pending_for == Counter({IMAGE: 3}), lambda: str(people.run.pending_for))
    assert people.run.counts.pending == 3
    gevent.killall(starting)
    assert +people.run.pending_for == Counter()
    assert people.run.counts.pending == 0
    unfinished = people.run.results.records.unfinished()
    assert {record.failure for record in unfinished} == {UNFINISHED}
    assert {record.reason for record in unfinished} == {'Pulling image "a/b:1"'}


def test_a_wait_because_of_a_429_is_a_part_of_the_start(gates: dict[str, Gate]) -> None:
    config = f"""
import asyncio
import os
from hubusers.local.spawners import StubSpawner

class Gated(StubSpawner):
    async def launch(self):
        {gates[IMAGE].passed}
        return await super().launch()

c.JupyterHub.spawner_class = Gated
c.JupyterHub.tornado_settings['spawn_throttle_retry_range'] = (1, 1)
"""
    gates[IMAGE].close()
    with LocalHub(concurrent_spawn_limit=1, spawn_seconds=(1, 1), extra_config=config) as hub:
        people = people_of(hub)
        starting = [gevent.spawn(start, people) for _ in range(2)]
        wait_until(lambda: "throttled" in [row.name for row in people.rows], "one is told to come later")
        gates[IMAGE].open()
        gevent.joinall(starting, raise_error=True)
        throttled = [record for record in people.run.results.records.starts() if record.throttled]
    assert throttled
    for record in throttled:
        parts = dict(record.parts)
        assert record.throttled - 0.05 <= parts[PLACE_AT_HUB]
        assert sum(parts.values()) == pytest.approx(record.seconds, abs=0.01)
        # The spawn begins before its answer comes.
        assert parts.get(ACCEPTANCE, 0) + parts[SPAWNING] >= 0.99


def test_the_first_server_makes_nobody_a_returning_person_before_the_next_one(speaking_hub: LocalHub) -> None:
    people = people_of(speaking_hub)
    person = people.comes(ServerLifecycleUser)
    person.on_start()
    for _ in range(2):
        person.start_server()
        person.stop_server()
    person.on_stop()
    persons = [record.person for record in people.run.results.records if record.step != ARRIVAL]
    assert persons == [NEW, NEW, RETURNING, RETURNING]


def test_people_whose_accounts_were_given_are_new_or_returning(speaking_hub: LocalHub, tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text("name,password\nbea,any\n", encoding="utf-8")
    people = people_of(speaking_hub, accounts_file=str(file))
    with get_session(speaking_hub.token) as session:
        assert create_users(["bea"], speaking_hub.endpoint, session) == {"bea": True}
        assert start(people, account=Account("bea")).person == NEW
        assert stop_server("bea", speaking_hub.endpoint, session, wait=True)
        assert start(people, account=Account("bea")).person == RETURNING
