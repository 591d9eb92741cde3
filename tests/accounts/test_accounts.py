"""Accounts from a file, and named servers of one ordinary account, on a real hub."""

from locust.event import EventHook

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import requests

import hubusers
from hubusers.accounts.account import Account
from hubusers.accounts.file import AccountsFileError, read_accounts
from hubusers.accounts.sources import GivenAccounts, NoAccountLeft, Seen, not_known
from hubusers.http.connections import Connections
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError
from hubusers.local import LocalHub
from tests.http.sessions import Row
from tests.locust_process import LocustProcess, run_locust, users_on
from tests.scripted_hub import Scripted, ScriptedHub
from tests.spawner_events import spawner_events
from tests.waiting import wait_until

BRISK = ["--stay", "0.8", "--pause", "0.1", "--poll-interval", "0.2"]
TWICE = ["--lifecycles", "2", *BRISK]


@pytest.fixture(scope="module")
def hub() -> Iterator[LocalHub]:
    with LocalHub(spawn_seconds=(0.2, 0.4), extra_config="c.JupyterHub.allow_named_servers = True") as hub:
        with hubusers.get_session(hub.token) as session:
            hubusers.create_users(["ann", "bob", "cid", "dan"], hub.endpoint, session)
        yield hub


def ask(hub: LocalHub, method: str, path: str) -> requests.Response:
    headers = {"Authorization": f"token {hub.token}"}
    return requests.request(method, f"{hub.endpoint}{path}", headers=headers, timeout=20)


def token_of(hub: LocalHub, username: str) -> str:
    return str(ask(hub, "POST", f"/users/{username}/tokens").json()["token"])


def named_servers(hub: LocalHub, username: str) -> list[str]:
    """Return the names of a user's named servers, including stopped ones that were not deleted."""
    servers = ask(hub, "GET", f"/users/{username}?include_stopped_servers=1").json()["servers"]
    return [name for name in servers if name]


@pytest.fixture
def accounts(tmp_path: Path) -> str:
    file = tmp_path / "accounts.csv"
    file.write_text("name,password\nann,one\nbob,two\ncid,three\n", encoding="utf-8")
    return str(file)


class TestNamedServers:
    def test_an_ordinary_account_tests_with_its_own_token(self, hub: LocalHub) -> None:
        own = {"JUPYTERHUB_API_TOKEN": token_of(hub, "dan")}
        locust = run_locust(hub, *["--json", "-u", "3", "-r", "3", "--named-servers"], *TWICE, env=own)
        assert locust.process.returncode == 0, locust.output
        assert locust.summary() == (0, 0, 0, 6, 6, 0)
        rows = locust.statistics()
        assert rows["POST /users/{name}/servers/{server}"]["num_requests"] == 6
        assert rows["SERVER start to ready"]["num_failures"] == 0
        started = {event["server_name"] for event in spawner_events(hub, username="dan")}
        assert len(started) >= 3
        assert all(name.startswith("hub-stress-test-") for name in started)
        assert named_servers(hub, "dan") == []

    def test_what_a_killed_run_left_is_purged_and_other_servers_stay(self, hub: LocalHub) -> None:
        own = {"JUPYTERHUB_API_TOKEN": token_of(hub, "dan")}
        ask(hub, "POST", "/users/dan/servers/thesis")
        arguments = ["--headless", "-u", "3", "-r", "3", "--named-servers", "--stop-after-failed-spawns", "0"]
        with LocustProcess(hub, arguments, env=own) as locust:
            wait_until(lambda: len(named_servers(hub, "dan")) == 4, lambda: locust.output)
            os.kill(locust.process.pid, signal.SIGKILL)
            locust.process.wait()
        assert purge(hub, "--named-servers", env=own) == "Removed 3 servers, 0 left.\n"
        assert named_servers(hub, "dan") == ["thesis"]

    def test_a_service_has_no_servers(self, hub: LocalHub) -> None:
        locust = run_locust(hub, "-u", "1", "--named-servers")
        assert locust.process.returncode == 2
        assert "The token belongs to the service hubusers, and services have no servers" in locust.output

    def test_without_the_option_an_ordinary_account_is_told_of_it(self, hub: LocalHub) -> None:
        locust = run_locust(hub, "-u", "1", env={"JUPYTERHUB_API_TOKEN": token_of(hub, "dan")})
        assert locust.process.returncode == 2
        assert "lacks the scopes admin:users, admin:servers" in locust.output
        assert "--named-servers" in locust.output


class TestGivenAccounts:
    def test_a_server_that_runs_already_is_left_alone(self, hub: LocalHub, accounts: str) -> None:
        ask(hub, "POST", "/users/bob/server")
        locust = run_locust(hub, *["-u", "3", "-r", "3", "--accounts", accounts], *TWICE)
        assert locust.process.returncode == 1, locust.output  # one of three people came in vain
        assert "The server of bob runs already and is somebody else's" in locust.output
        assert locust.summary() == (0, 0, 0, 4, 4, 0)
        assert running(hub) == ["bob"]
        assert set(users_on(hub)) == {"ann", "bob", "cid", "dan"}
        stopped = {event["username"] for event in spawner_events(hub, "stopped")}
        assert "bob" not in stopped
        ask(hub, "DELETE", "/users/bob/server")

    def test_servers_of_a_killed_worker_are_stopped(
        self, hub: LocalHub, accounts: str, free_master_port: list[str]
    ) -> None:
        arguments = ["--headless", "-u", "2", "-r", "2", "--processes", "2", *free_master_port, "--accounts", accounts]
        with LocustProcess(hub, [*arguments, "--stay", "60", "--stop-after-failed-spawns", "0"]) as locust:
            wait_until(lambda: len(running(hub)) == 2, lambda: locust.output)
            worker = psutil.Process(locust.process.pid).children()[0]
            locust.wait_for("start to ready")
            os.kill(worker.pid, signal.SIGKILL)
            locust.stop()
        assert running(hub) == []
        assert set(users_on(hub)) == {"ann", "bob", "cid", "dan"}

    def test_more_people_than_accounts(self, hub: LocalHub, accounts: str) -> None:
        locust = run_locust(hub, "-u", "4", "--accounts", accounts)
        assert locust.process.returncode == 2
        assert "has 3 accounts, which is not enough for 4 people" in locust.output

    def test_purge_stops_what_runs(self, hub: LocalHub, accounts: str) -> None:
        ask(hub, "POST", "/users/ann/server")
        assert purge(hub, "--accounts", accounts) == "Removed 1 server, 0 left.\n"
        assert running(hub) == []
        assert purge(hub, "--accounts", accounts) == "Nothing to remove.\n"

    def test_a_login_that_leads_to_another_name_is_undone(self, hub: LocalHub, tmp_path: Path) -> None:
        file = tmp_path / "accounts.csv"
        file.write_text("name;password\r\nEve;one\r\n", encoding="utf-8")
        options = ["--accounts", str(file), "--stop-after-failed-spawns", "0", "-u", "1", "--lifecycles", "1"]
        locust = run_locust(hub, "NotebookUser", *options)
        assert locust.process.returncode == 1
        assert "the hub says that this is eve (it normalizes the names of people); write eve, as" in locust.output
        assert locust.summary() == (0, 0, 0, 1, 1, 0)
        assert running(hub) == []
        ask(hub, "DELETE", "/users/eve")

    def test_names_that_the_hub_writes_in_another_way_are_told_of(self, hub: LocalHub, tmp_path: Path) -> None:
        """Most hubs lower-case all names."""
        file = tmp_path / "accounts.csv"
        file.write_text("name,password\ndoe,one\nAnn,two\n", encoding="utf-8")
        ask(hub, "POST", "/users/ann/server")
        said = "The hub does not know Ann, which is in"
        for command in (["purge", "--yes"], ["check"]):
            done = hubusers_command(hub, *command, "--accounts", str(file))
            assert (done.returncode, done.stdout) == (2, ""), done.stderr
            assert said in done.stderr
            assert "it knows ann: write the names as the hub does" in done.stderr
        locust = run_locust(hub, "-u", "1", "--accounts", str(file))
        assert locust.process.returncode == 2
        assert said in locust.output
        assert running(hub) == ["ann"]
        file.write_text("name,password\ndoe,one\nann,two\n", encoding="utf-8")
        unknown = "The hub does not know 1 of the 2 accounts in "
        checked = hubusers_command(hub, "check", "--accounts", str(file))
        assert (checked.returncode, f"- {unknown}" in checked.stdout) == (0, True)
        locust = run_locust(hub, "-u", "1", "--accounts", str(file))
        assert (locust.process.returncode, f"Error: {unknown}" in locust.output) == (2, True)
        told, removed, _ = purge(hub, "--accounts", str(file)).split("\n")
        assert told.startswith("The hub does not know doe: nobody has logged in by that name so far, or")
        assert removed == "Removed 1 server, 0 left."


def running(hub: LocalHub) -> list[str]:
    return [name for name in users_on(hub) if ask(hub, "GET", f"/users/{name}").json()["server"]]


def purge(hub: LocalHub, *arguments: str, env: dict[str, str] | None = None) -> str:
    done = hubusers_command(hub, "purge", "--yes", *arguments, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def hubusers_command(
    hub: LocalHub, *arguments: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    access = {"JUPYTERHUB_ENDPOINT": hub.endpoint, "JUPYTERHUB_API_TOKEN": hub.token}
    command = [sys.executable, "-m", "hubusers", *arguments]
    return subprocess.run(
        command, env={**os.environ, **access, **(env or {})}, capture_output=True, text=True, timeout=60
    )


def test_an_account_is_had_by_one_person_at_a_time() -> None:
    ann, bob = Account("ann", password="one"), Account("bob", password="two")
    accounts = GivenAccounts([ann, bob], "accounts.csv")
    assert [accounts.take(), accounts.take()] == [ann, bob]
    with pytest.raises(NoAccountLeft, match=r"No account in accounts\.csv is left"):
        accounts.take()
    for _ in range(2):  # a clean-up may give it back twice
        accounts.give_back("ann")
    assert accounts.take() == ann
    with pytest.raises(NoAccountLeft):
        accounts.take()


@pytest.mark.parametrize(("status", "failure"), [(404, None), (500, "HTTP 500")])
def test_an_account_that_has_never_logged_in_is_no_failed_request(
    status: int, failure: str | None, scripted_hub: ScriptedHub, event: EventHook, rows: list[Row]
) -> None:
    scripted_hub.script(Scripted(status, {"status": status, "message": None}))
    connections = Connections(scripted_hub.endpoint, {}, request_event=event)
    accounts = GivenAccounts([Account("ann")], "accounts.csv")
    with suppress(HubError):
        seen = accounts.look_at(HubClient(scripted_hub.endpoint, connections), accounts.take(), Deadline(60))
        assert seen == Seen(in_use=False, had_server=False, is_known=False)
    assert rows == [("GET", "/users/{name}", failure)]


class TestFile:
    def test_passwords_and_tokens(self, tmp_path: Path) -> None:
        file = tmp_path / "accounts.csv"
        file.write_text('\ufeffName, Password\r\nann,"a, ""b"""\r\nbob, two\r\n', encoding="utf-8")
        assert read_accounts(str(file)) == [Account("ann", password='a, "b"'), Account("bob", password="two")]
        file.write_text("token,name\n0123abcd,ann\n", encoding="utf-8")
        assert read_accounts(str(file)) == [Account("ann", token="0123abcd")]
        assert "0123abcd" not in repr(read_accounts(str(file)))
        file.write_text("name,login,password\nann,ann@x.org,one\n", encoding="utf-8")
        assert read_accounts(str(file)) == [Account("ann", login="ann@x.org", password="one")]

    @pytest.mark.parametrize(
        ("content", "names_and_passwords"),
        [
            (b"\xef\xbb\xbfusername;password\r\nann;se,cret\r\nbob; two \r\n", [("ann", "se,cret"), ("bob", " two ")]),
            ("user\tpassword\r\n\u00e4nn\tx y\r\n".encode("utf-16"), [("\u00e4nn", "x y")]),  # "Unicode text"
            (b"\xfe\xff" + "name,password\r\nann,one\r\n".encode("utf-16-be"), [("ann", "one")]),
            (b"sep=;\r\nname;password\r\nann;one\r\n", [("ann", "one")]),
            (b'"Name";"Password"\r\n"ann";" a ""b"" "\r\n', [("ann", ' a "b" ')]),
            (b"name,password,,\r\nann,one,,\r\n,,,\r\n\r\nbob,two,,\r\n", [("ann", "one"), ("bob", "two")]),
            (b"password,name\rone,ann\rtwo,bob", [("ann", "one"), ("bob", "two")]),  # an old Mac's
            (b"name,password\nann, one \n", [("ann", " one ")]),
            (b'name,password\nann,o"ne\n', [("ann", 'o"ne')]),
            (b"name,password\n a b+c/d%e@x.org ,one\n", [("a b+c/d%e@x.org", "one")]),
        ],
    )
    def test_files_as_excel_and_people_write_them(
        self, content: bytes, names_and_passwords: list[tuple[str, str]], tmp_path: Path
    ) -> None:
        file = tmp_path / "accounts.csv"
        file.write_bytes(content)
        assert [(account.username, account.password) for account in read_accounts(str(file))] == names_and_passwords

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "the first line must be `name,password`, `name,login,password` or `name,token`"),
            (b"ann,secret\n", "the first line must be"),
            (b"name,password,token\nann,secret,secret\n", "the first line must be"),
            (b"name,password\n", "has no accounts"),
            (b"name,password\nann\n", "line 2: must have two values"),
            (b"name,password\nann,se,cret\n", "line 2: must have two values"),
            (b"name,password\nann,\n", "line 2: must have two values"),
            (b"name;password\nann;se;cret\n", "line 2: must have two values; put a value with a semicolon or a quote"),
            (b"name,password\nann,secret\n\nann,secret\n", "line 4: ann is listed twice, first in line 2"),
            (b"name,username,password\nann,ann,secret\n", "the first line must be"),
            (b"name,password\nann,x\nbob,s\xe9cret\n", "line 3: this is not a CSV file in UTF-8"),
            (b'name,password\nann,"secret\nbob,secret\n', "line 2: a quote is not closed"),
            (b'name,password\nann,"se"cret\n', "line 2: a quote is not closed, or stands within a value"),
            (b'name,password\nann,"a\nsecret"\nbob,\n', "line 4: must have two values"),
            (b'name,password\n"an\nn",secret\n', "line 2: the name has a character that nobody can see"),
            (b'name,token\nann,"se\ncret"\n', "line 2: this is not a token"),
            (b"PK\x03\x04secret", "is a workbook: save it as"),
        ],
    )
    def test_what_cannot_be_used_is_said_without_a_secret(self, content: bytes, words: str, tmp_path: Path) -> None:
        file = tmp_path / "accounts.csv"
        file.write_bytes(content)
        with pytest.raises(AccountsFileError, match=r"accounts\.csv") as raised:
            read_accounts(str(file))
        assert words in str(raised.value)
        assert "cret" not in str(raised.value)

    def test_no_file(self) -> None:
        with pytest.raises(AccountsFileError, match="cannot be read: No such file"):
            read_accounts("/nowhere/accounts.csv")


@pytest.mark.parametrize(
    ("unknown", "given", "begin", "let"),
    [
        (["ann"], 1, "The hub does not know the account ann, so that no server can be started for it", "this person"),
        (["ann"], 30, "The hub does not know 1 of the 30 accounts in a.csv (ann), so that no server", "this person"),
        (["ann", "ben"], 2, "The hub knows none of the 2 accounts in a.csv (ann, ben), so that no", "these people"),
        (list("abcde"), 30, "The hub does not know 5 of the 30 accounts in a.csv (a, b, c, …), so", "these people"),
    ],
)
def test_accounts_that_the_hub_does_not_know(unknown: list[str], given: int, begin: str, let: str) -> None:
    sentence = not_known(unknown, given, "a.csv")
    assert sentence.startswith(begin)
    assert f"let {let} log in once, or let an admin add the account" in sentence


def test_names_do_where_nobody_needs_a_password(tmp_path: Path) -> None:
    file = tmp_path / "names.csv"
    file.write_text("name\nann@example.org\n\nbob\n")
    assert read_accounts(str(file), names_do=True) == [Account("ann@example.org"), Account("bob")]
    with pytest.raises(AccountsFileError, match="the first line must be `name,password`, `name,login,password` or"):
        read_accounts(str(file))
