"""What the hub's pages have in common: they come with their files, and a form or a link tells what can be done.

The pages themselves: `login.py`, `spawn_page.py`, `spawn_progress.py` and `home_page.py`.
"""

from typing import Any

from hubusers.browser.browser import Browser
from hubusers.browser.form import FormNotSent
from hubusers.browser.links import destination
from hubusers.browser.page import Page
from hubusers.browser.page_errors import is_below
from hubusers.browser.page_files import load_files
from hubusers.browser.sent_form import LONGEST_ACTION, Sent, query_of_form
from hubusers.hub.deadline import Deadline


def open_page(browser: Browser, path: str, deadline: Deadline) -> Page:
    """Open a page below the hub's base URL, with its files; return where that led to, whatever it says."""
    return with_files(browser, browser.get(browser.base + path, deadline=deadline), deadline)


def submit(browser: Browser, page: Page, sent: Sent, deadline: Deadline) -> tuple[Page, str]:
    """Send a form as a browser does; return the page that this leads to, and the path that was asked for first.

    Args:
        browser: The person's.
        page: Where the form is.
        sent: What is sent of it.
        deadline: Until when the next page must be there.

    Raises:
        FormNotSent: The form names no address, or one on a host that is not the hub's.
    """
    goes_to = destination(browser, page, sent.action)
    path = browser.path_to(goes_to, page.path)
    if not path or sent.method == "DIALOG":
        where = "a dialog" if sent.method == "DIALOG" else repr(sent.action[:LONGEST_ACTION])
        raise FormNotSent(
            f"the form of the page {page.path.partition('?')[0]} would not go to the hub, but to {where}: look at the "
            "template of this page",
            cause="it does not go to the hub",
        )
    if sent.method == "GET":
        answer = browser.get(query_of_form(path, sent.entries), deadline=deadline)
    else:
        answer = browser.post_form(path, sent.entries, multipart=sent.multipart, deadline=deadline)
    return with_files(browser, answer, deadline), path


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
