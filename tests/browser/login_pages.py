"""Login pages, and the requests with which a browser answers each of them: ours in `test_login_pages.py`, and Chromium.

Page number N is at /hub/N/login?next=x of the hub. OTHER stands for an identity provider that the operator has named.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.scripted_hub import Asked, Scripted, ScriptedHub

HTML = {"Content-Type": "text/html; charset=utf-8"}
SECRET = "p&~*é"
TYPED = "username=ann&password=p%26%7E*%C3%A9"
AT = "/hub/N/login?next=x"
NAME, PASSWORD = "<input name=username>", "<input type=password name=password>"
BOTH = NAME + PASSWORD
IN = "<button>In</button>"  # without any, the key Enter sends nothing


class Came(NamedTuple):
    """A request that came: to HUB or OTHER, with which method, path and body, from where.

    A boundary of a multipart body is written as B.
    """

    host: str
    method: str
    path: str
    body: str = ""
    referer: str = f"HUB{AT}"
    origin: str = "HUB"


@dataclass(frozen=True)
class LoginPage:
    """A page: what it is about, what comes, which button people click (or else they press Enter).

    Where nothing comes, people may see a blank page.
    """

    about: str
    content: str
    came: list[Came]
    clicked: str = ""
    blank: bool = False


def post(path: str, body: str = TYPED, host: str = "HUB", **more: str) -> Came:
    return Came(host, "POST", path, body, **more)


def get(path: str, host: str = "HUB", **more: str) -> Came:
    return Came(host, "GET", path, **{"origin": "", **more})


def form(fields: str, action: str = "/hub/login", before: str = "", after: str = "") -> str:
    return f"{before}<form method=post action='{action}'>{fields}</form>{after}"


def redirected(status: int, *came: Came) -> LoginPage:
    path = f"/hub/redirect?status={status}&to=/hub/after%3Fa%3D1"
    return LoginPage(f"redirected by {status}", form(BOTH + IN, path.replace("&", "&amp;")), [post(path), *came])


AT_OTHER = {"host": "OTHER", "referer": "HUB/"}
_PART = '--B\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'

PAGES = [
    LoginPage(
        "fields in the order of the page",
        form(
            "<input type=hidden name=_xsrf value='a b~*'><input type=hidden name=none>" + BOTH + IN,
            "/hub/login?a=1&amp;b",
        ),
        [post("/hub/login?a=1&b", f"_xsrf=a+b%7E*&none=&{TYPED}")],
    ),
    LoginPage("no action", f"<form method=POST>{BOTH}{IN}</form>", [post(AT)]),
    LoginPage("an action of a blank, and a base", form(BOTH + IN, " ", "<base href='/hub/sub/'>"), [post(AT)]),
    LoginPage("a base", form(BOTH + IN, "login?c", "<base href='/hub/sub/'>"), [post("/hub/sub/login?c")]),
    LoginPage("a base, but no action", form(BOTH + IN, "", "<base href='/hub/sub/'>"), [post(AT)]),
    LoginPage(
        "the first base",
        form(BOTH + IN, "in", "<base target=_self><base href='/a/'><base href='/b/'>"),
        [post("/a/in")],
    ),
    LoginPage("a base that is a script", form(BOTH + IN, "in", "<base href='javascript:1'>"), [post("/hub/N/in")]),
    LoginPage(
        "a base elsewhere",
        form(BOTH + IN, "login", "<base href='OTHER/realms/'>"),
        [post("/realms/login", **AT_OTHER), get("/hub/in", referer="HUB/")],
    ),
    LoginPage(
        "backslashes in the address of an action elsewhere",
        form(BOTH + IN, r"OTHER\realms\login?a\b"),
        [post(r"/realms/login?a\b", **AT_OTHER), get("/hub/in", referer="HUB/")],
    ),
    LoginPage("a line break in an action", form(BOTH + IN, "/hub/lo\ngin"), [post("/hub/login")]),
    LoginPage(
        "a button says where and how",
        f"<form action='/hub/wrong'>{BOTH}<button formaction='/hub/right' formmethod=post>In</button></form>",
        [post("/hub/right")],
    ),
    LoginPage(
        "a button that says: here",
        form(f"{BOTH}<button formaction='' name=by value=ldap>In</button>", "/hub/wrong"),
        [post(AT, f"{TYPED}&by=ldap")],
    ),
    LoginPage(
        "a button says in which form",
        form(BOTH + "<button formenctype='multipart/form-data'>In</button>"),
        [post("/hub/login", _PART.format("username", "ann") + _PART.format("password", SECRET) + "--B--\r\n")],
    ),
    LoginPage(
        "fields outside",
        form(
            f"<button>In</button><input name=not form=other value=1>{NAME}",
            after=("<input type=password name=password form=f><input name=more value=1 form=f><input name=no value=1>"),
        ).replace("<form", "<form id=f"),
        [post("/hub/login", f"{TYPED}&more=1")],
    ),
    LoginPage(
        "disabled groups and buttons",
        form(
            "<fieldset disabled><legend><input name=username></legend><input name=not value=1>"
            "<button name=by value=0>In</button></fieldset><button disabled name=by value=1>In</button>"
            "<button type=button name=by value=2>Show</button><button type=reset name=by value=3>Clear</button>"
            f"{PASSWORD}<button name=by value=4>In</button><button name=by value=5>In</button>"
        ),
        [post("/hub/login", f"{TYPED}&by=4")],
        "[value='4']",  # the key Enter stands for the first button, also where that is disabled
    ),
    LoginPage(
        "the first button is not for this",
        form(
            f"{BOTH}<button name=cancel value=1 formaction='/hub/away'>Cancel</button>"
            "<input type=submit formaction='/hub/signup' value='Create account'>"
            "<input id=in type=submit name=go value='Log in'>"
        ),
        [post("/hub/login", f"{TYPED}&go=Log+in")],
        "#in",
    ),
    LoginPage(
        "an image", form(BOTH + "<input type=image name=go value=1>"), [post("/hub/login", f"{TYPED}&go.x=0&go.y=0")]
    ),
    LoginPage(
        "types that nobody knows",
        form(
            "<input type=username name=username><input type=PASSWORD name=password><button type=go name=b>In</button>"
        ),
        [post("/hub/login", f"{TYPED}&b=")],
    ),
    LoginPage(
        "all kinds of fields",
        form(
            BOTH
            + IN
            + "<select name=realm><option>a<option selected value=b>B</select><input type=checkbox name=keep checked>"
            "<input type=checkbox name=not><input type=radio name=r value=1><input type=radio name=r value=2 checked>"
            "<textarea name=t>\nx\ny</textarea><input name=_charset_ type=hidden><input readonly name=ro value=1>"
        ),
        [post("/hub/login", f"{TYPED}&realm=b&keep=on&r=2&t=x%0D%0Ay&_charset_=UTF-8&ro=1")],
    ),
    LoginPage(
        "only a name, in the address",
        f"<form action='login?old=1'><input type=hidden name=a value=b>{NAME}{IN}</form>",
        [get("/hub/N/login?a=b&username=ann")],
    ),
    LoginPage(
        "letters beyond ASCII", form(BOTH + IN, "/hub/ö ?x=é y%20|#z"), [post("/hub/%C3%B6%20?x=%C3%A9%20y%20|")]
    ),
    LoginPage(
        "a table between form and fields",
        f"<table><form method=post action='/hub/login'><tr><td>{NAME}</td><td>{PASSWORD}{IN}</td></tr></form></table>",
        [post("/hub/login")],
    ),
    LoginPage(
        "to a provider",
        form(BOTH + IN, "OTHER/realms/login"),
        [post("/realms/login", **AT_OTHER), get("/hub/in", referer="HUB/")],
    ),
    *(redirected(status, get("/hub/after?a=1")) for status in (301, 302, 303)),
    *(redirected(status, post("/hub/after?a=1")) for status in (307, 308)),
    LoginPage(
        "redirected to a provider, with all that was typed",
        form(BOTH + IN, "/hub/redirect?status=307&amp;to=OTHER/realms/login"),
        [
            post("/hub/redirect?status=307&to=OTHER/realms/login"),
            post("/realms/login", origin="null", **AT_OTHER),
            get("/hub/in", referer="HUB/"),
        ],
    ),
    *(
        LoginPage(f"sent nowhere: {action}", form(BOTH + IN, action), [], blank=blank)
        for action, blank in [
            ("http://[", True),
            ("https://:0", True),
            ("javascript:void(0)", False),
            ("data:text/html,x", False),
        ]
    ),
    LoginPage("sent nowhere: a dialog", f"<form method=dialog>{BOTH}{IN}</form>", []),
    LoginPage(
        "sent nowhere: a base that cannot be read",
        form(BOTH + IN, "in", "<base href='http://['>"),
        [],
    ),
    LoginPage("sent nowhere: mailto", form(BOTH + IN, "mailto:ann@example.org"), []),
]


@dataclass
class Pages:
    """A hub and a provider that serve the pages, and note what comes."""

    hub: ScriptedHub
    other: ScriptedHub
    came: dict[int, list[Came]] = field(default_factory=dict)  # by the number of the page that was shown last


@contextmanager
def served() -> Iterator[Pages]:
    """Serve all pages."""

    class Server(ScriptedHub):
        def answer(self, asked: Asked) -> Scripted:
            parts = urlsplit(asked.path)
            if parts.path == "/favicon.ico":
                return Scripted(404)
            page = re.fullmatch(r"/hub/(\d+)/login\?next=x", asked.path)
            if page and asked.method == "GET":
                pages.came[int(page[1])] = []
                content = PAGES[int(page[1])].content.replace("OTHER", other.url)
                return Scripted(200, f"<!DOCTYPE html><html><title>page</title><body>{content}</body></html>", HTML)
            number = max(pages.came)
            pages.came[number].append(self.noted(asked, number))
            if self is other:
                return Scripted(302, "", {"Location": f"{hub.url}/hub/in"})
            if parts.path == "/hub/redirect":
                says = parse_qs(parts.query)
                return Scripted(int(says["status"][0]), "", {"Location": says["to"][0]})
            return Scripted(
                200, '<html><title>in</title><script>window.jhdata = { user: "ann", };</script>Home</html>', HTML
            )

        def noted(self, asked: Asked, number: int) -> Came:
            def named(text: str) -> str:
                text = text.replace(hub.url, "HUB").replace(other.url, "OTHER")
                return re.sub(rf"/hub/{number}\b", "/hub/N", text)

            boundary = asked.headers.get("Content-Type", "").partition("boundary=")[2]
            return Came(
                "HUB" if self is hub else "OTHER",
                asked.method,
                named(asked.path),
                asked.body.replace(f"--{boundary}", "--B") if boundary else asked.body,
                named(asked.headers.get("Referer", "")),
                named(asked.headers.get("Origin", "")),
            )

    with Server() as hub, Server() as other:
        pages = Pages(hub, other)
        yield pages
