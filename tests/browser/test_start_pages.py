"""What can be seen of a server's page: whether it is one to work with, and which websockets its scripts hold."""

import re

import pytest

from hubusers.browser.browser import Browser
from hubusers.browser.page import Page
from hubusers.browser.start_pages import problem_of, websockets_of
from hubusers.http.connections import Connections


def page(body: str, status: int = 200, kind: str = "text/html; charset=utf-8", path: str = "/user/ann/app/") -> Page:
    return Page(status, path, body, {"Content-Type": kind})


def called(title: str, heading: str = "") -> str:
    return f"<!doctype html><html><head><title>{title}</title></head><body><h1>{heading}</h1><p>Text</p></body></html>"


def second(title: str, heading: str) -> str:
    return called(title).replace("<h1></h1>", f"<p>Logo</p><h2>{heading}</h2><p>It ended.</p>")


A_NAME = "<form><input type='text' name='loginfmt'></form>"
NOTHING = "it shows nothing"
FORM = "<!doctype html><html><body><form><input name='user'><input type='password'></form></body></html>"


@pytest.mark.parametrize(
    ("shown", "problem"),
    [
        (page(called("RStudio")), ""),
        (page(called("Error analysis for students", "500 years of printing")), ""),
        (page(called("Login statistics", "Not found in the archives")), ""),
        (page("<!doctype html><title>No other element</title><p>Hello"), ""),
        (page("<html><p>Hello</html>", kind="application/octet-stream"), ""),
        (page("<html></html>"), NOTHING),
        (page(called("x"), 503), "HTTP 503"),
        (page("could not start x in time", 500), "HTTP 500"),
        (page(" \n"), "it is empty"),
        (page('{"version": "2.21"}', kind="application/json"), "it is not a web page"),
        (page("hello"), "it is not a web page"),
        (page(FORM), "it asks to log in"),
        (page(called("RStudio Sign In")), "it asks to log in"),
        (page(called("code-server login")), "it asks to log in"),
        (page(called("Log in to Grafana")), "it asks to log in"),
        (page(called("Sign in - GitLab")), "it asks to log in"),
        (page(called("502 Bad Gateway")), "it is an error page"),
        (page(called("Error 502")), "it is an error page"),
        (page(called("Jupyter Server", "404 : Not Found")), "it is an error page"),
        (page(called("An error has occurred")), "it is an error page"),
        (page(called("", "Service Temporarily Unavailable")), "it is an error page"),
        (page(called("Error: no such app")), "it is an error page"),
        # Other words for the same, and headings of other levels.
        (page(called("RStudio", "Oops! Something went wrong")), "it is an error page"),
        (page(called("We're sorry, but something went wrong (500)")), "it is an error page"),
        (page(second("Shiny Server", "An error has occurred")), "it is an error page"),
        (page(second("", "500 Internal Server Error")), "it is an error page"),
        (page(second("", "The application failed to start")), "it is an error page"),
        (page(called("Down for maintenance")), "it is down for maintenance"),
        (page(called("", "We're currently undergoing scheduled maintenance.")), "it is down for maintenance"),
        (page(called("Just a moment...")), "it checks for robots"),
        (page(called("Anmelden bei Ihrem Konto") + A_NAME), "it asks to log in"),
        (page(called("Portal", "Connexion") + A_NAME), "it asks to log in"),
        (page(called("Konto") + "<form><input autocomplete='username webauthn'></form>"), "it asks to log in"),
        (page(called("Select your organisation")), "it asks to log in"),
        (page('{"detail": "<app> is not there"}'), "it is not a web page"),
        (page("<!doctype html><html><head><title>App</title></head><body><div id=root></div></body></html>"), NOTHING),
        # Applications that only look like it.
        (page(called("Predictive maintenance", "Something went wrong in 1929") + A_NAME), ""),
        (page(called("Anmeldungen nach Jahr", "Connexion des réseaux") + A_NAME), ""),
        (page(called("Anmelden")), ""),
        (page(called("App") + "<div style='display: none'><h1>An error has occurred</h1></div>"), ""),
        (page(called("App", "Data") + "<h2>Not found</h2><div class='modal d-none'><h1>Error</h1></div>"), ""),
        (page("<!doctype html><title>App</title><div id=root></div><script src=app.js></script>"), ""),
        (page("<!doctype html><title>App</title><div id=root></div><script>draw()</script>"), ""),
        (page("<!doctype html><title>App</title><canvas></canvas>"), ""),
    ],
)
def test_problems(shown: Page, problem: str) -> None:
    assert problem_of(shown) == problem


STREAMLIT = '<html><head><title>Streamlit</title><script type="module" src="./index.js"></script></head></html>'
SHINY = '<html><head><script src="lib/shiny-1.8.0/shiny.js"></script></head></html>'
SHINY_OF_R = '<html><head><script src="shiny-javascript-1.7.4/shiny.min.js"></script></head></html>'
PANEL = """<html><head><script src="static/js/bokeh.min.js"></script></head><body><script>
    const render_items = [{"docid":"1","token":"eyJz.ab-c_d","use_for_title":true}];</script></body></html>"""
DESKTOP = '<html><body><script src="/user/ann/desktop/static/dist/viewer.js"></script></body></html>'
VOILA = """<html><script id="jupyter-config-data" type="application/json">
    {"baseUrl": "/user/ann/", "kernelId": "40cba807"}</script></html>"""


@pytest.mark.parametrize(
    ("body", "path", "websocket"),
    [
        (STREAMLIT, "/user/ann/streamlit/", ("/user/ann/streamlit/_stcore/stream", "streamlit")),
        (SHINY, "/user/ann/shiny/?a=b", ("/user/ann/shiny/websocket/", "")),
        (SHINY_OF_R, "/user/ann/shiny/app/", ("/user/ann/shiny/app/websocket/", "")),
        (PANEL, "/user/ann/panel/pn", ("/user/ann/panel/pn/ws", "bokeh, eyJz.ab-c_d")),
        (DESKTOP, "/user/ann/desktop/", ("/user/ann/desktop-websockify/", "binary")),
        (VOILA, "/user/ann/voila/render/v.ipynb", ("/user/ann/api/kernels/40cba807/channels?session_id={}", "")),
        ("<html><title>RStudio</title></html>", "/user/ann/rstudio/", None),
        ('<html><script id="jupyter-config-data">{"kernelId"</script></html>', "/user/ann/x", None),
    ],
)
def test_known_websockets(body: str, path: str, websocket: tuple[str, str] | None) -> None:
    browser = Browser(Connections("http://127.0.0.1:9", {}))
    found = [
        (re.sub("(?<=session_id=).{36}", "{}", one.path), one.subprotocols)
        for one in websockets_of(browser, page(body, path=path))
    ]
    assert found == ([websocket] if websocket else [])
