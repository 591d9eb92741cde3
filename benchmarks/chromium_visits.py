"""The visits of a real Chromium, driven by Playwright's library, which a NotebookUser is compared with."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, sync_playwright

from experiments.request_recorder import RequestRecorder

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


def visit_with_chromium(interface: Interface, recorder: RequestRecorder, thinking: float, cells: int) -> None:
    """Visit the hub with a real browser, and tell the recorder which phase it is in.

    Args:
        interface: Where the hub leads to.
        recorder: What stands before the hub.
        thinking: Seconds before each cell.
        cells: How many cells of the notebook run.
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
        page = browser.new_page()
        _come(page, recorder, interface)
        _work(page, recorder, interface, thinking, cells)
        _leave(page, recorder)
        browser.close()


def _come(page: Page, recorder: RequestRecorder, interface: Interface) -> None:
    recorder.phase = "log in"
    page.goto(recorder.url, wait_until="networkidle")
    page.fill("#username_input", PERSON)
    page.fill("#password_input", PASSWORD)
    recorder.phase = "spawn"
    page.click("#login_submit")
    page.wait_for_url(f"**{interface.default_url}", wait_until="commit")
    recorder.phase = "load the interface"
    page.wait_for_selector(f".jp-DirListing-item:has-text('{NOTEBOOK}')")
    page.wait_for_load_state("networkidle")


def _work(first: Page, recorder: RequestRecorder, interface: Interface, thinking: float, cells: int) -> None:
    recorder.phase = "open the notebook"
    page = interface.open_notebook(first)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    page.click(".jp-Notebook .jp-MarkdownCell")
    page.keyboard.press("Shift+Enter")
    recorder.phase = "run the cells"
    for number in range(1, cells + 1):
        # Playwright's own waiting, unlike time.sleep, lets the browser's events be handled.
        page.wait_for_timeout(1000 * thinking)
        page.keyboard.press("Shift+Enter")
        page.wait_for_selector(f".jp-CodeCell .jp-InputPrompt:text('[{number}]:')")
    recorder.phase = "save"
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1000 * _SECONDS_AFTER_SAVING)
    if page is not first:
        page.close()


def _leave(page: Page, recorder: RequestRecorder) -> None:
    recorder.phase = "stop and log out"
    page.goto(f"{recorder.url}/hub/home", wait_until="networkidle")
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
