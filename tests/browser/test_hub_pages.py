"""The hub's pages, on real hubs: logins of each kind, KubeSpawner's own form, what a spawn's page tells, OAuth."""

from locust.event import EventHook

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hubusers.browser import home_page, login, spawn_page, spawn_progress
from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.form import UnknownOption
from hubusers.browser.login_errors import LoginElsewhere, LoginRefused
from hubusers.browser.page import Page
from hubusers.browser.page_errors import ServerNotRunning
from hubusers.http.connections import Connections
from hubusers.hub.answers import CONCURRENT_SPAWN_LIMIT, Stop
from hubusers.hub.deadline import Deadline, poll
from hubusers.hub.errors import ComeBackLater, HubError, HubUsersError, SpawnFailed, WaitTimeout
from hubusers.local import LocalHub
from tests.hub_major import HUB_MAJOR
from tests.scripted_hub import Asked, Scripted, ScriptedHub
from tests.spawner_events import spawner_events
from tests.users.profile_hub import CONFIG

DUMMY = "dummy-secret"

NATIVE = """
from unittest.mock import MagicMock

import nativeauthenticator
from jupyterhub.handlers import BaseHandler

if not hasattr(BaseHandler, "statsd"):
    BaseHandler.statsd = MagicMock()  # the authenticator still counts by it; JupyterHub 6 has it no more

c.JupyterHub.authenticator_class = "native"
c.NativeAuthenticator.open_signup = True
c.JupyterHub.template_paths = [str(Path(nativeauthenticator.__file__).parent / "templates")]
"""


def soon() -> Deadline:
    """Until when a page must be there, on a busy machine."""
    return Deadline(60)


@pytest.fixture(scope="module")
def hub() -> Iterator[LocalHub]:
    with LocalHub(extra_config=CONFIG, concurrent_spawn_limit=1) as hub:
        yield hub


class Person(Browser):
    """A browser that keeps what Locust would count: method, template and failure of each request but those of files."""

    def __init__(self, hub: LocalHub) -> None:
        event, self.rows = EventHook(), list[tuple[str, str, str]]()
        event.add_listener(self._count)
        super().__init__(Connections(hub.url, {}, size=CONNECTIONS, request_event=event))

    def _count(self, request_type: str, name: str, exception: Exception | None, **_: object) -> None:
        if not name.startswith("/hub/static/"):
            self.rows.append((request_type, name, str(exception or "")))

    @property
    def failed_rows(self) -> list[tuple[str, str, str]]:
        return [row for row in self.rows if row[2]]


@pytest.fixture
def new_person(hub: LocalHub) -> Callable[[str], Person]:
    def new(username: str) -> Person:
        person = Person(hub)
        login.log_in(person, username, DUMMY, soon(), start="/hub/home")
        person.rows.clear()
        return person

    return new


def options_that_arrived(hub: LocalHub, username: str) -> Any:
    return [event["user_options"] for event in spawner_events(hub, "starting", username=username)]


def wait_until_stopped(browser: Browser, username: str) -> None:
    def is_stopped() -> bool | None:
        return browser.fetch("GET", f"/hub/api/users/{username}").answer.model["servers"] == {} or None

    outcome = poll(
        lambda: stop if (stop := home_page.stop_server(browser, username, soon())) is not Stop.NOT_NOW else None,
        Deadline(60),
        0.5,
    )
    assert outcome in {Stop.STOPPED, Stop.STOPPING}
    assert poll(is_stopped, Deadline(60), 0.05)


def set_up(browser: Browser, username: str, server_name: str = "", **options: str) -> Page:
    page = spawn_page.spawn(browser, username, soon(), server_name, options)
    return spawn_progress.follow_progress(browser, page, Deadline(60))


@contextlib.contextmanager
def no_server_starts(hub: LocalHub) -> Iterator[None]:
    (hub.folder / "no server starts").touch()
    try:
        yield
    finally:
        (hub.folder / "no server starts").unlink()


@pytest.mark.parametrize(
    ("status", "path", "redirected_from", "is_of_a_spawn"),
    [
        (200, "/hub/spawn/ann", (), True),  # the form
        (200, "/hub/spawn-pending/ann", ("/hub/spawn/ann",), True),
        (429, "/hub/spawn/ann", (), True),
        (200, "/user/ann/lab", ("/hub/spawn/ann", "/hub/spawn-pending/ann", "/user/ann/"), True),  # started at once
        (200, "/user/ann/lab", ("/hub/spawn/ann", "/user/ann/"), False),
        (200, "/hub/api/oauth2/authorize?client_id=ann", ("/hub/spawn/ann", "/user/ann/lab"), False),
        (503, "/hub/spawn/ann", (), False),
        (403, "/hub/spawn/ann", (), False),
    ],
)
def test_the_page_tells_whether_the_server_was_running(
    hub: LocalHub, status: int, path: str, redirected_from: tuple[str, ...], is_of_a_spawn: bool
) -> None:
    page = Page(status, path, redirected_from=redirected_from)
    assert spawn_page.is_of_a_spawn(Person(hub), page) == is_of_a_spawn


# Logging in


@pytest.mark.parametrize(
    ("username", "password"),
    [("ann", DUMMY), ("shared-ann", "shared-secret"), ("pam-ann", "unix-pam-ann"), ("o brien+1@x.org", DUMMY)],
)
def test_people_log_in_by_the_form(hub: LocalHub, username: str, password: str) -> None:
    browser = Person(hub)
    page = login.log_in(browser, username, password, soon(), start="/hub/home")
    assert (page.status, page.path) == (200, "/hub/home")
    assert browser.failed_rows == []
    asked = len(browser.rows)
    assert login.log_in(browser, username, password, soon(), start="/hub/home").path == "/hub/home"  # is in already
    assert browser.rows[asked:] == [("GET", "/hub/home", "")]


@pytest.mark.parametrize(
    ("username", "password"),
    [("ann", "wrong-secret"), ("shared-ann", DUMMY), ("pam-ann", "wrong-secret"), ("blocked", DUMMY)],
)
def test_a_refused_login_is_reported_in_the_words_of_the_page(hub: LocalHub, username: str, password: str) -> None:
    with pytest.raises(LoginRefused) as raised:
        login.log_in(Person(hub), username, password, soon())
    assert (str(raised.value), raised.value.words) == ("login refused", "Invalid username or password")
    assert username in raised.value.detail
    assert ("c.Authenticator.allow_all" in raised.value.detail) is (HUB_MAJOR >= 5)
    assert "secret" not in repr(vars(raised.value))


@pytest.mark.parametrize(
    ("what", "detail"),
    [
        (
            "button",
            "the hub's login page has nothing to type into, only the button 'Sign in with Campus ID', which leads to "
            "https://login.campus.example; passwords go to https://login.campus.example only if you allow it: ",
        ),
        ("auto_login", "the hub sends people to login.campus.example to log in; passwords go to "),
    ],
)
def test_a_login_with_another_service_cannot_be_typed(hub: LocalHub, what: str, detail: str) -> None:
    (hub.folder / what).touch()
    try:
        with pytest.raises(LoginElsewhere) as raised:
            login.log_in(Person(hub), "ann", DUMMY, soon())
    finally:
        Path(hub.folder, what).unlink()
    assert raised.value.detail.startswith(detail)
    assert raised.value.detail.endswith(
        "with --identity-provider https://login.campus.example, after asking its operators; or give these people "
        "tokens instead"
    )


def test_a_hub_that_is_not_there_is_an_error() -> None:
    browser = Browser(Connections("http://127.0.0.1:9", {}))
    with pytest.raises(HubError, match="connection refused"):
        login.log_in(browser, "ann", DUMMY, soon())
    with pytest.raises(HubError, match="connection refused"):
        spawn_page.spawn(browser, "ann", soon())
    with pytest.raises(HubError, match="connection refused"):
        home_page.stop_server(browser, "ann", soon())


def test_pages_come_with_their_files_once(hub: LocalHub) -> None:
    asked = list[str]()
    event = EventHook()
    event.add_listener(lambda url, **_: asked.append(url.removeprefix(hub.url)))
    loaded = []
    for _ in range(2):  # the second person's browser need not read what refers to what
        asked.clear()
        browser = Browser(Connections(hub.url, {}, size=CONNECTIONS, request_event=event))
        login.log_in(browser, "ann", DUMMY, soon(), start="/hub/home")
        loaded.append(sorted(path for path in asked if path.startswith("/hub/static/")))
    assert loaded[0] == loaded[1]
    names = [path.partition("?")[0].rpartition("/")[2] for path in loaded[0]]
    once = {
        "style.min.css",
        "require.js",
        "jquery.min.js",
        "favicon.ico",
        "home.js",
        "moment.js",
        "jhapi.js",
        "utils.js",
    }
    assert {name: names.count(name) for name in once} == dict.fromkeys(once, 1)
    assert any(".woff2" in name for name in names)  # what a style imports, and its fonts
    asked.clear()
    login.log_in(browser, "ann", DUMMY, soon(), start="/hub/home")
    assert [path for path in asked if "?v=" in path] == []


# The form of the spawn


LARGE = {"profile": "large", "image": "cuda"}
SMALL = {"profile": "small", "image": "base", "memory": "2"}


@pytest.mark.parametrize(
    ("chosen", "arrived"),
    [
        ({}, LARGE),
        ({"profile": "large"}, LARGE),
        ({"profile": "small"}, SMALL),
        ({"profile": "small", "image": "scipy", "memory": 1}, {**SMALL, "image": "scipy", "memory": "1"}),
        (
            {"profile": "small", "image--unlisted-choice": "quay.io/a/b:1"},
            {"profile": "small", "image--unlisted-choice": "quay.io/a/b:1", "memory": "2"},
        ),
    ],
)
def test_choices_reach_the_spawner(
    hub: LocalHub, new_person: Callable[[str], Person], chosen: dict[str, Any], arrived: dict[str, str]
) -> None:
    username = f"chooser-{'-'.join(map(str, chosen.values())).translate({47: '-', 58: '-'})}"
    browser = new_person(username)
    assert set_up(browser, username, **chosen).path == f"/user/{username}/"
    assert options_that_arrived(hub, username) == [arrived]
    assert home_page.stop_server(browser, username, soon()) in {Stop.STOPPED, Stop.STOPPING}
    assert browser.failed_rows == []


def test_the_form_keeps_the_last_choice_of_a_person_who_chooses_nothing(
    hub: LocalHub, new_person: Callable[[str], Person]
) -> None:
    browser = new_person("creature-of-habit")
    for chosen in ({"profile": "small", "memory": "1", "image--unlisted-choice": "a/b"}, {}):
        set_up(browser, "creature-of-habit", **chosen)
        wait_until_stopped(browser, "creature-of-habit")
    first, second = options_that_arrived(hub, "creature-of-habit")
    assert first == second == {"profile": "small", "memory": "1", "image--unlisted-choice": "a/b"}


@pytest.mark.parametrize(
    ("chosen", "text", "detail"),
    [
        (
            {"profile": "huge"},
            "profile",
            "the spawn form has no profile 'huge'; it has: small, large, broken, breaks-later",
        ),
        (
            {"profile": "small", "image": "mine"},
            "choice",
            "the spawn form has no choice 'mine' for image; it has: base, scipy, "
            "and anything as image--unlisted-choice",
        ),
        ({"memory": "3"}, "option", "the spawn form has no option 'memory'; it has: profile, image"),
    ],
)
def test_a_choice_that_the_form_does_not_offer_is_an_error(
    new_person: Callable[[str], Person], chosen: dict[str, str], text: str, detail: str
) -> None:
    with pytest.raises(UnknownOption) as raised:
        spawn_page.spawn(new_person("ann"), "ann", soon(), options=chosen)
    assert (str(raised.value), raised.value.detail) == (f"not in the spawn form: {text}", detail)


# The page of the spawn


def test_login_leads_to_the_spawn_and_the_spawn_to_the_server(hub: LocalHub) -> None:
    browser = Person(hub)
    with no_server_starts(hub):  # so that the hub answers with the page of a pending spawn
        page = login.log_in(browser, "plain-ann", DUMMY, soon())
        page = spawn_page.spawn(browser, "plain-ann", soon(), page=page)
    seen_ready: list[tuple[str, str]] = []
    page = spawn_progress.follow_progress(
        browser, page, Deadline(60), on_ready=lambda: seen_ready.append(browser.rows[-1][:2])
    )
    assert (page.status, page.path) == (200, "/user/plain-ann/")
    # Told by the stream, whose row comes when it is at its end, before the page leads on.
    assert seen_ready == [("GET", "/hub/api/users/{name}/server/progress")]
    logging_in = [("GET", "/"), ("GET", "/hub/"), ("GET", "/hub/login"), ("GET", "/hub/logo"), ("POST", "/hub/login")]
    spawning = [("GET", "/hub/"), ("GET", "/hub/spawn"), ("GET", "/hub/spawn-pending/{name}")]
    rows = [(method, template) for method, template, _ in browser.rows if "progress" not in template]
    assert rows[: len(logging_in + spawning)] == logging_in + spawning
    assert rows[-1] == ("GET", "/user/{name}/")
    # Coming again while it runs: straight to it.
    browser.rows.clear()
    page = spawn_page.spawn(browser, "plain-ann", soon())
    page = spawn_progress.follow_progress(
        browser, page, Deadline(60), on_ready=lambda: seen_ready.append(("again", ""))
    )
    assert (page.path, len(seen_ready)) == ("/user/plain-ann/", 1)
    home_page.stop_server(browser, "plain-ann", soon())
    assert browser.failed_rows == []


def test_a_named_server(new_person: Callable[[str], Person]) -> None:
    browser = new_person("ann")
    assert set_up(browser, "ann", "work").path == "/user/ann/work/"
    assert home_page.stop_server(browser, "ann", soon(), "work") in {Stop.STOPPED, Stop.STOPPING}
    assert [row[1] for row in browser.rows if "{server}" not in row[1]] == ["/hub/home"]


def test_the_hub_says_later(hub: LocalHub, new_person: Callable[[str], Person]) -> None:
    first, second, third = new_person("first"), new_person("plain-second"), new_person("third")
    with no_server_starts(hub):
        page = spawn_page.spawn(first, "first", soon())
        with pytest.raises(ComeBackLater) as raised:
            spawn_page.spawn(second, "plain-second", soon())
        assert raised.value.retry_after in {7, 8}
        assert raised.value.limit == CONCURRENT_SPAWN_LIMIT
        assert second.failed_rows == []
        with pytest.raises(WaitTimeout):
            spawn_progress.follow_progress(first, page, Deadline(0.3))
        # The form of the spawn says it in another way.
        with pytest.raises(ComeBackLater) as raised:
            spawn_page.spawn(third, "third", soon())
        assert raised.value.limit == CONCURRENT_SPAWN_LIMIT
    wait_until_stopped(first, "first")


@pytest.mark.parametrize(("profile", "why"), [("broken", "has failed"), ("breaks-later", "no node has room for this")])
def test_a_spawn_that_fails(new_person: Callable[[str], Person], profile: str, why: str) -> None:
    with pytest.raises(SpawnFailed) as raised:
        set_up(new_person("ann"), "ann", profile=profile)
    assert why in raised.value.detail
    assert "ann" in raised.value.detail  # whose server


@pytest.mark.skipif(HUB_MAJOR < 5, reason="JupyterHub 4 does not stop a server that is starting")
def test_a_server_that_is_stopped_while_somebody_waits(
    hub: LocalHub, new_person: Callable[[str], Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spawn_progress, "STOP_RELOAD", 0.1)
    monkeypatch.setattr(spawn_progress, "RECONNECT", 0.1)
    browser = new_person("ann")
    with no_server_starts(hub):
        page = spawn_page.spawn(browser, "ann", soon())
        home_page.stop_server(browser, "ann", soon())
        with pytest.raises(ServerNotRunning) as raised:
            spawn_progress.follow_progress(browser, page, Deadline(60))
    assert "Would you like to start it?" in raised.value.detail


def test_consent_is_given_where_the_hub_asks_for_it(new_person: Callable[[str], Person]) -> None:
    browser = new_person("ann")
    page = browser.get(
        "/hub/api/oauth2/authorize?client_id=service-curious&redirect_uri=%2Fhub%2Fhealth&response_type=code&state=1"
    )
    assert "Authorize access" in page.text
    assert spawn_progress.follow_progress(browser, page, Deadline(60)).path.startswith("/hub/health?")


def test_logging_out(new_person: Callable[[str], Person]) -> None:
    browser = new_person("ann")
    assert login.log_out(browser, soon()).path == "/hub/login"
    with pytest.raises(HubUsersError):
        home_page.stop_server(browser, "ann", soon())
    assert login.log_in(browser, "ann", DUMMY, soon(), start="/hub/home").path == "/hub/home"


# Deadlines

PENDING = '<html><script>new EventSource("/hub/api/users/ann/server/progress")</script></html>'
STOPPING = '<html><a id="refresh">Refresh</a></html>'
CONSENT = '<html><form method="post"><input name="scopes" value="all"></form></html>'
MARGIN = 60.0
"""Seconds that a busy machine may take on top. Without their deadlines, these steps would take 80 or more."""


class SlowHub(ScriptedHub):
    """Answers each request soon, or a stream's by one event after the other; but the steps need many of them."""

    def __init__(self, text: str, *, streams: bool = False) -> None:
        super().__init__()
        self._text, self._streams = text, streams

    def answer(self, asked: Asked) -> Scripted:
        if self._streams and asked.path.endswith("/progress"):
            return Scripted(pieces=[b'data: {"progress": 1}\n', 0.1] * 1200)
        return Scripted(200, self._text, {"Content-Type": "text/html"}, held=0.25)


@pytest.mark.parametrize(
    ("text", "streams"),
    [(PENDING, True), (PENDING, False), (STOPPING, False), (CONSENT, False)],
    ids=["a stream that trickles", "a stream that hangs", "a server that stops for ever", "a consent without end"],
)
def test_a_spawn_is_given_up_at_the_deadline_whatever_its_page_does(
    monkeypatch: pytest.MonkeyPatch, text: str, streams: bool
) -> None:
    monkeypatch.setattr(spawn_progress, "STOP_RELOAD", 0.01)
    monkeypatch.setattr(spawn_progress, "RECONNECT", 0.01)
    with SlowHub(text, streams=streams) as hub:
        browser = Browser(Connections(hub.url, {}, size=CONNECTIONS))
        began = time.monotonic()
        with pytest.raises(WaitTimeout):
            spawn_progress.follow_progress(browser, Page(200, "/hub/spawn-pending/ann", text), Deadline(0.6))
        assert 0.6 <= time.monotonic() - began < 0.6 + MARGIN


def test_a_request_of_a_spawn_that_hangs_is_cut_at_the_deadline(scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(Scripted(200, held=600))
    browser = Browser(Connections(scripted_hub.url, {}, size=CONNECTIONS), timeout=600)
    began = time.monotonic()
    with pytest.raises(WaitTimeout):
        spawn_progress.follow_progress(browser, Page(200, "/hub/spawn-pending/ann", CONSENT), Deadline(0.3))
    assert 0.3 <= time.monotonic() - began < 0.3 + MARGIN


IMAGES = "<html>" + "".join(f'<img src="/{number}.png">' for number in range(2000)) + "</html>"


@pytest.mark.parametrize(
    "step",
    [
        lambda browser, deadline: login.log_in(browser, "ann", DUMMY, deadline, start="/hub/home"),
        lambda browser, deadline: spawn_page.spawn(browser, "ann", deadline),
        lambda browser, deadline: home_page.stop_server(browser, "ann", deadline),
        lambda browser, deadline: login.log_out(browser, deadline),
    ],
    ids=["log_in", "spawn", "stop_server", "log_out"],
)
def test_a_page_and_its_files_are_given_up_at_the_deadline(step: Callable[[Browser, Deadline], object]) -> None:
    with SlowHub(IMAGES) as hub:
        browser = Browser(Connections(hub.url, {}, size=CONNECTIONS))
        began = time.monotonic()
        with contextlib.suppress(HubUsersError):
            step(browser, Deadline(0.6))
        assert 0.6 <= time.monotonic() - began < 0.6 + MARGIN


# With everything real


def test_a_native_account_is_led_to_its_jupyterlab() -> None:
    with LocalHub(servers="lab", extra_config=NATIVE) as hub:
        browser = Person(hub)
        page = browser.get("/hub/signup")
        secret = "correct horse battery"
        fields = {"username": "ann", "signup_password": secret, "signup_password_confirmation": secret}
        browser.post_form("/hub/signup", {**fields, "_xsrf": browser.cookie("_xsrf", page.path)})
        with pytest.raises(LoginRefused, match=r"^login refused$"):
            login.log_in(browser, "ann", "wrong horse", soon())
        page = login.log_in(browser, "ann", secret, soon())
        browser.rows.clear()
        page = spawn_progress.follow_progress(
            browser, spawn_page.spawn(browser, "ann", soon(), page=page), Deadline(60)
        )
        assert (page.status, page.path) == (200, "/user/ann/lab")
        assert 'id="jupyter-config-data"' in page.text
        assert [row[1] for row in browser.rows if "progress" not in row[1]] == [
            "/hub/spawn-pending/{name}",
            "/user/{name}/",
            "/user/{name}/lab",
            "/hub/api/oauth2/authorize",
            "/user/{name}/oauth_callback",
            "/user/{name}/lab",
        ]
        assert browser.fetch("POST", "/user/ann/api/contents", {"type": "notebook"}).status == 201
        assert browser.failed_rows == []
        assert home_page.stop_server(browser, "ann", soon()) is Stop.STOPPED
