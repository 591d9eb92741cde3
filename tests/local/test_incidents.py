"""Incidents: the hub of each does what its declaration promises, and each can be rehearsed."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

import hubusers
from hubusers.event.file import parse_event
from hubusers.local import LocalHub
from hubusers.local.incidents import INCIDENTS
from hubusers.report.causes.catalogue import KINDS
from tests.spawner_events import spawner_events
from tests.waiting import wait_until


def faster(times: float, more: str = "") -> str:
    """Return lines of configuration with which a hub's incident takes less time than one that a person meets."""
    return f"""
import asyncio
from hubusers.local.incidents import start
start.sleep = lambda seconds: asyncio.sleep(seconds / {times})
{more}
"""


@contextmanager
def hub_of(incident: str, **arguments: Any) -> Iterator[tuple[LocalHub, requests.Session]]:
    arguments = {"extra_config": faster(10), **arguments}
    with LocalHub(incident=incident, **arguments) as hub, hubusers.get_session(hub.token) as session:
        yield hub, session


def ask(hub: LocalHub, session: requests.Session, name: str) -> requests.Response:
    """Ask for a server, once; the account is made before."""
    session.post(f"{hub.endpoint}/users/{name}")
    # Our own sessions come back after a 429.
    headers = {"Authorization": f"token {hub.token}"}
    return requests.post(f"{hub.endpoint}/users/{name}/server", headers=headers, timeout=30)


def diary(hub: LocalHub, session: requests.Session, name: str) -> list[dict[str, Any]]:
    """Ask for a server, and return the events of its progress stream until it is ready or has failed."""
    assert ask(hub, session, name).status_code in {201, 202}
    return told(hub, session, name)


def told(hub: LocalHub, session: requests.Session, name: str) -> list[dict[str, Any]]:
    with session.get(f"{hub.endpoint}/users/{name}/server/progress", stream=True) as stream:
        assert stream.status_code == 200
        lines = [line for line in stream.iter_lines(decode_unicode=True) if line.startswith("data:")]
    return [json.loads(line.removeprefix("data:")) for line in lines]


def reasons(events: list[dict[str, Any]]) -> list[str]:
    return [event["raw_event"]["reason"] for event in events if "raw_event" in event]


def all_at_once(hub: LocalHub, session: requests.Session, names: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Ask for a server for each, and return all diaries."""
    diaries: dict[str, list[dict[str, Any]]] = {}

    def read(name: str) -> None:
        with hubusers.get_session(hub.token) as own:
            diaries[name] = diary(hub, own, name)

    threads = [threading.Thread(target=read, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return diaries


@pytest.mark.parametrize("incident", INCIDENTS.values(), ids=lambda incident: incident.name)
class TestEachDeclaration:
    def test_its_event_can_be_read(self, incident: Any) -> None:
        assert parse_event(incident.event, incident.name).title

    def test_it_says_what_a_person_must_know(self, incident: Any) -> None:
        assert incident.source
        assert incident.finds
        assert incident.what_happens.endswith(".")
        assert incident.title[-1] not in "."

    def test_a_report_can_find_what_it_should(self, incident: Any) -> None:
        assert set(incident.finds) <= KINDS.keys()

    def test_its_arguments_and_lines_are_good(self, incident: Any) -> None:
        LocalHub(incident=incident.name)
        compile(incident.config, incident.name, "exec")


def test_arguments_that_are_given_win_over_the_incident_s() -> None:
    incident = LocalHub(incident="nodes-then-limit")
    assert incident._chosen["concurrent_spawn_limit"] == INCIDENTS["nodes-then-limit"].hub["concurrent_spawn_limit"]
    assert LocalHub(incident="nodes-then-limit", concurrent_spawn_limit=0)._chosen["concurrent_spawn_limit"] == 0
    assert LocalHub()._chosen["concurrent_spawn_limit"] == 0


def test_an_unknown_incident_is_one_clear_error() -> None:
    with pytest.raises(ValueError, match=r"^there is not an incident 'slow'; choose one of .*slow-image"):
        LocalHub(incident="slow")


def test_the_first_server_on_a_node_pulls_the_image() -> None:
    with hub_of("slow-image") as (hub, session):
        first, *_, fifth = [diary(hub, session, f"ann-{n}") for n in range(5)]
    assert reasons(first) == ["Scheduled", "Pulling", "Pulled", "Created", "Started"]
    assert reasons(fifth) == ["Scheduled", "Pulled", "Created", "Started"]
    pulling = first[2]
    assert pulling["raw_event"]["involvedObject"]["name"] == "jupyter-ann-0"
    assert pulling["message"].startswith(f"{pulling['raw_event']['lastTimestamp']} [Normal] Pulling image")
    progress = [event["progress"] for event in first]
    assert progress == sorted(progress)
    assert first[-1]["ready"]
    assert fifth[-1]["ready"]


def test_servers_wait_for_nodes_and_then_the_limit_is_reached() -> None:
    with hub_of("nodes-then-limit", extra_config=faster(2)) as (hub, session):
        for n in range(3):
            assert reasons(diary(hub, session, f"ann-{n}"))[0] == "Scheduled"
        for n in range(6):
            assert ask(hub, session, f"bob-{n}").status_code == 202
        refused = ask(hub, session, "cleo")
        assert refused.status_code == 429
        assert 3 <= int(refused.headers["Retry-After"]) <= 6
        waited = told(hub, session, "bob-0")
    assert reasons(waited)[:3] == ["FailedScheduling", "TriggeredScaleUp", "Scheduled"]
    assert "0/3 nodes are available: 3 Insufficient memory" in waited[1]["message"]
    assert waited[-1]["ready"]


def test_new_people_fail_and_returning_ones_do_not() -> None:
    with hub_of("new-accounts-fail") as (hub, session):
        amina = session.get(f"{hub.endpoint}/users/amina", params={"include_stopped_servers": "1"}).json()
        ines = session.get(f"{hub.endpoint}/users/ines", params={"include_stopped_servers": "1"}).json()
        diaries = all_at_once(hub, session, ["amina", "ines"])
        again = diary(hub, session, "ines")
        accounts = (hub.folder / "accounts.csv").read_text().splitlines()
        assert hub.rehearsal == [
            *["--event", str(hub.folder / "new-accounts-fail.toml")],
            *["--accounts", str(hub.folder / "accounts.csv")],
        ]
    assert amina["last_activity"]
    assert amina["servers"][""]["last_activity"]
    assert ines["last_activity"] is None
    assert ines["servers"][""]["last_activity"] is None
    assert accounts[:3] == ["name,password", "amina,any", "ines,any"]
    assert len(accounts) == 17
    assert diaries["amina"][-1]["ready"]
    for failed in (diaries["ines"], again):
        assert failed[-1]["failed"]
        assert failed[-1]["message"].startswith("Spawn failed: the home directory /export/homes/ines does not exist")


def test_the_hub_answers_nobody_while_its_hook_waits() -> None:
    with hub_of("blocked-hub", extra_config="") as (hub, session):
        session.post(f"{hub.endpoint}/users/ann")
        thread = threading.Thread(target=ask, args=[hub, session, "ann"])
        thread.start()
        waits = []
        while thread.is_alive():
            began = time.monotonic()
            requests.get(hub.endpoint, timeout=10)
            waits.append(time.monotonic() - began)
        thread.join()
    assert max(waits) > 0.8


def test_a_server_that_exits_fails_after_a_short_time() -> None:
    with hub_of("server-exits", extra_config=faster(10, "c.Spawner.http_timeout = 1")) as (hub, session):
        diaries = all_at_once(hub, session, ["ann", "bob"])
    for events in diaries.values():
        assert reasons(events) == ["Scheduled", "Pulled", "Created", "Started", "BackOff"]
        assert events[-1]["failed"]
        assert "didn't respond in 1 seconds" in events[-1]["message"]


@pytest.mark.thorough
def test_a_hub_exits_after_five_failures_and_comes_back() -> None:
    with hub_of("server-exits-hub-exits", extra_config=faster(10, "c.Spawner.http_timeout = 1")) as (hub, session):
        assert diary(hub, session, "ann")[-1]["ready"]
        for n in range(5):
            assert ask(hub, session, f"bob-{n}").status_code == 202
        wait_until(lambda: bool(spawner_events(hub, "ended")), "the hub has ended")
        assert requests.get(hub.endpoint, timeout=60).status_code == 503
        wait_until(lambda: requests.get(hub.endpoint, timeout=60).ok, "the hub is back")
        assert [event["process"] for event in spawner_events(hub, "started again")] == ["hub"]
        assert "failed" in diary(hub, session, "cleo")[-1]


@pytest.mark.thorough
def test_volumes_are_attached_late() -> None:
    with hub_of("volume-stuck") as (hub, session):
        events = diary(hub, session, "ann")
    assert reasons(events)[:4] == ["Scheduled", "FailedAttachVolume", "FailedMount", "SuccessfulAttachVolume"]
    assert events[-1]["ready"]


@pytest.mark.thorough
def test_servers_without_a_place_are_given_up() -> None:
    with hub_of("no-nodes-left", extra_config=faster(10, "c.Spawner.start_timeout = 4")) as (hub, session):
        diaries = all_at_once(hub, session, [f"ann-{n}" for n in range(9)])
    assert sum("ready" in events[-1] for events in diaries.values()) == 8
    (without,) = [events for events in diaries.values() if "failed" in events[-1]]
    assert reasons(without) == ["FailedScheduling", "NotTriggerScaleUp"]
    assert "max node group size reached" in without[2]["message"]


@pytest.mark.thorough
def test_servers_beyond_the_quota_are_refused() -> None:
    with hub_of("quota-exceeded") as (hub, session):
        diaries = all_at_once(hub, session, [f"ann-{n}" for n in range(9)])
    (refused,) = [events for events in diaries.values() if "failed" in events[-1]]
    assert "exceeded quota: hub-memory" in refused[-1]["message"]


@pytest.mark.thorough
def test_some_nodes_get_no_image() -> None:
    with hub_of("image-missing", extra_config=faster(10, "c.Spawner.start_timeout = 3")) as (hub, session):
        diaries = all_at_once(hub, session, ["ann", "bob", "cleo"])
    assert sum("ready" in events[-1] for events in diaries.values()) == 2
    (missing,) = [events for events in diaries.values() if "failed" in events[-1]]
    assert reasons(missing)[:6] == ["Scheduled", "Pulling", "Failed", "Failed", "BackOff", "Failed"]
    assert "toomanyrequests" in missing[3]["message"]


@pytest.mark.thorough
def test_an_image_that_does_not_exist() -> None:
    with hub_of("image-mistyped", extra_config=faster(10, "c.Spawner.start_timeout = 1")) as (hub, session):
        events = diary(hub, session, "ann")
    assert "failed" in events[-1]
    assert ": not found" in events[3]["message"]
    assert "ImagePullBackOff" in events[6]["message"]


@pytest.mark.thorough
def test_jobs_wait_in_a_queue() -> None:
    with hub_of("unknown-spawner") as (hub, session):
        diaries = all_at_once(hub, session, ["ann", "bob", "cleo"])
    messages = [[event["message"] for event in events] for events in diaries.values()]
    assert all("raw_event" not in event for events in diaries.values() for event in events)
    assert any(message.endswith("is pending in queue gpu (1 ahead)") for told in messages for message in told)
    assert all(events[-1]["ready"] for events in diaries.values())


@pytest.mark.thorough
def test_some_servers_answer_late_and_some_too_late() -> None:
    sooner = """
import hubusers.local.spawners as spawners
spawners.LateAddress = lambda url, seconds, late=spawners.LateAddress: late(url, seconds / 2)
c.Spawner.http_timeout = 3
"""
    with hub_of("slow-server", extra_config=faster(10, sooner)) as (hub, session):
        diaries = all_at_once(hub, session, [f"ann-{n}" for n in range(4)])
        ready = [name for name, events in diaries.items() if "ready" in events[-1]]
        assert len(ready) == 3
        assert session.get(f"{hub.url}/user/{ready[0]}/lab").json()["path"] == f"/user/{ready[0]}/lab"
    (late,) = [events for events in diaries.values() if "failed" in events[-1]]
    assert reasons(late) == ["Scheduled", "Pulled", "Created", "Started"]
    assert "didn't respond in 3 seconds" in late[-1]["message"]
