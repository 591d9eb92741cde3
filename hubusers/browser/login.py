"""The hub's login and logout as a person meets them: the form is filled in, the button is pressed.

All of that ends at the deadline that it takes: a page that has not come then counts as timed out. Checked against the
pages of JupyterHub 4.1, 5.4 and 6.1.

What can go wrong has a name in `hubusers/browser/login_errors.py`.
"""

from hubusers.browser.browser import Browser
from hubusers.browser.hosts import ANOTHER_HOST, SERVER_ELSEWHERE
from hubusers.browser.hub_pages import open_page, submit, with_files
from hubusers.browser.identity import user_of, who_is_in
from hubusers.browser.login_errors import another_name, asks_more, elsewhere, login_error, refused
from hubusers.browser.login_form import asked_for, login_form, other_logins, own_logins
from hubusers.browser.page import Page
from hubusers.browser.page_errors import is_below, page_error
from hubusers.browser.provider_login import ProviderLogin, check_destination, where_it_leads
from hubusers.browser.said import HUB, answered_by
from hubusers.hub.deadline import Deadline


def log_in(
    browser: Browser, username: str, password: str, deadline: Deadline, *, start: str = "/", typed: str = ""
) -> Page:
    """Open the hub and log in by its form, unless the person is logged in already or the hub asks for no login.

    Where the hub leads to an identity provider that the browser may talk to, or has a button that does, the person logs
    in there.

    Args:
        browser: The person's.
        username: As the hub calls the person.
        password: Typed into the form.
        deadline: Until when the page must be there.
        start: The page that the person opens, below the hub's base URL. From "/" most hubs lead on to the default
            server, and so ask for it; `/hub/home` leads nowhere else.
        typed: Typed into the form as the name, where that is not the username, such as an e-mail address.

    Returns:
        The page where the person is then, whatever it says: with most hubs the spawn's, to be handed to `spawn`.

    Raises:
        LoginElsewhere: There is nothing to type into: the hub leaves logins to another service; or what is typed would
            go to another host.
        LoginAsksMore: The form, or the page after it, asks for more than a name and a password.
        ProviderRefused: The identity provider refuses; the words are what its page says.
        ProviderFailed: It does not answer, or not with a page by which people could log in.
        LoggedInAsAnother: The hub has let the person in, under another name.
        LoginRefused: The hub refuses; the words are what its page says.
        LoginBroken: The answer is an error, or a page that is neither a login nor the hub's.
        RedirectLoop: The hub, or what stands before it, leads in circles.
        WaitTimeout: The deadline has come.
        HubError: The hub did not answer.
    """
    browser.types(password)
    page = open_page(browser, start, deadline)
    typed = typed or username
    provider = ProviderLogin(browser, typed, password, deadline)
    page = provider.follow(page)
    if not provider.led_there and _asks_who(page) and (clicked := provider.click(page)):
        page = provider.follow(clicked)
    if provider.led_there:
        on_hub = is_below(browser, page.path, "/hub")
        if on_hub and page.status >= 400 and page.status not in {401, 403}:
            raise login_error(browser, page, username, deadline)
        return _arrived(browser, page, username, deadline, typed=True, on_login_page=on_hub)
    form = login_form(browser, page)
    for path in own_logins(browser, page) if form is None and _asks_who(page) else []:
        behind = with_files(browser, browser.get(path, deadline=deadline), deadline)
        if form := login_form(browser, behind):
            page = behind
            break
    if form is None:
        on_login_page = is_below(browser, page.path, "/hub/login")
        return _arrived(browser, page, username, deadline, typed=False, on_login_page=on_login_page)
    sent = form.filled_in(typed, password)
    if form.missing:
        raise asks_more(page, username, form.missing)
    check_destination(browser, page, form, sent, typed)
    left_empty = form.left_empty
    page, asked = submit(browser, page, sent, deadline)
    if page.status < 500 and login_form(browser, page) is not None:
        raise refused(page, username, left_empty)
    return _arrived(browser, page, username, deadline, typed=True, on_login_page=page.path == asked)


def log_out(browser: Browser, deadline: Deadline) -> Page:
    """Press the button that logs out.

    Args:
        browser: The person's.
        deadline: Until when the page must be there.

    Returns:
        The page where the person is then, mostly the login page.

    Raises:
        HubError: The hub refused, or did not answer.
    """
    page = open_page(browser, "/hub/logout", deadline)
    is_elsewhere = page.provider or page.error.startswith(ANOTHER_HOST)
    if not is_elsewhere and (page.error or page.status >= 400):
        raise page_error(browser, page, "logging out")
    return page


def _arrived(
    browser: Browser, page: Page, username: str, deadline: Deadline, *, typed: bool, on_login_page: bool
) -> Page:
    """Return the page that a login has led to, whatever is wrong there, unless it is the login that went wrong.

    Args:
        browser: The person's.
        page: Where the login has led.
        username: Who wanted to log in.
        deadline: As for `log_in`.
        typed: Whether a form was filled in.
        on_login_page: Whether that is still the page of the login.
    """
    if page.error.startswith(ANOTHER_HOST):
        raise elsewhere(page)
    if on_login_page and page.status in {401, 403}:
        raise refused(page, username)
    if page.error.startswith(SERVER_ELSEWHERE):
        return page
    if page.error:
        raise login_error(browser, page, username, deadline)
    name = who_is_in(browser, page, username, deadline)
    if name:
        if name != username:
            raise another_name(page, username, name, typed=typed)
        return page
    if not is_below(browser, page.path, "/hub") or answered_by(page) != HUB or page.status >= 500:
        raise login_error(browser, page, username, deadline)
    if fields := asked_for(page):
        raise asks_more(page, username, fields)
    raise refused(page, username) if typed else elsewhere(page, _other_host(browser, page, deadline))


def _other_host(browser: Browser, page: Page, deadline: Deadline) -> str:
    """Return the URL to which the only button of a login page leads, if that is on another host; otherwise ""."""
    ways = [way for way in other_logins(browser, page) if way.partition("?")[0].endswith("oauth_login")]
    url = where_it_leads(browser, ways[0], deadline) if len(ways) == 1 else ""
    return url if url and not browser.path_to(url, page.path) else ""


def _asks_who(page: Page) -> bool:
    return not page.error and page.status < 400 and user_of(page) == ""
