"""The page of nbgitpuller, which brings the files of a course, and then leads to where people work with them."""

import json
from contextlib import suppress
from typing import Any
from urllib.parse import quote, unquote, urlencode

from hubusers.browser.browser import Browser
from hubusers.browser.page import Page
from hubusers.browser.page_errors import page_error
from hubusers.browser.page_files import load_files
from hubusers.http.messages import TIMED_OUT, StreamLost
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, WaitTimeout


class PullFailed(HubUsersError):
    """The files of a repository did not come. The words are those of nbgitpuller, or of Git."""

    phrase = "git pull failed"


_BROKE_OFF = "its progress broke off"

_UNCHANGED = "%/?:@!$&'()*+,;=~[]#"
"""What browsers leave as it is in an address that a script gives them."""


def is_git_pull(page: Page) -> bool:
    """Say whether a page is that of nbgitpuller."""
    return page.is_document and page.status < 400 and bool(page.document.xpath("//body[@data-repo][@data-path]"))


def follow_git_pull(browser: Browser, page: Page, deadline: Deadline) -> Page:
    """Stay on nbgitpuller's page until the files have come, and go on to where it leads.

    Does what the page's own script does, `gitsync.js` of nbgitpuller 1.2 and 1.3.

    Args:
        browser: The person's.
        page: Any page; another one than nbgitpuller's is returned as it is.
        deadline: Until when the page must be there that it leads to.

    Raises:
        PullFailed: The page says so.
        WaitTimeout: The deadline has come.
        HubError: The progress of the pull could not be asked for.
    """
    if not is_git_pull(page):
        return page
    doing = "pulling the files of a course"
    load_files(browser, page, deadline)
    says = {name: unquote(value) for name, value in page.document.body.attrib.items() if name.startswith("data-")}
    base = browser.path_to(says.get("data-base-url") or "/", page.path)
    asked = {"_xsrf": "data-xsrf", "repo": "data-repo", "targetpath": "data-targetpath"}
    asked |= {name: f"data-{name}" for name in ("depth", "branch", "backup") if f"data-{name}" in says}
    query = urlencode({name: says.get(attribute, "undefined") for name, attribute in asked.items()})
    try:
        with browser.stream(f"{base}git-pull/api?{query}", deadline, silence=deadline.seconds) as stream:
            if stream.answer.status != 200:
                raise page_error(browser, Page.of(stream.answer, f"{base}git-pull/api"), doing)
            for message in filter(None, map(_message, stream)):
                if message.get("phase") == "error":
                    words = str(message.get("message") or "").strip()
                    raise PullFailed(f"{doing}: {words or 'no reason given'}", words=words)
                if message.get("phase") == "finished":
                    return browser.get(base + quote(says["data-path"], safe=_UNCHANGED), deadline=deadline)
    except StreamLost as lost:
        if str(lost) == TIMED_OUT:
            raise WaitTimeout(f"{doing} took longer than {deadline.seconds:g} seconds") from None
        raise PullFailed(
            f"{doing}: the progress of the pull broke off: {lost}", cause="its progress broke off"
        ) from None
    raise PullFailed(
        f"{doing}: the progress of the pull ended before the files had come", cause="its progress broke off"
    )


def _message(line: str) -> dict[str, Any] | None:
    """Return the message in a line of the event source; None where it has none."""
    if line.startswith("data:"):
        with suppress(ValueError, RecursionError):
            message = json.loads(line.removeprefix("data:"))
            return message if isinstance(message, dict) else None
    return None
