"""Each of the login pages is filled in and sent as by Chromium, which `tests/chromium/test_login_pages.py` checks."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from hubusers.browser import login
from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.login_errors import LoginElsewhere
from hubusers.http.connections import Connections
from hubusers.hub.deadline import Deadline
from tests.browser.login_pages import PAGES, SECRET, Pages, served


@pytest.fixture(scope="module")
def pages() -> Iterator[Pages]:
    with served() as pages:
        yield pages


@pytest.mark.parametrize("number", range(len(PAGES)), ids=[page.about for page in PAGES])
def test_a_login_page_is_sent_as_by_a_browser(pages: Pages, number: int) -> None:
    browser = Browser(Connections(pages.hub.url, {}, size=CONNECTIONS), providers=[pages.other.url])
    nowhere = pytest.raises(LoginElsewhere, match="login is with another service")
    with nullcontext() if PAGES[number].came else nowhere as raised:
        login.log_in(browser, "ann", SECRET, Deadline(60), start=f"/hub/{number}/login?next=x")
    if raised:
        assert "a form of the hub names no page to which it could be sent" in raised.value.detail
    assert pages.came[number] == PAGES[number].came
