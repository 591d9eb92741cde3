"""What goes wrong with a login, as a person's browser sees it: one error for each kind.

Each error's `words` are those of the page. The errors are drawn in `hubusers/browser/__init__.py`.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from hubusers.browser.browser import Browser
from hubusers.browser.hosts import ANOTHER_HOST, origin_of_url
from hubusers.browser.login_form import buttons
from hubusers.browser.page import Page
from hubusers.browser.page_errors import loop_of, of_host, said
from hubusers.browser.said import answered_by, words_of, words_of_login
from hubusers.http.host_names import is_this_machine
from hubusers.http.messages import TIMED_OUT
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError, HubUsersError, WaitTimeout

_DENIES = "Invalid username or password"
_DENIES_BY_DEFAULT = 5
"""The first version of JupyterHub that lets nobody in unless it is told to."""

_DOES_NOT_SAY_WHY = "a page for people who are not logged in, which does not say why"
PROVIDER_OPTION = "--identity-provider"
GIVE_TOKENS = "give these people tokens instead"
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


def elsewhere(page: Page, leads_to: str = "") -> LoginElsewhere:
    """Return the error for a hub that leaves logins to another service.

    Args:
        page: Where that ended.
        leads_to: The URL to which the only button of the page leads; "" where that is not known.
    """
    texts = buttons(page)
    says = f", only the button {texts[0]!r}" if texts else ""
    says = f", only the buttons {', '.join(map(repr, texts[:_MOST_BUTTONS]))}" if texts[1:] else says
    todo = f"what another service asks cannot be typed in from here: {GIVE_TOKENS}"
    if page.error:
        host = page.error.removeprefix(f"{ANOTHER_HOST}: ")
        leads_to = host if "://" in host else f"https://{host}"
        what, todo = f"the hub sends people to {host} to log in", where_passwords_go(leads_to)
    elif page.status >= 400:
        where = page.path.partition("?")[0]
        what = f"the hub's login leads to {where}, which only takes people whom another service sends"
    elif leads_to:
        what = f"the hub's login page has nothing to type into{says}, which leads to {origin_of_url(leads_to)}"
        todo = where_passwords_go(leads_to)
    else:
        what = f"the hub's login page has nothing to type into{says}"
    return LoginElsewhere(f"{what}; {todo}", status=page.status, words=words_of(page))


def where_passwords_go(url: str) -> str:
    """Return what to do about a login that leads to another host.

    Args:
        url: Where it leads, on that host.
    """
    origin = origin_of_url(url)
    if urlsplit(origin).scheme == "http" and not is_this_machine(urlsplit(origin).hostname or ""):
        return f"a password would go to {origin} unencrypted: {GIVE_TOKENS}"
    return (
        f"passwords go to {origin} only if you allow it: with {PROVIDER_OPTION} {origin}, after asking its operators; "
        f"or {GIVE_TOKENS}"
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
        f"password{what}: {GIVE_TOKENS}",
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
        todo = GIVE_TOKENS
    elif name.casefold() == username.casefold():
        why, todo = "it normalizes the names of people", f"write {name}, as the hub does"
    else:
        why = "it normalizes the names of people, or maps them to others"
        todo = f"write {name} as the name, and what is typed in a column `login` if that differs; or {GIVE_TOKENS}"
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
        return HubError(f"{doing}: {page.error}{of_host(page)}", cause=page.error)
    what = f"HTTP {page.status}" if page.status >= 400 else "the page is not a login"
    return LoginBroken(
        f"{doing}: {said(page)}", status=page.status, cause=f"{what}, from {answered_by(page)}", words=words_of(page)
    )
