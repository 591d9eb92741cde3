"""People with JupyterLab, or another page, open in a tab: what it holds and repeats, and what happens meanwhile."""

from __future__ import annotations

from locust.env import Environment
from locust.exception import StopUser

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

import gevent

from hubusers.browser import git_pull, page_errors, path_template, said
from hubusers.browser import websocket as sockets
from hubusers.http import messages, request_event
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError, HubUsersError, ServerGone
from hubusers.lab import interface, refusals
from hubusers.results.records import GIT_PULL, LAB_LOADED, SERVER_HELD, SILENT, WEBSOCKET_HELD
from hubusers.users.browser_user import BrowserUser
from hubusers.users.step import Step
from hubusers.users.whose_token import OwnTokenRejected

if TYPE_CHECKING:
    from hubusers.browser.git_pull import Pulled
    from hubusers.browser.page import Page
    from hubusers.browser.websocket import HeldWebsocket, WebsocketLost
    from hubusers.lab.interface import Interface
    from hubusers.lab.opened import Running

_DOING = "opening JupyterLab"

LOOK = 5.0
"""Seconds that a look may take which tells whether a server answers at all, where something of it went wrong."""

Held = TypeVar("Held", bound="HeldWebsocket")

OF_A_GATEWAY = {502, 503, 504}


class TabUser(BrowserUser):
    """A person with JupyterLab, or another page of the server, in a tab of the browser.

    While the tab is open, it holds websockets and repeats requests. What that shows between two steps is counted when
    it is seen: a websocket that was lost as a failed step `websocket held`, a server that is gone or does not answer
    as a failed step `server held`. After a server that is gone, the next step ends the task.
    """

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._random = random.Random(f"{self.person.seed}/notebooks")
        self._front_end: Interface
        self.pulled: Pulled | None = None  # what nbgitpuller has brought before the present page
        self._asking: gevent.Greenlet[..., None] | None = None
        self._websockets: list[HeldWebsocket] = []
        self._ended_by: HubUsersError | None = None  # what the page does not come back from
        self._unreachable: tuple[float, HubUsersError] | None = None  # since when, on the monotonic clock

    def look_at_first_page(self, page: Page) -> None:
        """See whether people can work with the page to which `open_server` has led, without loading all of it."""
        with self.step(LAB_LOADED) as step:
            self._interface_of(self._page_of_lab(page, step), step)

    def load_lab(self, page: Page) -> None:
        """Load JupyterLab from its page, and begin the requests that it repeats: the row `STEP lab loaded`.

        Args:
            page: JupyterLab's page, as `open_server` returns it.

        Raises:
            StopUser: The page needs an extra that is not installed here, so the whole run ends.
        """
        self.pulled = None
        self.close_page()  # one that was left open when a step failed; the new one is in the same tab
        with self.step(LAB_LOADED) as step:
            page = self._page_of_lab(page, step)
            failed = self.browser.failures.copy()
            self._front_end = self._interface_of(page, step)
            self._front_end.load(step.deadline)
            if failures := self.browser.failures - failed:
                step.ended = time.monotonic()
                raise self._behind(refusals.loading_error(failures, _DOING))
        self._asking = gevent.spawn(self._ask_again_and_again)

    def _page_of_lab(self, page: Page, step: Step) -> Page:
        page = self.pull_files(page, step)
        if page.error or page.status >= 400 or not page.path.removeprefix(self.browser.base).startswith("/user/"):
            raise self._error_for(page, _DOING, step.deadline)
        return page

    def _interface_of(self, page: Page, step: Step) -> Interface:
        try:
            return interface.interface_of(self.browser, page, self.hold, step.deadline)
        except interface.CollaborationMissing as missing:
            self.test_run.end_for_want_of(str(missing))
            raise StopUser from None  # the step is not counted: nobody has failed

    def pull_files(self, page: Page, step: Step) -> Page:
        """Stay on a page of nbgitpuller until the files of its repository have come: the row `STEP git pull`.

        Args:
            page: Any page of the server.
            step: The step in which it was opened, which begins anew after the pull.

        Returns:
            The page to which that one leads; any other page as it is.
        """
        if not git_pull.is_git_pull(page):
            error = None if self.pulled else git_pull.why_no_pull(page, self.person.start_page)
            if error:
                with self.errors_end_the_task(), self._measured(GIT_PULL, "STEP", step.began):
                    raise error
            return page
        with self.errors_end_the_task(), self._measured(GIT_PULL, "STEP", step.began) as pulling:
            self.pulled = git_pull.pull(self.browser, page, pulling.deadline)
        step.begin_again()
        return self.browser.get(self.pulled.leads_to, deadline=step.deadline)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        self.end_if_the_page_has_ended()
        with super().step(name) as step:
            yield step

    def end_if_the_page_has_ended(self) -> None:
        """End the task if the page's server is gone, or the session: that was counted when it was seen."""
        if error := self._ended_by:
            self.close_page()
            with self.errors_end_the_task():
                raise error

    def stay(self, seconds: float) -> None:
        super().stay(seconds)
        self.end_if_the_page_has_ended()

    def leave(self) -> None:
        self.end_if_the_page_has_ended()
        super().leave()

    def close_page(self) -> None:
        """Close the tab: close its websockets, and send no more requests."""
        self._stop_asking()
        gevent.joinall([gevent.spawn(websocket.close) for websocket in self._websockets])
        self._websockets.clear()

    def abandon_page(self) -> None:
        """Go away: leave the websockets open, with nobody who reads them."""
        self._stop_asking()
        for websocket in self._websockets:
            websocket.abandon()
            self.test_run.keep_open(websocket)
        self._websockets.clear()

    # Websockets

    def hold(self, kind: Callable[..., Held], path: str, deadline: Deadline) -> Held:
        """Open a websocket, count its handshake under its path template, and hold it until the page is closed.

        Raises:
            WebsocketRefused: It was refused, although the server answers other requests.
            HubUsersError: The server does not answer those either.
        """
        began = time.perf_counter()
        try:
            websocket = kind(
                sockets.websocket_url(self.browser.url_of(path), path),
                self.browser.websocket_headers(path),
                tls_context=self.test_run.tls_context(),
                timeout=deadline.remaining(),
            )
        except sockets.WebsocketRefused as refused:
            self._count_handshake(path, began, refused)
            raise self._behind(refused) from None
        websocket.on_lost = lambda lost: self._note_lost(websocket, lost)
        self._websockets.append(websocket)
        self._count_handshake(path, began)
        return websocket

    def _count_handshake(self, path: str, began: float, refused: sockets.WebsocketRefused | None = None) -> None:
        name = path_template.template_of(path.removeprefix(self.browser.base), self.account.server_name)
        seconds = time.perf_counter() - began
        request_event.count(self.environment.events.request, "GET", name, seconds, refused, self.context())

    def _note_lost(self, websocket: HeldWebsocket, lost: WebsocketLost) -> None:
        """Count a websocket that was lost between two steps, unless the server is behind it; in a greenlet."""
        gevent.spawn(self._count_lost, websocket, lost)

    def _count_lost(self, websocket: HeldWebsocket, lost: WebsocketLost) -> None:
        error = self._behind(lost)
        if websocket not in self._websockets:  # the page was closed meanwhile
            return
        if error is lost:
            self._count_held(WEBSOCKET_HELD, lost, websocket.opened, parts=((SILENT, round(lost.silent, 3)),))
        else:
            self._note_server(error)

    # The server between two steps

    def _ask_again_and_again(self) -> None:
        while True:
            pause = self._front_end.poll(time.monotonic(), self._random)
            if page := self._front_end.bad_answer:
                error = self._error_for(page, "asking again", Deadline(LOOK))
                if _is_of_the_server(error):
                    self._note_server(error)
            else:
                self._count_unreachable()
            if running := self._front_end.running:
                self.hear_of_kernels(running)
            gevent.sleep(pause)

    def hear_of_kernels(self, running: Running) -> None:
        """Called with what the page last heard of the kernels that run; for subclasses that have some."""

    def _note_server(self, error: HubUsersError) -> None:
        """Take in that the server was seen to be gone, or not to answer."""
        if _ends_the_page(error):
            if not self._ended_by:
                self._count_held(SERVER_HELD, error, self._ready_at or time.monotonic())
                self._ended_by = error
                if error.no_server:
                    self._note_server_lost(error)
        elif not self._unreachable:
            self._unreachable = time.monotonic(), error

    def _count_unreachable(self) -> None:
        """Count the time in which the server did not answer, if there was one; it is over now."""
        if self._unreachable:
            since, error = self._unreachable
            self._unreachable = None
            self._count_held(SERVER_HELD, error, since)

    def _count_held(
        self, name: str, error: HubUsersError, began: float, parts: tuple[tuple[str, float], ...] = ()
    ) -> None:
        """Count what went wrong between two steps as a failed step.

        Args:
            name: The name of the step.
            error: What went wrong.
            began: When that which was lost began, on the monotonic clock.
            parts: As in `Step`.
        """
        with suppress(HubUsersError), self._measured(name, "STEP", began) as step:
            step.parts = parts
            raise error
        self.test_run.note_failure(error)

    def error_of(self, page: Page, doing: str) -> HubUsersError:
        """Return the error for a bad answer to one request of the open page.

        A gateway's answer to a single request is not that of a server that is unreachable, if others are answered.
        """
        error = self._error_for(page, doing, Deadline(LOOK))
        if (
            isinstance(error, page_errors.ServerUnreachable)
            and page.status in OF_A_GATEWAY
            and self._look().status == 200
        ):
            cause = f"HTTP {page.status} from {said.answered_by(page)}"
            return HubError(error.detail, status=page.status, cause=cause, words=error.words)
        return error

    def _look(self) -> Page:
        return self.browser.fetch("GET", f"{self._front_end.base}api/kernels", deadline=Deadline(LOOK))

    def _is_answered(self, look: Page) -> bool:
        """Say whether a look shows that the server is there, or tells nothing, because it took too long."""
        return look.status == 200 or look.error == messages.TIMED_OUT

    def _behind(self, error: HubUsersError) -> HubUsersError:
        """Return what is behind a failure: that the server does not answer any request; otherwise the failure itself.

        So does the page: it asks its server again. Nothing of that is part of a measured time.
        """
        look = self._look()
        if self._is_answered(look):
            return error
        behind = self._error_for(look, "looking whether the server answers", Deadline(LOOK))
        return behind if _is_of_the_server(behind) else error

    def _stop_asking(self) -> None:
        if self._asking:
            self._asking.kill()
            self._asking = None
        self._count_unreachable()
        self._ended_by = None


def _ends_the_page(error: HubUsersError) -> bool:
    """Say whether the page does not come back from an error by itself."""
    return isinstance(error, ServerGone | page_errors.SessionLost | OwnTokenRejected)


def _is_of_the_server(error: HubUsersError) -> bool:
    """Say whether an error is what is behind other failures, such as a lost websocket."""
    return _ends_the_page(error) or isinstance(error, page_errors.ServerUnreachable | page_errors.RedirectLoop)
