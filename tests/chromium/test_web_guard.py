"""A real browser at the web UI: its own page works under each of its names, and pages of strangers change nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from gevent import pywsgi

from hubusers.local.ports import free_port
from tests.chromium.browse import browse
from tests.plugin.guarded_web_ui import Served, served

NAMES = ["evil.example", "loadgen", "loadgen.example.org"]

START = "button[type=submit]"
STARTED = "document.body.innerText.includes('RUNNING')"

KEEP_WHAT_IS_POSTED = """() => {
    const send = window.fetch;
    window.fetch = async (request, ...rest) => {
        if (request.url?.endsWith("/swarm"))
            window.posted = [...new URLSearchParams(await request.clone().text()).keys()];
        return send(request, ...rest);
    };
}"""

POST = """(url) => fetch(url, {method: "POST", mode: "no-cors", body: new URLSearchParams("user_count=1&spawn_rate=1")})
    .then((answer) => answer.type + " " + answer.status)"""
READ = "(url) => fetch(url).then((answer) => answer.text(), () => 'not allowed')"
ASK_FOR_LEAVE = """(url) => fetch(url, {method: "POST", headers: {"X-Forwarded-Host": location.host}})
    .then((answer) => "sent", () => "not sent")"""
SUBMIT = "() => { document.forms[0].submit(); return 'submitted' }"


@contextmanager
def page_of_a_stranger(target: str) -> Iterator[int]:
    """Serve a page with a form that is sent to the web UI; yields its port."""
    app = Flask(__name__)

    @app.route("/")
    def page() -> str:
        return (
            f"<title>stranger</title><form method=post action='{target}swarm'><input name=user_count value=1>"
            "<input name=spawn_rate value=1></form>"
        )

    port = free_port()
    server = pywsgi.WSGIServer(("127.0.0.1", port), app, log=None)
    server.start()
    try:
        yield port
    finally:
        server.stop()


def at(web_ui: Served, name: str) -> str:
    return web_ui.url.replace("127.0.0.1", name)


@pytest.mark.parametrize(
    "name",
    [*(pytest.param(name, marks=pytest.mark.thorough) for name in ("localhost", "loadgen")), "loadgen.example.org"],
)
def test_start_on_its_own_page(name: str) -> None:
    with served(web_host="loadgen.example.org") as web_ui:
        visit = browse(
            at(web_ui, name),
            ("wait", f"document.querySelector('{START}')"),
            ("see", KEEP_WHAT_IS_POSTED),
            ("click", START),
            ("wait", STARTED),
            ("see", "posted"),
            names=NAMES,
        )
        assert web_ui.runner.start.called
        assert set(visit.seen[1]) == web_ui.fields, "Locust's form posts other fields: see plugin/locust_internals.py"
    assert not visit.errors


# The browser sends Sec-Fetch-Site to the first of them only.
@pytest.mark.parametrize("web_ui_s_name", ["127.0.0.1", "loadgen"])
@pytest.mark.parametrize("stranger_s_name", ["evil.example", pytest.param("127.0.0.1", marks=pytest.mark.thorough)])
def test_a_page_of_a_stranger(web_ui_s_name: str, stranger_s_name: str) -> None:
    with served() as web_ui, page_of_a_stranger(at(web_ui, web_ui_s_name)) as port:
        url = at(web_ui, web_ui_s_name)
        visit = browse(
            f"http://{stranger_s_name}:{port}/",
            *[("see", f"({POST})('{url}{path}')") for path in ("swarm", "stop", "stats/reset", "user")],
            ("see", f"({READ})('{url}logs')"),
            ("see", f"({ASK_FOR_LEAVE})('{url}swarm')"),
            ("see", f"({SUBMIT})()"),
            ("wait", "document.body.innerText.includes('page of another site')"),
            names=NAMES,
        )
        assert visit.seen[:4] == ["opaque 0"] * 4  # it was sent, and the page does not get to know the answer
        assert "page of another site" in visit.seen[4]
        assert visit.seen[5] == "not sent"
        assert not web_ui.was_told


def test_dns_rebinding() -> None:
    with served() as web_ui:
        visit = browse(
            at(web_ui, "evil.example"),
            ("see", f"({POST})('swarm')"),
            ("see", f"({POST})('stop')"),
            ("click", START),
            ("wait", "document.body.innerText.includes('--web-url http://evil.example')"),
            names=NAMES,
        )
        assert visit.seen == ["basic 200", "basic 403"]
        assert not web_ui.was_told
