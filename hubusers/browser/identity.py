"""Who a person is, as the hub says it: in each of its pages, and by its API."""

import json
import re

from hubusers.browser.browser import Browser
from hubusers.browser.page import Page
from hubusers.browser.said import PAGE_OF_THE_HUB
from hubusers.hub.acceptance import OWNER_PATH
from hubusers.hub.deadline import Deadline

_USER = re.compile(r'\buser:\s*("(?:[^"\\]|\\.)*")')
"""In the script of a page of the hub, which has no such line for people who are not logged in."""


def user_of(page: Page) -> str | None:
    """Return who the hub says has opened a page of its own: "" for nobody; None where it is not the hub's page."""
    if PAGE_OF_THE_HUB not in page.text:
        return None
    found = _USER.search(page.text)
    try:
        return str(json.loads(found[1])) if found else ""
    except ValueError:
        return ""


def who_is_in(browser: Browser, page: Page, deadline: Deadline) -> str:
    """Return as whom a browser is logged in at the hub; "" for nobody.

    Args:
        browser: The person's.
        page: Where they are. Where it does not tell, as the page of a server, the hub is asked.
        deadline: Until when the hub must have answered.
    """
    if user := user_of(page):
        return user
    if user == "" and page.status < 400:
        return ""
    path = f"{browser.base}/hub/api{OWNER_PATH}"
    model = browser.fetch("GET", path, good=(200, 401, 403), deadline=deadline).answer.model
    return str(model.get("name") or "") if isinstance(model, dict) else ""
