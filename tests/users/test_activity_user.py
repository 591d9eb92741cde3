"""The reports of activity that single-user servers send, on a real hub."""

from locust.env import Environment

import json
import time
from pathlib import Path

import gevent
import pytest
import requests

from hubusers.local import LocalHub
from hubusers.plugin.needs import coming, needed_scopes
from hubusers.settings.access import Access
from hubusers.users import ActivityUser
from tests.locust_process import LocustProcess, users_on
from tests.scripted_hub import Scripted, ScriptedHub
from tests.users.people import People, people_on
from tests.waiting import wait_until


def test_reports_come_in_rhythm_and_the_hub_takes_them(local_hub: LocalHub) -> None:
    arguments = ["ActivityUser", "--headless", "--json", "-u", "5", "-r", "5", "--activity-interval", "1"]
    with LocustProcess(local_hub, [*arguments, "--stop-after-failed-spawns", "0"]) as locust:
        wait_until(lambda: len(active(local_hub)) == 5, lambda: locust.output)
        locust.wait_for("00:10 elapsed")
        assert locust.stop() == 0
    row = locust.statistics()["POST /users/{name}/activity"]
    assert row["num_failures"] == 0
    assert 40 <= row["num_requests"] <= 75  # five a second for some ten seconds, on a machine that does other things
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


def test_the_rhythm_stays_however_long_the_hub_takes(scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(Scripted(200, {}, held=0.3))
    user = a_user(scripted_hub)
    began: list[float] = []
    for _ in range(4):
        gevent.sleep(user.wait_time() if began else 0)
        began.append(time.monotonic())
        user.report_activity()
    assert 0.9 <= began[3] - began[1] <= 1.3, began  # the first one waits until it begins


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


def active(hub: LocalHub) -> list[str]:
    headers = {"Authorization": f"token {hub.token}"}
    users = requests.get(f"{hub.endpoint}/users", headers=headers, timeout=10).json()
    return [user["name"] for user in users if user["name"].startswith("hub-stress-test-") and user["last_activity"]]
