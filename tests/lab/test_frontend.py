"""JupyterLab's front end in a browser: what it asks for, in which order, and until when."""

import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, cast
from urllib.parse import urlsplit

import gevent
import pytest
from gevent.pool import Pool

from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.hosts import Hosts
from hubusers.browser.page import Page
from hubusers.browser.websocket import HeldWebsocket
from hubusers.http.connections import Connections
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import WaitTimeout
from hubusers.lab import tab
from hubusers.lab.bundle import INCOMPLETE, Files
from hubusers.lab.calls import CALLS_OF_LAB
from hubusers.lab.frontend import FrontEnd
from hubusers.lab.kernel_choice import KernelNotInstalled
from hubusers.lab.known_builds import KnownBuilds
from hubusers.lab.lab_page import ELSEWHERE, LabPage
from hubusers.lab.polls import pause_after
from tests.lab.installed_lab import LAB, MAIN
from tests.scripted_hub import Asked, Scripted, ScriptedHub

CONFIGURATION = {
    "baseUrl": "/hub-prefix/user/ann/",
    "fullStaticUrl": "/hub-prefix/user/ann/static/lab",
    "fullLabextensionsUrl": "/hub-prefix/user/ann/lab/extensions",
    "appVersion": "4.6.0",
    "terminalsAvailable": True,
    "federated_extensions": [],
}


def page(configuration: Any = CONFIGURATION, script: str = f"/hub-prefix/user/ann/static/lab/{MAIN.name}?v=1") -> Page:
    text = f"""<!doctype html><html><head>
        <script id="jupyter-config-data" type="application/json">{json.dumps(configuration)}</script>
        <link rel="icon" href="/hub-prefix/user/ann/static/favicons/favicon.ico" class="idle favicon">
        <link rel="" href="/hub-prefix/user/ann/static/favicons/favicon-busy-1.ico" class="busy favicon">
        <link rel="stylesheet" href="custom/custom.css">
        <script defer="defer" src="{script}"></script></head><body></body></html>"""
    return Page(200, "/hub-prefix/user/ann/lab", text)


def hold(kind: type[HeldWebsocket], path: str, deadline: Deadline) -> HeldWebsocket:
    """Open no websocket."""
    assert path == "/hub-prefix/user/ann/api/events/subscribe"
    return cast("HeldWebsocket", None)


def lab_in(browser: Browser, page: Page, deadline: Deadline) -> FrontEnd:
    return FrontEnd.from_page(browser, LabPage.read(browser, page), CALLS_OF_LAB, hold, deadline)


class StandIn(Browser):
    """A browser whose server has the installed JupyterLab's files, and answers as it is told."""

    def __init__(self, **answers: Any) -> None:  # without connections
        self._hosts = Hosts(Connections("https://hub.example.org", {}, size=CONNECTIONS))
        self.timeout = 60.0
        self.answers = answers
        self.texts_read: list[str] = []
        self.loaded: list[str] = []
        self.calls: list[str] = []
        self.bodies: list[Any] = []
        self.failures = Counter()

    def text_of(self, path: str, *, deadline: Deadline | None = None) -> str:
        self.texts_read.append(path)
        gevent.sleep(0)
        file = LAB / urlsplit(path).path.rpartition("/")[2]
        return file.read_text() if file.exists() else ""

    def load(self, paths: Iterable[str], *, kinds: Any = None, deadline: Deadline | None = None) -> None:
        self.loaded += paths

    def fetch(
        self, method: str, path: str, body: Any = None, good: Any = (200,), *, deadline: Deadline | None = None
    ) -> Page:
        assert path.startswith("/hub-prefix/user/ann/")
        call = f"{method} {urlsplit(path).path.removeprefix('/hub-prefix/user/ann/')}"
        self.calls.append(call)
        self.bodies.append(body)
        status, answer = self.answers.get(call, (good[0], None))
        return Page(status, path, json.dumps(answer))


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tab, "KNOWN_BUILDS", KnownBuilds())


# Reading the page and the bundle


def test_a_person_who_is_ended_while_reading_the_bundle_reads_no_further() -> None:
    class Slow(StandIn):
        def text_of(self, path: str, *, deadline: Deadline | None = None) -> str:
            text = super().text_of(path)
            if len(self.texts_read) > 1:  # all that come after the first are read at the same time
                gevent.sleep(600)
            return text

    browser = Slow()
    person = gevent.spawn(lab_in, browser, page(), Deadline(60))
    while len(browser.texts_read) < 3:
        gevent.sleep(0.01)
    person.kill()
    read = len(browser.texts_read)
    gevent.sleep(0.3)
    assert len(browser.texts_read) == read


@pytest.mark.parametrize(
    "configuration",
    [
        {},
        [],
        None,
        {**CONFIGURATION, "federated_extensions": "none"},
        {**CONFIGURATION, "federated_extensions": [None, {}, {"name": "x"}, {"name": "y", "load": 5, "style": []}]},
        {**CONFIGURATION, "baseUrl": "/hub-prefix/user/ann", "fullStaticUrl": "", "appVersion": None},
        {**CONFIGURATION, "fullLabextensionsUrl": "https://cdn.example/"},
    ],
)
def test_starts_with_any_configuration(configuration: Any, installed: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Files, "read", lambda *_: installed)
    browser = StandIn()
    front_end = lab_in(browser, page(configuration), Deadline(60))
    front_end.load(Deadline(60))
    assert front_end.base == "/hub-prefix/user/ann/"
    assert "GET lab/api/settings" in browser.calls
    assert any(path.startswith("/hub-prefix/user/ann/static/lab/jlab_core.") for path in browser.loaded)


def test_says_once_when_the_files_are_elsewhere(caplog: pytest.LogCaptureFixture) -> None:
    configuration = {**CONFIGURATION, "fullStaticUrl": "https://cdn.example/lab"}
    for browser in (StandIn(), StandIn()):
        front_end = lab_in(browser, page(configuration, "https://cdn.example/lab/main.1.js"), Deadline(60))
        front_end.load(Deadline(60))
        assert front_end.problem == ELSEWHERE
        assert not browser.texts_read
    assert [record.message for record in caplog.records] == [ELSEWHERE]


@pytest.mark.parametrize(
    ("linked", "preferred", "notebook", "listed"),
    [
        ("", "/", "", "api/contents"),
        ("", "home/ann", "", "api/contents/home/ann"),
        ("a b", "/", "", "api/contents/a%20b"),
        ("a b/c.ipynb", "home/ann", "a b/c.ipynb", "api/contents/a%20b"),
        ("c.ipynb", "/", "c.ipynb", "api/contents"),
        ("a/data.csv", "/", "", "api/contents/a"),
        ("nowhere", "home/ann", "", "api/contents/home/ann"),
    ],
)
def test_starts_where_the_address_leads_to(
    linked: str, preferred: str, notebook: str, listed: str, installed: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `/lab/workspaces/mine/tree/a b/c.ipynb` does, and a preferred folder where the address names nothing."""
    monkeypatch.setattr(Files, "read", lambda *_: installed)
    kinds = {"a%20b": "directory", "a%20b/c.ipynb": "notebook", "c.ipynb": "notebook", "a/data.csv": "file"}
    browser = StandIn(**{f"GET api/contents/{path}": (200, {"type": kind}) for path, kind in kinds.items()})
    configuration = {**CONFIGURATION, "treePath": linked, "preferredPath": preferred, "workspace": "mine"}
    front_end = lab_in(browser, page(configuration), Deadline(60))
    front_end.load(Deadline(60))
    assert front_end.notebook_at_start == notebook
    assert f"GET {listed}" in browser.calls[-2:]
    assert browser.calls[-1] == "PUT lab/api/workspaces/mine"
    assert browser.bodies[-1]["metadata"] == {"id": "mine"}
    assert len(browser.calls) == (26 if linked else 23)


# Persons


def test_one_reads_a_build_while_others_wait() -> None:
    browsers = [StandIn() for _ in range(5)]
    front_ends = Pool().map(lambda browser: lab_in(browser, page(), Deadline(60)), browsers)
    assert sum(bool(browser.texts_read) for browser in browsers) == 1
    for front_end in front_ends:
        front_end.load(Deadline(60))
    asked = [sorted({*browser.texts_read, *browser.loaded}) for browser in browsers]
    assert asked == [asked[0]] * 5
    assert all(len(browser.texts_read + browser.loaded) == len(asked[0]) for browser in browsers)  # nothing twice


def test_nobody_waits_for_a_reader_beyond_the_deadline() -> None:
    class Hanging(StandIn):
        def text_of(self, path: str, *, deadline: Deadline | None = None) -> str:
            gevent.sleep(600)
            return ""

    reader = gevent.spawn(lab_in, Hanging(), page(), Deadline(600))
    gevent.sleep(0)
    began = time.monotonic()
    with pytest.raises(WaitTimeout):
        lab_in(StandIn(), page(), Deadline(0.2))
    assert time.monotonic() - began < 60  # of 600
    reader.kill()
    assert not lab_in(StandIn(), page(), Deadline(60)).problem  # the reader is gone, so the next person reads


class Slow(ScriptedHub):
    """Answers each request a moment before the deadline of the whole step."""

    def answer(self, asked: Asked) -> Scripted:
        return Scripted(200, {}, held=0.25)


@pytest.mark.parametrize("step", ["reading the bundle", "load", "open_notebook", "after_cell", "save"])
def test_each_step_ends_at_its_deadline_however_slow_each_answer_is(step: str) -> None:
    """Each of them sends several requests, one after the other."""
    with Slow() as site:
        browser = Browser(Connections(site.url, {}, size=CONNECTIONS))
        lab_page = LabPage.read(browser, page())
        front_end = FrontEnd(browser, lab_page, CALLS_OF_LAB, Files((("/a.js",), ("/b.js",), ("/c.js",))), hold)
        steps: dict[str, Callable[[Deadline], object]] = {
            "reading the bundle": lambda deadline: lab_in(browser, page(), deadline).load(deadline),
            "load": front_end.load,
            "open_notebook": lambda deadline: front_end.open_notebook("a.ipynb", deadline),
            "after_cell": front_end.after_cell,
            "save": lambda deadline: front_end.save({}, deadline),
        }
        began = time.monotonic()
        with pytest.raises(WaitTimeout, match=r"^timed out$"):
            steps[step](Deadline(0.4))
        assert time.monotonic() - began >= 0.4
        for _ in range(20):  # until what was sent before has arrived, wherever this process may stand still
            gevent.sleep(0.02)
        asked = len(site.asked)
        gevent.sleep(0.4)
        assert len(site.asked) == asked  # nothing goes on behind the person's back


def test_a_build_that_did_not_come_is_read_again() -> None:
    absent = page(script="/hub-prefix/user/ann/static/lab/main.gone.js")
    browsers = [StandIn(), StandIn()]
    for browser in browsers:
        assert lab_in(browser, absent, Deadline(60)).problem == INCOMPLETE
        assert len(browser.texts_read) == 1


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, installed: Files) -> tuple[StandIn, FrontEnd]:
    kernels = {"python3": {"resources": {"logo-svg": "/hub-prefix/user/ann/kernelspecs/python3/logo-svg.svg"}}, "r": {}}
    notebook = {"content": {"metadata": {"kernelspec": {"name": "python3"}}}}
    browser = StandIn(
        **{
            "GET api/kernelspecs": (200, {"default": "r", "kernelspecs": kernels}),
            "GET api/contents/a b.ipynb": (200, notebook),
            "GET api/contents/a%20b.ipynb": (200, notebook),
            "GET api/contents/a%20b.ipynb/checkpoints": (200, []),
            "GET api/sessions": (200, []),
            "POST api/sessions": (201, {"id": "s-1", "kernel": {"id": "k-1"}}),
        }
    )
    monkeypatch.setattr(Files, "read", lambda *_: installed)
    front_end = lab_in(browser, page(), Deadline(60))
    front_end.load(Deadline(60))
    assert not browser.texts_read
    return browser, front_end


def test_starts_in_the_order_of_chromium(lab: tuple[StandIn, FrontEnd]) -> None:
    browser, _ = lab
    assert browser.calls[:9].count("GET api/kernelspecs") == 2
    assert browser.calls[-5:] == [
        "GET lab/api/workspaces/default",
        "GET lab/api/settings",
        "PUT lab/api/workspaces/default",
        "GET api/contents",
        "PUT lab/api/workspaces/default",
    ]
    assert len(browser.calls) == 23
    assert len(json.dumps(browser.bodies[-1], separators=(",", ":"))) == pytest.approx(1230, rel=0.05)
    assert browser.loaded[-1] == "/hub-prefix/user/ann/kernelspecs/python3/logo-svg.svg"
    assert "/hub-prefix/user/ann/custom/custom.css" in browser.loaded


def test_opens_a_notebook_and_starts_its_kernel(lab: tuple[StandIn, FrontEnd]) -> None:
    browser, front_end = lab
    before = len(browser.calls)
    opened = front_end.open_notebook("a b.ipynb", Deadline(60))
    assert opened.kernel == "k-1"
    asked = dict(zip(browser.calls[before:], browser.bodies[before:], strict=True))
    assert asked["POST api/sessions"]["kernel"] == {"name": "python3"}
    assert asked["PATCH api/sessions/s-1"] == {"name": "a b.ipynb", "id": "s-1"}
    assert "POST api/contents/a%20b.ipynb/checkpoints" in asked
    assert len(json.dumps(asked["PUT lab/api/workspaces/default"], separators=(",", ":"))) == pytest.approx(
        1509, rel=0.05
    )
    assert any("favicon-busy" in path for path in browser.loaded)


def test_finds_the_kernel_that_a_notebook_has(lab: tuple[StandIn, FrontEnd]) -> None:
    browser, front_end = lab
    found = {"id": "s-2", "path": "a b.ipynb", "kernel": {"id": "k-2"}}
    browser.answers["GET api/sessions"] = (200, [None, {"path": "other"}, found])
    browser.answers["GET api/contents/a%20b.ipynb/checkpoints"] = (200, [{"id": "checkpoint"}])
    assert front_end.open_notebook("a b.ipynb", Deadline(60)).kernel == "k-2"
    assert not any(call.startswith("POST") for call in browser.calls)


def test_starts_no_kernel_for_a_notebook_whose_own_is_not_installed(lab: tuple[StandIn, FrontEnd]) -> None:
    browser, front_end = lab
    notebook = {"content": {"metadata": {"kernelspec": {"name": "julia"}}}}
    browser.answers["GET api/contents/a%20b.ipynb"] = (200, notebook)
    with pytest.raises(KernelNotInstalled):
        front_end.open_notebook("a b.ipynb", Deadline(60))
    assert "POST api/sessions" not in browser.calls


@pytest.mark.parametrize(("refused", "asked"), [("GET api/contents/a%20b.ipynb", 2), ("POST api/sessions", 9)])
def test_a_notebook_without_kernel(lab: tuple[StandIn, FrontEnd], refused: str, asked: int) -> None:
    browser, front_end = lab
    browser.answers[refused] = (500, {"message": "out of memory"})
    before = len(browser.calls)
    assert front_end.open_notebook("a b.ipynb", Deadline(60)).kernel == ""
    assert len(browser.calls) - before >= asked
    assert not any(call.startswith("PATCH") for call in browser.calls)


def test_saves(lab: tuple[StandIn, FrontEnd]) -> None:
    browser, front_end = lab
    front_end.notebook = "a b.ipynb"
    before = len(browser.calls)
    assert front_end.save({"cells": []}, Deadline(60)).status == 200
    assert browser.calls[before:] == [
        "GET api/contents/a%20b.ipynb",
        "PUT api/contents/a%20b.ipynb",
        "GET api/contents/a%20b.ipynb",
        "GET api/contents",
        "GET api/contents/a%20b.ipynb/checkpoints",
        "POST api/contents/a%20b.ipynb/checkpoints",
        "PUT lab/api/workspaces/default",
    ]
    assert browser.bodies[before + 1] == {"type": "notebook", "format": "json", "content": {"cells": []}}


def test_polls_in_the_rhythm_of_jupyterlab(lab: tuple[StandIn, FrontEnd]) -> None:
    browser, front_end = lab
    before, now = len(browser.calls), 1000.0
    while now <= 1000 + 122:
        now += front_end.poll(now, random.Random(6))
    asked = browser.calls[before:]
    for call, seconds in CALLS_OF_LAB.polls.items():
        times = asked.count(f"{call.method} {call.path.partition('?')[0].format(folder='', workspace='default')}")
        assert times == 122 // seconds


@pytest.mark.parametrize(
    ("option", "value", "absent"),
    [
        ("terminalsAvailable", False, "GET api/terminals"),
        ("appVersion", "4.2.7", "PUT lab/api/workspaces/default"),
    ],
)
def test_does_not_poll_what_a_server_has_not(option: str, value: Any, absent: str) -> None:
    browser = StandIn()
    front_end = lab_in(browser, page({**CONFIGURATION, option: value}), Deadline(60))
    front_end.poll(0.0, random.Random(6))
    front_end.poll(100.0, random.Random(6))
    assert absent not in browser.calls
    assert len(browser.calls) == len(CALLS_OF_LAB.polls) - 1


def test_pauses_longer_the_longer_something_fails() -> None:
    rng = random.Random(6)
    pauses = list(itertools.accumulate(range(12), lambda last, _: pause_after(False, last, 10, rng), initial=10.0))
    assert all(10 <= pause <= min(300, last * 3) for last, pause in itertools.pairwise(pauses))
    assert max(pauses) > 60
    assert pause_after(True, 300, 10, rng) == 10
