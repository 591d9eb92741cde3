"""Waiting for many servers by the hub's list, on a real hub, and behind a proxy that hides or breaks the list."""

import time

import pytest
import requests

import hubusers
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError
from hubusers.hub.sightings import active_servers
from hubusers.local import LocalHub
from tests.scripted_hub import Scripted, ScriptedHub


def whole_lives(endpoint: str, session: requests.Session, usernames: list[str]) -> None:
    """Start all but one, wait, stop, wait."""
    *started, idle = usernames
    assert all(hubusers.start_servers([started], endpoint, session).values())
    ready = hubusers.wait_for_servers_to_start([usernames], endpoint, session, watch="listing", poll_interval=0.1)
    assert ready == {name: name != idle for name in usernames}
    stopped = hubusers.stop_servers(usernames, endpoint, session, 10)
    hubusers.wait_for_servers_to_stop(stopped, endpoint, session, watch="listing", poll_interval=0.1)
    assert all(stopped.values())


def test_one_listing_serves_all(local_hub: LocalHub, session: requests.Session, usernames: list[str]) -> None:
    with ScriptedHub(before=local_hub) as proxy:
        whole_lives(proxy.endpoint, session, usernames)
        looks = [asked.path for asked in proxy.asked if asked.method == "GET" and "/users/" in asked.path]
        # Only for users who are not in the list: the one that failed and, to make sure, those that have stopped.
        assert len(looks) <= 2 + len(usernames)
        assert any("state=active" in asked.path for asked in proxy.asked)


@pytest.mark.parametrize(
    "answer",
    [
        Scripted(403, {"message": "Action is not authorized with current scopes"}),
        Scripted(503, "<html>"),
        Scripted(200, {"items": []}),
        Scripted(200, {"items": [], "_pagination": {"next": None}}),
    ],
)
def test_without_a_list_there_are_looks(
    answer: Scripted, local_hub: LocalHub, session: requests.Session, usernames: list[str]
) -> None:
    with ScriptedHub(before=local_hub) as proxy:
        proxy.refuse("GET", "/users?", answer)
        whole_lives(proxy.endpoint, session, usernames)


def test_no_page_is_waited_for_beyond_the_deadline(scripted_hub: ScriptedHub, any_session: requests.Session) -> None:
    page = {"items": [], "_pagination": {"next": {"offset": 1}}}
    scripted_hub.script(Scripted(200, page), Scripted(200, page, held=600))
    started = time.monotonic()
    ready = hubusers.wait_for_servers_to_start(
        [["ann"]], scripted_hub.endpoint, any_session, watch="listing", timeout=2
    )
    assert ready == {"ann": False}
    assert time.monotonic() - started < 60
    assert len(scripted_hub.asked) == 2


def test_no_page_is_asked_for_at_the_deadline(scripted_hub: ScriptedHub, any_session: requests.Session) -> None:
    with pytest.raises(HubError) as raised:
        active_servers(HubClient(scripted_hub.endpoint, any_session), "ann", ["ann"], Deadline(0))
    assert "timed out" in raised.value.detail
    assert scripted_hub.asked == []


def test_names_without_a_common_beginning(local_hub: LocalHub, session: requests.Session, usernames: list[str]) -> None:
    whole_lives(local_hub.endpoint, session, usernames)
    mixed = ["ann", "bob", usernames[0]]
    ready = hubusers.wait_for_servers_to_start([mixed], local_hub.endpoint, session, watch="listing")
    assert ready == dict.fromkeys(mixed, False)
