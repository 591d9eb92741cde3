"""A browser on the network: its cookies, redirects, cache, connections and rows, against a hub that obeys."""

from locust.event import EventHook

import gzip
import time
import zlib
from collections.abc import Callable

import gevent
import pytest

from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.headers import HEADERS
from hubusers.browser.page import Page
from hubusers.browser.path_template import template_of
from hubusers.http.connections import Connections
from hubusers.http.messages import StreamLost
from hubusers.hub.deadline import Deadline
from tests.fake_clock import FakeClock
from tests.scripted_hub import Asked, Scripted, ScriptedHub
from tests.waiting import wait_until


class Rows(list[tuple[str, str, str]]):
    """What Locust would count: method, template and failure of each request."""

    def __init__(self) -> None:
        self.event = EventHook()
        self.event.add_listener(lambda **row: self.append((row["request_type"], row["name"], str(row["exception"]))))


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def browser(scripted_hub: ScriptedHub, rows: Rows) -> Browser:
    connections = Connections(scripted_hub.url, {}, size=CONNECTIONS, request_event=rows.event)
    return Browser(connections)


class Site(ScriptedHub):
    """Answers each path with what a function says, and counts the requests that it answers at the same time."""

    def __init__(self, say: Callable[[Asked], Scripted]) -> None:
        super().__init__()
        self._say = say
        self.most, self._now = 0, 0

    def answer(self, asked: Asked) -> Scripted:
        self._now += 1
        self.most = max(self.most, self._now)
        time.sleep(0.02)
        self._now -= 1
        return self._say(asked)


def cookies(asked: Asked) -> str:
    return asked.headers.get("Cookie", "")


def test_a_cookie_goes_where_its_path_says_and_until_it_is_taken_back(
    browser: Browser, scripted_hub: ScriptedHub
) -> None:
    for cookie in ("_xsrf=hub; Path=/hub/", "_xsrf=lab; Path=/user/ann/", 'session="a|b"; Path=/; HttpOnly'):
        scripted_hub.script(Scripted(200, headers={"Set-Cookie": cookie}))
        browser.get("/hub/home")
    scripted_hub.script(Scripted(200))
    for path in ("/hub/home", "/user/ann/lab", "/user/annette/lab"):
        browser.get(path)
    assert [cookies(asked) for asked in scripted_hub.asked[-3:]] == [
        '_xsrf=hub; session="a|b"',
        '_xsrf=lab; session="a|b"',
        'session="a|b"',
    ]
    assert browser.cookie("_xsrf", "/user/ann/api") == "lab"
    assert browser.cookie("_xsrf", "/") == ""
    scripted_hub.script(Scripted(200, headers={"Set-Cookie": "session=; Path=/; Max-Age=0"}))
    browser.get("/hub/logout")
    assert browser.cookie("session", "/") == ""


@pytest.mark.parametrize("text", ["", "<", "<!doctype html>", "<!-- <html> -->", "<html", '{"a": "<b"}'])
def test_a_text_that_is_not_a_page_reads_as_an_empty_document(text: str) -> None:
    assert Page(200, "/user/ann/lab", text).document.xpath("//script") == []


def test_redirects_are_followed_each_a_row_and_a_form_is_sent_once(
    browser: Browser, scripted_hub: ScriptedHub, rows: Rows
) -> None:
    scripted_hub.script(
        Scripted(302, headers={"Location": "../spawn-pending/ann?next=%2F#top"}),
        Scripted(307, headers={"Location": scripted_hub.url + "/user/ann/lab"}),
        Scripted(200, "the lab"),
    )
    page = browser.post_form("/hub/spawn/ann", [("profile", "a b"), ("profile", "ü")])
    assert (page.status, page.path, page.text, page.error) == (200, "/user/ann/lab", "the lab", "")
    assert page.redirected_from == ("/hub/spawn/ann", "/hub/spawn-pending/ann?next=%2F")
    assert [(asked.method, asked.path, asked.body) for asked in scripted_hub.asked] == [
        ("POST", "/hub/spawn/ann", "profile=a+b&profile=%C3%BC"),
        ("GET", "/hub/spawn-pending/ann?next=%2F", ""),
        ("GET", "/user/ann/lab", ""),
    ]
    assert scripted_hub.asked[0].headers["Origin"] == scripted_hub.url
    assert rows == [
        ("POST", "/hub/spawn/{name}", "None"),
        ("GET", "/hub/spawn-pending/{name}", "None"),
        ("GET", "/user/{name}/lab", "None"),
    ]


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("https://login.campus.example/authorize", "redirect to another host: login.campus.example"),
        ("//login.campus.example/", "redirect to another host: login.campus.example"),
        ("/hub/again", "too many redirects"),
        ("http://[", "answer cannot be read"),
    ],
)
def test_some_redirects_are_not_followed(
    browser: Browser, scripted_hub: ScriptedHub, location: str, error: str
) -> None:
    scripted_hub.script(Scripted(302, headers={"Location": location}))
    page = browser.get("/hub/login")
    assert (page.status, page.error) == (302, error)
    assert len(scripted_hub.asked) <= 21


@pytest.mark.parametrize(("begin", "site"), [("http://127.0.0.1:9/", "same-site"), ("http://66.0.0.1/", "cross-site")])
def test_addresses_of_like_numbers_are_of_two_sites(
    browser: Browser, scripted_hub: ScriptedHub, begin: str, site: str
) -> None:
    browser.come_from(begin)
    browser.get("/hub/home")
    assert scripted_hub.asked[0].headers["Sec-Fetch-Site"] == site


def test_a_change_to_https_is_another_host(browser: Browser, scripted_hub: ScriptedHub) -> None:
    secure = scripted_hub.url.replace("http:", "https:")
    scripted_hub.script(Scripted(301, headers={"Location": f"{secure}/hub/login"}))
    assert browser.get("/hub/login").error == f"redirect to another host: {secure}"


def test_a_script_sends_the_xsrf_token_once(browser: Browser, scripted_hub: ScriptedHub, rows: Rows) -> None:
    scripted_hub.script(Scripted(200, headers={"Set-Cookie": "_xsrf=token; Path=/user/ann/"}))
    browser.get("/user/ann/lab")
    scripted_hub.script(Scripted(302, {"a": 1}, headers={"Location": "/elsewhere"}))
    page = browser.fetch("POST", "/user/ann/api/sessions", {"path": "a.ipynb"})
    browser.fetch("GET", "/hub/api/user?_xsrf=other", good={302})
    posted, asked = scripted_hub.asked[-2:]
    assert (page.status, page.path, page.answer.model) == (302, "/user/ann/api/sessions", {"a": 1})
    assert (posted.headers["X-XSRFToken"], posted.headers["Content-Type"]) == ("token", "application/json")
    assert (posted.headers["Sec-Fetch-Mode"], posted.headers["Sec-Fetch-Site"]) == ("cors", "same-origin")
    assert (posted.headers["Origin"], posted.headers["Referer"]) == (
        scripted_hub.url,
        f"{scripted_hub.url}/user/ann/lab",
    )
    assert posted.body == '{"path": "a.ipynb"}'
    assert "X-XSRFToken" not in asked.headers
    assert rows[1:] == [
        ("POST", "/user/{name}/api/sessions", "HTTP 302, a redirect"),
        ("GET", "/hub/api/user", "None"),
    ]


DAY_OLD = {"Last-Modified": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - 86_400))}


@pytest.mark.parametrize(
    ("headers", "times", "conditions"),
    [
        ({"Cache-Control": "max-age=600"}, 1, {}),
        ({"Cache-Control": "public, max-age=31536000, immutable", "ETag": '"1"'}, 1, {}),
        (DAY_OLD, 1, {}),  # no word of caching: browsers take a tenth of its age
        ({"Cache-Control": "no-cache", "ETag": '"1"'}, 2, {"If-None-Match": '"1"'}),
        ({"Cache-Control": "no-cache", **DAY_OLD}, 2, {"If-Modified-Since": DAY_OLD["Last-Modified"]}),
        ({"Cache-Control": "max-age=0", "ETag": 'W/"1"'}, 2, {"If-None-Match": 'W/"1"'}),
        ({"Cache-Control": "no-store", "ETag": '"1"'}, 2, {}),
        ({}, 2, {}),
    ],
)
def test_a_file_is_asked_for_again_as_its_headers_say(
    browser: Browser, scripted_hub: ScriptedHub, headers: dict[str, str], times: int, conditions: dict[str, str]
) -> None:
    scripted_hub.script(Scripted(200, "text", headers))
    browser.load(["/static/a.js", "/static/a.js"])
    scripted_hub.script(Scripted(304))
    browser.load(["/static/a.js"])
    assert len(scripted_hub.asked) == times
    sent = scripted_hub.asked[-1].headers
    assert {name: sent[name] for name in ("If-None-Match", "If-Modified-Since") if name in sent} == conditions


def test_the_headers_of_a_304_hold_from_then_on(browser: Browser, scripted_hub: ScriptedHub) -> None:
    for answer in (Scripted(200, headers={"ETag": '"1"'}), Scripted(304, headers={"Cache-Control": "max-age=600"})):
        scripted_hub.script(answer)
        browser.load(["/static/a.js"])
    browser.load(["/static/a.js"])
    assert len(scripted_hub.asked) == 2


def test_files_come_over_six_connections_and_their_failures_are_rows(rows: Rows) -> None:
    site = Site(lambda asked: Scripted(404 if asked.path.endswith("3.js") else 200))
    with site:
        browser = Browser(Connections(site.url, {}, size=CONNECTIONS, request_event=rows.event))
        browser.load(f"/user/ann/static/lab/{number}.js" for number in range(20))
        assert site.most == CONNECTIONS
    assert len(rows) == 20
    assert {row for row in rows if row[2] != "None"} == {("GET", "/user/{name}/static/lab/{file}", "HTTP 404")}


@pytest.mark.parametrize("encoding", ["gzip", "deflate", ""])
def test_a_text_is_read_however_it_is_sent(browser: Browser, scripted_hub: ScriptedHub, encoding: str) -> None:
    text = "größe" * 100
    pack: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress, "": bytes}
    packed = pack[encoding](text.encode())
    scripted_hub.script(Scripted(200, packed, {"Content-Encoding": encoding} if encoding else {}))
    assert browser.get("/hub/home").text == text
    assert browser.text_of("/static/a.js") == text
    assert "gzip" in scripted_hub.asked[-1].headers["Accept-Encoding"]
    scripted_hub.script(Scripted(404, "no such file"))
    assert browser.text_of("/static/a.js") == ""


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Scripted(lost=True), "connection lost"),
        (Scripted(held=600), "timed out"),
        (Scripted(200, b"not packed", {"Content-Encoding": "gzip"}), "answer cannot be read"),
    ],
)
def test_nothing_is_raised_for_the_network(scripted_hub: ScriptedHub, rows: Rows, answer: Scripted, error: str) -> None:
    connections = Connections(scripted_hub.url, {}, size=CONNECTIONS, request_event=rows.event)
    browser = Browser(connections, timeout=0.3 if answer.held else 60)
    scripted_hub.script(answer)
    for page in (browser.get("/hub/home"), browser.fetch("GET", "/hub/api/user"), browser.post_form("/hub/login", {})):
        assert (page.status, page.error) == (0, error)
    assert browser.text_of("/static/a.js") == ""
    assert {row[2] for row in rows} == {error}


def test_a_deadline_bounds_all_that_a_call_does(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redirects that come each in time, and files of which only six come at a time."""
    clock = FakeClock()
    monkeypatch.setattr("hubusers.hub.deadline.CLOCK", clock)

    def takes_some_time(asked: Asked) -> Scripted:
        clock.sleep(150)
        return Scripted(302, headers={"Location": "/hub/again"}) if asked.path.startswith("/hub/") else Scripted(200)

    with Site(takes_some_time) as site:
        browser = Browser(Connections(site.url, {}, size=CONNECTIONS, request_event=rows.event), timeout=400)
        for deadline, asks in ((Deadline(200), 2), (None, 3)):  # without one, the timeout is for all of it
            site.asked.clear()
            page = browser.get("/hub/home", deadline=deadline)
            assert (page.status, page.error, len(page.redirected_from)) == (0, "timed out", asks)
            assert len(site.asked) == asks
        site.asked.clear()
        browser.load([f"/{number}.js" for number in range(60)], deadline=Deadline(200))
        assert 2 <= len(site.asked) < 2 + CONNECTIONS  # those that were under way by then, too


def test_what_hangs_is_cut_at_the_deadline(browser: Browser, scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(Scripted(200, held=600))
    began = time.monotonic()
    assert browser.get("/hub/home", deadline=Deadline(0.3)).error == "timed out"
    browser.load([f"/{number}.js" for number in range(60)], deadline=Deadline(0.3))
    assert 0.6 <= time.monotonic() - began < 60  # of 600
    assert len(scripted_hub.asked) <= 1 + CONNECTIONS


def test_nothing_is_sent_or_counted_after_the_deadline(browser: Browser, scripted_hub: ScriptedHub, rows: Rows) -> None:
    past = Deadline(0)
    assert browser.get("/hub/home", deadline=past).error == "timed out"
    assert browser.fetch("GET", "/hub/api/user", deadline=past).error == "timed out"
    assert browser.text_of("/static/a.js", deadline=past) == ""
    assert (scripted_hub.asked, rows, browser.failures) == ([], [], {})


def test_an_event_source_is_read_line_by_line(browser: Browser, scripted_hub: ScriptedHub, rows: Rows) -> None:
    path = "/hub/api/users/ann/server/progress?_xsrf=token"
    scripted_hub.script(Scripted(pieces=[b"data: {}\n", b"\n", 0.05, b'data: {"ready": true}\n'], lost=True))
    with browser.stream(path, Deadline(60)) as stream:
        lines = iter(stream)
        assert [next(lines) for _ in range(3)] == ["data: {}", "", 'data: {"ready": true}']
        with pytest.raises(StreamLost):
            next(lines)
    assert scripted_hub.asked[0].headers["Accept"] == "text/event-stream"
    scripted_hub.script(Scripted(400, {"message": "nothing is starting"}))
    with browser.stream(path, Deadline(60)) as stream:
        assert (stream.answer.status, list(stream)) == (400, [])
    name = "/hub/api/users/{name}/server/progress"
    assert rows == [("GET", name, "None"), ("GET", name, "HTTP 400")]


def test_the_handshake_of_a_websocket_has_cookies_and_origin(browser: Browser, scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(Scripted(200, headers={"Set-Cookie": "session=1; Path=/user/ann/"}))
    browser.get("/user/ann/lab")
    lines = browser.websocket_headers("/user/ann/api/kernels/1/channels")
    assert {"Cookie: session=1", f"Origin: {scripted_hub.url}", "Sec-Fetch-Mode: websocket"} <= set(lines)
    with_token = Browser(Connections("http://hub.example.org/base/hub/api", {}), authorization="token 123")
    # Where others can read along, browsers do not say what a request is for.
    assert with_token.websocket_headers("/base/user/ann/api") == [
        *(f"{name}: {value}" for name, value in HEADERS.items()),
        "Authorization: token 123",
        "Origin: http://hub.example.org",
    ]
    assert with_token.base == "/base"


def test_a_hub_with_a_base_url_has_the_same_rows(scripted_hub: ScriptedHub, rows: Rows) -> None:
    connections = Connections(f"{scripted_hub.url}/lab-course/hub/api", {}, request_event=rows.event)
    Browser(connections, authorization="token 123").get("/lab-course/hub/spawn/ann/work?x")
    assert scripted_hub.asked[0].headers["Authorization"] == "token 123"
    assert rows == [("GET", "/hub/spawn/{name}/{server}", "None")]


def test_no_secret_is_shown(browser: Browser, scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(Scripted(200, "code=secret", {"Set-Cookie": "session=secret; Path=/"}))
    assert repr(browser.get("/hub/oauth_callback?code=secret")) == "Page(200, '/hub/oauth_callback', '')"
    assert "secret" not in repr(browser)


def test_a_browser_that_is_closed_ends_what_it_loads() -> None:
    site = Site(lambda _: Scripted(held=600))
    with site:
        browser = Browser(Connections(site.url, {}, size=CONNECTIONS))
        loading = gevent.spawn(browser.load, [f"/{number}.js" for number in range(20)])
        wait_until(lambda: len(site.asked) == CONNECTIONS)
        loading.kill()
        gevent.sleep(0.2)
        assert len(site.asked) == CONNECTIONS


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/", "/"),
        ("/hub/login?next=%2Fhub%2F", "/hub/login"),
        ("/hub/static/js/jhapi.js?v=1", "/hub/static/{file}"),
        ("/hub/spawn", "/hub/spawn"),
        ("/hub/spawn/ann", "/hub/spawn/{name}"),
        ("/hub/spawn-pending/ann/work", "/hub/spawn-pending/{name}/{server}"),
        ("/hub/api/users/ann/server/progress?_xsrf=1", "/hub/api/users/{name}/server/progress"),
        ("/hub/api/users/ann/servers/work/progress", "/hub/api/users/{name}/servers/{server}/progress"),
        ("/hub/api/users/ann/servers/", "/hub/api/users/{name}/{path}"),
        ("/hub/spawn/ann/work/more", "/hub/spawn/{name}/{path}"),
        ("/hub/api/oauth2/authorize?client_id=1", "/hub/api/oauth2/authorize"),
        ("/hub/user/ann", "/hub/user/{name}"),
        ("/hub/user/ann/", "/hub/user/{name}/"),
        ("/hub/user/ann/lab", "/hub/user/{name}/{path}"),
        ("/user/ann", "/user/{name}"),
        ("/user/ann/", "/user/{name}/"),
        ("/user/ann/lab?reset", "/user/{name}/lab"),
        ("/user/ann/work", "/user/{name}/{server}"),
        ("/user/ann/work/lab", "/user/{name}/{server}/lab"),
        ("/user/ann/worker/lab", "/user/{name}/worker/lab"),
        ("/user/ann/oauth_callback?code=1", "/user/{name}/oauth_callback"),
        ("/user/ann/static/lab/main.1.js?v=1", "/user/{name}/static/lab/{file}"),
        ("/user/ann/lab/extensions/@a/b/static/c.js", "/user/{name}/lab/extensions/{file}"),
        ("/user/ann/api/contents", "/user/{name}/api/contents"),
        ("/user/ann/api/contents/a/b.ipynb?content=1", "/user/{name}/api/contents/{path}"),
        ("/user/ann/api/contents/a/b.ipynb/checkpoints", "/user/{name}/api/contents/{path}/checkpoints"),
        ("/user/ann/api/contents/b.ipynb/checkpoints/1", "/user/{name}/api/contents/{path}/checkpoints/{checkpoint}"),
        ("/user/ann/api/kernels/1/channels?session_id=2", "/user/{name}/api/kernels/{kernel}/channels"),
        ("/user/ann/work/api/kernels/1", "/user/{name}/{server}/api/kernels/{kernel}"),
        ("/user/ann/lab/api/workspaces/default", "/user/{name}/lab/api/workspaces/{workspace}"),
        ("/user/ann/lab/api/settings/@a/b:plugin", "/user/{name}/lab/api/settings/{plugin}"),
        ("/user/ann/an/extension/of/its/own/1234", "/user/{name}/an/extension/of/{path}"),
    ],
)
def test_rows_have_names_not_ids(path: str, template: str) -> None:
    assert template_of(path, server_name="work") == template
