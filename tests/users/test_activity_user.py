"""The reports of activity that single-user servers send, on a real hub."""

from locust.env import Environment

import json
from itertools import pairwise
from pathlib import Path

import pytest
import requests

from hubusers.local import LocalHub
from hubusers.plugin.needs import coming, needed_scopes
from hubusers.settings.access import Access
from hubusers.users import ActivityUser, activity_user
from tests.fake_clock import FakeClock
from tests.locust_process import LocustProcess, users_on
from tests.scripted_hub import ScriptedHub
from tests.users.people import People, people_on
from tests.waiting import wait_until


def test_reports_come_in_rhythm_and_the_hub_takes_them(local_hub: LocalHub) -> None:
    arguments = ["ActivityUser", "--headless", "--json", "-u", "5", "-r", "5", "--activity-interval", "1"]
    with LocustProcess(local_hub, [*arguments, "--stop-after-failed-spawns", "0"]) as locust:
        wait_until(lambda: len(active(local_hub)) == 5, lambda: locust.output)
        first = active(local_hub)
        wait_until(lambda: all(later > first[name] for name, later in active(local_hub).items()), lambda: locust.output)
        assert locust.stop() == 0
    row = locust.statistics()["POST /users/{name}/activity"]
    assert row["num_failures"] == 0
    assert row["num_requests"] >= 10
    assert locust.summary()[:4] == (5, 5, 0, 0)
    assert not [name for name in users_on(local_hub) if name.startswith("hub-stress-test-")]


def a_user(hub: ScriptedHub, *, named_servers: bool = False) -> ActivityUser:
    people = people_on(hub.endpoint, activity_interval=0.5, named_servers=named_servers, owner="ann")
    return people.comes(ActivityUser)


@pytest.mark.parametrize(("named_servers", "servers"), [(False, [""]), (True, [])])
def test_no_server_is_reported_that_the_hub_does_not_know(
    scripted_hub: ScriptedHub, named_servers: bool, servers: list[str]
) -> None:
    """The hub refuses a report about a named server that was never started."""
    a_user(scripted_hub, named_servers=named_servers).report_activity()
    report = json.loads(scripted_hub.asked[0].body)
    assert list(report.get("servers", {})) == servers
    assert report["last_activity"].endswith("Z")


def test_the_rhythm_stays_however_long_the_hub_takes(
    scripted_hub: ScriptedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, began = FakeClock(), list[float]()
    monkeypatch.setattr(activity_user, "time", clock)
    user = a_user(scripted_hub)

    def slow_request(*_: object, **__: object) -> None:
        began.append(clock.now)
        clock.sleep(0.1 * len(began))

    monkeypatch.setattr(user, "stay", clock.sleep)
    monkeypatch.setattr(user.hub, "request", slow_request)
    for _ in range(4):
        user.report_activity()
        clock.sleep(user.wait_time())
    assert 1000 <= began[0] < 1000.5  # at a random moment of the first interval
    assert [later - before for before, later in pairwise(began)] == pytest.approx([0.5, 0.5, 0.5])


def test_own_tokens_may_report_and_the_run_s_needs_a_scope_for_those_without(
    local_hub: LocalHub, username: str, tmp_path: Path
) -> None:
    headers = {"Authorization": f"token {local_hub.token}"}
    token = requests.post(f"{local_hub.endpoint}/users/{username}/tokens", headers=headers, timeout=10).json()["token"]
    accounts = tmp_path / "accounts.csv"

    def given(header: str, secret: str) -> People:
        accounts.write_text(f"name,{header}\n{username},{secret}\n")
        access = Access("not known")
        return people_on(local_hub.endpoint, access, activity_interval=0.01, accounts_file=str(accounts))

    def needed(people: People) -> list[str]:
        classes = coming(Environment(user_classes=[ActivityUser]), None)
        return list(needed_scopes(people.run.settings, classes))

    assert needed(given("password", "anything")) == ["admin:servers", "users:activity"]
    people = given("token", token)
    assert needed(people) == ["admin:servers"]
    people.comes(ActivityUser).report_activity()
    assert [row.failure for row in people.rows] == [""]


def active(hub: LocalHub) -> dict[str, str]:
    """Return when each user of a run was last active, as the hub says; those who never were are left out."""
    headers = {"Authorization": f"token {hub.token}"}
    users = requests.get(f"{hub.endpoint}/users", headers=headers, timeout=10).json()
    return {
        user["name"]: user["last_activity"]
        for user in users
        if user["name"].startswith("hub-stress-test-") and user["last_activity"]
    }
