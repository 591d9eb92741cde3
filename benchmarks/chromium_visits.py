"""The visits of a real Chromium, driven by Playwright's library, which a NotebookUser is compared with."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, sync_playwright

NOTEBOOK = "example.ipynb"
PERSON = "somebody-with-a-browser"
PASSWORD = "anything"  # noqa: S105  # the hub takes every one
SECONDS_FOR_A_STEP = 60.0

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SECONDS_AFTER_SAVING = 1.0
"""Nothing on the page says when all that follows from saving has been asked for."""

_HIDE = """() => {
    Object.defineProperty(document, 'visibilityState', {get: () => 'hidden'});
    document.dispatchEvent(new Event('visibilitychange'));
}"""
"""Playwright has each page in front. A person sees one tab, and the pages in the others know that they are hidden."""


@dataclass(frozen=True)
class Interface:
    """What people work with notebooks in.

    Attributes:
        name: What it is called.
        default_url: Where their servers lead to.
        open_notebook: Opens the notebook from there; returns the page that it is in.
    """

    name: str
    default_url: str
    open_notebook: Callable[[Page], Page]


NotePhase = Callable[[str], None]
"""Is told the phase of a visit that begins."""


@contextmanager
def chromium() -> Iterator[BrowserContext]:
    """Have a browser with an empty profile.

    Raises:
        RuntimeError: None is installed.
    """
    executable = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if not executable:
        raise RuntimeError(f"no browser: none of {', '.join(_BROWSERS)} is installed")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        # A profile on the disk, because what is kept in memory only is limited: large files would be loaded again.
        browser = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=executable,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            viewport={"width": 1400, "height": 900},
        )
        browser.set_default_timeout(1000 * SECONDS_FOR_A_STEP)
        yield browser
        browser.close()


def visit_with_chromium(
    browser: BrowserContext,
    interface: Interface,
    url: str,
    thinking: float,
    cells: int,
    note_phase: NotePhase = lambda _: None,
) -> None:
    """Visit a hub once, from the login to the logout.

    Args:
        browser: A real browser.
        interface: Where the hub leads to.
        url: The hub's.
        thinking: Seconds before each cell.
        cells: How many cells of the notebook run.
        note_phase: Is told each phase of the visit.
    """
    page = browser.new_page()
    _come(page, url, note_phase, interface)
    _work(page, note_phase, interface, thinking, cells)
    _leave(page, url, note_phase)
    page.close()


def _come(page: Page, url: str, note_phase: NotePhase, interface: Interface) -> None:
    note_phase("log in")
    page.goto(url, wait_until="networkidle")
    page.fill("#username_input", PERSON)
    page.fill("#password_input", PASSWORD)
    note_phase("spawn")
    page.click("#login_submit")
    page.wait_for_url(lambda address: urlsplit(address).path.endswith(interface.default_url), wait_until="commit")
    note_phase("load the interface")
    page.wait_for_selector(f".jp-DirListing-item:has-text('{NOTEBOOK}')")
    page.wait_for_load_state("networkidle")


def _work(first: Page, note_phase: NotePhase, interface: Interface, thinking: float, cells: int) -> None:
    note_phase("open the notebook")
    page = interface.open_notebook(first)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    page.click(".jp-Notebook .jp-MarkdownCell")
    page.keyboard.press("Shift+Enter")
    note_phase("run the cells")
    for number in range(1, cells + 1):
        # Playwright's own waiting, unlike time.sleep, lets the browser's events be handled.
        page.wait_for_timeout(1000 * thinking)
        page.keyboard.press("Shift+Enter")
        page.wait_for_selector(f".jp-CodeCell .jp-InputPrompt:text('[{number}]:')")
    note_phase("save")
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1000 * _SECONDS_AFTER_SAVING)
    if page is not first:
        page.close()


def _leave(page: Page, url: str, note_phase: NotePhase) -> None:
    note_phase("stop and log out")
    page.goto(f"{url}/hub/home", wait_until="networkidle")
    page.click("#stop")
    page.wait_for_selector("#stop", state="hidden")
    page.click("#logout")
    page.wait_for_url("**/hub/login**", wait_until="networkidle")


def _open_in_jupyterlab(page: Page) -> Page:
    page.dblclick(f".jp-DirListing-item:has-text('{NOTEBOOK}')")
    return page


def _open_in_notebook_7(page: Page) -> Page:
    with page.expect_popup() as opened:
        page.dblclick(f".jp-DirListing-item:has-text('{NOTEBOOK}')")
    page.evaluate(_HIDE)
    return opened.value


JUPYTERLAB = Interface("JupyterLab", "/lab", _open_in_jupyterlab)
NOTEBOOK_7 = Interface("Notebook 7", "/tree", _open_in_notebook_7)
