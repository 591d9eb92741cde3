"""Incidents of the hub, its proxy, the ingress before it, storage and servers: a real hub does what each says.

Plain requests look at the hub as people's browsers do.
"""

import contextlib
import importlib.util
import itertools
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import requests
import websocket

from hubusers.local import LocalHub
from hubusers.local.incidents import incident_called
from hubusers.local.processes import processes_of
from tests.hub_major import HUB_MAJOR
from tests.spawner_events import spawner_events
from tests.waiting import wait_until

needs_lab = pytest.mark.skipif(
    importlib.util.find_spec("jupyterlab") is None, reason="needs JupyterLab, the extra hubusers[lab]"
)


class Person:
    """Somebody with the hub's token, who follows no redirects."""

    def __init__(self, hub: LocalHub) -> None:
        self._hub = hub
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"token {hub.token}"

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self._session.request(method, self._hub.url + path, json=body, allow_redirects=False, timeout=60)

    def status(self, path: str) -> int:
        """Return the status of an answer; 0 if nobody answers."""
        try:
            return self.ask("GET", path).status_code
        except requests.ConnectionError:
            return 0

    def start(self, *names: str, until_ready: bool = True) -> None:
        for name in names:
            self.ask("POST", f"/hub/api/users/{name}")
            assert self.ask("POST", f"/hub/api/users/{name}/server").status_code in {201, 202}
        if until_ready:
            for name in names:
                wait_until(partial(self.is_ready, name), f"{name}'s server is ready")

    def is_ready(self, name: str) -> bool:
        servers = self.ask("GET", f"/hub/api/users/{name}").json()["servers"]
        return bool(servers) and servers[""]["ready"]


@contextmanager
def a_hub_with(incident: str, **arguments: Any) -> Iterator[tuple[LocalHub, Person]]:
    with LocalHub(incident=incident, **arguments) as hub:
        yield hub, Person(hub)


def processes_killed(hub: LocalHub) -> list[tuple[str, str]]:
    events = map(json.loads, hub.events_path.read_text().splitlines())
    return [(event["event"], event["process"]) for event in events if event.get("process")]


def names(count: int) -> list[str]:
    return [f"ann-{number}" for number in range(count)]


@contextmanager
def browser_of(hub: LocalHub, name: str) -> Iterator[requests.Session]:
    """Log in by the hub's form; return a session with the cookies that this gives."""
    with requests.Session() as session:
        session.trust_env = False
        log_in(session, hub, name)
        yield session


def log_in(session: requests.Session, hub: LocalHub, name: str) -> requests.Response:
    """Log in by the hub's form; return the answer to it."""
    session.get(f"{hub.url}/hub/login", timeout=60)
    form = {"username": name, "password": "any", "_xsrf": session.cookies.get("_xsrf", path="/hub/")}
    return session.post(f"{hub.url}/hub/login", data=form, allow_redirects=False, timeout=60)


def login(hub: LocalHub, name: str) -> requests.Response:
    """Log in by the hub's form in a browser of its own."""
    with requests.Session() as session:
        session.trust_env = False
        return log_in(session, hub, name)


# The proxy


def test_a_proxy_without_its_routes_leads_people_in_circles_until_the_hub_restores_them() -> None:
    when_told = """
c.JupyterHub.last_activity_interval = 3600
c.JupyterHub.load_roles[0]["scopes"].append("proxy")
"""
    with a_hub_with("proxy-loses-routes", servers="stub", extra_config=when_told) as (hub, person):
        person.start(*names(5))
        assert person.status("/user/ann-0/lab") == 200
        wait_until(lambda: ("started again", "proxy") in processes_killed(hub), "the proxy was away, and is back")
        wait_until(lambda: person.status("/user/ann-0/lab") == 302, "it has no routes")
        answer = person.ask("GET", "/user/ann-0/lab")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/hub/user/ann-0/lab")
        assert person.is_ready("ann-0")

        def the_hub_restores_them() -> bool:
            with contextlib.suppress(requests.ConnectionError):  # the proxy is killed a second time
                assert person.ask("POST", "/hub/api/proxy").ok
            return person.status("/user/ann-0/lab") == 200

        wait_until(the_hub_restores_them, "the routes are back")
        assert processes_killed(hub)[:2] == [("killed", "proxy"), ("started again", "proxy")]


@pytest.mark.thorough
def test_a_proxy_that_never_has_a_route_leads_people_in_a_circle() -> None:
    with a_hub_with("redirect-loop", servers="stub") as (hub, person):
        person.start("student-1")
        with browser_of(hub, "student-1") as browser:
            path, seen = "/user/student-1/lab", []
            for _ in range(4):
                seen.append(path)
                path = browser.get(hub.url + path, allow_redirects=False, timeout=60).headers["Location"]
        assert seen == [
            *["/user/student-1/lab", "/hub/user/student-1/lab"],
            *["/user/student-1/lab?redirects=1", "/hub/user/student-1/lab?redirects=1"],
        ]
        assert path == "/user/student-1/lab?redirects=2"


# The ingress


@pytest.mark.thorough
def test_an_ingress_goes_away_while_the_hub_goes_on() -> None:
    with a_hub_with("ingress-away", spawn_seconds=(0, 0)) as (hub, person):
        person.start(*names(10))
        wait_until(lambda: person.status("/hub/api/") == 0, "the ingress is away")
        answer = requests.get(f"http://127.0.0.1:{hub.settings.proxy_port}/hub/api/", timeout=30)
        assert answer.ok
        wait_until(lambda: person.status("/hub/api/") == 200, "the ingress is back")
        assert person.is_ready("ann-0")
        assert processes_killed(hub) == [("killed", "relay"), ("started again", "relay")]


def new_kernel(person: Person, name: str) -> str:
    answer = person.ask("POST", f"/user/{name}/api/kernels", {"name": "python3"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def channel(hub: LocalHub, name: str, kernel: str) -> websocket.WebSocket:
    url = f"{hub.url.replace('http', 'ws', 1)}/user/{name}/api/kernels/{kernel}/channels"
    return websocket.create_connection(url, header=[f"Authorization: token {hub.token}"], timeout=60)


def received(opened: websocket.WebSocket) -> str:
    """Return the next message, the empty string if the websocket was closed."""
    with contextlib.suppress(websocket.WebSocketConnectionClosedException):
        return str(opened.recv())
    return ""


def notebook(text: str = "") -> dict[str, Any]:
    cell = {"cell_type": "markdown", "id": "one", "metadata": {}, "source": text}
    content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return {"type": "notebook", "format": "json", "content": content}


@needs_lab
def test_an_ingress_without_websockets_passes_everything_else() -> None:
    with a_hub_with("no-websockets") as (hub, person):
        person.start("ann")
        assert person.status("/user/ann/lab") == 200
        kernel = new_kernel(person, "ann")
        with pytest.raises(websocket.WebSocketBadStatusException, match="400"):
            channel(hub, "ann", kernel)


@needs_lab
@pytest.mark.thorough
def test_an_ingress_cuts_silent_websockets_always_after_the_same_time() -> None:
    with a_hub_with("websockets-cut") as (hub, person):
        person.start("ann")
        seconds = silent_until_cut(channel(hub, "ann", new_kernel(person, "ann")))
        assert 5.5 <= seconds < 12


def silent_until_cut(opened: websocket.WebSocket) -> float:
    """Listen until the connection is cut; return the seconds since the last message."""
    said_last = time.monotonic()
    while received(opened):
        said_last = time.monotonic()
    return time.monotonic() - said_last


@needs_lab
@pytest.mark.thorough
def test_an_ingress_refuses_large_notebooks_only() -> None:
    with a_hub_with("saves-too-large") as (_, person):
        person.start("ann")
        assert person.ask("PUT", "/user/ann/api/contents/small.ipynb", notebook()).status_code == 201
        answer = person.ask("PUT", "/user/ann/api/contents/large.ipynb", notebook("x" * 2000))
        assert answer.status_code == 413
        assert "413 Request Entity Too Large" in answer.text


@needs_lab
@pytest.mark.thorough
def test_websockets_take_all_connections_until_nothing_else_is_passed() -> None:
    with a_hub_with("connections-run-out") as (hub, person):
        person.start("ann")
        kernel = new_kernel(person, "ann")
        opened = [channel(hub, "ann", kernel) for _ in range(12)]
        answer = person.ask("GET", "/user/ann/lab")
        assert answer.status_code == 503
        assert "503 Service Unavailable" in answer.text
        opened.pop().close()
        wait_until(lambda: person.status("/user/ann/lab") == 200, "there is a connection again")
        for each in opened:
            each.close()


# Storage


@needs_lab
@pytest.mark.parametrize(
    ("incident", "message"),
    [
        ("home-full", "[Errno 28] No space left on device"),
        pytest.param("home-read-only", "[Errno 30] Read-only file system", marks=pytest.mark.thorough),
    ],
)
def test_a_volume_that_takes_no_more_says_so(incident: str, message: str) -> None:
    with a_hub_with(incident) as (hub, person):
        person.start("ann")
        folder = str(hub.folder)
        assert any("singleuser" in " ".join(process.cmdline()) for process in processes_of(folder))
        paths = [f"/user/ann/api/contents/{number}.ipynb" for number in range(4)]
        answers = [person.ask("PUT", path, notebook()) for path in paths]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 500]
        assert message in answers[3].json()["message"]
        assert person.ask("PUT", paths[0], notebook()).status_code == 500
        assert person.status(paths[0]) == 200
        new_kernel(person, "ann")
    assert processes_of(folder) == []


@needs_lab
@pytest.mark.thorough
def test_a_slow_volume_slows_files_but_not_kernels() -> None:
    with a_hub_with("slow-storage") as (_, person):
        person.start("ann")
        took = {}
        for method, path, body in (
            ("GET", "contents", None),
            ("PUT", "contents/one.ipynb", notebook()),
            ("GET", "kernels", None),
        ):
            began = time.monotonic()
            assert person.ask(method, f"/user/ann/api/{path}", body).ok
            took[f"{method} {path}"] = time.monotonic() - began
        assert took["GET contents"] >= 2
        assert took["PUT contents/one.ipynb"] >= 2
        assert took["GET kernels"] < 2


# Kernels


def run_cells(opened: websocket.WebSocket, count: int) -> list[str]:
    """Ask a kernel to run some cells, one after the other; return its states in the last of them, until it ends it.

    The last state is `closed` if the websocket was closed.
    """
    states: list[str] = []
    for number in range(count):
        header = {"msg_id": f"cell-{number}", "msg_type": "execute_request", "session": "s", "username": "ann"}
        content = {"code": "1", "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        empty: dict[str, Any] = {"parent_header": {}, "metadata": {}, "buffers": []}
        opened.send(
            json.dumps({"header": {**header, "version": "5.3"}, "channel": "shell", "content": content, **empty})
        )
        states = []
        while not states or states[-1] not in {"idle", "restarting", "dead"}:
            if not (text := received(opened)):
                states.append("closed")
                break
            message = json.loads(text)
            if message["msg_type"] == "status" and message["parent_header"].get("msg_id") in {f"cell-{number}", None}:
                states.append(message["content"]["execution_state"])
    return states


@needs_lab
@pytest.mark.thorough
def test_kernels_are_killed_in_their_third_cell() -> None:
    with a_hub_with("kernels-die") as (hub, person):
        person.start("ann")
        kernel = new_kernel(person, "ann")
        assert run_cells(channel(hub, "ann", kernel), 3)[-1] == "restarting"


@needs_lab
@pytest.mark.thorough
def test_servers_are_killed_in_a_kernel_s_second_cell() -> None:
    with a_hub_with("servers-die") as (hub, person):
        person.start("ann")
        opened = channel(hub, "ann", new_kernel(person, "ann"))
        assert run_cells(opened, 1)[-1] == "idle"
        assert run_cells(opened, 1)[-1] == "closed"
        assert person.status("/user/ann/api/kernels") == 503
        assert person.is_ready("ann"), "the hub has not noticed"
        wait_until(lambda: not person.is_ready("ann"), "the hub has noticed")


@needs_lab
@pytest.mark.thorough
def test_kernels_that_nobody_uses_are_culled_and_their_server_stays() -> None:
    with a_hub_with("kernels-culled") as (hub, person):
        person.start("ann")
        kernel = new_kernel(person, "ann")
        opened = channel(hub, "ann", kernel)
        wait_until(lambda: person.status(f"/user/ann/api/kernels/{kernel}") == 404, "the kernel is gone")
        assert person.is_ready("ann")
        opened.close()


# Logins


@pytest.mark.skipif(HUB_MAJOR == 4, reason="JupyterHub 4 lets everybody in unless it is told whom to allow")
def test_a_hub_that_allows_nobody_refuses_logins_but_starts_servers() -> None:
    with a_hub_with("login-refused", servers="stub") as (hub, person):
        answer = login(hub, "student-1")
        assert answer.status_code == 403
        assert "Invalid username or password" in answer.text
        person.start("ann")


def test_a_broken_identity_provider_lets_one_of_three_in() -> None:
    with a_hub_with("login-broken", servers="stub") as (hub, _):
        assert [login(hub, f"student-{number}").status_code for number in range(6)] == [500, 500, 302] * 2


@pytest.mark.thorough
def test_a_slow_identity_provider_holds_up_only_those_who_log_in() -> None:
    with a_hub_with("login-slow", servers="stub") as (hub, person), ThreadPoolExecutor() as pool:
        answer = pool.submit(login, hub, "student-1")
        time.sleep(1)
        assert person.ask("GET", "/hub/api/users").elapsed.total_seconds() < 3
        assert not answer.done()
        assert answer.result().status_code == 302
        assert answer.result().elapsed.total_seconds() >= 6


@needs_lab
@pytest.mark.thorough
def test_sessions_with_a_server_end_after_a_while() -> None:
    with a_hub_with("sessions-expire") as (hub, person), browser_of(hub, "student-1") as browser:
        person.start("student-1")
        assert browser.get(f"{hub.url}/user/student-1/lab", timeout=60).url.endswith("/user/student-1/lab")
        kernels = f"{hub.url}/user/student-1/api/kernels"
        assert browser.get(kernels, timeout=60).status_code == 200
        wait_until(lambda: browser.get(kernels, timeout=60).status_code == 403, "the session has ended")
        assert person.status("/user/student-1/api/kernels") == 200


# The hub, its database, and its services


def test_a_hub_is_killed_and_comes_back_after_a_while() -> None:
    with a_hub_with("hub-restarts", spawn_seconds=(0, 0)) as (hub, person):
        before = hub_started(hub)
        person.start(*names(14), until_ready=False)
        wait_until(lambda: ("killed", "hub") in processes_killed(hub), "the hub is away")
        assert person.status("/hub/api/") == 503
        assert person.status("/user/ann-0/lab") == 200, "servers go on"
        wait_until(lambda: person.status("/hub/api/") == 200, "the hub is back")
        killed, again = [event["time"] for event in spawner_events(hub) if event.get("process")]
        assert again - killed >= 4
        assert hub_started(hub) > before
        assert person.is_ready("ann-0")


def hub_started(hub: LocalHub) -> float:
    """When the hub's process started, by its metrics: seconds since the epoch."""
    headers = {"Authorization": f"token {hub.token}"}
    metrics = requests.get(f"{hub.url}/hub/metrics", headers=headers, timeout=60).text
    (line,) = [line for line in metrics.splitlines() if line.startswith("process_start_time_seconds ")]
    return float(line.split()[1])


def test_a_database_that_fails_makes_good_tokens_bad_for_a_while() -> None:
    longer = incident_called("database-fails").config.replace("seconds=4", "seconds=8")
    with a_hub_with("database-fails", spawn_seconds=(0, 0), extra_config=longer) as (_, person):
        person.start(*names(12), until_ready=False)
        wait_until(lambda: person.status("/hub/api/users/ann-0") == 403, "the database fails")
        answer = person.ask("POST", "/hub/api/users/bob")
        assert (answer.status_code, answer.json()["message"]) == (403, "Missing or invalid credentials.")
        assert person.status("/hub/api/") == 200
        wait_until(lambda: person.status("/hub/api/users/ann-0") == 200, "the database is back")


@pytest.mark.thorough
def test_a_full_database_can_be_read_but_not_written() -> None:
    with a_hub_with("database-full", servers="stub") as (hub, person):
        person.start(*names(4), until_ready=False)
        new = (f"/hub/api/users/bob-{number}" for number in itertools.count())
        wait_until(lambda: person.ask("POST", next(new)).status_code == 500, "the database is full")
        assert login(hub, "student-1").status_code == 500
        assert person.is_ready("ann-0")
        assert person.status("/user/ann-0/lab") == 200


def requests_counted(hub: LocalHub, handler: str, method: str) -> float:
    """How many requests of a kind the hub has answered, by its metrics."""
    headers = {"Authorization": f"token {hub.token}"}
    metrics = requests.get(f"{hub.url}/hub/metrics", headers=headers, timeout=60).text
    return sum(
        float(line.split()[-1])
        for line in metrics.splitlines()
        if line.startswith("jupyterhub_request_duration_seconds_count")
        and handler in line
        and f'method="{method}"' in line
    )


@pytest.mark.thorough
def test_a_dashboard_lists_all_users_without_a_pause() -> None:
    with a_hub_with("dashboard-lists-all") as (hub, person):
        assert len(person.ask("GET", "/hub/api/users?limit=200").json()) == 200
        before = requests_counted(hub, "UserListAPIHandler", "GET")
        wait_until(lambda: requests_counted(hub, "UserListAPIHandler", "GET") >= before + 5, "the dashboard asks again")


@pytest.mark.thorough
def test_activity_of_all_running_servers_is_reported_without_a_pause() -> None:
    with a_hub_with("activity-reports", spawn_seconds=(0, 0)) as (hub, person):
        person.start("ann")
        wait_until(lambda: requests_counted(hub, "ActivityAPIHandler", "POST") >= 5, "the service reports")


def test_a_culler_stops_servers_by_their_age() -> None:
    with a_hub_with("servers-culled", spawn_seconds=(0, 0)) as (_, person):
        person.start("ann")
        began = time.monotonic()
        wait_until(lambda: not person.is_ready("ann"), "the server was culled")
        assert time.monotonic() - began >= 10
