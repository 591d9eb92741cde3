"""A login with an identity provider: its form is filled in, and its pages are followed back to the hub.

The password only goes to the hosts that the browser may talk to: the hub's own, and those of the identity providers
that the operator has named. A provider's pages come without their styles, scripts and images: most people have them in
their browser's cache, and the provider is somebody else's production system.

What can go wrong has a name in `hubusers/browser/provider_errors.py`.
"""

from typing import Any
from urllib.parse import urljoin, urlsplit

from hubusers.browser import provider_errors
from hubusers.browser.browser import Browser
from hubusers.browser.form import Form
from hubusers.browser.hub_pages import submit, with_files
from hubusers.browser.links import destination, link_to
from hubusers.browser.login_form import LoginForm, asked_for, other_logins, provider_form
from hubusers.browser.onward import onward_of
from hubusers.browser.page import Page
from hubusers.browser.page_errors import is_below
from hubusers.browser.provider_pages import (
    asks_whether_one_is_a_robot,
    button_that_goes_on,
    form_sent_by_script,
    ways_to_sign_in,
)
from hubusers.browser.said import errors_of_provider
from hubusers.browser.sent_form import Sent
from hubusers.http.host_names import origin_of
from hubusers.hub.deadline import Deadline

_MOST_PAGES = 15
"""Pages from the hub to the provider and back, redirects not counted. Shibboleth has six."""


class ProviderLogin:
    """One person's login with an identity provider.

    Args:
        browser: The person's.
        username: Typed into the provider's form.
        password: Likewise.
        deadline: Until when the person must be back at the hub.

    Attributes:
        led_there: Whether the hub has led to a provider.
    """

    def __init__(self, browser: Browser, username: str, password: str, deadline: Deadline) -> None:
        self.led_there = False
        self._browser = browser
        self._username = username
        self._password = password
        self._deadline = deadline
        self._errors_before: list[str] = []  # which no style showed on a page that asked for name or password
        self._has_typed_name = False
        self._has_typed_password = False

    def follow(self, page: Page) -> Page:
        """Do what the pages of identity providers ask for, until the hub, or what stands before it, shows its own.

        Args:
            page: Where the person is; any other page is returned as it is.

        Raises:
            LoginElsewhere, LoginAsksMore, LoginRefused, ProviderFailed: What people with a name and a password cannot
                get past.
            RedirectLoop: The provider leads in circles.
        """
        for _ in range(_MOST_PAGES):
            is_of_server = is_below(self._browser, page.path, "/user")  # whose pages may do as they like
            script = None if page.error or is_of_server else form_sent_by_script(page)
            if not page.provider and script is None:
                return page
            self.led_there = True
            page = self._next(page, script)
        raise provider_errors.never_leads_back(page, self._username, _MOST_PAGES)

    def click(self, page: Page) -> Page | None:
        """Press the button of the hub's login page that leads to an identity provider; None where none does."""
        ways = other_logins(self._browser, page)
        if len(ways) > 1:
            ways = [
                way for way in ways if self._browser.is_at_provider(where_it_leads(self._browser, way, self._deadline))
            ]
        return self._open(ways[0]) if len(ways) == 1 and self._browser.providers else None

    def _next(self, page: Page, script: Any) -> Page:
        """Do what a page asks for, and return the next one."""
        if page.error:
            raise provider_errors.no_page(self._browser, page, self._username, self._deadline)
        if script is not None:
            return self._send(page, Form(script).pressed(None))
        if form := provider_form(page):
            return self._fill_in(page, form)
        if (onward := onward_of(self._browser, page)) and onward.path:
            return self._open(onward.path)
        if page.status >= 400:
            raise self._refused_or_failed(page)
        if button := button_that_goes_on(page):
            return self._send(page, Form(button.form).pressed(button.element))
        ways = {link_to(self._browser, page, address) for _, address in ways_to_sign_in(page)} - {""}
        if len(ways) == 1 and not self._has_typed_password:
            return self._open(ways.pop())
        raise provider_errors.stuck(page, self._username, self._words(page), has_typed=self._has_typed_password)

    def _fill_in(self, page: Page, form: LoginForm) -> Page:
        if form.password is None and self._has_typed_password:  # a code, as from a phone
            raise provider_errors.asks_more(page, self._username, asked_for(page))
        if self._has_typed_password if form.password is not None else self._has_typed_name:
            raise provider_errors.refused(page, self._username, self._words(page))
        if asks_whether_one_is_a_robot(form.element):
            raise provider_errors.asks_for_a_captcha(page, self._username)
        sent = form.filled_in(self._username, self._password)
        if form.missing:
            raise provider_errors.asks_more(page, self._username, form.missing)
        check_destination(self._browser, page, form, sent, self._username)
        self._errors_before += errors_of_provider(page)
        self._has_typed_name = True
        self._has_typed_password |= form.password is not None
        return self._send(page, sent)

    def _send(self, page: Page, sent: Sent) -> Page:
        goes_to = _checked(self._browser, page, sent, self._username)
        if not self._browser.path_to(goes_to, page.path):
            raise provider_errors.not_allowed(page, goes_to)
        return submit(self._browser, page, sent, self._deadline)[0]

    def _open(self, path: str) -> Page:
        return with_files(self._browser, self._browser.get(path, deadline=self._deadline), self._deadline)

    def _refused_or_failed(self, page: Page) -> Exception:
        if page.status in {401, 403} and self._has_typed_password:
            return provider_errors.refused(page, self._username, self._words(page))
        return provider_errors.failed(page, self._username, self._words(page))

    def _words(self, page: Page) -> str:
        """Return what a page says is wrong that no page before has said; "" where it does not say."""
        return " ".join(text for text in errors_of_provider(page) if text not in self._errors_before)


def check_destination(browser: Browser, page: Page, form: LoginForm, sent: Sent, username: str) -> None:
    """Raise LoginElsewhere where a form would show what is typed to others than the hub and the identity providers.

    Args:
        browser: The person's.
        page: Where the form is.
        form: As it was found there.
        sent: What is sent of it.
        username: Who is about to log in.
    """
    goes_to = _checked(browser, page, sent, username)
    if form.password is not None and sent.method != "POST":
        raise provider_errors.would_show_password(page, username)
    if not browser.takes_forms(goes_to):
        raise provider_errors.not_allowed(page, goes_to)


def _checked(browser: Browser, page: Page, sent: Sent, username: str) -> str:
    """Return the URL to which a form goes.

    Raises:
        LoginElsewhere: A browser would send it nowhere.
    """
    goes_to = destination(browser, page, sent.action)
    if not goes_to or sent.method == "DIALOG":
        raise provider_errors.goes_nowhere(page, username, sent.action)
    return goes_to


def where_it_leads(browser: Browser, path: str, deadline: Deadline) -> str:
    """Return the URL to which a login of the hub's redirects, without going there; "" where it does not redirect."""
    page = browser.fetch("GET", path, good=range(200, 400), deadline=deadline)
    location = page.headers.get("Location") if 300 <= page.status < 400 else ""
    try:
        url = urljoin(browser.url_of(path), location) if location else ""
        return url if url and origin_of(urlsplit(url)) else ""
    except ValueError:  # such as "http://["
        return ""
