"""What goes wrong on the way to a server and at it: each kind is told apart, in the words of who answered."""

from collections.abc import Callable

import pytest

from hubusers.browser import login, spawn_progress
from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.login_errors import LoginBroken, LoginRefused
from hubusers.browser.page import Page
from hubusers.browser.page_errors import RedirectLoop, ServerUnreachable, SessionLost, error_at_server, unreachable
from hubusers.http.connections import Connections
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError, HubUsersError, ServerGone, WaitTimeout
from tests.browser.test_said import HUB_HEADERS, HUB_PAGE, IS_DOWN, NGINX, OF_JUPYTER
from tests.scripted_hub import Asked, Scripted, ScriptedHub

HTML = {"Content-Type": "text/html"}
FORM = '<form action="/hub/login" method="post"><p class="login_error">{}</p><input type="password"></form>'


@pytest.fixture
def browser(scripted_hub: ScriptedHub) -> Browser:
    return Browser(Connections(scripted_hub.url, {}, size=CONNECTIONS))


def login_page(status: int, says: str, headers: dict[str, str] | None = None) -> Scripted:
    return Scripted(status, HUB_PAGE.format(FORM.format(says)), headers or {})


@pytest.mark.parametrize(
    ("answers", "error", "text", "words"),
    [
        (
            [login_page(200, ""), login_page(403, "Invalid username or password")],
            LoginRefused,
            "login refused",
            "Invalid username or password",
        ),
        # The hub shows its form again, whatever went wrong behind it.
        (
            [login_page(200, ""), login_page(500, "Database is locked")],
            LoginBroken,
            "login broken: HTTP 500, from the hub",
            "Database is locked",
        ),
        ([Scripted(502, NGINX)], LoginBroken, "login broken: HTTP 502, from nginx", "502 Bad Gateway nginx"),
        (
            [Scripted(200, "<html>Back at noon</html>")],
            LoginBroken,
            "login broken: the page is not a login, from what stands before the hub",
            "Back at noon",
        ),
        ([Scripted(200, held=600)], WaitTimeout, "timed out", ""),
        ([Scripted(lost=True)], HubError, "hub error: connection lost", ""),
        (
            [Scripted(302, headers={"Location": "/hub/"}), Scripted(302, headers={"Location": "/"})] * 20,
            RedirectLoop,
            "redirect loop: between / and /hub/",
            "",
        ),
    ],
)
def test_a_login_that_fails(
    browser: Browser,
    scripted_hub: ScriptedHub,
    answers: list[Scripted],
    error: type[HubUsersError],
    text: str,
    words: str,
) -> None:
    scripted_hub.script(*answers)
    with pytest.raises(error) as raised:
        login.log_in(browser, "ann", "secret", Deadline(0.5 if answers[0].held else 60))
    assert (type(raised.value), str(raised.value), raised.value.words) == (error, text, words)


@pytest.mark.parametrize(("version", "hints"), [("6.1.1", True), ("5.0.0", True), ("4.1.6", False), ("", False)])
def test_who_is_refused_may_not_be_allowed_by_the_hub(
    browser: Browser, scripted_hub: ScriptedHub, version: str, hints: bool
) -> None:
    headers = {"X-JupyterHub-Version": version} if version else {}
    scripted_hub.script(login_page(200, ""), login_page(403, "Invalid username or password", headers))
    with pytest.raises(LoginRefused) as raised:
        login.log_in(browser, "ann", "secret", Deadline(60))
    assert ("c.Authenticator.allow_all" in raised.value.detail) is hints


class HubWithout(ScriptedHub):
    """A hub whose proxy has no route to a server: it answers at the server's address, and says where it leads to."""

    def __init__(self, says: Scripted) -> None:
        super().__init__()
        self._says = says

    def answer(self, asked: Asked) -> Scripted:
        if asked.path.startswith("/hub/user/"):
            return self._says
        if asked.method != "GET":  # as real ones answer
            return Scripted(403, HUB_PAGE.format("XSRF cookie does not match"), HUB_HEADERS)
        return Scripted(302, "", {**HUB_HEADERS, "Location": f"/hub{asked.path}"})


def leads_to(path: str) -> Scripted:
    return Scripted(302, "", {**HUB_HEADERS, "Location": path})


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    ("says", "error", "text"),
    [
        (Scripted(424, {"message": "no longer running"}, HUB_HEADERS), ServerGone, "server was gone"),
        (Scripted(503, {"message": "no longer running"}, HUB_HEADERS), ServerGone, "server was gone"),
        (leads_to("/hub/spawn-pending/ann"), ServerGone, "server was gone"),
        (leads_to("/hub/login?next=x"), SessionLost, "session lost"),
        (
            leads_to("/user/ann/api/kernels?redirects=1"),
            ServerUnreachable,
            "server unreachable: the proxy has no route to it",
        ),
        (Scripted(500, "", HUB_HEADERS), ServerUnreachable, "server unreachable: HTTP {} from the hub"),
    ],
)
def test_the_hub_tells_why_it_answers_for_a_server(
    method: str, says: Scripted, error: type[HubUsersError], text: str
) -> None:
    with HubWithout(says) as hub:
        browser = Browser(Connections(hub.url, {}, size=CONNECTIONS))
        page = browser.fetch(method, "/user/ann/api/kernels")
        found = error_at_server(browser, page, "looking", Deadline(60))
        assert (type(found), str(found)) == (error, text.format(page.status))
        assert len(hub.asked) == 2


def page_of_a_loop(browser: Browser) -> Page:
    """As of a real hub whose proxy has lost a route."""
    turns = [path for turn in range(4) for path in (f"/user/ann/lab?redirects={turn}", "/hub/user/ann/lab")]
    return Page(500, "/hub/user/ann/lab?redirects=4", HUB_PAGE, HUB_HEADERS, redirected_from=tuple(turns))


@pytest.mark.parametrize(
    ("page_of", "error", "text"),
    [
        (page_of_a_loop, RedirectLoop, "redirect loop: between /user/{name}/lab and /hub/user/{name}/{path}"),
        (
            lambda _: Page(503, "/user/ann/lab", IS_DOWN),
            ServerUnreachable,
            "server unreachable: HTTP 503 from the proxy",
        ),
        (lambda _: Page(502, "/user/ann/lab", NGINX), ServerUnreachable, "server unreachable: HTTP 502 from nginx"),
        (lambda _: Page(200, "/hub/login?next=x", HUB_PAGE), SessionLost, "session lost"),
        (lambda _: Page(403, "/user/ann/api", '{"message": "Forbidden", "reason": null}'), SessionLost, "session lost"),
        (lambda _: Page(424, "/hub/user/ann/lab", HUB_PAGE), ServerGone, "server was gone"),
        (lambda _: Page(500, "/user/ann/api", OF_JUPYTER), HubError, "hub error: HTTP 500"),
        (
            lambda _: Page(404, "/user/ann/api", '{"message": "no file", "reason": null}'),
            HubError,
            "hub error: HTTP 404",
        ),
    ],
)
def test_other_answers_tell_it_themselves(
    browser: Browser, page_of: Callable[[Browser], Page], error: type[HubUsersError], text: str
) -> None:
    found = error_at_server(browser, page_of(browser), "opening JupyterLab", Deadline(60))
    assert (type(found), str(found)) == (error, text)
    assert found.detail.startswith("opening JupyterLab: ")


def test_logging_in_at_a_server_is_not_a_loop(browser: Browser) -> None:
    way = ("/user/ann/lab", "/hub/api/oauth2/authorize?x", "/user/ann/oauth_callback?x")
    page = Page(500, "/user/ann/lab", OF_JUPYTER, redirected_from=way)
    assert type(error_at_server(browser, page, "opening JupyterLab", Deadline(60))) is HubError


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (Scripted(503, IS_DOWN), ServerUnreachable, "server unreachable: HTTP 503 from the proxy"),
        (Scripted(lost=True), ServerUnreachable, "server unreachable: connection lost"),
        (Scripted(200, held=600), ServerUnreachable, "server unreachable: timed out"),
    ],
)
def test_a_server_that_is_ready_and_does_not_answer_says_for_how_long(
    scripted_hub: ScriptedHub, answer: Scripted, error: type[HubUsersError], text: str
) -> None:
    pending = '<html><script>new EventSource("/hub/api/users/ann/server/progress")</script></html>'
    ready = Scripted(pieces=[b'data: {"ready": true}\n\n'])
    scripted_hub.script(ready, Scripted(302, headers={"Location": "/user/ann/"}), answer)
    browser = Browser(Connections(scripted_hub.url, {}, size=CONNECTIONS))

    def is_ready() -> None:
        if answer.held:
            browser.timeout = 2.0

    with pytest.raises(error) as raised:
        spawn_progress.follow_progress(
            browser, Page(200, "/hub/spawn-pending/ann", pending), deadline := Deadline(60), is_ready
        )
    assert str(raised.value) == text
    assert 0 < raised.value.after <= deadline.elapsed()


def test_a_host_without_an_address_is_named_with_what_is_missing() -> None:
    page = Page(0, "/user/ann/", error="host name unknown", host="ann.hub.example.org")
    error = unreachable(page, "opening the server")
    assert str(error) == "server unreachable: host name unknown"  # a row for all people
    assert "(ann.hub.example.org: the hub gives each person a host of their own" in error.detail
    assert "a wildcard DNS record *.hub.example.org" in error.detail
