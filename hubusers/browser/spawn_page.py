"""The hub's page that asks for a server, with or without a form; what comes then is in `spawn_progress.py`.

Each function does what the page's own form or script does, and loads the files that the page needs. All of that ends at
the deadline that it takes: a page that has not come then counts as timed out. Checked against the pages of JupyterHub
4.1, 5.4 and 6.1.

The errors are drawn in `hubusers/browser/__init__.py`.
"""

from collections.abc import Mapping
from typing import Any

from hubusers.browser.browser import Browser
from hubusers.browser.hub_pages import form_of, offers_to_start, open_page, submit
from hubusers.browser.page import Page
from hubusers.browser.page_errors import asks_to_log_in, is_below, loop_of, page_error, said, session_lost
from hubusers.browser.said import words_of
from hubusers.browser.spawn_form import filled_in, warn_of_no_form
from hubusers.hub.answers import ACTIVE_SERVER_LIMIT, CONCURRENT_SPAWN_LIMIT, limit_of
from hubusers.hub.deadline import Deadline
from hubusers.hub.endpoint import quoted
from hubusers.hub.errors import ComeBackLater, SpawnFailed

_OF_A_SPAWN = {200, 424, 429, 500}  # other statuses come from a proxy, or mean "forbidden"


def open_spawn_page(
    browser: Browser,
    username: str,
    deadline: Deadline,
    server_name: str = "",
    *,
    page: Page | None = None,
    start: str = "",
) -> Page:
    """Open the page that asks for a server.

    Where a server runs, the hub leads on to it. Otherwise it starts one, or shows its form.

    Args:
        browser: The person's, logged in.
        username: Whose server.
        deadline: Until when the page must be there.
        server_name: Which server; "" is the default one.
        page: Where the person is: opens nothing if that is the server's spawn, or the server, already.
        start: As for `log_in`: a link of the default server that people open instead.

    Returns:
        Where that led to, whatever it says.
    """
    browser.server_name = server_name
    if page is not None and _leads_to(browser, page, username, server_name):
        return page
    return open_page(browser, start or f"/hub/spawn/{_whose(username, server_name)}", deadline)


def is_of_a_spawn(browser: Browser, page: Page) -> bool:
    """Say whether a page is of a server that did not run: the spawn's form, its progress, or why it failed.

    The server's own page counts as well, if the server started so soon that its progress page led on at once.
    """
    if page.error or page.status not in _OF_A_SPAWN:
        return False
    return is_of_a_started_spawn(browser, page) or is_below(browser, page.path, "/hub/spawn")


def is_of_a_started_spawn(browser: Browser, page: Page) -> bool:
    """Say whether the way to a page has led past the progress of a spawn: then the hub was starting the server."""
    return any(is_below(browser, path, "/hub/spawn-pending") for path in (*page.redirected_from, page.path))


def may_have_started(browser: Browser, page: Page) -> bool:
    """Say whether the way to a page may have started the server: it led past its progress or to it, or ended badly."""
    if page.error or page.status >= 400:
        return True
    paths = ("/hub/spawn-pending", "/hub/user", "/user")
    return any(is_below(browser, path, *paths) for path in (*page.redirected_from, page.path))


def spawn(
    browser: Browser,
    username: str,
    deadline: Deadline,
    server_name: str = "",
    options: Mapping[str, Any] | None = None,
    *,
    page: Page | None = None,
    start: str = "",
) -> Page:
    """Ask for a server the way the page does, by its form where there is one.

    Args:
        browser: The person's, logged in.
        username: Whose server.
        deadline: Until when the page must be there.
        server_name: Which server; "" is the default one.
        options: What to choose in the form, as for `filled_in`; everything else stays as the form has it. Where there
            is no form, there is nothing to choose.
        page: Where the person is, if the login has led on to this server's spawn; otherwise its page is opened.
        start: As for `open_spawn_page`.

    Returns:
        The page to hand to `follow_progress`: that of the spawn, or what is at the server's address if it is up.

    Logs:
        WARNING once, where there are options and no form to choose them in.

    Raises:
        UnknownOption: The form does not offer what `options` say.
        FormNotSent: A browser would not send the form like this, or not to the hub.
        ComeBackLater: The hub has too many spawns or servers (429).
        RedirectLoop: The server runs, but the hub and the proxy lead in circles.
        SpawnFailed: The spawn failed at once.
        SessionLost: The hub asks to log in again.
        HubError: Any other answer, or none.
    """
    page = open_spawn_page(browser, username, deadline, server_name, page=page, start=start)
    doing = f"spawning the server of {username}"
    if asks_to_log_in(browser, page):
        raise session_lost(page, doing)
    form = _spawn_form(page)
    if form is None and options and is_of_a_spawn(browser, page):
        warn_of_no_form()
    if form is not None:
        page, _ = submit(browser, page, filled_in(form, options or {}), deadline)
        if page.status == 400 and _spawn_form(page) is None:  # it was started meanwhile, perhaps in another tab
            page = open_page(browser, f"/hub/spawn-pending/{_whose(username, server_name)}", deadline)
    if is_below(browser, page.path, "/user"):
        return page
    if not page.error and page.status < 400 and _spawn_form(page) is None:
        return page
    if loop := loop_of(browser, page, doing):
        raise loop
    answer, words = said(page), words_of(page)
    limit = limit_of(answer)
    # JupyterHub 4 shows its form again with a 200, and the reason in words only.
    if page.status == 429 or limit in {CONCURRENT_SPAWN_LIMIT, ACTIVE_SERVER_LIMIT}:
        raise ComeBackLater(f"{doing}: {answer}", answer.retry_after, limit, words)
    if not page.error and (page.status == 500 or offers_to_start(page) or _spawn_form(page) is not None):
        raise SpawnFailed(f"{doing}: {answer}", status=page.status, words=words)
    raise page_error(browser, page, doing)


def _spawn_form(page: Page) -> Any:
    """Return the form of a spawn page; templates of one's own may have left out its name."""
    named = form_of(page, "@id='spawn_form'")
    if named is not None or "/hub/spawn" not in page.path:
        return named
    return form_of(page, "contains(@action, '/hub/spawn') or (not(string(@action)) and @method)")


def _whose(username: str, server_name: str) -> str:
    return quoted(username) + (f"/{quoted(server_name)}" if server_name else "")


def _leads_to(browser: Browser, page: Page, username: str, server_name: str) -> bool:
    """Say whether a page is this server's, its spawn's, or the spawn page without a name, of the default server."""
    whose = f"{username}/{server_name}" if server_name else username
    own = [f"{path}/{whose}" for path in ("/hub/spawn", "/hub/spawn-pending", "/user")]
    is_default = not server_name and page.path.partition("?")[0] == f"{browser.base}/hub/spawn"
    return is_default or is_below(browser, page.path, *own)
