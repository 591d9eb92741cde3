"""People whom the hub calls something else, or does not let in: what that leaves, and what is told before a run."""

from locust.exception import StopUser

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import hubusers
from hubusers.accounts.account import Account
from hubusers.accounts.ledger import Totals
from hubusers.accounts.names import is_made_up
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline, poll
from hubusers.local import LocalHub
from hubusers.results.records import LOGIN
from hubusers.run.first_server import try_one_server
from hubusers.run.run import Run
from hubusers.settings.access import Access
from hubusers.settings.hub_check import PreflightError
from hubusers.users.browser_user import BrowserUser
from tests.scripted_hub import Scripted, ScriptedHub
from tests.users.people import People, people_on

CONFIG = """
c.DummyAuthenticator.password = "right"
c.Authenticator.blocked_users = {"eve"}


def called(authenticator, handler, authentication):
    if authentication["name"].startswith("hub-stress-test-") and (folder / "prefix").exists():
        authentication["name"] = f"campus:{authentication['name']}"
    return authentication


c.Authenticator.post_auth_hook = called
"""


@pytest.fixture(scope="module")
def hub() -> Iterator[LocalHub]:
    with LocalHub(extra_config=CONFIG) as hub:
        with hubusers.get_session(hub.token) as session:
            hubusers.create_users(["bob", "eve"], hub.endpoint, session)
        yield hub


@pytest.fixture
def prefixed(hub: LocalHub) -> Iterator[None]:
    """Let the hub put something before the names of people who log in, as where it has several authenticators."""
    (hub.folder / "prefix").touch()
    yield
    (hub.folder / "prefix").unlink()


def users(hub: LocalHub) -> dict[str, Any]:
    """Return the servers of each user."""
    answer = requests.get(f"{hub.endpoint}/users", headers={"Authorization": f"token {hub.token}"}, timeout=60)
    return {user["name"]: user["servers"] for user in answer.json()}


def fails_to_log_in(people: People, account: Account | None = None) -> BrowserUser:
    person = people.comes(BrowserUser, account)
    person.on_start()
    with pytest.raises(StopUser):
        person.log_in()
    person.on_stop()
    return person


def given(hub: LocalHub, tmp_path: Path, *lines: str) -> People:
    file = tmp_path / "accounts.csv"
    file.write_text("\n".join(["name,password", *lines]), encoding="utf-8")
    return people_on(hub.endpoint, hub.token, accounts_file=str(file))


def try_out(run: Run) -> bool:
    return try_one_server(run, None, lambda account: BrowserUser.try_login(run, account))


def test_a_server_that_was_started_under_another_name_is_counted_and_removed(hub: LocalHub, tmp_path: Path) -> None:
    people = given(hub, tmp_path, "Ann,right", "bob,right")
    fails_to_log_in(people)
    assert [record.failure for record in people.run.results.records.of(LOGIN)] == ["logged in as another name"]
    assert people.run.ledger.totals().servers_started == 1
    assert poll(lambda: not people.run.ledger.left() or None, Deadline(120), 0.1)
    assert people.run.ledger.totals() == Totals(servers_started=1, servers_removed=1)
    assert users(hub)["ann"] == {}
    assert people.run.accounts.take().username == "bob"


def test_a_server_that_ran_before_under_that_name_is_left_alone(hub: LocalHub, tmp_path: Path) -> None:
    with hubusers.get_session(hub.token) as session:
        hubusers.start_server("bob", hub.endpoint, session)
        hubusers.wait_for_server_to_start("bob", hub.endpoint, session)
        people = given(hub, tmp_path, "Bob,right")
        fails_to_log_in(people)
        people.run.clean_up_everything()
        assert people.run.ledger.totals() == Totals()
        assert users(hub)["bob"][""]["ready"]
        hubusers.stop_server("bob", hub.endpoint, session, wait=True)


@pytest.mark.usefixtures("prefixed")
def test_an_account_that_a_login_has_made_is_removed_and_others_are_not(hub: LocalHub) -> None:
    before = set(users(hub))
    people = people_on(hub.endpoint, Access(hub.token, password="right"))
    fails_to_log_in(people)
    people.run.clean_up_everything()
    assert people.run.ledger.totals() == Totals(2, 2, 1, 1)
    assert set(users(hub)) == before
    run = people_on(hub.endpoint, Access(hub.token, password="right")).run
    with pytest.raises(PreflightError, match=r"the hub says that this is campus:hub-stress-test-") as raised:
        try_out(run)
    assert "Without a password (HUBUSERS_PASSWORD, " in str(raised.value)
    assert not run.ledger.left()
    assert set(users(hub)) == before
    assert not any(is_made_up(name, "hub-stress-test") for name in before)


@pytest.mark.parametrize(("created", "is_ours"), [("2026-01-01T10:00:01Z", True), ("2026-01-01T09:59:59Z", False)])
def test_only_accounts_that_are_younger_than_the_person_s_own_are_ours(
    scripted_hub: ScriptedHub, created: str, is_ours: bool
) -> None:
    run = people_on(scripted_hub.endpoint).run
    own = {"name": "own", "created": "2026-01-01T10:00:00Z"}
    scripted_hub.script(Scripted(200, own), Scripted(200, {"name": "other", "created": created}), Scripted(204))
    client = HubClient(scripted_hub.endpoint, run.settings.access.session)
    run.undo_login(client, "own", "other", started=True)
    assert poll(lambda: not run.ledger.left() or None, Deadline(120), 0.05)
    paths = [asked.path for asked in scripted_hub.asked if asked.method == "DELETE"]
    assert paths == ["/hub/api/users/other/server"] + ["/hub/api/users/other"] * is_ours


def test_an_account_that_the_run_may_not_remove_is_named(scripted_hub: ScriptedHub, tmp_path: Path) -> None:
    """TmpAuthenticator makes one for everybody who opens the hub."""
    file = tmp_path / "accounts.csv"
    file.write_text("name,password\nann,any\n", encoding="utf-8")
    page = '<html><script>window.jhdata = { user: "3f0a" };</script></html>'
    scripted_hub.script(Scripted(200, page), Scripted(200, {"name": "3f0a"}))
    run = people_on(scripted_hub.endpoint, accounts_file=str(file)).run
    with pytest.raises(PreflightError) as raised:
        BrowserUser.try_login(run, run.accounts.take())
    assert "give these people tokens instead. If the hub has made the account 3f0a for this login," in str(raised.value)
    assert not run.ledger.left()


def test_a_token_of_somebody_else_starts_nothing(hub: LocalHub) -> None:
    headers = {"Authorization": f"token {hub.token}"}
    token = requests.post(f"{hub.endpoint}/users/bob/tokens", headers=headers, timeout=60).json()["token"]
    people = people_on(hub.endpoint, hub.token)
    person = fails_to_log_in(people, Account("bob2", token=token))
    assert [record.failure for record in people.run.results.records.of(LOGIN)] == ["logged in as another name"]
    assert not person.has_server


def test_one_refused_login_is_told_and_three_refuse_the_run(
    hub: LocalHub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert try_out(given(hub, tmp_path, "eve,right", "bob,right").run)
    assert "Logging in as eve: HTTP 403: Invalid username or password" in caplog.text
    for lines, begin in (
        (["bob,wrong"], "Logging in as bob: HTTP 403: "),
        (
            ["bob,wrong", "eve,right", "ann,wrong", "cid,right"],
            "The hub refuses all 3 logins that were tried. The last ",
        ),
    ):
        run = given(hub, tmp_path, *lines).run
        with pytest.raises(PreflightError) as raised:
            try_out(run)
        assert str(raised.value).startswith(begin)
        assert not run.ledger.left()
    with pytest.raises(PreflightError, match="write ann, as the hub does"):
        try_out(given(hub, tmp_path, "Ann,right").run)
