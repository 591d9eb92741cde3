"""What goes wrong on the way to a server and at it, as a person's browser sees it: one error for each kind.

Each error's `words` are those of the page. The errors are drawn in `hubusers/browser/__init__.py`.
"""

import json
from urllib.parse import unquote

from hubusers.browser.browser import TOO_MANY_REDIRECTS, Browser
from hubusers.browser.hosts import ANOTHER_HOST, SERVER_ELSEWHERE, path_of
from hubusers.browser.page import Page
from hubusers.browser.said import HUB, PROXY, SERVER, answered_by, words_of
from hubusers.counting import counted
from hubusers.http.messages import HOST_UNKNOWN, Answer
from hubusers.hub.answers import error_for
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError, HubUsersError, ServerGone

_SHOWN_CHARACTERS = 200
_IN_CIRCLES = 3
"""How often one address must have redirected: logging in at a server comes to the same address twice."""

_MOST_IN_A_CIRCLE = 3
"""How many addresses of a circle are named."""

_OF_NOBODY = {404, 502, 503, 504}
"""The statuses with which something answers in place of a server that it does not reach, or does not know."""

_NOT_RUNNING = {424, 503}
"""How the hub answers for a server that does not run; the second one where it is configured to."""

_NOT_LOGGED_IN = "Forbidden"
"""The message with which a server's API sends people away who are not logged in any more."""


class SessionLost(HubError):
    phrase = "session lost"
    ends_user = True


class RedirectLoop(HubError):
    phrase = "redirect loop"


class ServerUnreachable(HubError):
    phrase = "server unreachable"


class ServerNotRunning(HubUsersError):
    phrase = "server not running"
    no_server = True


def loop_of(browser: Browser, page: Page, doing: str) -> RedirectLoop | None:
    """Return the error for a page that is the end of a redirect loop; None for any other page.

    The hub itself gives up after four rounds, with growing pauses; a browser after twenty redirects.
    """
    # Those of an identity provider all have one row.
    places = [
        path.partition("?")[0] if browser.is_at_provider(path) else browser.row_of(path)
        for path in (*page.redirected_from, page.path)
    ]
    goes_in_circles = page.status >= 400 and any(places.count(place) >= _IN_CIRCLES for place in places)
    if page.error != TOO_MANY_REDIRECTS and not goes_in_circles:
        return None
    repeated = [place for place in places if places.count(place) >= _IN_CIRCLES]
    circle = list(dict.fromkeys(browser.row_of(place) if "://" in place else place for place in repeated))
    circle = circle[:_MOST_IN_A_CIRCLE]
    between = " and ".join(circle) or "addresses that are different each time"
    return RedirectLoop(
        f"{doing}: sent in circles between {between}, {counted(len(page.redirected_from), 'redirect')}; {said(page)}",
        status=page.status,
        cause=f"between {between}",
        words=words_of(page),
    )


def asks_to_log_in(browser: Browser, page: Page) -> bool:
    """Say whether a page is the login, which means for people who were logged in that their session is lost."""
    return not page.error and is_below(browser, page.path, "/hub/login")


def session_lost(page: Page, doing: str) -> SessionLost:
    """Return the error for a page that asks a person to log in who was logged in."""
    return SessionLost(f"{doing}: the hub asks to log in again", status=page.status, words=words_of(page))


def error_at_server(browser: Browser, page: Page, doing: str, deadline: Deadline) -> HubUsersError:
    """Return the error for a bad answer to what a page of a server that was ready has asked for.

    Where the hub has answered instead of the server, asks the hub for the server's page: so does a browser, which
    follows the redirects of the requests that its pages send.

    Args:
        browser: The person's.
        page: The bad answer.
        doing: What the person was doing, for the log.
        deadline: Until when the hub must have answered.
    """
    if asks_to_log_in(browser, page):
        return session_lost(page, doing)
    if loop := loop_of(browser, page, doing):
        return loop
    who, is_at_server = answered_by(page), is_below(browser, page.path, "/user")
    if page.status in _NOT_RUNNING and who == HUB:
        return ServerGone(f"{doing}: {said(page)}", status=page.status, words=words_of(page))
    if who == HUB and is_at_server:
        return _explained_by_the_hub(browser, page, doing, deadline)
    if is_at_server and page.status in _OF_NOBODY and who != SERVER:
        return unreachable(page, doing)
    error = error_for(page.answer, doing, of_api=False)
    error.words = words_of(page)
    if page.status == 403 and who == SERVER and error.words == _NOT_LOGGED_IN:
        return SessionLost(f"{doing}: {said(page)}", status=page.status, words=error.words)
    return error


def unreachable(page: Page, doing: str) -> ServerUnreachable:
    """Return the error for a server that is ready, as the hub says, and does not answer at its address."""
    cause = f"HTTP {page.status} from {answered_by(page)}" if page.status else page.error
    return ServerUnreachable(
        f"{doing}: {said(page)}{of_host(page)}", status=page.status, cause=cause, words=words_of(page)
    )


def is_servers_own(browser: Browser, page: Page, deadline: Deadline) -> bool:
    """Say whether a bad answer at a server's address is the server's own, or that of an application behind it.

    What such an application answers looks like what a proxy would answer for a server that it does not reach. So where
    nothing in the answer tells, the server is asked for something else.

    Args:
        browser: The person's.
        page: The bad answer.
        deadline: Until when the server must have answered.
    """
    who = answered_by(page)
    if who in {HUB, PROXY, ""}:
        return False
    return who == SERVER or server_answers(browser, page.path, deadline)


def server_answers(browser: Browser, path: str, deadline: Deadline) -> bool:
    """Ask a server for its status, and say whether it gives it.

    Args:
        browser: The person's.
        path: The path of any page of the server.
        deadline: Until when it must have answered.
    """
    own = path_of(path).partition("?")[0].removeprefix(browser.base).split("/")
    base = "/".join(own[: 4 if browser.server_name else 3])
    status = browser.fetch("GET", f"{browser.base}{base}/api/status", deadline=deadline)
    return status.status == 200 and answered_by(status) == SERVER


def _explained_by_the_hub(browser: Browser, page: Page, doing: str, deadline: Deadline) -> HubUsersError:
    """Ask the hub why it has answered at a server's address, where the proxy should have led to the server."""
    path = page.path.partition("?")[0].removeprefix(browser.base)
    says = browser.fetch("GET", f"{browser.base}/hub{path}", good=range(200, 500), deadline=deadline)
    leads_to = browser.path_to(says.headers.get("Location") or "", says.path) if 300 <= says.status < 400 else ""
    words = words_of(says) or words_of(page)
    if says.status in _NOT_RUNNING or is_below(browser, leads_to, "/hub/spawn-pending"):
        return ServerGone(f"{doing}: {said(says)}", status=says.status, words=words)
    if is_below(browser, leads_to, "/hub/login"):
        return SessionLost(f"{doing}: the hub asks to log in again", status=says.status, words=words)
    if is_below(browser, leads_to, "/user"):
        return ServerUnreachable(
            f"{doing}: the hub says that the server is ready, but the proxy has no route to it: {said(page)}",
            status=page.status,
            cause="the proxy has no route to it",
            words=words,
        )
    return unreachable(page, doing)


def page_error(browser: Browser, page: Page, doing: str) -> HubError:
    """Return the error for any other page that says that something is wrong, or that has not come."""
    if loop := loop_of(browser, page, doing):
        return loop
    if page.error.startswith(SERVER_ELSEWHERE):
        detail = (
            f"{page.error}, where nobody is followed to; give the address in --host that the hub has for browsers "
            "(public_url, subdomain_host in its jupyterhub_config.py), or hosts to its users that are below its own"
        )
        return HubError(f"{doing}: {detail}", status=page.status, cause=SERVER_ELSEWHERE)
    if page.error.startswith(ANOTHER_HOST):
        return HubError(f"{doing}: {page.error}", status=page.status, cause=ANOTHER_HOST)
    return HubError(
        f"{doing}: {said(page)}", status=page.status, cause=page.error or page.answer.cause, words=words_of(page)
    )


def said(page: Page) -> Answer:
    """Return what a page says went wrong as the hub's API would have said it; its text is for a log."""
    message = words_of(page) or _heading(page) if page.is_document else ""
    if not message:
        return page.answer
    if len(message) > _SHOWN_CHARACTERS:
        message = message[:_SHOWN_CHARACTERS] + "…"
    return Answer(page.status, json.dumps({"message": message}), page.headers, page.error)


def of_host(page: Page) -> str:
    """Return what to add to an error where a host is not known that the hub gave to one person; "" elsewhere."""
    if page.error != HOST_UNKNOWN or not page.host:
        return ""
    return (
        f" ({page.host}: the hub gives each person a host of their own (subdomain_host), whose name must have an "
        f"address, as by a wildcard DNS record *.{page.host.partition('.')[2]})"
    )


def _heading(page: Page) -> str:
    """Return the heading of one of the hub's error pages, for those that say nothing else."""
    return " ".join(page.document.xpath("string(//div[@class='error']/h1)").split())


def is_below(browser: Browser, path: str, *paths: str) -> bool:
    """Say whether a path is one of the hub's paths given, or below it."""
    if browser.is_at_provider(path):
        return False
    own = unquote(path_of(path).partition("?")[0]).removeprefix(browser.base).rstrip("/") + "/"
    return any(own.startswith(f"{one}/") for one in paths)
