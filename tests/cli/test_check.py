"""`hubusers check`: what it says about a hub, and of what kind each sentence is."""

import logging
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hubusers.cli import main
from tests.scripted_hub import Scripted, ScriptedHub


def test_accounts_that_the_hub_does_not_know_may_be_an_obstacle(tmp_path: Path, scripted_hub: ScriptedHub) -> None:
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("name,password\nann,a\nbob,b\n", encoding="utf-8")
    scripted_hub.refuse("GET", "/users/", Scripted(404, {"status": 404, "message": "Not Found"}))
    scopes = ["admin:servers", "read:users", "read:hub", "read:metrics"]
    scripted_hub.refuse("GET", "/user", Scripted(200, {"name": "s", "kind": "service", "scopes": scopes}))
    scripted_hub.script(Scripted(200, {"version": "6.1.1"}))
    env = {"JUPYTERHUB_ENDPOINT": scripted_hub.endpoint, "JUPYTERHUB_API_TOKEN": "a-long-token"}
    result = CliRunner(env=env).invoke(main, ["check", "--accounts", str(accounts)])
    assert result.exit_code == 0, result.output
    _, _, obstacles = result.stdout.partition("This hub can be tested, if what follows is no obstacle.\n")
    first = obstacles.splitlines()[0]
    assert first.startswith("- The hub knows none of the 2 accounts in ")
    assert "only people with a browser can come (NotebookUser, PageUser)" in first


def checked(hub: ScriptedHub, *arguments: str) -> Result:
    scopes = ["admin:users", "admin:servers", "tokens", "read:hub", "read:metrics"]
    hub.refuse("GET", "/hub/api/user", Scripted(200, {"name": "s", "kind": "service", "scopes": scopes}))
    hub.script(Scripted(200, {"version": "6.1.1"}))
    env = {"JUPYTERHUB_ENDPOINT": hub.endpoint, "JUPYTERHUB_API_TOKEN": "a-long-token"}
    return CliRunner(env=env).invoke(main, ["check", *arguments])


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (405, 0, "This hub can be tested."),
        (
            404,
            2,
            "- People in a browser cannot come by a launch: launching hubusers-check by LTI 1.1: the hub takes no",
        ),
    ],
)
def test_launches_that_are_asked_for_and_refused_are_no_success(
    tmp_path: Path, scripted_hub: ScriptedHub, status: int, code: int, says: str
) -> None:
    file = tmp_path / "lms.toml"
    file.write_text('version = "1.1"\nconsumer_key = "a"\nshared_secret = "b"\n')
    scripted_hub.refuse("GET", "/lti/launch", Scripted(status, "<html></html>", {"Content-Type": "text/html"}))
    result = checked(scripted_hub, "--lti", str(file))
    assert (result.exit_code, says in result.stdout) == (code, True), result.output
    assert ("This hub can be tested" in result.stdout) == (code == 0)


@pytest.mark.parametrize(
    ("page", "code", "says"),
    [
        ("<form method=post><input name=username><input type=password name=password></form>", 0, "can be tested."),
        ("<a href='/hub/oauth_login'>Campus</a>", 2, "- People in a browser cannot log in at https://sso.example.org"),
        (None, 2, "- The hub's login page did not come, so nobody can log in at https://sso.example.org."),
    ],
)
def test_logins_that_are_asked_for_and_refused_are_no_success(
    scripted_hub: ScriptedHub, page: str | None, code: int, says: str
) -> None:
    if page:
        html = f"<html><body>{page}</body></html>"
        scripted_hub.refuse("GET", "/hub/login", Scripted(200, html, {"Content-Type": "text/html"}))
    result = checked(scripted_hub, "--identity-provider", "https://sso.example.org")
    assert (result.exit_code, says in result.stdout) == (code, True), result.output
    assert ("This hub can be tested" in result.stdout) == (code == 0)


def test_secrets_that_others_can_read_are_told(
    tmp_path: Path, scripted_hub: ScriptedHub, caplog: pytest.LogCaptureFixture
) -> None:
    files = {"token": "a-long-token\n", "password": "p\n", "accounts": "name,password\nann,a\n"}
    files["lti"] = 'version = "1.1"\nconsumer_key = "a"\nshared_secret = "b"\n'
    names = "name\nann\n"
    with caplog.at_level(logging.WARNING):
        for mode in (0o600, 0o644):
            for name, text in (*files.items(), ("names", names)):
                file = tmp_path / f"{name}-{mode:o}"
                file.write_text(text)
                file.chmod(mode)
                flag = {"token": "--hub-token-file", "password": "--password-file", "lti": "--lti"}.get(name)
                given = [flag or "--accounts", str(file)]
                if name == "names":
                    given += ["--lti", str(tmp_path / "lti-600")]
                checked(scripted_hub, *given)
    said = [record.getMessage() for record in caplog.records if "chmod" in record.getMessage()]
    assert [text.partition("chmod ")[2] for text in said] == [f"600 {tmp_path / name}-644" for name in files]
