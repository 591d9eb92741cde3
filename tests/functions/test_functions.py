"""The documented functions, on a real JupyterHub, and on a scripted one for answers that a real one doesn't give."""

import logging
import threading
import time
from collections import Counter
from typing import Any

import pytest
import requests

import hubusers
from hubusers.hub.errors import HubError, HubUsersError, SpawnFailed
from hubusers.local import LocalHub
from hubusers.version import version
from tests.fake_clock import FakeClock
from tests.hub_major import HUB_MAJOR
from tests.scripted_hub import Scripted, ScriptedHub
from tests.spawner_events import spawner_events

Log = pytest.LogCaptureFixture


def levels(caplog: Log) -> dict[str, int]:
    return Counter(record.levelname for record in caplog.records if record.name.startswith("hubusers"))


def received_options(local_hub: LocalHub, username: str) -> Any:
    """Return the user options that the spawner got at this user's last start."""
    return spawner_events(local_hub, "starting", username=username)[-1]["user_options"]


def test_the_package_says_its_version() -> None:
    assert hubusers.__version__ == version()


class TestOneServer:
    def test_a_whole_life(self, local_hub: LocalHub, session: requests.Session, username: str, caplog: Log) -> None:
        caplog.set_level(logging.DEBUG, "hubusers")
        assert hubusers.start_server(username, local_hub.endpoint, session) is True
        assert levels(caplog)["INFO"] == 1
        assert hubusers.start_server(username, local_hub.endpoint + "/", session) is True  # pending: accepted again
        assert hubusers.wait_for_server_to_start(username, local_hub.endpoint, session, poll_interval=0.05) is True
        assert levels(caplog)["DEBUG"] > 0
        assert hubusers.start_server(username, local_hub.endpoint, session) is True  # it is running already
        assert hubusers.stop_server(username, local_hub.endpoint, session, wait=True, poll_interval=0.05) is True
        assert hubusers.wait_for_server_to_stop(username, local_hub.endpoint, session) is True
        assert set(levels(caplog)) == {"DEBUG", "INFO"}

    def test_stopping_in_mid_spawn(
        self, local_hub: LocalHub, session: requests.Session, username: str, caplog: Log
    ) -> None:
        assert hubusers.start_server(username, local_hub.endpoint, session)
        stopped = hubusers.stop_server(username, local_hub.endpoint, session, wait=True)
        if HUB_MAJOR == 4:
            assert not stopped
            assert "is pending spawn, please wait" in caplog.text
            assert hubusers.wait_for_server_to_start(username, local_hub.endpoint, session)
            assert hubusers.stop_server(username, local_hub.endpoint, session)
        else:
            assert stopped
        assert hubusers.wait_for_server_to_stop(username, local_hub.endpoint, session)

    def test_an_unknown_user(self, local_hub: LocalHub, session: requests.Session, caplog: Log) -> None:
        assert hubusers.start_server("nobody", local_hub.endpoint, session) is False
        assert levels(caplog) == {"ERROR": 1}
        assert "HTTP 404" in caplog.text
        caplog.clear()
        assert hubusers.stop_server("nobody", local_hub.endpoint, session) is False
        assert levels(caplog) == {"WARNING": 1}
        assert ("HTTP 500" if HUB_MAJOR == 4 else "HTTP 404") in caplog.text
        assert hubusers.wait_for_server_to_stop("nobody", local_hub.endpoint, session) is True
        assert hubusers.wait_for_server_to_start("nobody", local_hub.endpoint, session) is False

    def test_a_server_that_never_was_started_has_stopped_and_failed(
        self, local_hub: LocalHub, session: requests.Session, username: str
    ) -> None:
        assert hubusers.wait_for_server_to_stop(username, local_hub.endpoint, session) is True
        started = time.monotonic()
        assert hubusers.wait_for_server_to_start(username, local_hub.endpoint, session) is False
        assert time.monotonic() - started < 50  # not waited for, which would take a minute

    def test_stopping_ann_1_leaves_ann(self, local_hub: LocalHub, session: requests.Session) -> None:
        odd_names = ["ann", "ann#1", "50%25", "o brien+1@x.org"]
        hubusers.create_users(odd_names, local_hub.endpoint, session)
        try:
            assert all(hubusers.start_servers([odd_names], local_hub.endpoint, session).values())
            assert all(hubusers.wait_for_servers_to_start([odd_names], local_hub.endpoint, session).values())
            for name in odd_names[1:]:
                assert hubusers.stop_server(name, local_hub.endpoint, session, wait=True)
            assert hubusers.wait_for_server_to_start("ann", local_hub.endpoint, session)
        finally:
            assert all(hubusers.delete_users(odd_names, local_hub.endpoint, session).values())


def test_a_user_whom_the_hub_calls_otherwise_is_not_said_to_be_gone(
    local_hub: LocalHub, session: requests.Session, caplog: Log
) -> None:
    reasons: dict[str, HubUsersError] = {}
    assert hubusers.create_users(["Fritz"], local_hub.endpoint, session) == {"Fritz": True}
    assert "the hub calls the user Fritz fritz: go on with that name" in caplog.text
    assert hubusers.delete_users(["Fritz", "Nobody"], local_hub.endpoint, session, reasons=reasons) == {
        "Fritz": False,
        "Nobody": True,
    }
    assert reasons["Fritz"].detail == (
        "the user Fritz was not deleted: the hub does not know this name, and calls a user fritz; delete that one, if "
        "it is the one that you mean"
    )
    assert hubusers.delete_users(["fritz"], local_hub.endpoint, session) == {"fritz": True}
    assert hubusers.find_stress_test_users(local_hub.endpoint, session, prefix="fritz") == []


def test_a_name_that_is_nobody_s_touches_nobody(local_hub: LocalHub, session: requests.Session, username: str) -> None:
    assert hubusers.start_server(username, local_hub.endpoint, session)
    assert hubusers.wait_for_server_to_start(username, local_hub.endpoint, session, poll_interval=0.1)
    parts = ("{}/../{}", "../users/{}", "{}/server?x=", "{}\n", "{}#x", "{}?x", "{}/", "./{}", "{} ", "{}é", "{}%00")
    for odd in [f"%{ord(username[0]):x}{username[1:]}", *(part.format(username, username) for part in parts)]:
        assert not hubusers.start_server(odd, local_hub.endpoint, session)
        assert not hubusers.stop_server(odd, local_hub.endpoint, session)
        hubusers.delete_users([odd], local_hub.endpoint, session, timeout=0.3, poll_interval=0.1)
    assert hubusers.wait_for_server_to_start(username, local_hub.endpoint, session)


PROFILE_EXAMPLES: list[Any] = [
    "custom-profile",
    {"cpu": 2, "memory": "4G"},
    {"env": {"MY_ENV_VAR": "value", "ANOTHER_VAR": "another_value"}},
    {"image": "my-docker-image:latest"},
    {"cmd": ["jupyterhub-singleuser", "--NotebookApp.token='mytoken'"]},
    {"volumes": [{"name": "my-volume", "mountPath": "/home/jovyan/work"}]},
    {
        "name": "data-science",
        "cpu": 4,
        "memory": "8G",
        "env": {"PYTHON_ENV": "development", "API_KEY": "my_api_key"},
        "image": "my-data-science-image:latest",
        "cmd": ["jupyterhub-singleuser", "--NotebookApp.token='mytoken'"],
        "volumes": [{"name": "user-data", "mountPath": "/home/jovyan/data"}],
    },
    # Two names that have another meaning for JupyterHub 6 at the top level of a body.
    {"display_name": "Small", "cpu": 1},
    {"user_options": "mine"},
]


def test_every_profile_reaches_the_spawner_as_it_is(
    local_hub: LocalHub, session: requests.Session, username: str
) -> None:
    for profile in PROFILE_EXAMPLES:
        assert hubusers.start_server(username, local_hub.endpoint, session, profile=profile)
        expected = {"profile": profile} if isinstance(profile, str) else profile
        assert received_options(local_hub, username) == expected
        assert hubusers.wait_for_server_to_start(username, local_hub.endpoint, session, poll_interval=0.05)
        assert hubusers.stop_server(username, local_hub.endpoint, session, wait=True, poll_interval=0.05)


class TestManyServers:
    def test_a_whole_life(self, local_hub: LocalHub, session: requests.Session, usernames: list[str]) -> None:
        batches = [usernames[:2], usernames[2:]]
        everybody = dict.fromkeys(usernames, True)
        assert hubusers.start_servers(batches, local_hub.endpoint, session, "small") == everybody
        assert {received_options(local_hub, name)["profile"] for name in usernames} == {"small"}
        assert hubusers.wait_for_servers_to_start(batches, local_hub.endpoint, session, poll_interval=0.1) == everybody
        stopped = hubusers.stop_servers(usernames, local_hub.endpoint, session, batch_size=2)
        assert stopped == everybody
        stopped["never-asked"] = False
        assert hubusers.wait_for_servers_to_stop(stopped, local_hub.endpoint, session, poll_interval=0.1) is None
        assert stopped == {**everybody, "never-asked": False}

    def test_one_failure_never_loses_the_others(
        self, local_hub: LocalHub, session: requests.Session, usernames: list[str]
    ) -> None:
        names = [usernames[0], "nobody", usernames[1]]
        expected = {usernames[0]: True, "nobody": False, usernames[1]: True}
        assert hubusers.start_servers([names], local_hub.endpoint, session) == expected
        assert hubusers.wait_for_servers_to_start([names], local_hub.endpoint, session) == expected
        assert hubusers.stop_servers(names, local_hub.endpoint, session, batch_size=5) == expected

    @pytest.mark.parametrize("limit", [1, 3])
    def test_never_more_requests_than_allowed(
        self, any_session: requests.Session, monkeypatch: pytest.MonkeyPatch, limit: int
    ) -> None:
        under_way, most, lock, are_all_there = 0, 0, threading.Lock(), threading.Event()

        def slow_request(*_: Any, **__: Any) -> requests.Response:
            nonlocal under_way, most
            with lock:
                under_way += 1
                most = max(most, under_way)
                if most == limit:
                    are_all_there.set()
            assert are_all_there.wait(60)
            time.sleep(0.02)  # for one too many
            with lock:
                under_way -= 1
            response = requests.Response()
            response.status_code = 204
            response._content = b""
            return response

        monkeypatch.setattr(requests.Session, "request", slow_request)
        names = [f"user-{number}" for number in range(12)]
        assert all(hubusers.stop_servers(names, "http://hub/hub/api", any_session, limit).values())
        assert most == limit
        most = 0
        are_all_there.clear()
        hubusers.start_servers([names], "http://hub/hub/api", any_session, max_workers=limit)
        assert most == limit

    def test_ctrl_c_ends_the_pauses(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(_: Any) -> Any:
            while len(scripted_hub.asked) < 2:
                time.sleep(0.01)
            raise KeyboardInterrupt

        monkeypatch.setattr("hubusers.functions.batches.futures.as_completed", interrupted)
        scripted_hub.script(Scripted(429, headers={"Retry-After": "120"}))
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            hubusers.stop_servers(["ann", "bob"], scripted_hub.endpoint, any_session, 2)
        assert time.monotonic() - started < 60  # of 120
        assert len(scripted_hub.asked) == 2

    def test_all_share_one_deadline(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = FakeClock()
        monkeypatch.setattr("hubusers.hub.deadline.CLOCK", clock)
        scripted_hub.script(Scripted(200, {"name": "x", "servers": {"": {"ready": False, "pending": "spawn"}}}))
        names, began = [f"user-{number}" for number in range(30)], clock.now
        ready = hubusers.wait_for_servers_to_start(
            [names], scripted_hub.endpoint, any_session, timeout=600, poll_interval=200, max_workers=2
        )
        assert ready == dict.fromkeys(names, False)
        assert 600 <= clock.now - began < 1200


class TestWaiting:
    def test_odd_answers_are_logged_and_looked_past(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, caplog: Log
    ) -> None:
        scripted_hub.script(
            Scripted(503, "<html>"),
            Scripted(200, "{garbled"),
            Scripted(200, "<html>Sign in"),
            Scripted(302, headers={"Location": "https://login.example"}),
            Scripted(lost=True),
            Scripted(429, headers={"Retry-After": "60"}),
            Scripted(403, {"message": "slow down"}),
            Scripted(200, ""),
            Scripted(200, {"name": "ann", "servers": {}}),
        )
        assert hubusers.wait_for_server_to_stop("ann", scripted_hub.endpoint, any_session, poll_interval=0.02)
        assert levels(caplog) == {"WARNING": 8}
        assert "HTTP 503" in caplog.text

    @pytest.mark.parametrize(
        "answer",
        [
            Scripted(503),
            Scripted(429, headers={"Retry-After": "120"}),
            Scripted(200, {"name": "ann", "servers": {"": {"pending": "stop"}}}),
            Scripted(200, held=600),
            Scripted(pieces=[b" ", 0.1] * 6000),
        ],
        ids=["busy", "throttled", "stopping", "hanging", "dripping"],
    )
    def test_the_deadline_holds_whatever_the_hub_does(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, caplog: Log, answer: Scripted
    ) -> None:
        scripted_hub.script(answer)
        for wait in (hubusers.wait_for_server_to_stop, hubusers.wait_for_server_to_start):
            started = time.monotonic()
            assert wait("ann", scripted_hub.endpoint, any_session, timeout=0.5, poll_interval=0.1) is False
            assert 0.45 < time.monotonic() - started < 60
        assert "within 0.5 seconds" in caplog.text

    def test_the_constant_can_just_be_changed(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, monkeypatch: pytest.MonkeyPatch, caplog: Log
    ) -> None:
        monkeypatch.setattr(hubusers, "SERVER_LIFECYCLE_TIMEOUT", 0.3)
        scripted_hub.script(Scripted(503))
        assert hubusers.wait_for_server_to_stop("ann", scripted_hub.endpoint, any_session) is False
        assert "within 0.3 seconds" in caplog.text

    def test_a_user_who_vanishes(self, scripted_hub: ScriptedHub, any_session: requests.Session, caplog: Log) -> None:
        scripted_hub.script(Scripted(404, {"status": 404, "message": None}))
        assert hubusers.wait_for_server_to_stop("ann", scripted_hub.endpoint, any_session) is True
        assert hubusers.wait_for_server_to_start("ann", scripted_hub.endpoint, any_session) is False
        assert levels(caplog) == {"ERROR": 1}

    def test_a_token_that_may_not_see_servers(
        self, local_hub: LocalHub, session: requests.Session, username: str, caplog: Log
    ) -> None:
        """On a real hub: a token with the scope to see names only gets models without the key `servers`."""
        answer = session.post(
            f"{local_hub.endpoint}/users/{username}/tokens", json={"scopes": [f"read:users:name!user={username}"]}
        )
        with hubusers.get_session(answer.json()["token"]) as blind:
            for wait in (hubusers.wait_for_server_to_stop, hubusers.wait_for_server_to_start):
                caplog.clear()
                assert wait(username, local_hub.endpoint, blind) is False
                assert levels(caplog) == {"ERROR": 1}
                assert "read:servers" in caplog.text
                assert f"the server of {username}" in caplog.text

    def test_a_token_for_somebody_else_does_not_see_a_stopped_server(
        self, local_hub: LocalHub, session: requests.Session, usernames: list[str], caplog: Log
    ) -> None:
        answer = session.post(f"{local_hub.endpoint}/users/{usernames[0]}/tokens", json={})
        with hubusers.get_session(answer.json()["token"]) as other:
            assert hubusers.wait_for_server_to_stop(usernames[1], local_hub.endpoint, other) is False
        assert "lacks a scope" in caplog.text


class TestFailedStart:
    """The caller chooses what happens then."""

    def test_log(self, scripted_hub: ScriptedHub, any_session: requests.Session, caplog: Log) -> None:
        scripted_hub.script(Scripted(500, {"message": "no room"}))
        assert hubusers.start_server("ann", scripted_hub.endpoint, any_session) is False
        assert "HTTP 500" in caplog.text
        assert "no room" in caplog.text

    def test_raise(self, scripted_hub: ScriptedHub, any_session: requests.Session) -> None:
        scripted_hub.script(Scripted(500, {"message": "no room"}))
        with pytest.raises(SpawnFailed) as raised:
            hubusers.start_server("ann", scripted_hub.endpoint, any_session, on_failure="raise")
        assert raised.value.status == 500
        with pytest.raises(SpawnFailed):
            hubusers.start_servers([["ann", "bob"]], scripted_hub.endpoint, any_session, on_failure="raise")
        assert len(scripted_hub.asked) == 3  # bob was not lost

    def test_delete_user(self, scripted_hub: ScriptedHub, any_session: requests.Session) -> None:
        scripted_hub.script(Scripted(500), Scripted(204))
        assert hubusers.start_server("ann", scripted_hub.endpoint, any_session, on_failure="delete_user") is False
        assert [(asked.method, asked.path) for asked in scripted_hub.asked] == [
            ("POST", "/hub/api/users/ann/server"),
            ("DELETE", "/hub/api/users/ann/server"),
            ("DELETE", "/hub/api/users/ann"),
        ]

    @pytest.mark.parametrize("answer", [Scripted(lost=True), Scripted(200, "<html>Sign in"), Scripted(400, "{garbled")])
    def test_nothing_is_raised_for_an_answer(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, answer: Scripted
    ) -> None:
        scripted_hub.script(answer)
        assert hubusers.start_server("ann", scripted_hub.endpoint, any_session) is False
        assert hubusers.stop_server("ann", scripted_hub.endpoint, any_session, wait=True) is False
        assert hubusers.stop_servers(["ann"], scripted_hub.endpoint, any_session, 1) == {"ann": False}

    def test_a_hub_that_is_not_there_is_said_once(self, any_session: requests.Session, caplog: Log) -> None:
        hub = "http://127.0.0.1:9/hub/api"
        people = [["ann", "bob"], ["eve"]]
        hubusers.wait_for_servers_to_start(people, hub, any_session, timeout=0.5, poll_interval=0.02)
        warnings = [text for _, level, text in caplog.record_tuples if level == logging.WARNING]
        assert len(warnings) == 1 + 3, warnings  # the last three are of the timeout
        assert "connection refused; trying again" in warnings[0]

    def test_any_address_of_the_hub_will_do(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, caplog: Log
    ) -> None:
        scripted_hub.script(Scripted(403, "<!DOCTYPE html> <html><head><title>No</title></head><h1>Not here</h1>"))
        assert not hubusers.start_server("ann", f"{scripted_hub.url}/hub/home", any_session)
        assert scripted_hub.asked[0].path == "/hub/api/users/ann/server"
        assert "could not start the server of ann: HTTP 403: No Not here (a web page" in caplog.text

    def test_a_hub_that_is_not_there(self, any_session: requests.Session, caplog: Log) -> None:
        assert hubusers.stop_server("ann", "http://127.0.0.1:9/hub/api", any_session) is False
        assert "connection refused" in caplog.text


class TestAccounts:
    def test_creating_tells_new_from_old(
        self, local_hub: LocalHub, session: requests.Session, usernames: list[str], caplog: Log
    ) -> None:
        names = [usernames[0], "create-new", "Create.Upper"]
        created = hubusers.create_users(names, local_hub.endpoint, session, batch_size=2)
        try:
            assert created == {usernames[0]: False, "create-new": True, "Create.Upper": True}
            assert "existed before" in caplog.text
            assert "create.upper" in caplog.text
        finally:
            mine = ["create-new", "create.upper"]
            assert all(hubusers.delete_users(mine, local_hub.endpoint, session).values())

    def test_an_invalid_name_does_not_keep_the_others_from_being_created(
        self, scripted_hub: ScriptedHub, any_session: requests.Session
    ) -> None:
        scripted_hub.script(
            Scripted(400, {"message": "invalid usernames: !"}),
            Scripted(201, [{"name": "ann"}]),
            Scripted(400, {"message": "invalid username: !"}),
        )
        created = hubusers.create_users(["ann", "!"], scripted_hub.endpoint, any_session)
        assert created == {"ann": True, "!": False}

    def test_creating_many_at_once_may_take_longer(
        self, any_session: requests.Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        timeouts = []

        def request(*_: Any, timeout: float, **__: Any) -> requests.Response:
            timeouts.append(timeout)
            response = requests.Response()
            response.status_code = 201
            response._content = b"[]"
            return response

        monkeypatch.setattr(requests.Session, "request", request)
        names = [f"user-{number}" for number in range(2500)]
        hubusers.create_users(names, "http://hub/hub/api", any_session, batch_size=2499)
        assert timeouts[0] > 2499 * 0.05  # the hub takes less than half of it
        assert timeouts[1] < 31

    def test_finding_goes_through_every_page_and_compares_exactly(
        self, local_hub: LocalHub, session: requests.Session
    ) -> None:
        ours = [f"page_x-{number}" for number in range(210)]
        near = ["PAGE_X-upper", "pagezx-1", "a-page_x-1", "page_"]
        try:
            assert all(hubusers.create_users(ours, local_hub.endpoint, session).values())
            hubusers.create_users(near, local_hub.endpoint, session)
            found = hubusers.find_stress_test_users(local_hub.endpoint, session, prefix="page_x-")
            assert sorted(found) == sorted([*ours, "page_x-upper"])  # the hub lower-cased that one
            found = hubusers.find_stress_test_users(local_hub.endpoint, session, prefix="pagezx")
            assert found == ["pagezx-1"]
            removed = hubusers.purge_users(local_hub.endpoint, session, prefix="page_x-", batch_size=20)
            assert len(removed) == 211
            assert all(removed.values())
            assert hubusers.find_stress_test_users(local_hub.endpoint, session, prefix="a-page_x") == ["a-page_x-1"]
        finally:
            hubusers.delete_users([name.lower() for name in near], local_hub.endpoint, session)

    def test_half_a_list_is_an_error(self, scripted_hub: ScriptedHub, any_session: requests.Session) -> None:
        page = {"items": [{"name": "hub-stress-test-1"}], "_pagination": {"next": {"offset": 1}}}
        scripted_hub.script(Scripted(200, page), Scripted(403, {"message": "missing scope list:users"}))
        with pytest.raises(HubError) as raised:
            hubusers.find_stress_test_users(scripted_hub.endpoint, any_session)
        assert "HTTP 403" in raised.value.detail
        assert scripted_hub.asked[0].headers["Accept"] == "application/jupyterhub-pagination+json"

    def test_deleting_in_every_phase(self, local_hub: LocalHub, session: requests.Session) -> None:
        """Spawn pending, ready, stop pending, never started, never there: a plain DELETE fails for some of them."""
        names = [f"phase-{phase}" for phase in ("pending", "ready", "stopping", "idle")]
        hubusers.create_users(names, local_hub.endpoint, session)
        hubusers.start_servers([names[1:3]], local_hub.endpoint, session)
        hubusers.wait_for_servers_to_start([names[1:3]], local_hub.endpoint, session)
        hubusers.stop_server("phase-stopping", local_hub.endpoint, session)
        hubusers.start_server("phase-pending", local_hub.endpoint, session)
        removed = hubusers.delete_users([*names, "phase-nobody"], local_hub.endpoint, session, poll_interval=0.1)
        assert removed == dict.fromkeys([*names, "phase-nobody"], True)
        assert hubusers.find_stress_test_users(local_hub.endpoint, session, prefix="phase-") == []

    def test_deleting_stops_named_servers_that_are_in_the_way(
        self, scripted_hub: ScriptedHub, any_session: requests.Session
    ) -> None:
        servers = {"": {"ready": True}, "lab": {"ready": True}, "gone": {"ready": True}, "slow": {"ready": True}}
        scripted_hub.script(
            *[Scripted(204), Scripted(500), Scripted(200, {"name": "ann", "servers": servers})],
            *[Scripted(204), Scripted(404), Scripted(202), Scripted(204)],
            *[Scripted(404), Scripted(404), Scripted(404), Scripted(204), Scripted(204)],
        )
        assert hubusers.delete_users(["ann"], scripted_hub.endpoint, any_session, poll_interval=0.02) == {"ann": True}
        asked = [f"{asked.method} {asked.path.removeprefix('/hub/api/users/')}" for asked in scripted_hub.asked]
        named = [f"DELETE ann/servers/{name}" for name in ("lab", "gone", "slow")]
        assert asked == [
            *["DELETE ann/server", "DELETE ann", "GET ann"],
            *[*named, "DELETE ann/server"],  # one of them is still stopping
            *[*named, "DELETE ann/server", "DELETE ann"],
        ]

    @pytest.mark.parametrize(
        "refusals",
        [
            [Scripted(400, {"message": "ann is pending spawn, please wait"})],  # JupyterHub 4
            [Scripted(202), Scripted(202)],
            [Scripted(204), Scripted(500, {"message": "pending"})],
            [Scripted(lost=True)],
            [Scripted(502, "<html>")],
        ],
    )
    def test_deleting_tries_again(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, refusals: list[Scripted]
    ) -> None:
        scripted_hub.script(*refusals, Scripted(204))
        assert hubusers.delete_users(["ann"], scripted_hub.endpoint, any_session, poll_interval=0.02) == {"ann": True}

    def test_deleting_says_what_is_left(
        self, scripted_hub: ScriptedHub, any_session: requests.Session, caplog: Log
    ) -> None:
        scripted_hub.script(Scripted(403, {"message": "no"}))
        removed = hubusers.delete_users(["ann"], scripted_hub.endpoint, any_session, timeout=0.2, poll_interval=0.05)
        assert removed == {"ann": False}
        assert "could not remove the user ann" in caplog.text
        assert "HTTP 403" in caplog.text


def test_bad_arguments_are_refused_before_the_first_request(
    scripted_hub: ScriptedHub, any_session: requests.Session
) -> None:
    good, session = scripted_hub.endpoint, any_session
    calls: list[Any] = [
        lambda: hubusers.start_servers("ann", good, session),
        lambda: hubusers.start_servers(["ann", "bob"], good, session),
        lambda: hubusers.start_servers([["ann", 7]], good, session),  # type: ignore[list-item]
        lambda: hubusers.start_servers(None, good, session),  # type: ignore[arg-type]
        lambda: hubusers.start_servers([["ann"]], "", session),
        lambda: hubusers.start_servers([["ann"]], good, None),
        lambda: hubusers.start_servers([["ann"]], good, session, max_workers=0),
        lambda: hubusers.start_servers([["ann"]], good, session, profile=["small"]),  # type: ignore[arg-type]
        lambda: hubusers.start_server("", good, session),
        lambda: hubusers.start_server("..", good, session),
        lambda: hubusers.start_server(None, good, session),  # type: ignore[arg-type]
        lambda: hubusers.start_server("ann", good, session, profile={"image": object()}),
        lambda: hubusers.start_server("ann", good, session, profile=" "),
        lambda: hubusers.start_server("ann", good, session, on_failure="panic"),  # type: ignore[arg-type]
        lambda: hubusers.stop_servers("ann", good, session, 5),
        lambda: hubusers.stop_servers(["ann"], good, session, 0),
        lambda: hubusers.stop_servers(["ann"], good, session, 2.5),  # type: ignore[arg-type]
        lambda: hubusers.stop_servers(["ann"], "hub.example", session, 5),
        lambda: hubusers.wait_for_servers_to_stop(["ann"], good, session),  # type: ignore[arg-type]
        lambda: hubusers.wait_for_server_to_stop("ann", good, session, timeout=0),
        lambda: hubusers.wait_for_server_to_stop("ann", good, session, poll_interval=-1),
        lambda: hubusers.create_users("ann", good, session),
        lambda: hubusers.delete_users(["ann"], good, "token"),
        lambda: hubusers.find_stress_test_users(good, session, prefix=""),
        lambda: hubusers.purge_users(good, session, prefix="  "),
        lambda: hubusers.purge_users(good, session, prefix=None),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises((ValueError, TypeError)):
            call()
    assert scripted_hub.asked == []


def test_timeit_logs_also_when_the_function_raises(caplog: Log) -> None:
    caplog.set_level(logging.INFO)

    @hubusers.timeit
    def fail(message: str) -> None:
        """Its own docstring."""
        raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="oh"):
        fail("oh")
    assert fail.__doc__ == "Its own docstring."
    assert "fail took 0.0" in caplog.text
