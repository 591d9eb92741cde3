"""What the hub's pages have in common: they come with their files, and a form or a link tells what can be done.

The pages themselves: `login.py`, `spawn_page.py`, `spawn_progress.py` and `home_page.py`.
"""

from collections.abc import Iterable
from typing import Any

from hubusers.browser.browser import Browser
from hubusers.browser.page import Page
from hubusers.browser.page_errors import is_below
from hubusers.browser.page_files import load_files
from hubusers.hub.deadline import Deadline


def open_page(browser: Browser, path: str, deadline: Deadline) -> Page:
    """Open a page below the hub's base URL, with its files; return where that led to, whatever it says."""
    return with_files(browser, browser.get(browser.base + path, deadline=deadline), deadline)


def submit(
    browser: Browser, page: Page, form: Any, fields: Iterable[tuple[str, str]], deadline: Deadline
) -> tuple[Page, str]:
    """Send a form; return the page that this leads to, and the path that was asked for first."""
    path = browser.path_to(form.get("action") or "", page.path) or page.path
    multipart = form.get("enctype") == "multipart/form-data"
    return with_files(browser, browser.post_form(path, fields, multipart=multipart, deadline=deadline), deadline), path


def with_files(browser: Browser, page: Page, deadline: Deadline) -> Page:
    """Load the files of a page of the hub. The files of a server's page are loaded elsewhere: JupyterLab's in `lab`."""
    if page.is_document and is_below(browser, page.path, "/hub"):
        load_files(browser, page, deadline)
    return page


def form_of(page: Page, condition: str) -> Any:
    """Return the first form of a page that fulfils a condition of XPath; None where there is none."""
    forms = page.document.xpath(f"//form[{condition}]") if page.is_document else []
    return forms[0] if forms else None


def has(page: Page, xpath: str, **variables: str) -> bool:
    """Say whether a page has an element at an XPath, with the variables in it."""
    return page.is_document and bool(page.document.xpath(xpath, **variables))


def offers_to_start(page: Page) -> bool:
    """Say whether a page has the link that starts the default server, and none that stops it."""
    return has(page, "//a[@id='start']") and not has(page, "//a[@id='stop']")
