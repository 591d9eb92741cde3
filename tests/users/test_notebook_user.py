"""People who work with notebooks: whole visits, with real JupyterLab servers and kernels on a local hub."""

from locust.exception import RescheduleTask

import hashlib
import json
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import gevent
import nbformat
import pytest
import requests
from gevent.event import Event
from nbformat.v4 import new_code_cell, new_notebook, new_output

from hubusers.accounts.account import Account
from hubusers.browser.browser import Browser
from hubusers.browser.page import Page
from hubusers.browser.sender import Failed
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import WaitTimeout
from hubusers.lab import interface
from hubusers.lab.bundle import Files
from hubusers.lab.calls import CALLS_OF_LAB, KERNELS
from hubusers.lab.execution import CellResult
from hubusers.lab.frontend import FrontEnd
from hubusers.lab.kernel import Kernel
from hubusers.lab.lab_page import LabPage
from hubusers.lab.notebooks import built_in_notebook, read_notebooks
from hubusers.lab.opened import Opened
from hubusers.lab.person_folder import name_for
from hubusers.lab.tab import Hold
from hubusers.local import LocalHub
from hubusers.results.records import KERNEL_READY, PAGE
from hubusers.users import HubUser, NotebookUser
from tests.browser.scripted_websocket import ScriptedWebsocket, until_it_ends
from tests.browser.test_said import HUB_HEADERS
from tests.locust_process import NO_FIRST_SERVER, LocustProcess, run_locust, users_on
from tests.scripted_hub import Scripted, ScriptedHub
from tests.users.people import People, people_on
from tests.users.shared_folder_hub import shared_folder
from tests.waiting import wait_until

QUICK = ["--stay", "0", "--pause", "1", "--thinking", "0.1", "--server-timeout", "180", *NO_FIRST_SERVER]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root that all servers share, with the folder that they show at first."""
    root = tmp_path_factory.mktemp("root")
    (root / "people").mkdir()
    return root


@pytest.fixture(scope="module")
def lab_hub(root: Path) -> Iterator[LocalHub]:
    config = f"c.JupyterHub.allow_named_servers = True\n{shared_folder(root, 'people')}"
    with LocalHub(servers="lab", extra_config=config) as hub:
        yield hub


@pytest.fixture
def notebooks(tmp_path: Path) -> str:
    """A folder with a notebook, in the folder of a week, whose first cell gives something else than is stored."""
    two = new_output("execute_result", data={"text/plain": "2"}, execution_count=1)
    hello = new_output("stream", name="stdout", text="hello\n")
    cells = [
        new_code_cell("1 + 2", execution_count=1, outputs=[two]),
        new_code_cell("print('hello')", execution_count=2, outputs=[hello]),
    ]
    (tmp_path / "week 1").mkdir()
    nbformat.write(new_notebook(cells=cells), tmp_path / "week 1" / "sums.ipynb")
    return str(tmp_path)


def steps(locust: LocustProcess) -> dict[str, tuple[int, int]]:
    """How often each step was taken, and how often it failed."""
    rows: dict[str, Any] = locust.statistics()
    return {
        name: (row["num_requests"], row["num_failures"])
        for name, row in rows.items()
        if name.startswith(("STEP ", "SERVER "))
    }


def test_by_the_form_with_an_output_that_is_wrong(lab_hub: LocalHub, root: Path, notebooks: str) -> None:
    locust = run_locust(
        lab_hub,
        *["NotebookUser", "--json", "-u", "1", "--lifecycles", "1", "--notebooks", notebooks, *QUICK],
        env={"HUBUSERS_PASSWORD": "anything"},
    )
    assert locust.process.returncode == 1, locust.output
    assert steps(locust) == {
        "STEP login": (1, 0),
        "STEP spawn page": (1, 0),
        "SERVER start to ready": (1, 0),
        "STEP lab loaded": (1, 0),
        "STEP kernel ready": (1, 0),
        "STEP cell": (2, 1),
        "STEP saved": (1, 0),
        "SERVER stop to stopped": (1, 0),
    }
    # In Locust's table, without what differs each time.
    assert re.search(r"STEP cell: wrong output: week 1/sums\.ipynb, cell 1 *$", locust.output, re.MULTILINE)
    assert f"Each NotebookUser works through 1 notebook in {notebooks}: week 1/sums.ipynb" in locust.output
    assert ": result: expected '2' got '3'" in locust.output
    rows = locust.statistics()
    assert rows["POST /hub/login"]["num_requests"] == 1
    assert rows["GET /user/{name}/oauth_callback"]["num_requests"] == 1
    assert rows["GET /user/{name}/static/lab/{file}"]["num_requests"] > 40
    assert rows["GET /user/{name}/api/kernels/{kernel}/channels"]["num_requests"] == 1
    assert locust.summary() == (1, 1, 0, 1, 1, 0)
    assert users_on(lab_hub) == []
    assert list((root / "people").glob("hub-*")) == []  # deleted before logging out
    assert "anything" not in locust.output


@pytest.mark.thorough
def test_with_tokens_some_walk_away_and_come_back(lab_hub: LocalHub) -> None:
    """Their servers are left running, found again, and removed at the end."""
    locust = run_locust(
        lab_hub,
        *["NotebookUser", "--json", "-u", "1", "--lifecycles", "2", "--leave", "walk-away", *QUICK],
    )
    assert locust.process.returncode == 0, locust.output
    taken = steps(locust)
    assert taken["STEP login"] == (1, 0)
    assert taken["SERVER start to ready"] == (1, 0)
    assert taken["STEP lab loaded"] == (2, 0)
    assert taken["STEP kernel ready"] == (2, 0)
    assert "SERVER stop to stopped" not in taken
    assert locust.summary() == (1, 1, 0, 1, 1, 0)
    assert users_on(lab_hub) == []


def test_an_ordinary_account_in_an_event(lab_hub: LocalHub, tmp_path: Path) -> None:
    """Named servers, with that account's own token, and shares of how people leave, as an event file says them."""
    headers = {"Authorization": f"token {lab_hub.token}"}
    requests.post(f"{lab_hub.endpoint}/users/ann", headers=headers, timeout=60)
    token = requests.post(f"{lab_hub.endpoint}/users/ann/tokens", headers=headers, timeout=60).json()["token"]
    event = tmp_path / "event.toml"
    event.write_text(
        'title = "A seminar"\nseed = 1\n[[cohorts]]\nname = "guests"\npeople = 1\nuser_class = "NotebookUser"\n'
        'arrivals = { pattern = "at once" }\nstay = 0\nthinking = "0.1s"\nleave = { close-tab = "100 %" }\n'
        '[[targets]]\nmeasure = "failed cells"\nat_most = "0 %"\n'
        '[[targets]]\nmeasure = "lab loaded"\npercentile = 95\nat_most = "60s"\n'
    )
    folder = tmp_path / "runs"
    locust = run_locust(
        lab_hub,
        *["--event", str(event), "--named-servers", "--runs-folder", str(folder), "--server-timeout", "180"],
        *NO_FIRST_SERVER,
        env={"JUPYTERHUB_API_TOKEN": token},
    )
    assert locust.process.returncode == 0, locust.output
    assert locust.summary() == (0, 0, 0, 1, 1, 0)
    assert "It holds" in locust.output
    model = requests.get(f"{lab_hub.endpoint}/users/ann?include_stopped_servers=1", headers=headers, timeout=60).json()
    assert [name for name in model["servers"] if name] == []
    (run,) = folder.iterdir()
    assert "lab loaded" in (run / "summary.md").read_text()
    assert token not in json.dumps([path.read_text() for path in run.iterdir()])


def test_a_page_is_closed_or_left_open_until_the_run_ends(lab_hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Step by step, as in a user class of one's own; how many front ends a kernel has is the server's word."""
    monkeypatch.setattr(interface, "CALLS_OF_LAB", replace(CALLS_OF_LAB, polls={KERNELS: 0.2}))
    people = people_on(lab_hub.endpoint, lab_hub.token, server_timeout=180.0, leave={"close-tab": 1.0})
    run, person = people.run, people.comes(NotebookUser)

    def visit() -> None:
        person.log_in()
        person.load_lab(person.open_server())
        person.open_notebook(person.put_there(built_in_notebook()))

    def front_ends() -> list[int]:
        headers = {"Authorization": f"token {lab_hub.token}"}
        kernels = requests.get(f"{lab_hub.url}{person.server_path}/api/kernels", headers=headers, timeout=60).json()
        return [kernel["connections"] for kernel in kernels]

    def asks_again() -> bool:
        before = len(people.rows)
        wait_until(lambda: "/user/{name}/api/kernels" in {row.name for row in people.rows[before:]}, "it asks again")
        return True

    def is_asking() -> bool:
        before = len(people.rows)
        gevent.sleep(1.0)
        return "/user/{name}/api/kernels" in {row.name for row in people.rows[before:]}

    try:
        person.on_start()
        visit()
        assert (front_ends(), asks_again()) == ([1], True)
        person.abandon_page()
        assert (front_ends(), is_asking()) == ([1], False)
        visit()  # the kernel is found again
        assert front_ends() == [2]
        person.leave()
        wait_until(lambda: front_ends() == [1], str)
        assert not is_asking()
        person.on_stop()
        gevent.sleep(1.0)
        assert front_ends() == [1]  # the server is left running
    finally:
        run.clean_up_own()
    assert not run.ledger.left()
    assert person.username not in users_on(lab_hub)


def visitor(endpoint: str, account: Account, **changes: Any) -> tuple[People, NotebookUser]:
    """A person with a browser, on a hub that answers as it is told."""
    people = people_on(endpoint, **changes)
    person = people.comes(NotebookUser, account)
    person.on_start()
    return people, person


class LoadedIn(FrontEnd):
    """A front end that takes this many seconds to load."""

    seconds = 0.0

    def __init__(self, browser: Browser, page: Page, hold: Hold, *_: object) -> None:
        super().__init__(browser, LabPage.read(browser, page), CALLS_OF_LAB, Files(()), hold)

    def load(self, deadline: Deadline) -> None:
        with self._listening(deadline):
            gevent.sleep(min(self.seconds, deadline.remaining()))
            if deadline.remaining() <= 0:
                raise WaitTimeout("loading JupyterLab took too long")


@pytest.fixture
def loaded_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Make JupyterLab load in so many seconds, without asking for anything but its websocket."""

    def set_seconds(seconds: float) -> None:
        monkeypatch.setattr(LoadedIn, "seconds", seconds)
        monkeypatch.setattr(interface, "interface_of", LoadedIn)

    return set_seconds


def test_a_websocket_that_is_refused_is_a_failure_and_no_traceback(
    scripted_hub: ScriptedHub, loaded_in: Callable[[float], None], capfd: pytest.CaptureFixture[str]
) -> None:
    people, person = visitor(scripted_hub.endpoint, Account("ann", token="own"))
    scripted_hub.script(Scripted(403))
    loaded_in(0.2)
    with pytest.raises(RescheduleTask):
        person.load_lab(Page(200, "/user/ann/lab", "<html></html>"))
    failure = "websocket refused: HTTP 403 from what stands before the hub"
    assert people.rows == [
        ("GET", "/user/{name}/api/events/subscribe", failure),
        ("GET", "/user/{name}/api/kernels", "HTTP 403"),  # whether the server answers at all
        ("STEP", "lab loaded", failure),
    ]
    assert "Traceback" not in capfd.readouterr().err


def test_a_page_that_is_not_jupyterlabs_is_a_failure_whose_example_says_what_to_do(scripted_hub: ScriptedHub) -> None:
    people, person = visitor(scripted_hub.endpoint, Account("ann", token="own"))
    with pytest.raises(RescheduleTask):
        person.load_lab(Page(200, "/user/ann/", "<html>A stub server</html>"))
    failure = "not a page of JupyterLab or Notebook 7"
    assert people.rows == [("STEP", "lab loaded", failure)]
    example = people.run.results.examples.of("lab loaded", failure)
    assert "the page at /user/ann/ has no title" in example
    assert "Use PageUser" in example
    assert "hubusers hub --servers lab" in example


def test_loading_jupyterlab_ends_at_its_deadline(scripted_hub: ScriptedHub, loaded_in: Callable[[float], None]) -> None:
    people, person = visitor(scripted_hub.endpoint, Account("ann", token="own"), server_timeout=0.3)
    loaded_in(600)
    began = time.monotonic()
    with pytest.raises(RescheduleTask):
        person.load_lab(Page(200, "/user/ann/lab", "<html></html>"))
    assert time.monotonic() - began < 60
    assert people.rows[-1] == ("STEP", "lab loaded", "timed out")


def test_files_of_a_notebooks_own_page_that_do_not_come_fail_the_step(
    scripted_hub: ScriptedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, person = visitor(scripted_hub.endpoint, Account("ann", token="own"))
    person._front_end = front_end = LoadedIn(person.browser, Page(200, "/user/ann/tree"), person.hold)
    missing = Failed("/user/{name}/static/notebook/{file}", "HTTP 404", is_file=True)
    opened = Opened(Page(200, "/user/ann/notebooks/a.ipynb"), page=0.2, failures=Counter([missing]))
    monkeypatch.setattr(front_end, "open_notebook", lambda *_: opened)
    scripted_hub.script(Scripted(200, []))  # the server answers other requests
    with pytest.raises(RescheduleTask):
        person.open_notebook("a.ipynb")
    failure = "files missing: /user/{name}/static/notebook/{file}, HTTP 404"
    assert people.rows[-1] == ("STEP", "kernel ready", failure)
    (record,) = people.run.results.records.of(KERNEL_READY)
    assert dict(record.parts)[PAGE] == 0.2


def test_who_is_ended_while_a_websocket_is_opened_leaves_none_and_counts_none(
    loaded_in: Callable[[float], None],
) -> None:
    connected, answers = list[socket.socket](), Event()

    class Slow(ScriptedWebsocket):
        def _serve(self, client: socket.socket, address: Any) -> None:
            connected.append(client)
            answers.wait()
            super()._serve(client, address)

    with Slow(until_it_ends) as server:
        endpoint = f"http{server.url.removeprefix('ws').partition('/api/')[0]}/hub/api"
        people, person = visitor(endpoint, Account("ann", token="own"))
        loaded_in(600)
        visit = gevent.spawn(person.load_lab, Page(200, "/user/ann/lab", "<html></html>"))
        opening = gevent.spawn(person.hold, Kernel, "/user/ann/api/kernels/k/channels", Deadline(60))
        wait_until(lambda: len(connected) == 2, "both are being opened")
        gevent.killall([visit, opening])
        person.close_page()
        answers.set()
        gevent.sleep(0.2)
        assert people.rows == []
        assert person._websockets == []


def test_a_wrong_output_is_counted_by_its_cell_and_shown_as_an_example(scripted_hub: ScriptedHub) -> None:
    people, person = visitor(scripted_hub.endpoint, Account("ann", token="own"))
    notebook = built_in_notebook()
    cell = next(cell for cell in notebook.cells if cell.is_compared)

    class Other:
        times = 0

        def execute(self, *_: object) -> CellResult:
            self.times += 1
            return CellResult([{"output_type": "stream", "name": "stdout", "text": f"answer {self.times}"}])

    kernel = cast("Kernel", Other())
    for _ in range(2):
        person.run_cell(kernel, notebook, cell, notebook.document())  # and the person goes on
    failure = f"wrong output: {notebook.path}, cell {cell.index + 1}"
    assert people.rows == [("STEP", "cell", failure)] * 2
    example = people.run.results.examples.of("cell", failure)
    assert "answer 1" in example
    assert "ann" in example


def test_people_whose_servers_share_a_folder_have_one_of_their_own_with_the_files_beside_the_notebooks(
    lab_hub: LocalHub, root: Path, tmp_path: Path
) -> None:
    """They work there at the same time, find the files under the names that the notebook knows, and leave nothing."""
    course = tmp_path / "course"
    (course / "data" / "2026").mkdir(parents=True)
    (course / "data" / "2026" / "rain.csv").write_text("mm\n62\n")
    (course / "large.bin").write_bytes(bytes(range(256)) * 4 * 2049)  # three pieces
    (course / "helper.py").write_text("answer = 42\n")
    code = (
        "import helper, hashlib, pathlib\n"
        "large = hashlib.md5(pathlib.Path('large.bin').read_bytes()).hexdigest()\n"
        "pathlib.Path('made.txt').write_text('made')\n"
        "print(helper.answer, large, open('data/2026/rain.csv').read().split())"
    )
    digest = hashlib.md5((course / "large.bin").read_bytes(), usedforsecurity=False).hexdigest()
    output = new_output("stream", name="stdout", text=f"42 {digest} ['mm', '62']\n")
    nbformat.write(new_notebook(cells=[new_code_cell(code, outputs=[output])]), course / "lesson.ipynb")
    people = people_on(
        lab_hub.endpoint, lab_hub.token, server_timeout=180.0, notebooks=str(course), thinking=(0.0, 0.0)
    )
    visitors = [people.comes(NotebookUser) for _ in range(2)]
    (notebook,) = read_notebooks(course)
    theirs = root / "people" / "lesson.ipynb"
    theirs.write_text("somebody else's")
    try:
        for visitor in visitors:
            visitor.on_start()
            visitor.log_in()
            visitor.load_lab(visitor.open_server())
            visitor.work_through(notebook)
        first, second = (root / "people" / visitor.username for visitor in visitors)
        for folder in (first, second):
            assert {path.name for path in folder.iterdir()} >= {
                *("lesson.ipynb", "helper.py", "large.bin", "data", "made.txt", "__pycache__")
            }
        visitors[0].leave()
        assert (first.exists(), second.exists()) == (False, True)
        visitors[1].leave()
        assert not second.exists()
        assert [row for row in people.rows if row[2]] == []
    finally:
        people.run.clean_up_own()
    assert theirs.read_text() == "somebody else's"
    theirs.unlink()


def test_a_persons_folder_has_the_prefix_the_person_and_the_server_in_its_name() -> None:
    prefix = "hub-stress-test"
    assert name_for(prefix, "ann", "") == "hub-stress-test-ann"
    assert name_for(prefix, "hub-stress-test-k3x9qa-0-1", "") == "hub-stress-test-k3x9qa-0-1"
    assert name_for(prefix, "ann", "hub-stress-test-k3x9qa-0-1") == "hub-stress-test-k3x9qa-0-1-ann"
    assert name_for(prefix, "o'brien/x:y@example.org", "") == "hub-stress-test-o%27brien%2Fx%3Ay@example.org"
    assert name_for(prefix, "a b", "") != name_for(prefix, "a-b", "")


@pytest.mark.parametrize(
    ("chosen", "shown", "kind", "path"),
    [
        ("", "", "", "hub-stress-test-ann"),
        ("", "home/ann", "directory", "home/ann/hub-stress-test-ann"),
        ("", "a b/c.ipynb", "notebook", "a b/hub-stress-test-ann"),
        ("", "README.md", "file", "hub-stress-test-ann"),
        ("", "gone", "", "hub-stress-test-ann"),
        ("home/{username}", "elsewhere", "directory", "home/ann/hub-stress-test-ann"),
    ],
)
def test_the_folder_is_in_the_one_that_was_chosen_or_that_the_server_shows(
    scripted_hub: ScriptedHub, monkeypatch: pytest.MonkeyPatch, chosen: str, shown: str, kind: str, path: str
) -> None:
    _, person = visitor(scripted_hub.endpoint, Account("ann", token="own"), notebook_dir=chosen)
    person._front_end = LoadedIn(person.browser, Page(200, "/user/ann/lab"), person.hold)
    monkeypatch.setattr(person._front_end, "shown_at_start", shown)

    def fetch(method: str, path: str, *_: object, **__: object) -> Page:
        return Page(201, path) if method == "PUT" else Page(200 if kind else 404, path, json.dumps({"type": kind}))

    monkeypatch.setattr(person.browser, "fetch", fetch)
    assert person.put_there(built_in_notebook()) == f"{path}/welcome.ipynb"


@pytest.mark.parametrize(
    ("message", "failure"),
    [
        ("Permission denied: hub-stress-test-ann", "save refused: permission denied"),
        ("Unexpected error: [Errno 30] Read-only file system: '/x'", "save refused: storage is read-only"),
        ("Unexpected error: [Errno 2] No such file or directory: '/home/ann/x'", "save refused: no such folder"),
    ],
)
def test_where_nobody_may_write_one_sentence_says_what_to_do(
    scripted_hub: ScriptedHub,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    message: str,
    failure: str,
) -> None:
    people, person = visitor(scripted_hub.endpoint, Account("ann", token="own"), notebook_dir="home/{username}")
    person._front_end = LoadedIn(person.browser, Page(200, "/user/ann/lab"), person.hold)
    answer = Page(403, "/user/ann/api/contents/x", json.dumps({"message": message, "reason": None}), HUB_HEADERS)
    monkeypatch.setattr(person.browser, "fetch", lambda *_, **__: answer)
    with pytest.raises(RescheduleTask):
        person.put_there(built_in_notebook())
    assert people.rows == [("STEP", "saved", failure)]
    said = "making the folder hub-stress-test-ann in home/ann (--notebook-dir can name another place): HTTP 403: "
    assert said in caplog.text
    assert message in caplog.text


def test_notebooks_that_cannot_be_read_are_refused_in_one_sentence(local_hub: LocalHub) -> None:
    locust = run_locust(local_hub, "NotebookUser", "--notebooks", "/nowhere")
    assert locust.process.returncode == 2, locust.output
    assert "The folder of notebooks /nowhere cannot be read" in locust.output


def test_what_people_work_through_is_named_but_not_all_of_a_long_list(tmp_path: Path) -> None:
    settings = people_on("http://127.0.0.1:1/hub/api", "token").run.settings
    said = "Each NotebookUser works through"
    welcome = f"{said} 1 notebook that comes with hubusers: welcome.ipynb"
    assert NotebookUser.what_they_do(settings) == welcome
    pulls = f"{welcome}. Those for whom a link of nbgitpuller brings notebooks work through these instead"
    link = "git-pull?repo=course.git"
    for with_link in (replace(settings, git_pull=link), replace(settings, start_page=link)):
        assert NotebookUser.what_they_do(with_link) == pulls
    for week in range(1, 8):
        (tmp_path / f"week-{week}").mkdir()
        nbformat.write(new_notebook(cells=[new_code_cell("1")]), tmp_path / f"week-{week}" / "a.ipynb")
    named = ", ".join(f"week-{week}/a.ipynb" for week in range(1, 6))
    said = f"{said} 7 notebooks in {tmp_path}: {named}, and 2 more"
    assert NotebookUser.what_they_do(replace(settings, notebooks=str(tmp_path))) == said
    assert HubUser.what_they_do(settings) == ""
