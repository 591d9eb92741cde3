"""Notebook 7 in one person's browser: the tree, which lists files, in a tab, and each notebook in a tab of its own."""

import random
import time
from typing import Any
from urllib.parse import quote

import gevent

from hubusers.browser.browser import Browser
from hubusers.browser.page import Page
from hubusers.hub.deadline import Deadline
from hubusers.lab.frontend import FrontEnd
from hubusers.lab.lab_page import NOTEBOOK, NOTEBOOK_7, TREE, LabPage
from hubusers.lab.notebook_calls import CALLS_OF_NOTEBOOK, CALLS_OF_TREE
from hubusers.lab.opened import Opened, Running
from hubusers.lab.tab import Hold, in_time

_LONGEST_SLEEP = 2.0
"""Seconds until the next look at what is due: a tab that was opened meanwhile has calls of its own."""


class Notebook7:
    """Notebook 7, from loading the page that the hub has led to until it is closed, which sends nothing.

    That page is the tree, or a notebook's. Another notebook is opened from the tree, in a tab of its own. The tabs stay
    open, with their websockets; those that are not in front soon stop repeating their requests.

    Args:
        browser: The person's.
        page: What the page says that the hub has led to; a tree or a notebook.
        hold: Opens a websocket, and holds it as long as the pages are open.
        deadline: Until when its bundle must have been read.

    Attributes:
        base: The server's base path, with a slash at its end.
        notebook_at_start: The path of the notebook whose page that is; the empty string for the tree.
        shown_at_start: The path of that notebook, or of the folder that the tree shows; the empty string for the root.
        problem: What of the page or the bundle is not understood, or the empty string.
    """

    def __init__(self, browser: Browser, page: LabPage, hold: Hold, deadline: Deadline) -> None:
        self.base = page.base
        self.notebook_at_start = page.notebook
        self.shown_at_start = page.linked or page.preferred_folder
        self._browser = browser
        self._hold = hold
        self._notebooks: dict[str, _NotebookPage] = {}
        self._tree: _Tree | None = None
        if page.kind == TREE:
            self._front: FrontEnd = self._new_tree(page, deadline)
        else:
            self._front = self._new_notebook(page, page.notebook, deadline)
        self.problem = self._front.problem

    @property
    def bad_answer(self) -> Page | None:
        return self._front.bad_answer

    @property
    def running(self) -> Running | None:
        return self._front.running

    def load(self, deadline: Deadline) -> None:
        self._front.load(deadline)

    def open_notebook(self, notebook: str, deadline: Deadline) -> Opened:
        began = time.monotonic()
        if notebook not in self._notebooks:
            failed = self._browser.failures.copy()
            with in_time(f"opening the page of {notebook}", deadline):
                page = self._open_page_of(notebook, deadline)
            failures = self._browser.failures - failed
            if page or failures:
                return Opened(page or Page(0, self.base), failures=failures)
        seconds = time.monotonic() - began
        opened = self._show(notebook).open_notebook(notebook, deadline)
        return Opened(opened.notebook, opened.session, opened.storage, page=seconds)

    def show(self, notebook: str) -> None:
        self._show(notebook)

    def after_cell(self, deadline: Deadline) -> None:
        self._front.after_cell(deadline)

    def save(self, content: Any, deadline: Deadline) -> Page:
        return self._front.save(content, deadline)

    def poll(self, now: float, rng: random.Random) -> float:
        pauses = [_LONGEST_SLEEP]
        for tab in filter(None, (self._tree, *self._notebooks.values())):
            tab.polls.is_hidden = tab is not self._front
            pauses.append(tab.poll(now, rng))
        return min(pauses)

    def _show(self, notebook: str) -> FrontEnd:
        self._front = self._notebooks[notebook]
        return self._front

    def _open_page_of(self, notebook: str, deadline: Deadline) -> Page | None:
        """Open a notebook's page from the tree, and load it; return what came in its place, if anything did."""
        tree = self._tree
        if tree is None:
            lab_page, page = self._get("tree", TREE, deadline)
            if not lab_page:
                return page
            self._front = tree = self._new_tree(lab_page, deadline)
            tree.load(deadline)
        self._front = tree
        asking = gevent.spawn(tree.click_on, notebook, deadline)
        try:
            lab_page, page = self._get(f"notebooks/{quote(notebook)}", NOTEBOOK, deadline)
            asking.join()
        finally:
            asking.kill()  # does something only where the person was ended meanwhile
        if not lab_page:
            return page
        self._front = self._new_notebook(lab_page, notebook, deadline)
        self._front.load(deadline)
        return None

    def _get(self, path: str, kind: str, deadline: Deadline) -> tuple[LabPage | None, Page]:
        page = self._browser.get(f"{self.base}{path}", deadline=deadline)
        lab_page = LabPage.read(self._browser, page)
        is_that = page.status == 200 and lab_page.application == NOTEBOOK_7 and lab_page.kind == kind
        return lab_page if is_that else None, page

    def _new_tree(self, page: LabPage, deadline: Deadline) -> "_Tree":
        self._tree = _Tree.from_page(self._browser, page, CALLS_OF_TREE, self._hold, deadline)
        return self._tree

    def _new_notebook(self, page: LabPage, notebook: str, deadline: Deadline) -> "_NotebookPage":
        new = _NotebookPage.from_page(self._browser, page, CALLS_OF_NOTEBOOK, self._hold, deadline)
        new.notebook = notebook
        self._notebooks[notebook] = new
        return new


class _Tree(FrontEnd):
    """The page that lists files."""

    def click_on(self, notebook: str, deadline: Deadline) -> None:
        """Ask for what the tree asks for when a notebook in it is opened."""
        self.notebook = notebook
        for wave in self._calls.opening:
            self._ask(wave, deadline)

    def _late_files(self) -> list[str]:
        return []

    def _launcher_images(self) -> list[str]:
        return []


class _NotebookPage(FrontEnd):
    """The page of one notebook. It names only one of its icons; the other one is known to Notebook 7's scripts."""

    def _launcher_images(self) -> list[str]:
        return []

    def _images_of_kernel(self, name: str) -> list[str]:
        logo = self._logo_of(name, "logo-64x64")
        return [logo] if logo else []

    def _icons(self) -> list[str]:
        return [*super()._icons(), f"{self.base}static/favicons/favicon-busy-1.ico"]
