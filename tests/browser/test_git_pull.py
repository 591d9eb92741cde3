"""The page of nbgitpuller where its progress is not as it should be; the real one is in `tests/users`."""

from urllib.parse import parse_qs, urlsplit

import pytest

from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.git_pull import Pulled, PullFailed, pull, why_no_pull
from hubusers.browser.page import Page
from hubusers.http.connections import Connections
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError, HubUsersError, WaitTimeout
from tests.scripted_hub import Scripted, ScriptedHub

PAGE = """<!doctype html><html><body data-base-url="/user/ann/" data-repo="https%3A//example.org/course.git"
    data-path="lab/tree/my course" data-xsrf="2|a%3D" data-branch="main" data-targetpath="my course"></body></html>"""


def pulled(*answers: Scripted, seconds: float = 60.0) -> tuple[Pulled, list[str]]:
    with ScriptedHub() as hub:
        hub.answers = list(answers)
        browser = Browser(Connections(hub.url, {}, size=CONNECTIONS))
        page = Page(200, "/user/ann/git-pull?repo=x", PAGE, {"Content-Type": "text/html"})
        return pull(browser, page, Deadline(seconds)), [asked.path for asked in hub.asked]


def test_what_the_page_asks_and_where_it_leads() -> None:
    progress = [b'data: {"phase": "syncing", "output": "$ git fetch"}\n\ndata: {"phase": "finished"}\n\n']
    came, (asked,) = pulled(Scripted(pieces=[*progress]))
    assert came == ("my course", "/user/ann/lab/tree/my%20course")
    assert urlsplit(asked).path == "/user/ann/git-pull/api"
    assert parse_qs(urlsplit(asked).query) == {
        **{"_xsrf": ["2|a="], "repo": ["https://example.org/course.git"]},
        **{"branch": ["main"], "targetpath": ["my course"]},
    }


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (Scripted(pieces=[b"data: [1]\n\ndata: {\n\n"]), PullFailed, "git pull failed: its progress broke off"),
        (Scripted(pieces=[b"data: {}\n\n"], lost=True), PullFailed, "git pull failed: its progress broke off"),
        (Scripted(502, "<html>Bad Gateway</html>"), HubError, "hub error: HTTP 502"),
        (Scripted(pieces=[b"data: {}\n\n", 600.0]), WaitTimeout, "timed out"),
    ],
)
def test_what_does_not_end_well(answer: Scripted, kind: type[HubUsersError], says: str) -> None:
    with pytest.raises(kind) as raised:
        pulled(answer, seconds=1.0 if kind is WaitTimeout else 60.0)
    assert str(raised.value).startswith(says)


def test_a_link_that_did_not_lead_to_the_pull_is_told() -> None:
    link, headers = "git-pull?repo=x", {"Content-Type": "text/html", "X-JupyterHub-Version": "6.1"}

    def why(status: int, path: str, link: str = link) -> str:
        return str(why_no_pull(Page(status, path, "<html></html>", headers), link) or "")

    assert why(404, "/user/ann/git-pull?repo=x") == "git pull failed: nbgitpuller is not installed"
    assert why(200, "/user/ann/git-pull?repo=x") == "git pull failed: its page is not nbgitpuller's"
    assert why(200, "/user/ann/lab") == "git pull failed: the hub has not led to the link"
    assert why(200, "/user/ann/lab", "lab") == ""
    assert why(503, "/user/ann/git-pull?repo=x") == ""


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([b'{"phase": "error", "message": "Disk quota exceeded"}'], "Disk quota exceeded"),
        ([b'{"phase": "error"}'], "no reason given"),
        (
            [
                *(b'{"phase": "syncing", "output": "$ git merge"}', b'{"phase": "syncing", "output": "fatal: bad"}'),
                *(b'{"phase": "syncing", "output": "Auto-merging a"}', b'{"phase": "error", "message": "It failed"}'),
            ],
            "It failed: fatal: bad",
        ),
    ],
)
def test_the_words_are_those_of_the_page_and_of_git(pieces: list[bytes], words: str) -> None:
    with pytest.raises(PullFailed, match=r"^git pull failed$") as raised:
        pulled(Scripted(pieces=[b"data: " + piece + b"\n\n" for piece in pieces]))
    assert raised.value.words == words
