"""The hub's pages as a person meets them: log in, ask for a server, watch it start, stop it, log out.

Each function does what the page's own form or script does, and loads the files that the page needs. All of that ends at
the deadline that it takes: a page that has not come then counts as timed out. Checked against the pages of JupyterHub
4.1, 5.4 and 6.1.

The errors are drawn in `hubusers/browser/__init__.py`.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hubusers.browser.browser import Browser
from hubusers.browser.form import Sent, query_of_form
from hubusers.browser.hosts import ANOTHER_HOST, SERVER_ELSEWHERE
from hubusers.browser.identity import user_of, who_is_in
from hubusers.browser.login_form import asked_for, login_form, own_logins
from hubusers.browser.page import Page
from hubusers.browser.page_errors import (
    ServerNotRunning,
    another_name,
    asks_more,
    asks_to_log_in,
    elsewhere,
    is_below,
    is_servers_own,
    login_error,
    loop_of,
    page_error,
    refused,
    said,
    session_lost,
    unreachable,
)
from hubusers.browser.page_files import load_files
from hubusers.browser.said import HUB, answered_by, words_of
from hubusers.browser.spawn_form import filled_in, warn_of_no_form
from hubusers.http.messages import TIMED_OUT, StreamLost
from hubusers.hub.answers import ACTIVE_SERVER_LIMIT, CONCURRENT_SPAWN_LIMIT, Stop, error_for, limit_of, stop_outcome
from hubusers.hub.deadline import Deadline
from hubusers.hub.endpoint import quoted
from hubusers.hub.errors import ComeBackLater, ServerGone, SpawnFailed, WaitTimeout
from hubusers.hub.lifecycle import why_not_stopped
from hubusers.hub.progress import Hears, event_of

RECONNECT = 3.0
"""Seconds after which browsers open an event source again that broke off."""

STOP_RELOAD = 5.0
"""Seconds after which the page of a server that is stopping loads itself again."""

_OF_A_SPAWN = {200, 424, 429, 500}  # other statuses come from a proxy, or mean "forbidden"
_MESSAGES = 3
"""How many of the last messages of a failed spawn are told."""

_PROGRESS_URL = re.compile(r"""new EventSource\(\s*["']([^"']+)""")
_XSRF_TOKEN = re.compile(r"""xsrf_token:\s*["']([^"']+)""")


def log_in(browser: Browser, username: str, password: str, deadline: Deadline, *, start: str = "/") -> Page:
    """Open the hub and log in by its form, unless the person is logged in already or the hub asks for no login.

    Args:
        browser: The person's.
        username: Typed into the form.
        password: Likewise.
        deadline: Until when the page must be there.
        start: The page that the person opens, below the hub's base URL. From "/" most hubs lead on to the default
            server, and so ask for it; `/hub/home` leads nowhere else.

    Returns:
        The page where the person is then, whatever it says: with most hubs the spawn's, to be handed to `spawn`.

    Raises:
        LoginElsewhere: There is nothing to type into: the hub leaves logins to another service.
        LoginAsksMore: The form, or the page after it, asks for more than a name and a password.
        LoggedInAsAnother: The hub has let the person in, under another name.
        LoginRefused: The hub refuses; the words are what its page says.
        LoginBroken: The answer is an error, or a page that is neither a login nor the hub's.
        RedirectLoop: The hub, or what stands before it, leads in circles.
        WaitTimeout: The deadline has come.
        HubError: The hub did not answer.
    """
    page = _go(browser, start, deadline)
    form = login_form(browser, page)
    for path in own_logins(browser, page) if form is None and _asks_who(page) else []:
        behind = _see(browser, browser.get(path, deadline=deadline), deadline)
        if form := login_form(browser, behind):
            page = behind
            break
    if form is None:
        on_login_page = is_below(browser, page.path, "/hub/login")
        return _arrived(browser, page, username, deadline, typed=False, on_login_page=on_login_page)
    filled_in = form.filled_in(username, password)
    if form.missing:
        raise asks_more(page, username, form.missing)
    left_empty = form.left_empty
    page, asked = _submit(browser, page, form.element, filled_in, deadline)
    if page.status < 500 and login_form(browser, page) is not None:
        raise refused(page, username, left_empty)
    return _arrived(browser, page, username, deadline, typed=True, on_login_page=page.path == asked)


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
    return _go(browser, start or f"/hub/spawn/{_whose(username, server_name)}", deadline)


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
        FormNotSent: A browser would not send the form like this.
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
        page = _send(browser, page, filled_in(form, options or {}), deadline)
        if page.status == 400 and _spawn_form(page) is None:  # it was started meanwhile, perhaps in another tab
            page = _go(browser, f"/hub/spawn-pending/{_whose(username, server_name)}", deadline)
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
    if not page.error and (page.status == 500 or _offers_to_start(page) or _spawn_form(page) is not None):
        raise SpawnFailed(f"{doing}: {answer}", status=page.status, words=words)
    raise page_error(browser, page, doing)


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
            page, _ = _submit(browser, page, form, form.form_values(), deadline)
        elif progress_path:
            if _listen(browser, page, progress_path, deadline, hears):
                told_ready = deadline.elapsed()
                on_ready()
                if not goes_on:
                    return page
            else:
                deadline.sleep(RECONNECT)
            page = _see(browser, browser.get(page.path, deadline=deadline), deadline)
        elif _has(page, "//a[@id='refresh']"):  # it is stopping
            deadline.sleep(STOP_RELOAD)
            page = _see(browser, browser.get(page.path, deadline=deadline), deadline)
        elif page.error == TIMED_OUT:
            break
        else:
            return _at_the_server(browser, page, deadline, told_ready)
    if told_ready is not None and page.error == TIMED_OUT:
        _at_the_server(browser, page, deadline, told_ready)
    raise WaitTimeout(f"{_server_of(page)} was not up within {deadline.seconds:g} seconds")


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
    page = _go(browser, "/hub/home", deadline)
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
    page = _go(browser, "/hub/logout", deadline)
    if not page.error.startswith(ANOTHER_HOST) and (page.error or page.status >= 400):
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
    raise refused(page, username) if typed else elsewhere(page)


def _asks_who(page: Page) -> bool:
    return not page.error and page.status < 400 and user_of(page) == ""


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
    if _offers_to_start(page):
        failed = page.status == 500 or _has(page, "//h1[contains(., 'failed')]")
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


def _go(browser: Browser, path: str, deadline: Deadline) -> Page:
    return _see(browser, browser.get(browser.base + path, deadline=deadline), deadline)


def _submit(
    browser: Browser, page: Page, form: Any, fields: Iterable[tuple[str, str]], deadline: Deadline
) -> tuple[Page, str]:
    """Send a form; return the page that this leads to, and the path that was asked for first."""
    path = browser.path_to(form.get("action") or "", page.path) or page.path
    multipart = form.get("enctype") == "multipart/form-data"
    return _see(browser, browser.post_form(path, fields, multipart=multipart, deadline=deadline), deadline), path


def _send(browser: Browser, page: Page, sent: Sent, deadline: Deadline) -> Page:
    """Send a form as a browser does; return the page that this leads to."""
    path = browser.path_to(sent.action, page.path) or page.path
    if sent.method == "GET":
        return _see(browser, browser.get(query_of_form(path, sent.entries), deadline=deadline), deadline)
    answer = browser.post_form(path, sent.entries, multipart=sent.multipart, deadline=deadline)
    return _see(browser, answer, deadline)


def _see(browser: Browser, page: Page, deadline: Deadline) -> Page:
    """Load the files of a page of the hub. The files of a server's page are loaded elsewhere: JupyterLab's in `lab`."""
    if page.is_document and is_below(browser, page.path, "/hub"):
        load_files(browser, page, deadline)
    return page


def _spawn_form(page: Page) -> Any:
    """Return the form of a spawn page; templates of one's own may have left out its name."""
    named = _form(page, "@id='spawn_form'")
    if named is not None or "/hub/spawn" not in page.path:
        return named
    return _form(page, "contains(@action, '/hub/spawn') or (not(string(@action)) and @method)")


def _consent_form(page: Page) -> Any:
    """Return the form by which a person allows the server to know who they are, where the hub asks."""
    return _form(page, ".//input[@name='scopes']")


def _form(page: Page, condition: str) -> Any:
    forms = page.document.xpath(f"//form[{condition}]") if page.is_document else []
    return forms[0] if forms else None


def _offers_to_start(page: Page) -> bool:
    return _has(page, "//a[@id='start']") and not _has(page, "//a[@id='stop']")


def _cannot_be_stopped(page: Page, server_name: str) -> bool:
    """Say whether the hub's home page has no button that stops the server, because it does not run."""
    if not server_name:
        return _offers_to_start(page)
    stop = "//*[@data-server-name=$name]//*[contains(@class, 'stop-server') and not(contains(@class, 'hidden'))]"
    return _has(page, "//table[contains(@class, 'server-table')]") and not _has(page, stop, name=server_name)


def _has(page: Page, xpath: str, **variables: str) -> bool:
    return page.is_document and bool(page.document.xpath(xpath, **variables))


def _server_of(page: Page) -> str:
    """Return how the server of a page is called in texts; the page's address tells whose it is."""
    return f"the server behind {page.path.partition('?')[0]}"  # queries hold codes


def _whose(username: str, server_name: str) -> str:
    return quoted(username) + (f"/{quoted(server_name)}" if server_name else "")


def _leads_to(browser: Browser, page: Page, username: str, server_name: str) -> bool:
    """Say whether a page is this server's, its spawn's, or the spawn page without a name, of the default server."""
    whose = f"{username}/{server_name}" if server_name else username
    own = [f"{path}/{whose}" for path in ("/hub/spawn", "/hub/spawn-pending", "/user")]
    is_default = not server_name and page.path.partition("?")[0] == f"{browser.base}/hub/spawn"
    return is_default or is_below(browser, page.path, *own)
