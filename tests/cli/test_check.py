"""`hubusers check`: what it says about a hub, and of what kind each sentence is."""

from pathlib import Path

from click.testing import CliRunner

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
