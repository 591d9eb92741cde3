"""The page of nbgitpuller where its progress is not as it should be; the real one is in `tests/users`."""

from urllib.parse import parse_qs, urlsplit

import pytest

from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.git_pull import PullFailed, follow_git_pull
from hubusers.browser.page import Page
from hubusers.http.connections import Connections
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError, HubUsersError, WaitTimeout
from tests.scripted_hub import Scripted, ScriptedHub

PAGE = """<!doctype html><html><body data-base-url="/user/ann/" data-repo="https%3A//example.org/course.git"
    data-path="lab/tree/my course" data-xsrf="2|a%3D" data-branch="main" data-targetpath="my course"></body></html>"""


def followed(*answers: Scripted, seconds: float = 5.0) -> tuple[Page, list[str]]:
    with ScriptedHub() as hub:
        hub.answers = list(answers)
        browser = Browser(Connections(hub.url, {}, size=CONNECTIONS), timeout=5)
        page = Page(200, "/user/ann/git-pull?repo=x", PAGE, {"Content-Type": "text/html"})
        return follow_git_pull(browser, page, Deadline(seconds)), [asked.path for asked in hub.asked]


def test_what_the_page_asks_and_where_it_leads() -> None:
    progress = [b'data: {"phase": "syncing", "output": "$ git fetch"}\n\ndata: {"phase": "finished"}\n\n']
    page, asked = followed(Scripted(pieces=[*progress]), Scripted(200, "<html>JupyterLab</html>"))
    assert page.text == "<html>JupyterLab</html>"
    pull = urlsplit(asked[0])
    assert pull.path == "/user/ann/git-pull/api"
    assert parse_qs(pull.query) == {
        **{"_xsrf": ["2|a="], "repo": ["https://example.org/course.git"]},
        **{"branch": ["main"], "targetpath": ["my course"]},
    }
    assert asked[1] == "/user/ann/lab/tree/my%20course"


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (Scripted(pieces=[b"data: [1]\n\ndata: {\n\n"]), PullFailed, "git pull failed: its progress broke off"),
        (Scripted(pieces=[b"data: {}\n\n"], lost=True), PullFailed, "git pull failed: its progress broke off"),
        (Scripted(502, "<html>Bad Gateway</html>"), HubError, "hub error: HTTP 502"),
        (Scripted(pieces=[b"data: {}\n\n", 9.0]), WaitTimeout, "timed out"),
    ],
)
def test_what_does_not_end_well(answer: Scripted, kind: type[HubUsersError], says: str) -> None:
    with pytest.raises(kind) as raised:
        followed(answer, seconds=1.0)
    assert str(raised.value).startswith(says)


def test_the_words_are_those_of_the_page() -> None:
    with pytest.raises(PullFailed, match=r"^git pull failed$") as raised:
        followed(Scripted(pieces=[b'data: {"phase": "error", "message": "Disk quota exceeded"}\n\n']))
    assert raised.value.words == "Disk quota exceeded"
