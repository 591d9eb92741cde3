"""Logins of each kind: hubs with the authenticators that people use, and login pages that somebody has made."""

from collections.abc import Iterator

import pytest
import requests

from hubusers.browser import login, spawn_page
from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.login_errors import LoggedInAsAnother, LoginAsksMore, LoginElsewhere, LoginFailed, LoginRefused
from hubusers.browser.login_form import login_form
from hubusers.browser.login_page import look_at_login
from hubusers.browser.page import Page
from hubusers.http.connections import Connections
from hubusers.hub.deadline import Deadline
from hubusers.local import LocalHub
from tests.browser.authenticators import NAMES_AND_2FA, SEVERAL, TMP
from tests.scripted_hub import Scripted, ScriptedHub

HOME = "/hub/home"


def browser_at(url: str) -> Browser:
    return Browser(Connections(url, {}, size=CONNECTIONS))


def login_of(url: str) -> tuple[str, bool | None]:
    login = look_at_login(browser_at(url), Deadline(60))
    return login.asks_for, login.takes_passwords


def log_in(hub: LocalHub, username: str, password: str = "", start: str = HOME) -> Page:
    return login.log_in(browser_at(hub.url), username, password, Deadline(60), start=start)


# Names


@pytest.fixture(scope="module")
def hub() -> Iterator[LocalHub]:
    with LocalHub(extra_config=NAMES_AND_2FA) as hub:
        yield hub


@pytest.mark.parametrize("username", ["ann", "änn", "o brien+1@x.org", "50%25", 'a"\\b', "a#b?c&d", "<b>ann", "ann'"])
def test_who_is_called_what_was_typed_is_in(hub: LocalHub, username: str) -> None:
    assert log_in(hub, username).path == HOME


@pytest.mark.parametrize(
    ("username", "name", "advice"),
    [
        ("Ann", "ann", "; write ann, as the hub does"),
        ("Bob.Smith@Example.org", "bob.smith@example.org", "; write bob.smith@example.org, as the hub does"),
        (
            "jdoe",
            "john",
            "; write john as the name, and what is typed in a column `login` if that differs; or give these people "
            "tokens instead",
        ),
    ],
)
def test_who_is_called_something_else_is_told_how(hub: LocalHub, username: str, name: str, advice: str) -> None:
    with pytest.raises(LoggedInAsAnother) as raised:
        log_in(hub, username)
    assert (str(raised.value), raised.value.name) == ("logged in as another name", name)
    assert raised.value.detail.endswith(advice)


def test_the_way_tells_whether_that_has_started_a_server(hub: LocalHub) -> None:
    started = []
    for _ in range(2):  # the second time it runs, and may be somebody's
        with pytest.raises(LoggedInAsAnother) as raised:
            log_in(hub, "Cid", start="/")
        started.append(spawn_page.is_of_a_started_spawn(browser_at(hub.url), raised.value.page))
    assert started == [True, False]


def test_a_refusal_tells_what_was_left_empty(hub: LocalHub) -> None:
    with pytest.raises(LoginRefused) as raised:
        log_in(hub, "blocked")
    assert "its form also asks for 'OTP', which was left empty)" in raised.value.detail


# Authenticators


def test_a_form_that_is_one_click_away_is_filled_in() -> None:
    with LocalHub(extra_config=SEVERAL) as hub:
        assert login_of(hub.url) == ("a form for name and password, at /hub/local/login", True)
        with pytest.raises(LoginRefused) as refused:
            log_in(hub, "ann", "wrong")
        assert refused.value.words == "Invalid username or password"
        with pytest.raises(LoggedInAsAnother, match="logged in as another name") as raised:
            log_in(hub, "ann", "local-secret")
        assert raised.value.name == "local:ann"


@pytest.mark.thorough
def test_a_hub_that_names_people_itself_cannot_be_logged_into_by_name() -> None:
    with LocalHub(extra_config=TMP) as hub:
        assert login_of(hub.url) == ("nothing to type into; it leads on to /hub/tmplogin", False)
        headers = {"Authorization": f"token {hub.token}"}
        assert requests.get(f"{hub.endpoint}/users", headers=headers, timeout=10).json() == []
        with pytest.raises(LoggedInAsAnother) as raised:
            log_in(hub, "ann")
    assert (len(raised.value.name), raised.value.typed) == (36, False)
    assert "(nobody was asked for a name, because the hub, or something before it, decides" in raised.value.detail


# Pages that somebody has made for a hub


def of_hub(content: str, user: str = "") -> str:
    """Return a page of the hub, for nobody or for somebody who is logged in."""
    name = f'user: "{user}",' if user else ""
    return f"<html><script>window.jhdata = {{ {name} }};</script>{content}</html>"


def form(fields: str, action: str = "/hub/login", more: str = "") -> str:
    return of_hub(f'<form method="post" action="{action}">{fields}</form>{more}')


NAME, PASSWORD = '<input name="username">', '<input name="password" type="password">'
BOTH = NAME + PASSWORD
BACK_IN = Scripted(200, of_hub("Home", "ann"))


@pytest.mark.parametrize(
    ("page", "sent"),
    [
        (form(BOTH), "username=ann&password=secret"),
        (form(NAME), "username=ann"),
        (form('<input type="email" name="mail">' + PASSWORD), "mail=ann&password=secret"),
        (form(BOTH + '<input type="checkbox" name="terms" required>'), "username=ann&password=secret&terms=on"),
        (form(BOTH + '<input type="checkbox" name="stay">'), "username=ann&password=secret"),
        (form(BOTH + '<input name="otp">'), "username=ann&password=secret&otp="),
        (form(BOTH + '<button name="by" value="ldap">In</button>'), "username=ann&password=secret&by=ldap"),
        (
            form(BOTH + "<select name=realm required><option>x<option>y</select>"),
            "username=ann&password=secret&realm=x",
        ),
        (
            form("<input name=query>", "/search", form(PASSWORD, "/hub/signup") + form(BOTH)),
            "username=ann&password=secret",
        ),
        (form(PASSWORD + PASSWORD, "/hub/signup", form(BOTH)), "username=ann&password=secret"),
    ],
)
def test_what_a_browser_sends(scripted_hub: ScriptedHub, page: str, sent: str) -> None:
    scripted_hub.script(Scripted(200, page, {"Content-Type": "text/html"}), BACK_IN)
    assert login.log_in(browser_at(scripted_hub.url), "ann", "secret", Deadline(60)).path == "/hub/login"
    (posted,) = [asked.body for asked in scripted_hub.asked if asked.method == "POST"]
    assert posted == sent


def test_a_page_without_the_tag_html_is_a_page(scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(
        Scripted(200, f"<form action=/hub/login method=post>{BOTH}</form>", {"Content-Type": "text/html"}), BACK_IN
    )
    login.log_in(browser_at(scripted_hub.url), "ann", "secret", Deadline(60))


@pytest.mark.parametrize(
    ("answers", "error", "detail"),
    [
        (
            [form(BOTH + "<label>Code: <input name=code required></label>")],
            LoginAsksMore,
            "the page / asks for more than a name and a password ('Code'): give these people tokens instead",
        ),
        (
            [form(BOTH), form("<label for=o>One-time password</label><input id=o name=otp>", "/hub/second")],
            LoginAsksMore,
            "the page /hub/login asks for more than a name and a password ('One-time password'): give",
        ),
        (
            [form(BOTH), form(f"{PASSWORD}{PASSWORD}", "/hub/auth/change-password")],
            LoginAsksMore,
            "the page /hub/login asks for more than a name and a password ('password', 'password'): give",
        ),
        (
            [form(BOTH), form(BOTH, more='<div role="alert">Unknown user <b>or</b> password</div><p>Imprint</p>')],
            LoginRefused,
            "logging in as ann: HTTP 200: Unknown user or password",
        ),
        (
            [form(BOTH), form(BOTH, more="<p>Welcome to the campus hub</p>")],
            LoginRefused,
            "logging in as ann: HTTP 200: a page for people who are not logged in, which does not say why",
        ),
        (
            [form(BOTH), of_hub("An admin must let you in.")],
            LoginRefused,
            "logging in as ann: HTTP 200: a page for people who are not logged in, which does not say why",
        ),
    ],
)
def test_what_a_made_page_says_is_told(
    scripted_hub: ScriptedHub, answers: list[str], error: type[LoginFailed], detail: str
) -> None:
    scripted_hub.script(*(Scripted(200, page, {"Content-Type": "text/html"}) for page in answers))
    with pytest.raises(error) as raised:
        login.log_in(browser_at(scripted_hub.url), "ann", "secret", Deadline(60))
    assert detail in raised.value.detail
    assert "<" not in raised.value.detail


@pytest.mark.parametrize(
    ("action", "method", "detail"),
    [
        ("https://evil.example/steal", "post", "passwords go to https://evil.example only if you allow it: with"),
        ("//ann.localhost:PORT/user/ann/", "post", "passwords go to http://ann.localhost:PORT only if you allow it"),
        ("/hub/login", "get", "the login form of the hub would send the password in its address"),
        ("http://[", "post", "a form of the hub names no page to which it could be sent ('http://['); if a script"),
        ("javascript:go()", "get", "a form of the hub names no page to which it could be sent ('javascript:go()'); if"),
        ("mailto:x@evil.example", "post", "names no page to which it could be sent ('mailto:x@evil.example'); if"),
    ],
)
def test_passwords_go_to_the_hub_alone(scripted_hub: ScriptedHub, action: str, method: str, detail: str) -> None:
    """A browser sends them wherever the form says; here, the operator is told."""
    port = scripted_hub.url.rpartition(":")[2]
    page = form(BOTH, action.replace("PORT", port)).replace('"post"', f'"{method}"')
    scripted_hub.script(Scripted(200, page, {"Content-Type": "text/html"}), BACK_IN)
    with pytest.raises(LoginElsewhere) as raised:
        login.log_in(browser_at(f"http://localhost:{port}"), "ann", "secret", Deadline(60))
    assert detail.replace("PORT", port) in raised.value.detail
    scripted_hub.script(Scripted(200, page, {"Content-Type": "text/html"}))
    asks_for, takes_passwords = login_of(f"http://localhost:{port}")
    assert (detail.replace("PORT", port) in asks_for, takes_passwords) == (True, False)
    assert {asked.method for asked in scripted_hub.asked} == {"GET"}
    assert not any("secret" in asked.path for asked in scripted_hub.asked)


def test_passwords_are_not_sent_on_to_a_server(scripted_hub: ScriptedHub) -> None:
    port = scripted_hub.url.rpartition(":")[2]
    scripted_hub.script(
        Scripted(200, form(BOTH), {"Content-Type": "text/html"}),
        Scripted(307, headers={"Location": f"http://ann.localhost:{port}/user/ann/"}),
        BACK_IN,
    )
    with pytest.raises(LoginElsewhere):
        login.log_in(browser_at(f"http://localhost:{port}"), "ann", "secret", Deadline(60))
    assert [asked.method for asked in scripted_hub.asked] == ["GET", "POST"]


def test_the_hub_is_asked_before_a_name_counts_as_another(scripted_hub: ScriptedHub) -> None:
    """As where a hub's own template escapes names as it escapes any text."""
    page = Scripted(200, of_hub("Home", "o&#39;brien"))
    scripted_hub.script(Scripted(200, form(BOTH)), page, Scripted(200, {"name": "o'brien"}))
    login.log_in(browser_at(scripted_hub.url), "o'brien", "secret", Deadline(60))
    assert scripted_hub.asked[-1].path == "/hub/api/user"


@pytest.mark.parametrize(
    ("status", "page", "asks_for", "takes_passwords"),
    [
        (200, form(BOTH), "a form for name and password", True),
        (200, form(NAME), "a form for a name", True),
        (200, form(BOTH + "<input name=otp>"), "a form for name and password, perhaps also 'otp'", True),
        (200, form(BOTH + "<input name=otp required>"), "a form for name and password, and for 'otp'", False),
        (200, of_hub("<div id=login-main><a href=/x>In</a></div>"), "nothing to type into, only 'In'", False),
        (200, of_hub("Welcome"), "nothing to type into", False),
        (503, of_hub("Down"), "", None),
    ],
)
def test_what_a_login_asks_for_is_told_without_logging_in(
    scripted_hub: ScriptedHub, status: int, page: str, asks_for: str, takes_passwords: bool | None
) -> None:
    scripted_hub.script(Scripted(status, page, {"Content-Type": "text/html"}))
    assert login_of(scripted_hub.url) == (asks_for, takes_passwords)
    assert {asked.method for asked in scripted_hub.asked} == {"GET"}


def test_a_page_that_only_takes_people_from_another_service_is_no_login(scripted_hub: ScriptedHub) -> None:
    """As LTI's, to which the hub leads by itself."""
    launch = Scripted(302, headers={"Location": "/hub/lti/launch"})
    scripted_hub.script(
        launch, Scripted(405, of_hub("405 : Method Not Allowed")), Scripted(403, {"message": "Forbidden"})
    )
    with pytest.raises(LoginElsewhere) as raised:
        login.log_in(browser_at(scripted_hub.url), "ann", "secret", Deadline(60))
    assert raised.value.detail.startswith("the hub's login leads to /hub/lti/launch, which only takes people whom")
    scripted_hub.script(launch)
    assert login_of(scripted_hub.url) == ("nothing to type into; it leads on to /hub/lti/launch", False)


def test_a_form_for_a_name_that_is_sent_elsewhere_is_no_login() -> None:
    page = Page(200, "/hub/login", form(NAME, "/hub/newsletter"))
    assert login_form(browser_at("http://127.0.0.1:9"), page) is None
