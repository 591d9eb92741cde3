"""What is refused because of a first page: in a sentence, before anybody comes, with nothing left on the hub."""

from locust.env import Environment

from typing import Any

import pytest
import requests

from hubusers.how_installed import NOT_INSTALLED
from hubusers.lab import interface
from hubusers.local import LocalHub
from hubusers.plugin.before_run import BeforeRun
from hubusers.settings.access import Access
from hubusers.settings.hub_check import PreflightError
from hubusers.users import NotebookUser, first_look
from tests.settings.settings import settings_for


def refusal(hub: LocalHub) -> list[str]:
    """Return the lines with which people with notebooks are refused."""
    access = Access(hub.token)
    before_run = BeforeRun(Environment(), access)
    classes: list[Any] = [NotebookUser]
    with pytest.raises(PreflightError) as refused:
        before_run._try_first_servers(settings_for(hub.endpoint, access), classes)
    assert before_run.doing == "Trying one server, and its first page"
    assert not before_run.remove_first_servers()
    headers = {"Authorization": f"token {hub.token}"}
    users = requests.get(f"{hub.endpoint}/users", headers=headers, timeout=30).json()
    assert not [user["name"] for user in users if "-k3x9qa-" in user["name"]]
    return str(refused.value).splitlines()


def test_a_page_that_stops_everybody(local_hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_look, "_PAUSE", 0.0)
    what, to_do, regardless = refusal(local_hub)
    assert what.startswith(
        "The first page of each NotebookUser was tried 3 times before anybody came, and nobody could"
    )
    assert "has no title. NotebookUser works in JupyterLab" in what
    assert to_do.startswith("Take PageUser, which opens any page")
    assert regardless == "--stop-after-failed-spawns 0 goes on regardless, and tries no server before people come."


def test_a_page_that_needs_an_extra(local_hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(*_: Any) -> interface.Interface:
        raise interface.CollaborationMissing("Run: pip install")

    monkeypatch.setattr(interface, "interface_of", lacking)
    assert refusal(local_hub) == [f"{NOT_INSTALLED}Run: pip install"]
