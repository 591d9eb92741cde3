"""What goes wrong on the way to a server and at it, as a person's browser sees it: one error for each kind.

Each error's `words` are those of the page. The errors are drawn in `hubusers/browser/__init__.py`.
"""

import json
from collections.abc import Sequence
from urllib.parse import unquote

from hubusers.browser.browser import TOO_MANY_REDIRECTS, Browser
from hubusers.browser.hosts import ANOTHER_HOST, SERVER_ELSEWHERE, path_of
from hubusers.browser.login_form import buttons
from hubusers.browser.page import Page
from hubusers.browser.said import HUB, PROXY, SERVER, answered_by, words_of, words_of_login
from hubusers.counting import counted
from hubusers.http.messages import HOST_UNKNOWN, TIMED_OUT, Answer
from hubusers.hub.answers import error_for
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError, HubUsersError, ServerGone, WaitTimeout

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

_DENIES = "Invalid username or password"
_DENIES_BY_DEFAULT = 5
"""The first version of JupyterHub that lets nobody in unless it is told to."""

_DOES_NOT_SAY_WHY = "a page for people who are not logged in, which does not say why"
_GIVE_TOKENS = "give these people tokens instead"
_MOST_BUTTONS = 4
"""How many buttons of a login page are named."""


class LoginFailed(HubUsersError):
    """The hub does not let this person in."""

    phrase = "login failed"
    ends_user = True  # another try would fail as well, and some hubs lock accounts after too many


class LoginRefused(LoginFailed):
    phrase = "login refused"


class LoginElsewhere(LoginFailed):
    phrase = "login is with another service"


class LoginAsksMore(LoginFailed):
    phrase = "login asks for more"


class LoggedInAsAnother(LoginFailed):
    """The hub has let the person in, under a name that is not the one that was typed, or that the token was given for.

    Attributes:
        name: As the hub says it.
        page: Where the login has led.
        typed: Whether the name was typed into a form.
    """

    phrase = "logged in as another name"

    def __init__(self, detail: str, name: str, page: Page, *, typed: bool) -> None:
        super().__init__(detail, status=page.status)
        self.name = name
        self.page = page
        self.typed = typed


class LoginBroken(HubError):
    phrase = "login broken"


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


def refused(page: Page, username: str, left_empty: Sequence[str] = ()) -> LoginFailed:
    """Return the error for a login that the hub has refused.

    Args:
        page: What it has answered.
        username: Who has tried.
        left_empty: What else the form asked for.
    """
    words, hints = words_of_login(page), list[str]()
    version = (page.headers.get("X-JupyterHub-Version") or "").partition(".")[0]
    if words.rstrip(".") == _DENIES and version.isdecimal() and int(version) >= _DENIES_BY_DEFAULT:
        hints.append(
            "JupyterHub also says this to people whom it does not allow: since version 5 nobody may log in unless "
            "c.Authenticator.allow_all or c.Authenticator.allowed_users says so"
        )
    if page.is_document and page.document.xpath("//a[contains(@href, '/signup')]"):
        hints.append("the hub has a page to sign up: does it know this account, and has an admin authorized it?")
    if left_empty:
        hints.append(f"its form also asks for {' and '.join(map(repr, left_empty))}, which was left empty")
    what = f"HTTP {page.status}: {words or _DOES_NOT_SAY_WHY}"
    hint = f" ({'; '.join(hints)})" if hints else ""
    return LoginRefused(f"logging in as {username}: {what}{hint}", status=page.status, words=words)


def elsewhere(page: Page) -> LoginElsewhere:
    """Return the error for a hub that leaves logins to another service."""
    if page.error:
        what = f"the hub sends people to {page.error.removeprefix(f'{ANOTHER_HOST}: ')} to log in"
    elif page.status >= 400:
        where = page.path.partition("?")[0]
        what = f"the hub's login leads to {where}, which only takes people whom another service sends"
    else:
        texts = buttons(page)
        says = f", only the button {texts[0]!r}" if texts else ""
        says = f", only the buttons {', '.join(map(repr, texts[:_MOST_BUTTONS]))}" if texts[1:] else says
        what = f"the hub's login page has nothing to type into{says}"
    return LoginElsewhere(
        f"{what}; what another service asks cannot be typed in from here: {_GIVE_TOKENS}",
        status=page.status,
        words=words_of(page),
    )


def asks_more(page: Page, username: str, fields: Sequence[str]) -> LoginAsksMore:
    """Return the error for a login that asks for more than a name and a password.

    Args:
        page: The page that asks.
        username: Who has tried to log in.
        fields: What it asks for, in its own words.
    """
    what = f" ({', '.join(map(repr, fields))})" if fields else ""
    return LoginAsksMore(
        f"logging in as {username}: the page {page.path.partition('?')[0]} asks for more than a name and a "
        f"password{what}: {_GIVE_TOKENS}",
        status=page.status,
        words=words_of_login(page),
    )


def another_name(page: Page, username: str, name: str, *, typed: bool) -> LoggedInAsAnother:
    """Return the error for a person whom the hub calls something else.

    Args:
        page: Where the login has led.
        username: Who wanted to log in.
        name: As whom the hub knows this person.
        typed: Whether the name was typed into a form; otherwise nothing was asked, as with a token.
    """
    if not typed:
        why = "nobody was asked for a name, because the hub, or something before it, decides who somebody is"
        todo = _GIVE_TOKENS
    elif name.casefold() == username.casefold():
        why, todo = "it normalizes the names of people", f"write {name}, as the hub does"
    else:
        why = "it normalizes the names of people, or maps them to others"
        todo = f"write {name} if this person can log in by it; otherwise {_GIVE_TOKENS}"
    detail = f"logging in as {username}: the hub says that this is {name} ({why}); {todo}"
    return LoggedInAsAnother(detail, name, page, typed=typed)


def token_of_another(page: Page, username: str, name: str) -> LoggedInAsAnother:
    """Return the error for a person whose token belongs to somebody else, as a page of the hub's API says."""
    return LoggedInAsAnother(
        f"showing the token of {username}: the hub says that it is the token of {name}; give {username} a token of "
        f"their own, or write {name} as the name",
        name,
        page,
        typed=False,
    )


def login_error(browser: Browser, page: Page, username: str, deadline: Deadline) -> HubUsersError:
    """Return the error for a page that is neither a login nor what comes after one."""
    doing = f"logging in as {username}"
    if page.error == TIMED_OUT:
        return WaitTimeout(f"{doing} took longer than {deadline.seconds:g} seconds")
    if loop := loop_of(browser, page, doing):
        return loop
    if not page.status:
        return HubError(f"{doing}: {page.error}{_of_host(page)}", cause=page.error)
    what = f"HTTP {page.status}" if page.status >= 400 else "the page is not a login"
    return LoginBroken(
        f"{doing}: {said(page)}", status=page.status, cause=f"{what}, from {answered_by(page)}", words=words_of(page)
    )


def loop_of(browser: Browser, page: Page, doing: str) -> RedirectLoop | None:
    """Return the error for a page that is the end of a redirect loop; None for any other page.

    The hub itself gives up after four rounds, with growing pauses; a browser after twenty redirects.
    """
    rows = [browser.row_of(path) for path in (*page.redirected_from, page.path)]
    goes_in_circles = page.status >= 400 and any(rows.count(row) >= _IN_CIRCLES for row in rows)
    if page.error != TOO_MANY_REDIRECTS and not goes_in_circles:
        return None
    circle = list(dict.fromkeys(row for row in rows if rows.count(row) >= _IN_CIRCLES))[:_MOST_IN_A_CIRCLE]
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
        f"{doing}: {said(page)}{_of_host(page)}", status=page.status, cause=cause, words=words_of(page)
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


def _of_host(page: Page) -> str:
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
    own = unquote(path_of(path).partition("?")[0]).removeprefix(browser.base).rstrip("/") + "/"
    return any(own.startswith(f"{one}/") for one in paths)
