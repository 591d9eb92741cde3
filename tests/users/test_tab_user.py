"""What happens to people with JupyterLab in a tab while they do nothing: on a real hub, and on a scripted one."""

from locust.exception import RescheduleTask, StopUser

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast
from unittest import mock

import gevent
import pytest
import requests

from hubusers.accounts.account import Account
from hubusers.browser.page import Page
from hubusers.browser.websocket import HeldWebsocket
from hubusers.how_installed import NOT_INSTALLED
from hubusers.hub import acceptance
from hubusers.hub.deadline import Deadline
from hubusers.lab import interface, polls
from hubusers.lab.calls import CALLS_OF_LAB, KERNELS
from hubusers.lab.interface import Interface
from hubusers.lab.kernel import Kernel
from hubusers.lab.notebooks import built_in_notebook
from hubusers.local import LocalHub
from hubusers.results.records import (
    CELL,
    KERNEL,
    KERNEL_READY,
    LAB_LOADED,
    SAVED,
    SERVER_HELD,
    SILENT,
    SPAWN_PAGE,
    STORAGE,
    WEBSOCKET_HELD,
    Record,
)
from hubusers.settings.access import Access
from hubusers.users import NotebookUser
from tests.browser.scripted_websocket import CLOSE, TEXT, ScriptedWebsocket, frame, until_it_ends
from tests.browser.test_said import HUB_HEADERS, OF_JUPYTER
from tests.scripted_hub import Asked, Scripted, ScriptedHub
from tests.users.people import People, people_on
from tests.waiting import wait_until

PROXY_TOKEN = "the token of the proxy"


class Visitor:
    """A person who has opened a notebook on a real hub, and what happens to the server behind the person's back."""

    def __init__(self, hub: LocalHub) -> None:
        access = Access(hub.token, password="anything")
        self.people = people_on(hub.endpoint, access, server_timeout=180.0, poll_interval=0.2)
        self.person = self.people.comes(NotebookUser)
        self.person.on_start()
        self._hub = hub
        self._headers = {"Authorization": f"token {hub.token}"}
        self._routes = f"http://127.0.0.1:{hub.settings.proxy_api_port}/api/routes"
        self._proxy_headers = {"Authorization": f"token {PROXY_TOKEN}"}

    def open_notebook(self) -> Kernel:
        self.person.log_in()
        self.person.load_lab(self.person.open_server())
        return self.person.open_notebook(self.person.put_there(built_in_notebook()))

    def run_first_cell(self, kernel: Kernel) -> None:
        notebook = built_in_notebook()
        self.person.run_cell(kernel, notebook, notebook.cells[0], notebook.document())

    def records(self, step: str) -> list[Record]:
        return self.people.run.results.records.of(step)

    def delete(self, path: str) -> None:
        requests.delete(f"{self._hub.url}{path}", headers=self._headers, timeout=30).raise_for_status()

    def stop_server(self) -> None:
        self.delete(f"/hub/api/users/{self.person.username}/server")

    def lose_route(self) -> Any:
        path = f"/user/{self.person.username}"
        route = requests.get(self._routes, headers=self._proxy_headers, timeout=30).json()[path]
        requests.delete(f"{self._routes}{path}", headers=self._proxy_headers, timeout=30).raise_for_status()
        return route

    def restore(self, route: Any) -> None:
        path = f"/user/{self.person.username}"
        requests.post(f"{self._routes}{path}", json=route, headers=self._proxy_headers, timeout=30).raise_for_status()


@pytest.fixture(scope="module")
def lab_hub() -> Iterator[LocalHub]:
    config = f"c.ConfigurableHTTPProxy.auth_token = {PROXY_TOKEN!r}"
    with LocalHub(servers="lab", extra_config=config) as hub:
        yield hub


@pytest.fixture
def visitor(lab_hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    monkeypatch.setattr(interface, "CALLS_OF_LAB", replace(CALLS_OF_LAB, polls={KERNELS: 0.2}))
    monkeypatch.setattr(polls, "LONGEST_PAUSE", 0.3)
    visitor = Visitor(lab_hub)
    try:
        yield visitor
        visitor.person.close_page()
    finally:
        visitor.people.run.clean_up_own()
    assert not visitor.people.run.ledger.left()


def test_what_happens_between_two_steps_is_counted_when_it_is_seen(visitor: Visitor) -> None:
    kernel = visitor.open_notebook()
    visitor.run_first_cell(kernel)
    (ready,) = visitor.records(KERNEL_READY)
    parts = dict(ready.parts)
    assert parts[STORAGE] > 0
    assert parts[KERNEL] > 0.2  # a kernel starts more slowly than that on any machine
    assert sum(parts.values()) == pytest.approx(ready.seconds, rel=0.2)

    # The proxy loses its route to the server, and gets it back.
    lost_at = time.time()
    route = visitor.lose_route()
    wait_until(lambda: bool(visitor.person._unreachable), "the page has noticed it")
    gevent.sleep(0.6)
    visitor.restore(route)
    wait_until(lambda: bool(visitor.records(SERVER_HELD)), str)
    (unreachable,) = visitor.records(SERVER_HELD)
    assert unreachable.failure == "server unreachable: the proxy has no route to it"
    assert 0.5 < unreachable.seconds < 30
    assert unreachable.began >= lost_at - 0.5
    assert unreachable.after > 0
    visitor.run_first_cell(kernel)  # the person goes on

    # The kernel is culled while a cell runs on it. The server says nothing; the page sees it in the list of kernels.
    notebook = built_in_notebook()
    cell = replace(notebook.cells[0], source="import time; time.sleep(600)")
    running = gevent.spawn(visitor.person.run_cell, kernel, notebook, cell, notebook.document())
    wait_until(lambda: kernel.is_awaited and kernel.state == "busy", str)
    culled = time.monotonic()
    visitor.delete(f"/user/{visitor.person.username}/api/kernels/{kernel.id}")
    with pytest.raises(RescheduleTask):
        running.get()
    assert time.monotonic() - culled < 150  # of 180
    assert visitor.records(CELL)[-1].failure == "kernel gone"
    assert visitor.records(CELL)[-1].reason.startswith("Kernel does not exist")
    assert visitor.records(CELL)[-1].after > 0
    assert not visitor.records(WEBSOCKET_HELD)

    # The server is culled.
    culled_at = time.time()
    visitor.stop_server()
    wait_until(lambda: len(visitor.records(SERVER_HELD)) == 2, str)
    gone = visitor.records(SERVER_HELD)[-1]
    assert gone.failure == "server was gone"
    assert gone.began + gone.seconds == pytest.approx(culled_at, abs=20)
    assert gone.after == pytest.approx(gone.seconds, abs=5)
    with pytest.raises(RescheduleTask):
        visitor.person.stay(0)
    assert len(visitor.records(SERVER_HELD)) == 2
    assert visitor.records(WEBSOCKET_HELD) == []  # they were lost because the server was gone


def test_people_whose_account_is_deleted_have_lost_their_session(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They get the login page in place of JupyterLab's, and in place of the spawn's."""
    monkeypatch.setattr(acceptance, "BELIEVED_AFTER", 1.0)
    person = visitor.person
    person.log_in()
    person.load_lab(person.open_server())
    person.close_page()
    visitor.delete(f"/hub/api/users/{person.username}")
    with pytest.raises(StopUser):
        person.load_lab(person.browser.get(f"{person.server_path}/lab"))
    with pytest.raises(StopUser):
        person.open_server()
    for step in (LAB_LOADED, SPAWN_PAGE):
        assert visitor.records(step)[-1].failure == "session lost"


class Server(ScriptedHub):
    """A Jupyter server that answers its API with one answer for each path part, and everything else with 200."""

    def __init__(self, **answers: Scripted) -> None:
        super().__init__()
        self._answers = answers

    def answer(self, asked: Asked) -> Scripted:
        of_path = (answer for part, answer in self._answers.items() if f"/api/{part}" in asked.path)
        return next(of_path, Scripted(200, {}, HUB_HEADERS))


class Opened:
    """As much of a front end as the tests need."""

    base, shown_at_start = "/user/ann/", ""

    def save(self, content: Any, deadline: Deadline) -> Page:
        raise NotImplementedError


def person_on(hub: ScriptedHub) -> tuple[People, NotebookUser]:
    people = people_on(hub.endpoint)
    person = people.comes(NotebookUser, Account("ann", token="own"))
    person.on_start()
    person._front_end = cast("Interface", Opened())
    return people, person


@pytest.mark.parametrize(
    ("kernels", "held"),
    [
        (Scripted(200, [], HUB_HEADERS), (WEBSOCKET_HELD, "websocket lost: closed with code 1001")),
        (
            Scripted(503, "<html>Oops</html>"),
            (SERVER_HELD, "server unreachable: HTTP 503 from what stands before the hub"),
        ),
        (Scripted(424, "<html>jhdata</html>", HUB_HEADERS), (SERVER_HELD, "server was gone")),
    ],
)
def test_a_websocket_that_is_cut_is_told_from_a_server_that_is_gone(kernels: Scripted, held: tuple[str, str]) -> None:
    def cut(client: socket.socket) -> None:
        gevent.sleep(0.3)
        client.sendall(frame(CLOSE, b"\x03\xe9idle for too long"))
        until_it_ends(client)

    with Server(kernels=kernels) as hub, ScriptedWebsocket(cut) as server:
        people, person = person_on(hub)
        with mock.patch.object(person.browser, "url_of", return_value=_http(server.url)):
            person.hold(HeldWebsocket, "/user/ann/api/events/subscribe", Deadline(60))
        wait_until(lambda: bool(people.run.results.records.failed()) or bool(person._unreachable), str)
        person.close_page()
    (record,) = people.run.results.records.failed()
    assert (record.step, record.failure) == held
    if record.step == WEBSOCKET_HELD:
        assert record.reason == "idle for too long"
        assert 0.25 < record.after < 5
        assert record.seconds == pytest.approx(record.after, abs=1)
        assert 0.25 < dict(record.parts)[SILENT] <= record.after + 0.01


def _http(url: str) -> str:
    return f"http{url.removeprefix('ws')}"


def test_who_meets_a_page_that_needs_an_extra_ends_the_run_and_has_not_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def meet(*_: Any) -> Interface:
        raise interface.CollaborationMissing("Run: pip install")

    monkeypatch.setattr(interface, "interface_of", meet)
    why = list[str]()
    with Server() as hub:
        people = people_on(hub.endpoint, stop=why.append)
        person = people.comes(NotebookUser, Account("ann", token="own"))
        person.on_start()
        with pytest.raises(StopUser):
            person.load_lab(Page(200, "/user/ann/lab", "a page"))
    assert why == [f"{NOT_INSTALLED}Run: pip install"]
    assert not people.run.results.records.of(LAB_LOADED)
    assert not [row for row in people.rows if row.failure]
    assert people.run.counts.failed == 0


def test_websockets_that_are_closed_here_are_not_counted() -> None:
    with Server() as hub, ScriptedWebsocket(until_it_ends) as server:
        people, person = person_on(hub)
        with mock.patch.object(person.browser, "url_of", return_value=_http(server.url)):
            person.hold(HeldWebsocket, "/user/ann/api/events/subscribe", Deadline(60))
        person.close_page()
        gevent.sleep(0.2)
    assert people.run.results.records.failed() == []


def test_a_kernel_that_dies_after_the_last_cell_ends_the_visit_before_the_person_leaves() -> None:
    def die(client: socket.socket) -> None:
        content = {"execution_state": "restarting"}
        text = f'{{"channel":"","header":{{"msg_type":"status"}},"parent_header":{{}},"content":{json.dumps(content)}}}'
        client.sendall(frame(TEXT, text.encode()))
        until_it_ends(client)

    with Server() as hub, ScriptedWebsocket(die) as server:
        people, person = person_on(hub)
        with mock.patch.object(person.browser, "url_of", return_value=_http(server.url)):
            kernel = person._kernels["a.ipynb"] = person.hold(Kernel, "/user/ann/api/kernels/k/channels", Deadline(60))
        wait_until(lambda: kernel.state == "restarting", str)
        with pytest.raises(RescheduleTask):
            person.stay(0)
        person.end_if_the_page_has_ended()  # nothing is told twice
    (record,) = people.run.results.records.failed()
    assert (record.step, record.failure) == (CELL, "kernel died: restarting")


def test_a_notebook_that_cannot_be_put_there_is_a_save_that_was_refused() -> None:
    full = json.dumps({"message": "[Errno 28] No space left on device", "reason": None})
    with Server(contents=Scripted(500, full, HUB_HEADERS)) as hub:
        people, person = person_on(hub)
        with pytest.raises(RescheduleTask):
            person.put_there(built_in_notebook())
    (record,) = people.run.results.records.of(SAVED)
    assert (record.failure, record.reason) == (
        "save refused: storage full",
        "[Errno 28] No space left on device",
    )


@pytest.mark.parametrize(
    ("others", "failure"),
    [
        (Scripted(200, [], HUB_HEADERS), "hub error: HTTP 504 from what stands before the hub"),
        (Scripted(504, "<html>Too late</html>"), "server unreachable: HTTP 504 from what stands before the hub"),
    ],
)
def test_one_request_that_takes_too_long_on_the_way_is_not_an_unreachable_server(
    others: Scripted, failure: str
) -> None:
    with Server(contents=Scripted(504, "<html>Too late</html>"), kernels=others) as hub:
        people, person = person_on(hub)
        with pytest.raises(RescheduleTask):
            person.put_there(built_in_notebook())
    assert [record.failure for record in people.run.results.records.of(SAVED)] == [failure]


def test_a_save_is_all_storage(monkeypatch: pytest.MonkeyPatch, scripted_hub: ScriptedHub) -> None:
    people, person = person_on(scripted_hub)

    def save(self: Opened, content: Any, deadline: Deadline) -> Page:
        gevent.sleep(0.1)
        return Page(500, "/user/ann/api/contents/a.ipynb", OF_JUPYTER)

    monkeypatch.setattr(Opened, "save", save)
    with pytest.raises(RescheduleTask):
        person.save("a.ipynb", {})
    (record,) = people.run.results.records.of(SAVED)
    assert record.failure == "save refused: storage full"
    assert dict(record.parts)[STORAGE] == pytest.approx(record.seconds, abs=0.05)
