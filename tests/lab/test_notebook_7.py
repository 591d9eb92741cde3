"""Notebook 7 in a browser: which tab asks for what, and when."""

import json
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import gevent
import pytest

from hubusers.browser.page import Page
from hubusers.browser.sender import Failed
from hubusers.browser.websocket import HeldWebsocket
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import WaitTimeout
from hubusers.lab.bundle import STATIC, Files
from hubusers.lab.calls import Call
from hubusers.lab.interface import WITHOUT_COLLABORATION, UnknownPage, interface_of
from hubusers.lab.notebook_7 import Notebook7
from hubusers.lab.notebook_calls import CALLS_OF_NOTEBOOK, CALLS_OF_TREE
from tests.lab.installed_notebook import MAIN, NOTEBOOK, text_of
from tests.lab.test_frontend import CONFIGURATION, StandIn, hold

BASE = "/hub-prefix/user/ann/"
LOGO = f"{BASE}kernelspecs/python3/logo-64x64.png"
KERNELS = {"python3": {"resources": {"logo-svg": f"{BASE}logo.svg", "logo-64x64": LOGO}}}
FAVICON = f"{BASE}static/favicons/favicon-notebook.ico"


def page(kind: str = "tree", path: str = "tree", version: str = "7.6.5") -> Page:
    configuration = {
        **CONFIGURATION,
        "appVersion": version,
        "fullStaticUrl": f"{BASE}static/notebook",
        "notebookPage": kind,
    }
    text = f"""<!doctype html><html><head><title>Home</title>
        <link rel="icon" type="image/x-icon" href="{FAVICON}" class="favicon"/>
        <link rel="stylesheet" href="{BASE}custom/custom.css"/>
        <script defer="defer" src="{BASE}static/notebook/{MAIN.name}?v=1"></script></head>
        <script id="jupyter-config-data" type="application/json">{json.dumps(configuration)}</script></html>"""
    return Page(200, f"{BASE}{path}", text)


class Notebook7Browser(StandIn):
    """A browser whose server has the installed Notebook 7."""

    def __init__(self, **answers: Any) -> None:
        super().__init__(**answers)
        self.pages: dict[str, Page] = {}

    def get(self, path: str, *, deadline: Deadline | None = None) -> Page:
        gevent.sleep(0.01)  # the tree asks meanwhile
        path = path.removeprefix(BASE)
        self.calls.append(f"page {path}")
        self.bodies.append(None)
        kind = path.partition("/")[0]
        return self.pages.get(path) or page(kind, path)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Notebook7Browser:
    files = Files((("{static}/main.js",), ("{static}/1.js",)), ("{static}/json.js",), ("{static}/python.js",))
    monkeypatch.setattr(Files, "read", lambda *_: files)
    return Notebook7Browser(
        **{
            "GET api/kernelspecs": (200, {"default": "python3", "kernelspecs": KERNELS}),
            "GET api/contents/work/a%20b.ipynb": (200, {"content": {"metadata": {}}}),
            "GET api/contents/work/a%20b.ipynb/checkpoints": (200, []),
            "GET api/sessions": (200, []),
            "POST api/sessions": (201, {"id": "s-1", "kernel": {"id": "k-1", "name": "python3"}}),
        }
    )


def opened(browser: StandIn, first: Page | None = None) -> Notebook7:
    interface = interface_of(browser, first or page(), hold, Deadline(60))
    assert isinstance(interface, Notebook7)
    interface.load(Deadline(60))
    return interface


def asked_since(browser: StandIn, before: int) -> list[str]:
    return browser.calls[before:]


def test_reads_what_chromium_loads_from_the_bundle() -> None:
    """Recorded with Notebook 7.6: 45 chunks with 4.64 MB for each page, 26 with 1.2 MB more for a notebook's."""
    files = Files.read(f"{STATIC}/{MAIN.name}", [], lambda paths: [text_of(path) for path in paths])
    assert not files.problem
    assert [len(wave) for wave in files.at_start] == [1, pytest.approx(45, abs=3), 0, 0]
    sizes = [
        sum((NOTEBOOK / urlsplit(path).path.rpartition("/")[2]).stat().st_size for path in paths)
        for paths in (files.at_start[1], (*files.while_starting, *files.when_opened))
    ]
    assert sizes == [pytest.approx(4_641_000, rel=0.05), pytest.approx(1_200_000, rel=0.1)]
    assert len(files.while_starting) == 1


def test_the_tree_starts_in_the_order_of_chromium(browser: Notebook7Browser) -> None:
    opened(browser)
    assert browser.calls[:2] == ["GET api/kernelspecs", "GET api/me"]
    assert browser.calls[-1] == "GET api/contents"
    assert len(browser.calls) == 30
    assert browser.calls.count("GET lab/api/settings") == 3  # once of them only their names
    assert f"{BASE}custom/custom.css" in browser.loaded
    assert f"{BASE}static/notebook/json.js" not in browser.loaded
    assert LOGO not in browser.loaded


def test_a_notebook_opens_in_a_tab_of_its_own(browser: Notebook7Browser) -> None:
    interface = opened(browser)
    before = len(browser.calls)
    was_opened = interface.open_notebook("work/a b.ipynb", Deadline(60))
    assert (was_opened.kernel, was_opened.notebook.status) == ("k-1", 200)
    assert was_opened.page > 0.01
    calls = asked_since(browser, before)
    assert calls[:3] == ["GET api/nbconvert", "GET api/contents/work/a%20b.ipynb", "page notebooks/work/a%20b.ipynb"]
    assert calls.count("GET api/contents/work/a%20b.ipynb") == 2  # by the tree, and by its own page
    assert calls.count("GET api/contents/work/a%20b.ipynb/checkpoints") == 5
    assert calls.count("POST api/contents/work/a%20b.ipynb/checkpoints") == 1
    assert calls.count("PATCH api/sessions/s-1") == 2
    loaded = browser.loaded
    assert {f"{BASE}static/notebook/json.js", f"{BASE}static/notebook/python.js", LOGO} <= set(loaded)
    assert loaded[-2:] == [f"{BASE}static/favicons/favicon-busy-1.ico", FAVICON]


def test_a_notebook_is_not_opened_twice(browser: Notebook7Browser) -> None:
    interface = opened(browser)
    interface.open_notebook("work/a b.ipynb", Deadline(60))
    before = len(browser.calls)
    assert not interface.open_notebook("work/a b.ipynb", Deadline(60)).page > 0.01
    assert not any(call.startswith("page") for call in asked_since(browser, before))


def test_saves_the_notebook_in_front(browser: Notebook7Browser) -> None:
    interface = opened(browser)
    for name in ("work/a b.ipynb", "c.ipynb"):
        interface.open_notebook(name, Deadline(60))
    interface.show("work/a b.ipynb")
    before = len(browser.calls)
    assert interface.save({"cells": []}, Deadline(60)).status == 200
    assert asked_since(browser, before) == [
        "GET api/contents/work/a%20b.ipynb",
        "PUT api/contents/work/a%20b.ipynb",
        "GET api/contents/work/a%20b.ipynb",
        "GET api/contents",
        "GET api/contents/work/a%20b.ipynb/checkpoints",
        "POST api/contents/work/a%20b.ipynb/checkpoints",
        "GET api/contents/work/a%20b.ipynb/checkpoints",
    ]


def polled(browser: StandIn, interface: Notebook7, now: float) -> Counter[str]:
    """What is asked in the two minutes from now on."""
    before, until = len(browser.calls), now + 122
    while now <= until:
        now += interface.poll(now, random.Random(6))
    return Counter(asked_since(browser, before))


def as_polled(polls: Mapping[Call, float], version: tuple[int, int]) -> Counter[str]:
    return Counter(
        {
            f"{call.method} {call.path.partition('?')[0].format(notebook='work/a%20b.ipynb', folder='')}": int(
                122 // seconds
            )
            for call, seconds in polls.items()
            if call.since <= version and (not call.until or version < call.until)
        }
    )


def test_a_tab_that_is_not_in_front_soon_stops_polling(browser: Notebook7Browser) -> None:
    """It asks once more, as in a browser."""
    interface = opened(browser)
    assert polled(browser, interface, 1000) == as_polled(CALLS_OF_TREE.polls, (7, 6))
    interface.open_notebook("work/a b.ipynb", Deadline(60))
    once_more = Counter(as_polled(CALLS_OF_TREE.polls, (7, 6)).keys())
    of_notebook = as_polled(CALLS_OF_NOTEBOOK.polls, (7, 6))
    assert polled(browser, interface, 2000) == of_notebook + once_more
    assert of_notebook["GET api/contents/work/a%20b.ipynb/checkpoints"] == 4


def test_notebook_7_4_asks_for_checkpoints_more_often(browser: Notebook7Browser) -> None:
    interface = opened(browser, page("notebooks", "notebooks/work/a%20b.ipynb", version="7.4.7"))
    asked = polled(browser, interface, 1000)
    assert asked == as_polled(CALLS_OF_NOTEBOOK.polls, (7, 4))
    assert asked["GET api/contents/work/a%20b.ipynb/checkpoints"] == 61


def test_each_tab_has_a_websocket_for_events(browser: Notebook7Browser) -> None:
    held = []

    def count(kind: type[HeldWebsocket], path: str, deadline: Deadline) -> HeldWebsocket:
        held.append(path)
        return hold(kind, path, deadline)

    interface = interface_of(browser, page(), count, Deadline(60))
    interface.load(Deadline(60))
    for name in ("work/a b.ipynb", "c.ipynb", "work/a b.ipynb"):
        interface.open_notebook(name, Deadline(60))
    assert len(held) == 3


def test_a_notebook_whose_page_the_hub_leads_to(browser: Notebook7Browser) -> None:
    """Another one is opened from the tree, which comes in a tab of its own then."""
    interface = opened(browser, page("notebooks", "notebooks/work/a%20b.ipynb"))
    assert interface.notebook_at_start == "work/a b.ipynb"
    assert interface.open_notebook("work/a b.ipynb", Deadline(60)).kernel == "k-1"
    assert not any(call.startswith("page") for call in browser.calls)
    interface.open_notebook("c.ipynb", Deadline(60))
    assert [call for call in browser.calls if call.startswith("page")] == ["page tree", "page notebooks/c.ipynb"]


@pytest.mark.parametrize(
    "instead", [Page(404, "/x", "{}"), Page(200, "/hub/login", "<html>Log in</html>"), Page(0, "/x")]
)
def test_what_comes_instead_of_a_notebooks_page(browser: Notebook7Browser, instead: Page) -> None:
    interface = opened(browser)
    browser.pages["notebooks/c.ipynb"] = instead
    was_opened = interface.open_notebook("c.ipynb", Deadline(60))
    assert was_opened.notebook is instead
    assert (was_opened.session, was_opened.kernel) == (None, "")


def test_files_of_a_notebooks_page_that_do_not_come_are_told(
    browser: Notebook7Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    interface = opened(browser)
    missing = Failed("/user/{name}/static/notebook/{file}", "HTTP 404", is_file=True)
    monkeypatch.setattr(browser, "load", lambda *_, **__: browser.failures.update([missing]))
    was_opened = interface.open_notebook("c.ipynb", Deadline(60))
    assert set(was_opened.failures) == {missing}
    assert was_opened.session is None


def test_opening_a_page_ends_at_its_deadline(browser: Notebook7Browser) -> None:
    interface = opened(browser)
    with pytest.raises(WaitTimeout):
        interface.open_notebook("c.ipynb", Deadline(0.005))


def test_says_that_collaboration_is_left_out(browser: Notebook7Browser, caplog: pytest.LogCaptureFixture) -> None:
    first = page()
    extension = {"name": "@jupyter/collaboration-extension", "load": "static/remoteEntry.js"}
    text = first.text.replace('"federated_extensions": []', f'"federated_extensions": [{json.dumps(extension)}]')
    interface_of(browser, Page(200, first.path, text), hold, Deadline(60))
    assert [record.message for record in caplog.records] == [WITHOUT_COLLABORATION]


@pytest.mark.parametrize("kind", ["edit", "terminals", "consoles"])
def test_a_page_of_another_kind_is_not_worked_in(browser: Notebook7Browser, kind: str) -> None:
    with pytest.raises(UnknownPage):
        interface_of(browser, page(kind, f"{kind}/x"), hold, Deadline(60))
