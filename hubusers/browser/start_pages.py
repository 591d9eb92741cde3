"""The pages that hubs lead people to instead of JupyterLab: RStudio, VS Code, a desktop, an application, a dashboard.

Most of what such a page does, its scripts do. From here it can be seen whether it is the page that somebody came for,
and, for what hubs often start, which websockets its scripts hold.
"""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from hubusers.browser.browser import Browser
from hubusers.browser.page import Page
from hubusers.hub.errors import HubError


class PageBroken(HubError):
    """What the server shows is not the page that somebody came for. The words are its own."""

    phrase = "page broken"


class PageWebsocket(NamedTuple):
    """A websocket that a page's scripts open and hold."""

    path: str  # of the host
    subprotocols: str = ""  # as in the header that offers them


_TITLE_CHARACTERS = 80

_SIGN_IN = r"(sign|log)[ -]?in"
_IS_LOGIN = re.compile(rf"^(.*\W)?{_SIGN_IN}$|^(please )?{_SIGN_IN}(\s+to\b.*|\s*[-|–—:·•].*)$", re.IGNORECASE)

_REASONS = (
    r"bad request|unauthorized|forbidden|access denied|(page )?not found|method not allowed|request time-?out|"
    r"too many requests|internal (server )?error|bad gateway|service (temporarily )?unavailable|gateway time-?out|"
    r"(an |application |server |proxy |unknown |unexpected )*error( has)?( occurred)?"
)
_IS_ERROR = re.compile(
    rf"^\W*(error\W*)?[45]\d\d\W*({_REASONS})?\W*$|^\W*({_REASONS})\W*([45]\d\d\W*)?$|^\W*error\s*[:!-]", re.IGNORECASE
)
"""Titles and headings of error pages, such as "502 Bad Gateway" or "An error has occurred"."""


def problem_of(page: Page) -> str:
    """Return what a page is instead of a page to work with, in a fixed phrase; "" if it looks like one.

    Error pages and logins of applications mostly come with the status 200.
    """
    if page.status >= 400:
        return f"HTTP {page.status}"
    if not page.text.strip():
        return "it is empty"
    if not page.is_document or "<" not in page.text:
        return "it is not a web page"
    says = [" ".join(element.text_content().split()) for element in page.document.xpath("//title | //h1")]
    if page.document.xpath("//input[@type='password']") or any(map(_IS_LOGIN.search, says[:1])):
        return "it asks to log in"
    return "it is an error page" if any(map(_IS_ERROR.search, says)) else ""


def title_of(page: Page) -> str:
    """Return the title of a page, or its first heading; "" where it has neither."""
    found = page.document.xpath("//title | //h1")
    return " ".join(found[0].text_content().split())[:_TITLE_CHARACTERS] if found else ""


def websockets_of(browser: Browser, page: Page) -> Iterator[PageWebsocket]:
    """Yield the websockets that a page's scripts open, where the page is of a kind that is known here.

    Known are Streamlit, Shiny, Panel (and Bokeh), Voilà, and the desktop of jupyter-remote-desktop-proxy.
    """
    scripts = " ".join(page.document.xpath("//script/@src"))
    if title_of(page) == "Streamlit":
        yield PageWebsocket(browser.path_to("_stcore/stream", page.path), "streamlit")
    if re.search(r"\bshiny(\.min)?\.js", scripts):
        yield PageWebsocket(browser.path_to("websocket/", page.path))
    if "bokeh" in scripts and (token := re.search(r'"token":\s*"([\w.-]+)"', page.text)):
        path = page.path.partition("?")[0].rstrip("/")
        yield PageWebsocket(f"{path}/ws", f"bokeh, {token[1]}")
    if "/desktop/" in scripts and "viewer.js" in scripts:
        yield PageWebsocket(browser.path_to("../desktop-websockify/", page.path), "binary")
    if kernel := _configuration(page).get("kernelId"):
        base = str(_configuration(page).get("baseUrl") or "")
        yield PageWebsocket(
            browser.path_to(f"{base}api/kernels/{kernel}/channels?session_id={uuid.uuid4()}", page.path)
        )


def _configuration(page: Page) -> dict[str, Any]:
    for text in page.document.xpath("//script[@id='jupyter-config-data']/text()"):
        try:
            configuration = json.loads(text)
        except (ValueError, RecursionError):
            return {}
        return configuration if isinstance(configuration, dict) else {}
    return {}
