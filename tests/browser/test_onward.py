"""Where a page leads by itself, without anybody's doing."""

import pytest

from hubusers.browser.browser import Browser
from hubusers.browser.onward import Onward, frames_of, is_only_frames, onward_of
from hubusers.browser.page import Page
from hubusers.http.connections import Connections

IDP = "https://idp.example.org/sso"
AT_IDP = Onward(host="idp.example.org")
UNKNOWN = Onward()
SAML = "<input type=hidden name=SAMLRequest value=x>"
HIDDEN = "<input type=hidden name=code value=x>"


@pytest.fixture
def browser() -> Browser:
    return Browser(Connections("http://127.0.0.1:9", {}))


def page(body: str, **headers: str) -> Page:
    return Page(200, "/user/ann/app/", f"<!doctype html><html>{body}</html>", {"Content-Type": "text/html", **headers})


def refresh(content: str) -> str:
    return f'<head><meta http-equiv="Refresh" content="{content}"></head><body><p>Please wait</p></body>'


def form(action: str, fields: str, more: str = "", onload: str = "") -> str:
    return f'<body onload="{onload}"><form method=post action="{action}">{fields}</form>{more}</body>'


NO_SCRIPT = "<noscript><a href=/help>Help</a><input type=submit value=Continue></noscript>"
SENDS = "document.forms[0].submit()"


@pytest.mark.parametrize(
    ("body", "onward"),
    [
        (refresh(f"0; url={IDP}"), AT_IDP),
        (refresh("0;URL='./lab.html'"), Onward("/user/ann/app/lab.html")),
        (refresh("2; /user/ann/other"), Onward("/user/ann/other", seconds=2.0)),
        (refresh("5"), None),
        (refresh("0; url=/user/ann/app/#top"), None),
        (refresh("1800; url=/user/ann/timeout"), None),
        (f"<noscript>{refresh('0; url=/no-script')}</noscript>", None),
        (form(IDP, SAML, onload=SENDS), AT_IDP),
        (form(IDP, SAML + NO_SCRIPT, "<script src=post.js></script>"), AT_IDP),
        (form(IDP, HIDDEN + NO_SCRIPT, f"<script>window.setTimeout('{SENDS}', 0);</script>"), AT_IDP),
        (form("/user/ann/callback", HIDDEN, onload=SENDS), UNKNOWN),
        (form(IDP, HIDDEN + "<input name=amount>", onload=SENDS), None),
        (form(IDP, HIDDEN, f"<script>function pay() {{ {SENDS} }}</script><a href=x>An app</a>"), None),
        (form(IDP, HIDDEN, f"<script>function pay() {{ {SENDS} }}</script><button>Pay</button>"), None),
        (f"<body><script>window.location.replace('{IDP}')</script></body>", AT_IDP),
        (f"<body onload=\"location.href='{IDP}';\">Redirecting...</body>", AT_IDP),
        ("<script>window.location = 'index.html';</script>", Onward("/user/ann/app/index.html")),
        ("<script>window.location = base + 'index.html'</script>", UNKNOWN),
        ("<script>location.assign(`${base}/lab`)</script>", UNKNOWN),
        ("<div id=root></div><script>if (location.hash == '#a') draw()</script>", None),
        (f"<div id=root></div><script>{'draw();' * 400} location.href = '{IDP}'</script>", None),
        (f"<div id=root></div><script src=app.js></script><script>location.href = '{IDP}'</script>", None),
        ("<p>An app", None),
    ],
)
def test_where_a_page_leads(browser: Browser, body: str, onward: Onward | None) -> None:
    assert onward_of(browser, page(body)) == onward


def test_a_header_may_say_it(browser: Browser) -> None:
    assert onward_of(browser, page("<p>x", Refresh=f"0; url={IDP}")) == AT_IDP


def test_frames(browser: Browser) -> None:
    shown = page(
        "<body><iframe src='inner/app'></iframe><iframe src='inner/app'></iframe><iframe src='about:blank'></iframe>"
        "<iframe src=\"javascript:''\"></iframe><iframe srcdoc='x' src='y'></iframe><iframe></iframe>"
        f"<iframe src='http://['></iframe><noscript><iframe src='z'></iframe></noscript><iframe src='{IDP}'></iframe>"
    )
    assert frames_of(browser, shown) == [Onward("/user/ann/app/inner/app"), AT_IDP]
    assert frames_of(browser, page("<frameset><frame src='a.html'><frame src='b.html'></frameset>")) == [
        Onward("/user/ann/app/a.html"),
        Onward("/user/ann/app/b.html"),
    ]
    assert is_only_frames(shown)
    assert not is_only_frames(page(f"<body><h1>An app</h1><iframe src='{IDP}'></iframe>"))
    assert not is_only_frames(page(f"<body><script src=app.js></script><iframe src='{IDP}'></iframe>"))
