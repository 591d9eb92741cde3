"""Which interface a page belongs to, and what is said of a page that belongs to none."""

import pytest

from hubusers.browser.page import Page
from hubusers.hub.deadline import Deadline
from hubusers.lab.frontend import FrontEnd
from hubusers.lab.interface import UnknownPage, interface_of
from tests.lab.test_frontend import StandIn, hold, page

CLASSIC = """<html><head><title>Home Page - Select or create a notebook</title></head>
    <body data-base-url="/user/ann/"><script src="/user/ann/static/tree/js/main.min.js?v=1"></script></body></html>"""
VOILA = """<html><script id="jupyter-config-data" type="application/json">
    {"baseUrl": "/user/ann/", "fullStaticUrl": "/user/ann/voila/static"}</script></html>"""
RETROLAB = """<html><head><title>Home</title></head><script id="jupyter-config-data" type="application/json">
    {"baseUrl": "/user/ann/", "fullStaticUrl": "/user/ann/static/retro", "retroPage": "tree"}</script>
    <script src="/user/ann/static/retro/bundle.js" main="index"></script></html>"""


def test_jupyterlabs_page() -> None:
    assert isinstance(interface_of(StandIn(), page(), hold, Deadline(60)), FrontEnd)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("<html>Something else</html>", ""),
        ("", ""),
        ("<html><title> R\n Studio</title><script src='/static/js/main.7f3a.js'></script></html>", "R Studio"),
        (CLASSIC, "Home Page - Select or create a notebook"),
        (VOILA, ""),
        (RETROLAB, "Home"),
        ('{"version": "2.14"}', ""),
    ],
)
def test_another_page_is_named(text: str, title: str) -> None:
    with pytest.raises(UnknownPage, match=r"^not a page of JupyterLab or Notebook 7$") as unknown:
        interface_of(StandIn(), Page(200, "/user/ann/rstudio/?token=secret", text), hold, Deadline(60))
    error = unknown.value
    assert error.words == title
    assert error.detail.startswith(
        f'the page at /user/ann/rstudio/ {f"""is called "{title}".""" if title else "has no title."} '
        "NotebookUser works in JupyterLab, and in the tree and the notebooks of Notebook 7. Use PageUser"
    )
