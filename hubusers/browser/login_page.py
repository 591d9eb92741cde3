"""What a hub's login page asks for, told without logging in."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from hubusers.browser.browser import Browser
from hubusers.browser.login_errors import LoginElsewhere
from hubusers.browser.login_form import LoginForm, buttons, login_form, other_logins, own_logins, provider_form
from hubusers.browser.page import Page
from hubusers.browser.provider_login import check_destination, where_it_leads
from hubusers.hub.deadline import Deadline


@dataclass(frozen=True)
class LoginPage:
    """What a login page asks for.

    Attributes:
        asks_for: A phrase, to be read after "login"; "" where there was no page.
        takes_passwords: Whether name and password will do, as far as the page tells; None where there was no page.
    """

    asks_for: str
    takes_passwords: bool | None


def look_at_login(browser: Browser, deadline: Deadline) -> LoginPage:
    """Look at a hub's login page, and at those of its authenticators where it has several.

    Redirects are not followed, because what they lead to might log somebody in, or make an account; but the first page
    of an identity provider that the browser may talk to is opened.
    """
    path = f"{browser.base}/hub/login"
    page = browser.fetch("GET", path, deadline=deadline)
    if (way := _way_to_provider(browser, page, deadline)) and (there := browser.get(way, deadline=deadline)).provider:
        form = provider_form(there)
        where = f", at {there.provider}"
        return _of_form(browser, there, form, where) if form else LoginPage(f"nothing that is known here{where}", None)
    if 300 <= page.status < 400:
        target = urlsplit(page.headers.get("Location") or "")
        return LoginPage(f"nothing to type into; it leads on to {target.netloc}{target.path}", False)
    if page.status != 200 or not page.is_document:
        return LoginPage("", None)
    if form := login_form(browser, page):
        return _of_form(browser, page, form, "")
    for own in own_logins(browser, page):
        behind = browser.fetch("GET", own, deadline=deadline)
        if form := login_form(browser, behind) if behind.status == 200 else None:
            return _of_form(browser, behind, form, f", at {own.partition('?')[0]}")
    texts = ", ".join(map(repr, buttons(page)))
    return LoginPage(f"nothing to type into{f', only {texts}' if texts else ''}", False)


def _way_to_provider(browser: Browser, page: Page, deadline: Deadline) -> str:
    """Return the address of an identity provider to which a login page leads, at once or by a button; "" for none."""
    if not browser.providers:
        return ""
    on = browser.path_to(page.headers.get("Location") or "", page.path) if 300 <= page.status < 400 else ""
    for path in [on] if on else other_logins(browser, page):
        url = path if browser.is_at_provider(path) else where_it_leads(browser, path, deadline)
        if browser.is_at_provider(url):
            return url
    return ""


def _of_form(browser: Browser, page: Page, form: LoginForm, where: str) -> LoginPage:
    sent = form.filled_in("name", "password")
    what = "a form for name and password" if form.password is not None else "a form for a name"
    if form.missing:
        return LoginPage(f"{what}, and for {', '.join(map(repr, form.missing))}{where}", False)
    try:
        check_destination(browser, page, form, sent, "anybody")
    except LoginElsewhere as error:
        return LoginPage(f"{what}{where} ({error.detail})", False)
    may = f", perhaps also {', '.join(map(repr, form.left_empty))}" if form.left_empty else ""
    return LoginPage(f"{what}{may}{where}", True)
