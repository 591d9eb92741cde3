"""People with a browser: they log in, ask for a server by the hub's pages, are led to it, and leave in some way."""

from locust.env import Environment

import time
from collections.abc import Iterator

from gevent import GreenletExit

from hubusers.browser import hub_pages
from hubusers.browser.browser import CONNECTIONS, HEADERS, Browser, Page
from hubusers.browser.spawn_form import UnknownOption
from hubusers.event.leaving import Leaving
from hubusers.http.messages import Answer
from hubusers.hub import lifecycle
from hubusers.hub.answers import State, Stop, error_for
from hubusers.hub.deadline import Deadline, poll
from hubusers.hub.errors import HubError, HubUsersError, SpawnFailed, Throttled, UserGone, WaitTimeout
from hubusers.hub.lifecycle import THROTTLED_PAUSE
from hubusers.hub.sightings import look_at
from hubusers.log import get_logger
from hubusers.results.records import LOGIN, SPAWN_PAGE, START_TO_READY, STOP_TO_STOPPED
from hubusers.settings.settings import Settings
from hubusers.users.hub_user import Measured
from hubusers.users.planned_user import PlannedUser
from hubusers.users.whose_token import for_whom, own_rejections

LOG = get_logger(__name__)

TOKENS_PATH = "/users/{name}/tokens"


class BrowserUser(PlannedUser):
    """A person who uses the hub with a browser.

    Who has a password logs in by the hub's form. Everybody else uses a token, which is how people get in whose hub
    leaves logins to another service: then the hub's pages, which take no tokens, are left out, the server is started by
    the API, and the token goes along to the server. A person whose account the run has made, and who has no password,
    gets a token from the hub.
    """

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.browser: Browser
        self._token = self.account.token
        self._ways_to_leave: Iterator[Leaving] = self.person.ways_to_leave()
        self._is_logged_in = False
        self._page: Page | None = None  # where the login has led to, for who asks for the server next

    @classmethod
    def needed_scopes(cls, settings: Settings) -> tuple[str, ...]:
        return ("tokens",) if settings.accounts_are_made and not settings.access.password else ()

    def on_start(self) -> None:
        super().on_start()
        if not self.account.password and not self._token:
            self._token = self._new_token()
        authorization = f"token {self._token}" if self._token else ""
        connections = self._connections(size=CONNECTIONS, headers=HEADERS)
        self.browser = Browser(connections, authorization=authorization, timeout=self.settings.server_timeout)

    def on_stop(self) -> None:
        self.close_page()
        super().on_stop()

    # The steps

    def log_in(self) -> None:
        """Open the hub and log in, or show the token: the row `STEP login`; nothing for who is logged in already."""
        if self._is_logged_in:
            return
        with self._measured(LOGIN, "STEP") as measured:
            if self._token:
                answer = self.browser.fetch("GET", f"{self.browser.base}/hub/api/user").answer
                if answer.status != 200:
                    raise self._error_for(answer, f"logging in as {self.username}")
            else:
                self.browser.form_answered = 0.0  # of another login, or of no login at all
                deadline = Deadline(self.settings.server_timeout)
                self._page = hub_pages.log_in(self.browser, self.username, self.account.password, deadline)
                # Most hubs go on to ask for the server: that is of the next step. Who still was logged in sent no form.
                measured.ended = self.browser.form_answered
        self._is_logged_in = True

    def open_server(self) -> Page:
        """Ask for the server, unless it runs, and be led to it; return its first page.

        The row `SERVER start to ready` is the time from then until the page, or the hub, tells that the server is
        ready. `STEP spawn page` is the time until the person sees that it is being started. A server that was left
        running and is not there any more, because it was culled or died, is started like any other.
        """
        page, self._page = self._page, None
        if self._token:
            page = self._open_with_the_token()
        elif self.has_server:
            page = self._come_back(page)
        else:
            page = self._start_by_the_page(page, self.browser.form_answered if page else 0.0)
        self.leaves_server = False
        return page

    def leave(self) -> None:
        """Leave, in the way that was drawn for this visit."""
        way = next(self._ways_to_leave)
        if way == "log-out":
            self.before_logging_out()
        if way == "walk-away":
            self.abandon_page()
        else:
            self.close_page()
        if way == "log-out":
            self._stop_and_log_out()
        else:
            self.leaves_server = True

    def before_logging_out(self) -> None:
        """Do what is to be done while the server still runs; a subclass says what."""

    def close_page(self) -> None:
        """Close what a page of the server holds open; a subclass whose page does says how."""

    def abandon_page(self) -> None:
        """Go away and leave open what a page of the server holds open; a subclass whose page does says how."""

    # How it is done

    def _error_for(self, answer: Answer, doing: str) -> HubError:
        """Return the error that an answer to this person's browser stands for."""
        return for_whom(error_for(answer, doing), self._token, self.settings.access.token)

    def _new_token(self) -> str:
        answer = self.hub.request_patiently(
            "POST", TOKENS_PATH, username=self.username, body={"note": "hubusers, for one run"}
        )
        model = answer.model
        if answer.status in {200, 201} and isinstance(model, dict) and isinstance(model.get("token"), str):
            return str(model["token"])
        self.test_run.note_failure(error_for(answer, f"getting a token for {self.username}"))
        raise GreenletExit

    def _open_with_the_token(self) -> Page:
        if self.has_server and self._was_stopped():
            self._note_server_gone()
        if not self.has_server:
            self.start_server()
        return self.browser.get(f"{self.browser.base}{self.server_path}/lab")

    def _was_stopped(self) -> bool:
        """Ask the hub whether the server that was left running is stopped; what is no answer to that means no."""
        with self.or_end_the_task(), self._token_shown():
            servers = look_at(self.hub, self.username, Deadline(self.settings.server_timeout))
        # One that starts or stops just now can't be asked for.
        return servers is not None and servers.state(self.account.server_name) in {State.STOPPED, State.FAILED}

    def _come_back(self, page: Page | None) -> Page:
        """Open the spawn page, which leads to a server that runs; one that does not is started by it."""
        began = (page and self.browser.form_answered) or self._began()
        deadline = Deadline(self.settings.server_timeout)
        page = hub_pages.open_spawn_page(self.browser, self.username, deadline, self.account.server_name, page=page)
        if hub_pages.is_of_a_spawn(self.browser, page):
            self._note_server_gone()
            return self._start_by_the_page(page, began)
        with self._measured(SPAWN_PAGE, "STEP", began):
            try:
                return hub_pages.follow_progress(self.browser, page, deadline)
            except (SpawnFailed, hub_pages.ServerNotRunning):
                self._note_server_gone()
                raise

    def _start_by_the_page(self, page: Page | None, began: float) -> Page:
        """Ask for the server, and stay on the page until it leads there.

        Args:
            page: Where the person is, if the way to the server has begun.
            began: When that was, on the monotonic clock; 0 for now.
        """
        self.lifecycle += 1
        with self._counted_as_pending(), self._measured(START_TO_READY, began=began) as measured:
            deadline = Deadline(self.settings.server_timeout)
            # Entered before the hub is asked, because its answer may never arrive.
            self.test_run.ledger.server_started(self.account.key)
            try:
                page = self._ask_for_server(page, measured, deadline)
            except HubUsersError as error:
                # A spawn that failed at once may have got its form again, with a 200.
                if isinstance(error, SpawnFailed | UnknownOption) or 400 <= error.status <= 500:
                    self.test_run.ledger.server_refused(self.account.key)
                raise
            try:
                page = hub_pages.follow_progress(
                    self.browser, page, deadline, on_ready=lambda: setattr(measured, "ended", time.monotonic())
                )
            except (SpawnFailed, UserGone, hub_pages.ServerNotRunning):
                self.test_run.ledger.server_gone(self.account.key)
                raise
            self.test_run.note_ready()
        self._use_server(True)
        return page

    def _ask_for_server(self, page: Page | None, measured: Measured, deadline: Deadline) -> Page:
        """Ask by the page, and come back whenever the hub says "later"."""
        began = measured.began if page else time.monotonic()
        while True:
            try:
                return self._spawn(page, began, deadline)
            except hub_pages.ComeBackLater as later:
                pause = THROTTLED_PAUSE if later.retry_after is None else later.retry_after
                self._throttled(measured, min(pause, max(0.0, deadline.remaining())), later.limit)
                if pause >= deadline.remaining():
                    deadline.sleep(deadline.remaining())
                    raise Throttled(later.detail, status=429) from None
                deadline.sleep(pause)
                page, began = None, time.monotonic()

    def _spawn(self, page: Page | None, began: float, deadline: Deadline) -> Page:
        later: hub_pages.ComeBackLater | None = None
        with self._noted(SPAWN_PAGE, Measured(began), "STEP"):
            try:
                return hub_pages.spawn(
                    self.browser, self.username, deadline, self.account.server_name, self.person.user_options, page=page
                )
            except hub_pages.ComeBackLater as error:
                later = error  # which is no failure of the page
        raise later

    def _stop_and_log_out(self) -> None:
        if self._token:
            self.stop_server()
        else:
            self._stop_by_the_page()
            try:
                hub_pages.log_out(self.browser, Deadline(self.settings.server_timeout))
            except HubUsersError as error:
                self.test_run.note_failure(error)
        self._is_logged_in = False

    def _stop_by_the_page(self) -> None:
        self._use_server(False)
        with self._measured(STOP_TO_STOPPED) as measured:
            deadline = Deadline(self.settings.server_timeout)
            server_name = self.account.server_name

            def ask() -> Stop | None:
                outcome = hub_pages.stop_server(self.browser, self.username, deadline, server_name)
                return None if outcome is Stop.NOT_NOW else outcome

            with own_rejections("", self.settings.access.token):
                outcome = poll(ask, deadline, self.settings.poll_interval)
            if outcome is None:
                raise WaitTimeout(
                    f"the server of {self.username} could not be stopped within {deadline.seconds:g} seconds"
                )
            if outcome is Stop.STOPPING:
                sightings = self._sightings_of_stop(deadline)
                seen = lifecycle.wait_until_stopped(sightings, self.username, deadline, server_name)
                measured.take(seen, deadline)
            self.test_run.ledger.server_gone(self.account.key)
