"""A real browser sends the forms of login pages as `tests/browser/test_login_pages.py` expects it of ours."""

from collections.abc import Iterator
from typing import Any

from tests.browser.login_pages import PAGES, SECRET, served
from tests.chromium.browse import browse


def at(number: int) -> str:
    return f"hub/{number}/login?next=x"


def steps(url: str, number: int) -> Iterator[tuple[Any, ...]]:
    page = PAGES[number]
    yield "go", f"{url}/{at(number)}"
    yield "fill", "[name=username]", "ann"
    if "name=password" in page.content:
        yield "fill", "[name=password]", SECRET
    yield ("click", page.clicked) if page.clicked else ("press", "Enter")
    if page.came:
        yield "wait", "document.title == 'in'"
    elif page.blank:
        yield "wait", "document.title != 'page'"


def test_a_browser_sends_the_same() -> None:
    with served() as pages:
        url = pages.hub.url
        browse(f"{url}/{at(0)}", *(step for number in range(len(PAGES)) for step in steps(url, number)))
        sent = {page.about: pages.came[number] for number, page in enumerate(PAGES)}
    assert sent == {page.about: page.came for page in PAGES}
