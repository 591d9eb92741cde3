"""Which files a page of the hub needs, on a made-up site; those of a real hub are in `test_hub_pages.py`."""

from collections.abc import Iterator

import pytest

from hubusers.browser import page_files
from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.page_files import load_files
from hubusers.browser.sender import Failed
from hubusers.http.connections import Connections
from hubusers.hub.deadline import Deadline
from tests.scripted_hub import Asked, Scripted, ScriptedHub

FILES = {
    "/hub/home": """<html><head>
        <link rel="stylesheet" href="/hub/static/style.css?v=1">
        <link rel="stylesheet" href="https://cdn.example/other.css">
        <link rel="icon" href="static/favicon.ico"><img src=""><img src="data:image/png;base64,AAAA"><img src="http://[">
        <script src="OWN/hub/static/require.js"></script><script src="/hub/static/js/jquery.js"></script>
        <script>require.config({baseUrl: '/hub/static/js', urlArgs: 'v=1', paths: {moment: '../moment'}});</script>
        <style>@font-face { font-family: own; src: url(/hub/own.woff2) } h1 { font: 1em own }</style>
        </head><body><script>require(["home"]);</script><h1>Home</h1><i class="icon"></i></body></html>""",
    "/hub/static/style.css": "@import 'more.css'; @import url(//cdn.example/x.css);",
    "/hub/static/more.css": "@font-face { font-family: a; src: url('../fonts/a.woff2') } .icon::before{font-family:a}"
    "@import '//['; @font-face{font-family:b;src:url(b.eot);src:url('b.eot?#x') format('embedded-opentype'),"
    "url('b.woff2?v=2') format('woff2'),url('b.ttf') format('truetype')} body{font-family:b,sans-serif}"
    "@font-face{font-family:icon;src:url(unused.woff2)} .no-such-icon{font-family:icon}",
    "/hub/static/js/home.js": 'require(["jquery", "moment"], function () {});',
    "/hub/static/js/jquery.js": "/* jQuery */",
    "/hub/static/moment.js": "/* Moment */",
}


class Site(ScriptedHub):
    def answer(self, asked: Asked) -> Scripted:
        path = asked.path.partition("?")[0]
        return Scripted(200, FILES.get(path, "").replace("OWN", self.url), {"Cache-Control": "max-age=60"})


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(page_files, "KNOWN_REFERENCES", page_files.References())
    with Site() as site:
        yield site


def test_files_are_found_where_pages_styles_and_scripts_name_them_and_only_on_the_hubs_host(site: Site) -> None:
    browser = Browser(Connections(site.url, {}, size=CONNECTIONS))
    page = browser.get("/hub/home")
    load_files(browser, page, Deadline(60))
    assert sorted(asked.path for asked in site.asked[1:]) == [
        "/hub/fonts/a.woff2",
        "/hub/own.woff2",
        "/hub/static/b.woff2?v=2",
        "/hub/static/favicon.ico",
        "/hub/static/js/home.js?v=1",
        "/hub/static/js/jquery.js",
        "/hub/static/moment.js?v=1",
        "/hub/static/more.css",
        "/hub/static/require.js",
        "/hub/static/style.css?v=1",
    ]
    load_files(browser, page, Deadline(60))  # the cache has all of it
    assert len(site.asked) == 11


PAGE_OF_AN_APP = """<html><head><base href="./static/">
    <link rel="modulepreload" href="a.js"><link rel="preload" as="font" href="b.woff2"><link rel="prefetch" href="c.js">
    <link rel="dns-prefetch" href="no-1"><link rel="manifest" href="no-2"><link rel="apple-touch-icon" href="no-3">
    <link rel="shortcut icon" href="no-4"><script type="module" src="d.js"></script>
    <script nomodule src="no-5"></script><script type="text/template" src="no-6"></script>
    <script src="/user/ann/app/e.js"></script><noscript><img src="no-7"></noscript></head>
    <body><img src="f.png"><script>require(["no-8"])</script></body></html>"""


def test_the_page_of_an_application_is_loaded_as_its_links_and_its_base_say(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FILES, "/user/ann/app/", PAGE_OF_AN_APP)
    monkeypatch.setitem(FILES, "/user/ann/app/e.js", 'define(["no-9"], f)')
    browser = Browser(Connections(site.url, {}, size=CONNECTIONS))
    load_files(browser, browser.get("/user/ann/app/"), Deadline(60), icon=False)
    assert sorted(asked.path.removeprefix("/user/ann/app/") for asked in site.asked[1:]) == [
        "e.js",
        *("static/a.js", "static/b.woff2", "static/c.js", "static/d.js", "static/f.png"),
    ]


def test_only_scripts_after_requirejs_require_and_what_one_server_has_is_read_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tree(name: str) -> str:
        own = f"/user/{name}/static"
        monkeypatch.setitem(FILES, f"{own}/before.js", 'define(["react"], f)')
        monkeypatch.setitem(FILES, f"{own}/main.js", 'require(["services/contents"])')
        return f"""<html><script src="{own}/before.js"></script><script src="{own}/require.js"></script>
            <script>require.config({{baseUrl: '{own}/'}})</script><script src="{own}/main.js"></script></html>"""

    for name in ("ann", "bob"):
        monkeypatch.setitem(FILES, f"/user/{name}/tree", tree(name))
        browser = Browser(Connections(site.url, {}, size=CONNECTIONS))
        load_files(browser, browser.get(f"/user/{name}/tree"), Deadline(60))
        loaded = [asked.path.removeprefix(f"/user/{name}/static/") for asked in site.asked if f"/{name}/" in asked.path]
        assert sorted(loaded[1:]) == ["before.js", "main.js", "require.js", "services/contents.js"]
        assert page_files.KNOWN_REFERENCES.of("/user/zoe/static/main.js") == ("services/contents",)


PAGE_WITHOUT_FILES = """<!doctype html><html><head><script src="a.js"></script>
    <script type="module" src="b.js"></script><script src="fine.js"></script>
    <link rel="stylesheet" href="c.css"><link rel="prefetch" href="next.html">
    <link rel="stylesheet" href="moved.css"><link rel="preload" as="fetch" href="part.html"></head><img src="d.png">"""

A_PAGE = {"Content-Type": "text/html; charset=utf-8"}


def test_what_a_browser_does_not_use_counts_as_missing_and_redirects_are_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Application(ScriptedHub):
        def answer(self, asked: Asked) -> Scripted:
            name = asked.path.rpartition("/")[2]
            known = {
                "fine.js": Scripted(302, "", {"Location": "v2/fine.js"}),
                "moved.css": Scripted(301, "", {"Location": "v2/theme/new.css"}),
                "new.css": Scripted(200, "@import 'more.css';", {"Content-Type": "text/css"}),
                "more.css": Scripted(200, "body {}", {"Content-Type": "text/css"}),
            }
            known["v2/fine.js"] = Scripted(200, "1", {"Content-Type": "text/html"})  # lax, as for classic scripts
            return known.get(
                "v2/fine.js" if "v2/fine" in asked.path else name, Scripted(200, PAGE_WITHOUT_FILES, A_PAGE)
            )

    monkeypatch.setattr(page_files, "KNOWN_REFERENCES", page_files.References())
    with Application() as application:
        for name in ("ann", "bob"):  # what ann's styles refer to is known for bob
            browser = Browser(Connections(application.url, {}, size=CONNECTIONS))
            page = browser.get(f"/user/{name}/app/")
            for visit in (1, 2):  # what was not used is not in the cache
                load_files(browser, page, Deadline(60))
                assert dict(browser.failures) == {
                    Failed(f"/user/{{name}}/app/{file}", "a web page came", is_file=True): visit
                    for file in ("a.js", "b.js", "c.css", "d.png")
                }
            asked = [asked.path for asked in application.asked]
            assert f"/user/{name}/app/v2/theme/more.css" in asked
            assert f"/user/{name}/app/v2/fine.js" in asked


PAGE_WITH_MODULES = """<!doctype html><script type="module">
    import { inject } from "/user/ann/app/@react-refresh"; import "./a.js"
    /*
    import "./no-1.js" */ // import "./no-2.js"
    import start, {
        more as others } from '../b.js';
    import * as all from "./c.js";import("./no-3.js"); import lit from "lit"; const text = "import './no-4.js'";
    </script><script>import "./no-5.js"</script>"""


def test_modules_in_a_page_import_others(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILES, "/user/ann/app/", PAGE_WITH_MODULES)
    browser = Browser(Connections(site.url, {}, size=CONNECTIONS))
    load_files(browser, browser.get("/user/ann/app/"), Deadline(60))
    assert sorted(asked.path.removeprefix("/user/ann/") for asked in site.asked[1:]) == [
        *("app/@react-refresh", "app/a.js", "app/c.js", "b.js")
    ]


def test_redirects_of_a_file_that_lead_nowhere() -> None:
    with ScriptedHub() as hub:
        browser = Browser(Connections(hub.url, {}))
        for location, cause in (
            ("", "HTTP 302, a redirect"),
            ("https://login.example/a.js", "HTTP 302, a redirect"),
            ("/a.js", "too many redirects"),
        ):
            hub.script(Scripted(302, "", {"Location": location} if location else {}))
            browser.failures.clear()
            browser.load(["/a.js"])
            assert list(browser.failures) == [Failed("/a.js", cause, is_file=True)]
