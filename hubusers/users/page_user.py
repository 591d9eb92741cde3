"""People who come for another page than JupyterLab: RStudio, VS Code, a desktop, an application, a dashboard."""

from __future__ import annotations

from locust import task

import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hubusers.browser import onward as onwards
from hubusers.browser import page as browser_page
from hubusers.browser import page_errors, page_files, said, spawn_progress, start_pages
from hubusers.browser import websocket as sockets
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import WaitTimeout
from hubusers.lab import known_builds, lab_page, refusals
from hubusers.results.records import PAGE_LOADED, SERVER_HELD
from hubusers.settings.access import SettingsError
from hubusers.users.step import Step
from hubusers.users.tab_user import LOOK, OF_A_GATEWAY, TabUser

if TYPE_CHECKING:
    from hubusers.settings.settings import Settings

_DOING = "opening the page"

_LEADS_ON = "its script, or a form that it sends, leads on, where nobody is followed to"
_MOST_ONWARD = 5
"""How many pages may lead on by themselves, one after the other."""

_DEEPEST_FRAME = 3

_BETTER_BY_NOTEBOOK_USER = (
    "The page that PageUsers open is JupyterLab's or Notebook 7's: they load what it names, which is little. Take "
    "NotebookUser, which does what its scripts do."
)


class PageUser(TabUser):
    """A person who comes, opens the page that the hub leads to, whatever it is, stays there, and leaves.

    The page is loaded with its files, as a browser loads them, and its websockets are held, as far as they are known.
    Its scripts are not run, and nothing is clicked. After the stay the person asks the server once more, as a click
    would, so that a server that is gone is noticed.
    """

    only_if_asked = True

    websockets: tuple[str, ...] = ()
    """Addresses of websockets that the page's scripts open, as they would stand in the page, such as `_stcore/stream`.

    For a subclass to give, beside those that are known anyway: `hubusers/browser/start_pages.py` says which.
    """

    expects = ""
    """Text that the page must show, or must have in its source, for a subclass to give."""

    _goes_on_when_ready = False  # what is at the server's address is a matter of the step `page loaded`

    @classmethod
    def check_settings(cls, settings: Settings) -> None:
        super().check_settings(settings)
        if elsewhere := [address for address in cls.websockets if urlsplit(address).netloc]:
            raise SettingsError(
                f"{cls.__name__}.websockets names {elsewhere[0]}: give the address without its host, as it is below "
                "the page, or below the host."
            )
        if not isinstance(cls.expects, str):
            raise SettingsError(f"{cls.__name__}.expects must be a text, such as 'My app'.")

    @task
    def visit(self) -> None:
        stay = self.begin_lifecycle()
        try:
            self.log_in()
            self.load_page(self.open_server())
            self.stay(min(stay, self.time_left))
            self.look_again()
            self.leave()
        except Exception:  # a step failed, and was counted
            self.close_page()
            raise

    # The steps

    def look_at_first_page(self, page: browser_page.Page) -> None:
        self.load_page(page)

    def load_page(self, page: browser_page.Page) -> None:
        """Open what is at the server's address, with its files and websockets: the row `STEP page loaded`.

        Args:
            page: Where `open_server` has led.
        """
        self.pulled = None
        self.close_page()  # one that was left open when a step failed; the new one is in the same tab
        with self.step(PAGE_LOADED) as step:
            page = self._followed(self._opened(page, step), step)
            if problem := start_pages.problem_of(page) or self._lack_of(page):
                raise _broken(page, problem)
            if lab_page.LabPage.read(self.browser, page).application:
                known_builds.KNOWN_BUILDS.log_once(_BETTER_BY_NOTEBOOK_USER)
            failed = self.browser.failures.copy()
            page_files.load_files(self.browser, page, step.deadline, icon=False)
            pages = [page, *self._frames(page, step)]
            if step.deadline.remaining() <= 0:
                raise WaitTimeout(f"{_DOING} {_address(page)} took longer than {step.deadline.seconds:g} seconds")
            if failures := self.browser.failures - failed:
                step.ended = time.monotonic()
                raise self._behind(refusals.loading_error(failures, _DOING))
            own = [start_pages.PageWebsocket(self.browser.path_to(address, page.path)) for address in self.websockets]
            known = [websocket for page in pages for websocket in start_pages.websockets_of(self.browser, page)]
            for path, subprotocols in dict.fromkeys([*known, *own]):
                self.hold(partial(sockets.HeldWebsocket, subprotocols=subprotocols), path, step.deadline)

    def look_again(self) -> None:
        """Ask the server once more, as a click would; a failed step `server held` if it is not there any more."""
        self.end_if_the_page_has_ended()
        look = self._look()
        if not self._is_answered(look):
            error = self._error_for(look, "looking at the page again", Deadline(LOOK))
            if error.no_server:
                self._note_server_lost(error)
            with self.errors_end_the_task(), self._measured(SERVER_HELD, "STEP", self._ready_at):
                raise error

    # How it is done

    def _first_page(self) -> browser_page.Page:
        """Return the page that a person with a token opens, before it is opened."""
        return browser_page.Page(0, f"{self.browser.base}{self.server_path}/{self.person.start_page}")

    def _opened(self, page: browser_page.Page, step: Step) -> browser_page.Page:
        """Return the page that the server shows, whatever it is; raise what is wrong where none of it came."""
        if not (page.status or page.error) or not page_errors.is_below(self.browser, page.path, "/user"):
            page = self.browser.get(page.path, deadline=step.deadline)
        if not self._token:
            page = spawn_progress.follow_progress(self.browser, page, step.deadline)
        page = self.pull_files(page, step)
        if step.deadline.remaining() <= 0:
            raise WaitTimeout(f"{_DOING} {_address(page)} took longer than {step.deadline.seconds:g} seconds")
        is_at_server = page_errors.is_below(self.browser, page.path, "/user")
        if page.error or not is_at_server:
            raise self._error_for(page, _DOING, step.deadline)
        if page.status >= 400 and not page_errors.is_servers_own(self.browser, page, step.deadline):
            raise self._error_for(page, _DOING, step.deadline)
        return page

    def _followed(self, page: browser_page.Page, step: Step) -> browser_page.Page:
        """Return where a page leads by itself; raise that it is broken where nobody is followed to there."""
        for _ in range(_MOST_ONWARD):
            onward = onwards.onward_of(self.browser, page) if page.status < 400 else None
            if onward is None:
                return page
            if not onward.path:
                raise _broken(page, f"it leads to {onward.host}" if onward.host else _LEADS_ON)
            time.sleep(max(0.0, min(onward.seconds, step.deadline.remaining())))
            page = self._opened(self.browser.get(onward.path, deadline=step.deadline), step)
        raise _broken(page, "it leads from page to page")

    def _lack_of(self, page: browser_page.Page) -> str:
        shows = self.expects in page.text or self.expects in page.document.text_content()
        return "" if shows else "it does not show what is expected"

    def _frames(self, page: browser_page.Page, step: Step, depth: int = 1) -> Iterator[browser_page.Page]:
        """Load what the frames of a page show, and the frames in these; yield their pages."""
        for frame in onwards.frames_of(self.browser, page):
            if not frame.path:
                if onwards.is_only_frames(page):
                    raise _broken(page, f"it leads to {frame.host}")
                continue
            shown = self.browser.get_frame(frame.path, deadline=step.deadline)
            if shown.error and shown.status and onwards.is_only_frames(page):
                raise page_errors.page_error(self.browser, shown, _DOING)
            if not shown.status or shown.error:
                continue  # the browser has counted what did not come; a frame may lead to another host
            if problem := start_pages.problem_of_frame(shown):
                raise _broken(shown, f"in a frame: {problem}")
            page_files.load_files(self.browser, shown, step.deadline, icon=False)
            yield shown
            if depth < _DEEPEST_FRAME:
                yield from self._frames(shown, step, depth + 1)

    def _look(self) -> browser_page.Page:
        path = f"{self.browser.base}{self.server_path}/api/status"
        return self.browser.fetch("GET", path, good=range(200, 500), deadline=Deadline(LOOK))

    def _is_answered(self, look: browser_page.Page) -> bool:
        # Not each server has this address: some are applications. What they answer shows that they are there.
        is_theirs = bool(look.status) and look.status not in {401, 403, *OF_A_GATEWAY}
        return super()._is_answered(look) or (is_theirs and said.answered_by(look) not in {said.HUB, said.PROXY})


def _broken(page: browser_page.Page, problem: str) -> start_pages.PageBroken:
    words = said.words_of(page) if page.status >= 400 else start_pages.title_of(page)
    detail = f"{_DOING} {_address(page)}: {problem}" + (f": {words}" if words else "")
    return start_pages.PageBroken(detail, cause=problem, words=words)


def _address(page: browser_page.Page) -> str:
    return page.path.partition("?")[0]  # queries hold codes and tokens
