"""A server that a person may have started stays in the ledger until the hub says that it does not run."""

from locust.exception import RescheduleTask, StopUser

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
import requests
from gevent import GreenletExit

import hubusers
from hubusers.accounts.account import Account
from hubusers.accounts.ledger import Totals
from hubusers.browser.page import Page
from hubusers.local import LocalHub
from hubusers.report.causes.explained import kind_of
from hubusers.results.records import START_TO_READY
from hubusers.run.first_server import FirstServersFailed, try_one_server
from hubusers.settings.access import Access
from hubusers.settings.given_accounts import unknown_accounts
from hubusers.settings.hub_check import PreflightError
from hubusers.users import ServerLifecycleUser
from hubusers.users.browser_user import BrowserUser
from tests.users.people import People, people_on

CONFIG = """
from jupyterhub.proxy import ConfigurableHTTPProxy

c.DummyAuthenticator.password = "right"
c.JupyterHub.tornado_settings["user_redirect_limit"] = 2
c.Authenticator.username_map = {"cem": "ann"}
add_route = ConfigurableHTTPProxy.add_route


async def forgetful(self, routespec, target, data):
    if "/user/zoe" not in routespec:
        await add_route(self, routespec, target, data)


ConfigurableHTTPProxy.add_route = forgetful


def as_account_of_the_machine(spawner):
    name = spawner.user.name
    if name == "una" or name.startswith(("unix-", "hook-")):
        import pwd

        pwd.getpwnam("svc-jupyter" if name.startswith("hook-") else name)


c.Spawner.pre_spawn_hook = as_account_of_the_machine
"""
"""A proxy that has lost one person's route, as where it was restarted, a name that stands for another person, and a
person whom the machine does not know: there LocalProcessSpawner and others fail with the error of `getpwnam`. A hook
may miss an account of its own in the same way."""

NAMES = ["ann", "bob", "zoe", "yan", "una"]


@pytest.fixture(scope="module")
def hub() -> Iterator[LocalHub]:
    with LocalHub(extra_config=CONFIG) as hub:
        with hubusers.get_session(hub.token) as session:
            hubusers.create_users(NAMES, hub.endpoint, session)
        yield hub


def given(hub: LocalHub, tmp_path: Path, *lines: str) -> People:
    file = tmp_path / "accounts.csv"
    file.write_text("\n".join(["name,password", *lines]), encoding="utf-8")
    return people_on(hub.endpoint, hub.token, accounts_file=str(file), poll_interval=0.1)


def servers_of(hub: LocalHub, name: str) -> Any:
    headers = {"Authorization": f"token {hub.token}"}
    return requests.get(f"{hub.endpoint}/users/{name}", headers=headers, timeout=10).json()["servers"]


def ends_with_nothing_left(people: People, hub: LocalHub, name: str) -> bool:
    people.run.clean_up_own()
    assert people.run.ledger.totals() == Totals(servers_started=1, servers_removed=1)
    return not servers_of(hub, name)


def comes(people: People) -> BrowserUser:
    person = people.comes(BrowserUser)
    person.on_start()
    return person


def test_a_start_that_leads_in_circles_is_called_so_and_its_server_is_stopped(hub: LocalHub, tmp_path: Path) -> None:
    people = given(hub, tmp_path, "zoe,right")
    person = comes(people)
    person.log_in()
    with pytest.raises(RescheduleTask):
        person.open_server()
    failures = [row.failure for row in people.rows if row.name == START_TO_READY]
    assert failures == ["redirect loop: between /user/{name}/ and /hub/user/{name}/"]
    assert servers_of(hub, "zoe")[""]["ready"]
    assert person.has_server
    person.on_stop()
    assert ends_with_nothing_left(people, hub, "zoe")


def test_a_server_that_a_login_has_started_is_stopped_though_nobody_opened_it(hub: LocalHub, tmp_path: Path) -> None:
    people = given(hub, tmp_path, "yan,right")
    person = comes(people)
    person.log_in()
    assert not person.has_server  # no step has asked for it
    assert servers_of(hub, "yan")
    person.on_stop()
    assert ends_with_nothing_left(people, hub, "yan")


def test_a_server_that_a_login_starts_is_stopped_where_the_person_leaves_meanwhile(
    hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = given(hub, tmp_path, "yan,right")
    person = comes(people)
    post_form = person.browser.post_form

    def killed_when_sent(*args: Any, **kwargs: Any) -> Page:
        post_form(*args, **kwargs)
        raise GreenletExit

    monkeypatch.setattr(person.browser, "post_form", killed_when_sent)
    with pytest.raises(GreenletExit):
        person.log_in()
    assert servers_of(hub, "yan")
    person.on_stop()
    assert ends_with_nothing_left(people, hub, "yan")


def test_a_login_that_starts_nothing_leaves_nothing_to_stop(hub: LocalHub, tmp_path: Path) -> None:
    people = given(hub, tmp_path, "bob,wrong")
    person = comes(people)
    with pytest.raises(StopUser):
        person.log_in()
    assert people.run.ledger.totals() == Totals()


def test_another_persons_server_is_left_alone_where_a_wrong_login_leads_to_it(hub: LocalHub, tmp_path: Path) -> None:
    people = given(hub, tmp_path, "ann,right", "cem,right")
    ann, cem = comes(people), comes(people)
    ann.log_in()
    ann.open_server()
    with pytest.raises(StopUser):
        cem.log_in()
    cem.on_stop()
    gevent.sleep(0.5)  # in which it would be stopped, in the background
    assert people.run.ledger.left() == ["ann"]
    assert servers_of(hub, "ann")[""]["ready"]
    ann.on_stop()
    assert ends_with_nothing_left(people, hub, "ann")


def test_the_bare_500_of_a_person_without_an_account_on_the_machine_is_named(
    hub: LocalHub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    people = given(hub, tmp_path, "una,right")
    with pytest.raises(FirstServersFailed, match=r"getpwnam\(\): name not found"):
        try_one_server(people.run, None)
    assert caplog.text.count("the same again") == 3
    person = people.comes(ServerLifecycleUser)
    person.on_start()
    with pytest.raises(RescheduleTask):
        person.start_server()
    person.on_stop()
    records = [record for record in people.run.results.records if record.step == START_TO_READY]
    assert {kind_of(record, {}) for record in records} == {"no-machine-account"}
    assert len(records) == 5


def test_an_account_that_a_run_makes_and_the_machine_does_not_have_is_one_sentence(hub: LocalHub) -> None:
    people = people_on(hub.endpoint, hub.token, prefix="unix", poll_interval=0.1)
    with pytest.raises(PreflightError) as raised:
        try_one_server(people.run, None)
    sentence = str(raised.value)
    assert sentence.startswith("The hub starts servers as accounts of its machine, and there is none for unix-")
    assert "(--accounts), or with named servers of your own account (--named-servers). The hub said: " in sentence
    assert "getpwnam(): name not found" in sentence
    assert not people.run.ledger.left()


def test_an_account_that_a_hook_misses_is_not_the_persons(hub: LocalHub) -> None:
    people = people_on(hub.endpoint, hub.token, prefix="hook", poll_interval=0.1)
    with pytest.raises(FirstServersFailed, match=r"^4 spawns .*getpwnam\(\): name not found: 'svc-jupyter'"):
        try_one_server(people.run, None)
    records = [record for record in people.run.results.records if record.step == START_TO_READY]
    assert {kind_of(record, {}) for record in records} == {"start-failures"}


def test_accounts_that_the_hub_does_not_know_are_seen_before_the_run(hub: LocalHub) -> None:
    accounts = [Account(name) for name in ("new-1", "ann", "new-2")]
    assert unknown_accounts(hub.endpoint, Access(hub.token), accounts, "class.csv") == ["new-1", "new-2"]
    with hubusers.get_session(hub.token) as session:
        headers = dict(session.headers)
    token = requests.post(f"{hub.endpoint}/users/bob/tokens", headers=headers, json={}, timeout=10).json()["token"]
    with pytest.raises(
        PreflightError, match=r"^The token may not see the account new-1, which is in class.csv, and so"
    ):
        unknown_accounts(hub.endpoint, Access(token), accounts, "class.csv")


def test_an_account_that_the_hub_does_not_know_is_refused_where_nobody_logs_in(hub: LocalHub, tmp_path: Path) -> None:
    people = given(hub, tmp_path, "new,right")
    with pytest.raises(PreflightError, match=r"^The hub does not know the account new, .* let this person log in once"):
        try_one_server(people.run, None)
    person = people.comes(ServerLifecycleUser)
    with pytest.raises(GreenletExit):
        person.on_start()
    assert [record.failure for record in people.run.results.records] == ["the hub does not know the account"]
    assert comes(given(hub, tmp_path, "new,right")).account.username == "new"  # a login makes the account
