"""The page of nbgitpuller, which brings the files of a course, and then leads to where people work with them."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlencode

from hubusers.browser.browser import Browser
from hubusers.browser.page import Page
from hubusers.browser.page_errors import page_error
from hubusers.browser.page_files import load_files
from hubusers.browser.said import SERVER, answered_by
from hubusers.http.messages import TIMED_OUT, StreamLost
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, WaitTimeout


class PullFailed(HubUsersError):
    """The files of a repository did not come. The words are those of nbgitpuller, and of Git."""

    phrase = "git pull failed"


class Pulled(NamedTuple):
    """Files that have come.

    Attributes:
        folder: Where they are, below the root of the server.
        leads_to: The path to which the page then leads.
    """

    folder: str
    leads_to: str


_LINK = re.compile(r"(git-pull|git-sync|interact)\?")

_BROKE_OFF = "its progress broke off"

_UNCHANGED = "%/?:@!$&'()*+,;=~[]#"
"""What browsers leave as it is in an address that a script gives them."""

_OF_GIT = re.compile(r"^(remote: )?(fatal|error|CONFLICT)\b.*|^Automatic merge failed.*", re.IGNORECASE)
"""The lines of Git's output that say why it gave up. nbgitpuller itself only says which of its commands failed."""

_MOST_LINES = 3


def is_git_pull(page: Page) -> bool:
    """Say whether a page is that of nbgitpuller."""
    return page.is_document and page.status < 400 and bool(page.document.xpath("//body[@data-repo][@data-path]"))


def is_link(page: str) -> bool:
    """Say whether the path and query of a page, below a server, are those of nbgitpuller."""
    return _LINK.match(page) is not None


def why_no_pull(page: Page, link: str) -> PullFailed | None:
    """Return why the page of nbgitpuller did not come for somebody who opened its link; None where that is not known.

    Args:
        page: Another one, which has come instead.
        link: The path and query that was to be opened below the server; None is returned for any other page's.
    """
    if not is_link(link) or page.error:
        return None
    where = page.path.partition("?")[0]
    if page.status == 404 and answered_by(page) == SERVER:
        return PullFailed(
            f"opening the link of nbgitpuller: the server has no such page ({where}); install nbgitpuller in the "
            "environment, or image, of the servers",
            cause="nbgitpuller is not installed",
        )
    if page.status >= 400:
        return None
    if where.endswith("/" + link.partition("?")[0]):
        return PullFailed(
            f"opening the link of nbgitpuller: the server's page at {where} is not nbgitpuller's; install nbgitpuller "
            "in the environment, or image, of the servers",
            cause="its page is not nbgitpuller's",
        )
    return PullFailed(
        f"opening the link of nbgitpuller: the hub has led to {where}, and not to the link",
        cause="the hub has not led to the link",
    )


def pull(browser: Browser, page: Page, deadline: Deadline) -> Pulled:
    """Stay on nbgitpuller's page until the files have come.

    Does what the page's own script does, `gitsync.js` of nbgitpuller 1.2 and 1.3.

    Args:
        browser: The person's.
        page: The page.
        deadline: Until when the files must have come.

    Raises:
        PullFailed: The page says so.
        WaitTimeout: The deadline has come.
        HubError: The progress of the pull could not be asked for.
    """
    doing = "pulling the files of a course"
    load_files(browser, page, deadline)
    says = {name: unquote(value) for name, value in page.document.body.attrib.items() if name.startswith("data-")}
    base = browser.path_to(says.get("data-base-url") or "/", page.path)
    asked = {"_xsrf": "data-xsrf", "repo": "data-repo", "targetpath": "data-targetpath"}
    asked |= {name: f"data-{name}" for name in ("depth", "branch", "backup") if f"data-{name}" in says}
    query = urlencode({name: says.get(attribute, "undefined") for name, attribute in asked.items()})
    of_git: list[str] = []
    try:
        with browser.stream(f"{base}git-pull/api?{query}", deadline, silence=deadline.seconds) as stream:
            if stream.answer.error == TIMED_OUT:  # nbgitpuller answers after it has asked for the branches
                raise StreamLost(TIMED_OUT)
            if stream.answer.status != 200:
                raise page_error(browser, Page.of(stream.answer, f"{base}git-pull/api", secrets=browser.secrets), doing)
            for message in filter(None, map(_message, stream)):
                of_git += _reasons(message)
                if message.get("phase") == "error":
                    words = ": ".join([str(message.get("message") or "").strip() or "no reason given", *of_git])
                    raise PullFailed(f"{doing}: {words}", words=words)
                if message.get("phase") == "finished":
                    leads_to = base + quote(says["data-path"], safe=_UNCHANGED)
                    return Pulled(says.get("data-targetpath", "").strip("/"), leads_to)
    except StreamLost as lost:
        if str(lost) == TIMED_OUT:
            raise WaitTimeout(f"{doing} took longer than {deadline.seconds:g} seconds") from None
        raise PullFailed(f"{doing}: the progress of the pull broke off: {lost}", cause=_BROKE_OFF) from None
    raise PullFailed(f"{doing}: the progress of the pull ended before the files had come", cause=_BROKE_OFF)


def _message(line: str) -> dict[str, Any] | None:
    """Return the message in a line of the event source; None where it has none."""
    if line.startswith("data:"):
        with suppress(ValueError, RecursionError):
            message = json.loads(line.removeprefix("data:"))
            return message if isinstance(message, dict) else None
    return None


def _reasons(message: dict[str, Any]) -> Iterator[str]:
    """Yield the lines in which Git says why it gives up."""
    lines = (line.strip() for line in str(message.get("output") or "").splitlines())
    if message.get("phase") == "syncing":
        yield from [line for line in lines if _OF_GIT.match(line)][:_MOST_LINES]
