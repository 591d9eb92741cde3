"""The page of a spawn: a person watches how the server starts, and is led to it.

Does what the page's own script does. Checked against the pages of JupyterHub 4.1, 5.4 and 6.1.

The errors are drawn in `hubusers/browser/__init__.py`.
"""

import re
from collections import deque
from collections.abc import Callable

from hubusers.browser.browser import Browser
from hubusers.browser.form import Form
from hubusers.browser.hub_pages import form_of, has, offers_to_start, submit, with_files
from hubusers.browser.page import Page
from hubusers.browser.page_errors import (
    ServerNotRunning,
    asks_to_log_in,
    is_below,
    is_servers_own,
    page_error,
    said,
    session_lost,
    unreachable,
)
from hubusers.browser.said import words_of
from hubusers.http.messages import TIMED_OUT, StreamLost
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import SpawnFailed, WaitTimeout
from hubusers.hub.progress import Hears, event_of

RECONNECT = 3.0
"""Seconds after which browsers open an event source again that broke off."""

STOP_RELOAD = 5.0
"""Seconds after which the page of a server that is stopping loads itself again."""

_MESSAGES = 3
"""How many of the last messages of a failed spawn are told."""

_PROGRESS_URL = re.compile(r"""new EventSource\(\s*["']([^"']+)""")


def follow_progress(
    browser: Browser,
    page: Page,
    deadline: Deadline,
    on_ready: Callable[[], None] = lambda: None,
    hears: Hears = lambda _: None,
    *,
    goes_on: bool = True,
) -> Page:
    """Stay on the page of a spawn until it leads to the server, and on to the server's own first page.

    Args:
        browser: The person's.
        page: What `spawn` returned.
        deadline: Until when to stay.
        on_ready: Called when the page is told that the server is ready, before it leads there.
        hears: Called with each event of the progress stream.
        goes_on: Whether to go on to the server when the page is told that it is ready.

    Returns:
        The server's first page, mostly JupyterLab's: also an error page, if the server itself shows one. Where it does
        not go on, the page of the spawn.

    Raises:
        SpawnFailed: The page, or its progress stream, says so; the detail holds the last messages.
        ServerNotRunning: It neither runs nor starts, because it was stopped; it can be asked for again.
        ServerUnreachable: The hub says that it is ready, but it does not answer at its address.
        RedirectLoop: It is ready, but the hub and the proxy lead in circles.
        SessionLost: The hub asks to log in again.
        WaitTimeout: The deadline has come.
        HubError: Any other answer, or none.

        Those of a server that is ready have in `after` for how many seconds it had been when the page gave up.
    """
    told_ready: float | None = None
    while deadline.remaining() > 0:
        progress_url = _PROGRESS_URL.search(page.text)
        progress_path = browser.path_to(progress_url[1], page.path) if progress_url else ""
        if (form := _consent_form(page)) is not None:
            page, _ = submit(browser, page, form.pressed(form.buttons[0] if form.buttons else None), deadline)
        elif progress_path:
            if _listen(browser, page, progress_path, deadline, hears):
                told_ready = deadline.elapsed()
                on_ready()
                if not goes_on:
                    return page
            else:
                deadline.sleep(RECONNECT)
            page = with_files(browser, browser.get(page.path, deadline=deadline), deadline)
        elif has(page, "//a[@id='refresh']"):  # it is stopping
            deadline.sleep(STOP_RELOAD)
            page = with_files(browser, browser.get(page.path, deadline=deadline), deadline)
        elif page.error == TIMED_OUT:
            break
        else:
            return _at_the_server(browser, page, deadline, told_ready)
    if told_ready is not None and page.error == TIMED_OUT:
        _at_the_server(browser, page, deadline, told_ready)
    raise WaitTimeout(f"{_server_of(page)} was not up within {deadline.seconds:g} seconds")


def _at_the_server(browser: Browser, page: Page, deadline: Deadline, told_ready: float | None) -> Page:
    """Return the server's first page; raise what is wrong with it.

    Args:
        browser: The person's.
        page: Where the spawn has led.
        deadline: As for `follow_progress`.
        told_ready: When the page was told that the server is ready, in seconds of the deadline; None if it was not.
    """
    doing = f"opening {_server_of(page)}"
    if asks_to_log_in(browser, page):
        raise session_lost(page, doing)
    if offers_to_start(page):
        failed = page.status == 500 or has(page, "//h1[contains(., 'failed')]")
        error = SpawnFailed if failed else ServerNotRunning
        raise error(f"{doing}: {said(page)}", status=page.status, words=words_of(page))
    if page.error or page.status >= 400:
        is_at_server = is_below(browser, page.path, "/user")
        if is_at_server and is_servers_own(browser, page, deadline):
            return page
        bad = unreachable(page, doing) if is_at_server else page_error(browser, page, doing)
        bad.after = deadline.elapsed() - told_ready if told_ready is not None else 0.0
        raise bad
    return page


def _listen(browser: Browser, page: Page, path: str, deadline: Deadline, hears: Hears) -> bool:
    """Listen to a server's progress; return whether it is ready. False means that the stream ended without telling."""
    messages: deque[str] = deque(maxlen=_MESSAGES)
    try:
        with browser.stream(path, deadline) as stream:
            for event in filter(None, map(event_of, stream)):
                hears(event)
                if event.message:
                    messages.append(event.message)
                if event.failed:
                    told = "; ".join(messages) or "no reason given"
                    words = event.message or "".join([*messages][-1:])
                    raise SpawnFailed(f"{_server_of(page)} failed to start: {told}", words=words)
                if event.ready:
                    return True
    except StreamLost:
        pass
    return False


def _consent_form(page: Page) -> Form | None:
    """Return the form by which a person allows the server to know who they are, where the hub asks."""
    element = form_of(page, ".//input[@name='scopes']")
    return None if element is None else Form(element)


def _server_of(page: Page) -> str:
    """Return how the server of a page is called in texts; the page's address tells whose it is."""
    return f"the server behind {page.path.partition('?')[0]}"  # queries hold codes
