"""The cookies of a browser: what Chromium sends back, recorded for each of these hosts with the same eight cookies."""

import pytest

from hubusers.browser.cookies import Cookies

SET = (
    "secure=1; Secure; Path=/",
    "plain=1; Path=/",
    "none=1; SameSite=None; Path=/",
    "__Host-a=1; Secure; Path=/",
    "__Host-b=1; Path=/",
    "__Secure-c=1; Path=/",
    "localhost=1; Domain=localhost; Path=/",
    "below=1; Domain=hub.localhost; Path=/",
)


@pytest.mark.parametrize(
    ("host", "sent", "sent_below"),
    [
        ("http://127.0.0.1:8000", "secure plain __Host-a", None),
        ("http://localhost:8000", "secure plain __Host-a localhost", ""),
        ("http://hub.localhost:8000", "secure plain __Host-a below", "below"),
        ("http://hub.example.org", "plain", ""),
    ],
)
def test_cookies_go_where_chromium_sends_them(host: str, sent: str, sent_below: str | None) -> None:
    cookies = Cookies()
    cookies.keep("\n".join(SET), f"{host}/hub/login")
    assert cookies.header(f"{host}/hub/home") == "; ".join(f"{name}=1" for name in sent.split())
    if sent_below is not None:
        below = host.replace("//", "//ann.")
        assert cookies.header(f"{below}/user/ann/") == "; ".join(f"{name}=1" for name in sent_below.split())


def test_over_tls_all_are_sent_that_ask_for_it() -> None:
    cookies = Cookies()
    cookies.keep("\n".join([*SET, "frame=1; SameSite=None; Secure; Path=/"]), "https://hub.example.org/hub/login")
    assert cookies.header("https://hub.example.org/") == "secure=1; plain=1; __Host-a=1; frame=1"
    assert cookies.header("http://hub.example.org/") == "plain=1"  # as if somebody left the s out


def test_the_value_of_a_cookie_is_that_for_an_address() -> None:
    cookies = Cookies()
    cookies.keep("_xsrf=hub; Path=/hub/", "http://hub.localhost/hub/login")
    cookies.keep("_xsrf=server; Path=/user/ann/", "http://ann.hub.localhost/user/ann/lab")
    assert cookies.value("_xsrf", "http://hub.localhost/hub/home") == "hub"
    assert cookies.value("_xsrf", "http://ann.hub.localhost/user/ann/api") == "server"
    assert cookies.value("_xsrf", "http://bob.hub.localhost/user/ann/api") == ""


PATHS = ("/", "/a", "/a/", "/a/b", "/a/b/", "/a/bc", "/a/b/c?d=/e", "/a/b/c/d", "/other/b/c", "/a//", "/a%2Fb/c")


def test_each_request_carries_what_it_would_carry_if_it_were_the_only_one() -> None:
    paths = ("/", "/a", "/a/", "/a/b/", "/a//")
    set_cookies = "\n".join(f"{number}=1; Path={path}" for number, path in enumerate(paths))

    def new() -> Cookies:
        cookies = Cookies()
        cookies.keep(set_cookies, "http://hub.localhost/a/b/")
        return cookies

    kept = new()
    for path in [*PATHS, *reversed(PATHS)]:
        for host in ("http://hub.localhost", "http://hub.localhost:8000", "http://localhost"):
            assert kept.header(f"{host}{path}") == new().header(f"{host}{path}"), host + path


def test_a_cookie_goes_along_until_it_expires_or_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_700_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    cookies = Cookies()
    cookies.keep("short=1; Max-Age=10\nlong=1; Max-Age=20", "http://hub.localhost/hub/")
    assert cookies.header("http://hub.localhost/hub/") == "short=1; long=1"
    now += 15
    assert cookies.header("http://hub.localhost/hub/") == "long=1"
    cookies.keep("long=2", "http://hub.localhost/hub/")
    assert cookies.header("http://hub.localhost/hub/") == "long=2"
