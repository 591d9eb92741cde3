"""The hub's home page, with the button that stops a server. Checked against that of JupyterHub 4.1, 5.4 and 6.1."""

import re

from hubusers.browser.browser import Browser
from hubusers.browser.hub_pages import has, offers_to_start, open_page
from hubusers.browser.page import Page
from hubusers.browser.page_errors import asks_to_log_in, page_error, session_lost
from hubusers.hub.answers import Stop, error_for, stop_outcome
from hubusers.hub.deadline import Deadline
from hubusers.hub.endpoint import quoted
from hubusers.hub.errors import ServerGone
from hubusers.hub.lifecycle import why_not_stopped

_XSRF_TOKEN = re.compile(r"""xsrf_token:\s*["']([^"']+)""")


def stop_server(browser: Browser, username: str, deadline: Deadline, server_name: str = "") -> Stop:
    """Press the button of the hub's home page that stops a server.

    Args:
        browser: The person's.
        username: Whose server.
        deadline: Until when the hub must have answered.
        server_name: Which server; "" is the default one.

    Returns:
        What became of it; a stop that takes longer (`Stop.STOPPING`), or is refused as long as the server starts
        (`Stop.NOT_NOW`), is for the caller to wait for.

    Raises:
        ServerGone: It does not run any more: the page offers to start it.
        SessionLost: The hub asks to log in again.
        ComeBackLater: Too many requests (429).
        HubError: The hub refused, or did not answer.
    """
    page = open_page(browser, "/hub/home", deadline)
    if asks_to_log_in(browser, page):
        raise session_lost(page, f"opening the home page of {username}")
    if page.error or page.status >= 400:
        raise page_error(browser, page, f"opening the home page of {username}")
    if _cannot_be_stopped(page, server_name):
        raise ServerGone(f"stopping the server of {username}: the hub's home page has no button for it any more")
    token = _XSRF_TOKEN.search(page.text)
    query = f"?_xsrf={token[1]}" if token else ""
    server = f"servers/{quoted(server_name)}" if server_name else "server"
    path = f"{browser.base}/hub/api/users/{quoted(username)}/{server}{query}"
    answer = browser.fetch("DELETE", path, deadline=deadline).answer
    outcome = stop_outcome(answer)
    if outcome is Stop.THROTTLED:
        raise why_not_stopped(answer, f"stopping the server of {username}")
    if outcome in {Stop.REFUSED, Stop.USER_GONE}:
        error = error_for(answer, f"stopping the server of {username}")
        error.words = answer.message
        raise error
    return outcome


def _cannot_be_stopped(page: Page, server_name: str) -> bool:
    """Say whether the hub's home page has no button that stops the server, because it does not run."""
    if not server_name:
        return offers_to_start(page)
    stop = "//*[@data-server-name=$name]//*[contains(@class, 'stop-server') and not(contains(@class, 'hidden'))]"
    return has(page, "//table[contains(@class, 'server-table')]") and not has(page, stop, name=server_name)
