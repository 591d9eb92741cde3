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


def who_is_in(browser: Browser, page: Page, username: str, deadline: Deadline) -> str:
    """Return as whom a browser is logged in at the hub; "" for nobody.

    The hub is asked where the page does not tell, as that of a server, or tells another name than the person's: a
    page's own template may write names with special characters in another way.

    Args:
        browser: The person's.
        page: Where they are.
        username: Who they want to be.
        deadline: Until when the hub must have answered.
    """
    user = user_of(page)
    if user == username or (user == "" and page.status < 400):
        return user
    path = f"{browser.base}/hub/api{OWNER_PATH}"
    model = browser.fetch("GET", path, good=(200, 401, 403), deadline=deadline).answer.model
    return str(model["name"]) if isinstance(model, dict) and model.get("name") else user or ""
