"""People with a browser: they log in, ask for a server by the hub's pages, arrive at it, and leave in some way."""

from __future__ import annotations

from locust.env import Environment

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from gevent import GreenletExit

from hubusers.accounts import other_names
from hubusers.browser import browser as browsers
from hubusers.browser import (
    headers,
    home_page,
    login,
    login_errors,
    page_errors,
    provider_errors,
    spawn_page,
    spawn_progress,
)
from hubusers.event.leaving import Leaving
from hubusers.hub import acceptance, answers, sightings
from hubusers.hub import client as hub_client
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError, HubUsersError, MissingScope, ServerGone, SpawnFailed, TokenRejected
from hubusers.log import get_logger
from hubusers.results.records import HUB, HUB_AFTER_PROVIDER, LOGIN, SPAWN_PAGE, UNFINISHED, provider_part
from hubusers.run import server_life, user_class
from hubusers.settings import hub_check
from hubusers.settings.access import PASSWORD_FILE_VARIABLE, PASSWORD_VARIABLE
from hubusers.users import way_in
from hubusers.users.planned_user import PlannedUser
from hubusers.users.server_user import Asked, Ready
from hubusers.users.step import Step
from hubusers.users.whose_token import for_whom, own_rejections

if TYPE_CHECKING:
    from hubusers.accounts.account import Account
    from hubusers.browser.page import Page
    from hubusers.hub.answers import Stop
    from hubusers.run.run import Run
    from hubusers.settings.settings import Settings

LOG = get_logger(__name__)

TOKENS_PATH = "/users/{name}/tokens"

_GETS_TOKENS = "the run gets a token for each account that it makes, and nobody has to log in."
_WITHOUT_PASSWORD = (
    f"Without a password ({PASSWORD_VARIABLE}, {PASSWORD_FILE_VARIABLE}, --password-file) {_GETS_TOKENS}"
)
_WITHOUT_LTI = f"Without --lti and without a password {_GETS_TOKENS}"


class BrowserUser(PlannedUser):
    """A person who uses the hub with a browser.

    A person with a password logs in by the hub's form, or by that of an identity provider that the operator has named;
    with `--lti`, people come by a launch from an LMS. Everybody else uses a token, as it must be where the hub leaves
    logins to any other service. The hub's pages take no tokens: such a person starts the server by the API and shows
    the token to the server. A person without a password whose account the run has made gets a token from the hub.
    """

    abstract = True
    has_browser = True

    _goes_on_when_ready = True
    """Whether the step that asks for the server also opens its first page."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.browser: browsers.Browser
        self._token = self.account.token
        self._ways_to_leave: Iterator[Leaving] = self.person.ways_to_leave()
        self._is_logged_in = False
        self._platform = None if self._token else way_in.platform_of(self.settings)
        self._login_makes_the_account = bool(self.account.password or self._platform)
        self._login_may_start = False  # the server, which no step has asked for yet
        self._page: Page | None = None  # where the login has led, for the step that asks for the server

    @property
    def _secrets(self) -> tuple[str, ...]:
        return *super()._secrets, self._token

    @classmethod
    def needed_scopes(cls, settings: Settings) -> tuple[str, ...]:
        has_way_in = settings.access.password or settings.lti_file
        return ("tokens",) if settings.accounts_are_made and not has_way_in else ()

    @classmethod
    def check_settings(cls, settings: Settings) -> None:
        way_in.platform_of(settings)

    @classmethod
    def try_login(cls, run: Run, account: Account) -> str:
        """Log in once at the hub's home page, which starts no server, if people log in there.

        Raises:
            PreflightError: What the hub asks for, or whom it lets in, is not what these people can give.

        Logs:
            WARNING what else keeps a person from logging in, which may not keep the next one.
        """
        platform = None if account.token else way_in.platform_of(run.settings)
        if not account.password and not platform:
            return ""
        browser = browsers.Browser(
            run.connections(size=browsers.CONNECTIONS, headers=headers.HEADERS),
            timeout=run.settings.server_timeout,
            providers=run.settings.identity_providers,
        )
        deadline = Deadline(run.settings.server_timeout)
        try:
            page = way_in.way_in(platform, account)(
                browser, account.username, account.password, deadline, start="/hub/home"
            )
            if spawn_page.is_of_a_started_spawn(browser, page):  # where logins lead on from any page
                run.ledger.server_started(account.key)  # to be removed with the first server
        except login_errors.LoggedInAsAnother as other:
            client = hub_client.HubClient(run.settings.endpoint, run.settings.access.session)
            other_names.enter_other_name(
                client, run.ledger, run.accounts, account.username, other.name, deadline, started=False
            )  # to be removed with the first server
            raise hub_check.PreflightError(_with_way_out(run, other)) from None
        except login_errors.LoginRefused as error:
            return _with_way_out(run, error)
        except (login_errors.LoginFailed, provider_errors.ProviderFailed) as error:
            raise hub_check.PreflightError(_with_way_out(run, error)) from None
        except HubUsersError as error:
            LOG.warning("The first login has failed, going on all the same: %s", error.detail)
        return ""

    @property
    def has_server(self) -> bool:
        return super().has_server and not self._login_may_start

    def on_start(self) -> None:
        super().on_start()
        try:
            self.open_browser()
        except HubUsersError as error:
            self.test_run.note_failure(error)
            with suppress(HubUsersError), self._measured(LOGIN, "STEP"):  # the token is this person's login
                raise error
            raise user_class.TurnedAway from None

    def open_browser(self) -> None:
        """Have a browser, and a token from the hub if that is how the person comes.

        Raises:
            HubUsersError: The hub gives no token.
        """
        if not (self.account.password or self._platform or self._token):
            self._token = self._new_token()
        authorization = f"token {self._token}" if self._token else ""
        connections = self._connections(size=browsers.CONNECTIONS, headers=headers.HEADERS)
        self.browser = browsers.Browser(
            connections,
            authorization=authorization,
            timeout=self.settings.server_timeout,
            providers=() if authorization else self.settings.identity_providers,
        )
        self.browser.server_name = self.account.server_name

    def leave_run(self) -> None:
        self.close_page()
        super().leave_run()

    # The steps

    def log_in(self) -> None:
        """Open the hub and log in, or show the token: the row `STEP login`. Does nothing if logged in already."""
        if self._is_logged_in:
            return
        if not self._token and not self.has_server:
            self._take_turn()  # most hubs lead on from the login to the start of the server
        try:
            self._show_who_i_am()
        except BaseException:
            self._turn.give_back()
            raise
        self._is_logged_in = True

    def open_server(self) -> Page:
        """Ask for the server, unless it runs, and arrive at it; return its first page.

        The row `SERVER start to ready` is the time until the page, or the hub, tells that the server is ready. `STEP
        spawn page` is the time until the person sees that it is being started. A server that was left running and does
        not run any more, because it was culled or died, is started like any other.
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
        """Leave, in the next of this person's ways to leave; in an event not before the stay is over."""
        self.stay_as_planned()
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
        """Called before the person logs out, while the server still runs; for subclasses."""

    def close_page(self) -> None:
        """Close the connections that the server's page holds open; for subclasses whose pages do."""

    def abandon_page(self) -> None:
        """Leave the connections of the server's page open; for subclasses whose pages hold any."""

    # How it is done

    def _show_who_i_am(self) -> None:
        with self.step(LOGIN) as step:
            if self._token:
                page = self.browser.fetch("GET", f"{self.browser.base}/hub/api/user", deadline=step.deadline)
                if page.status != 200:
                    raise self._token_error(page, step.deadline)
                self._check_name(page)
            else:
                self.browser.form_answered = 0.0  # of another login, or of no login at all
                self.browser.seconds_with.clear()
                self._enter_before_login()
                try:
                    self._page = way_in.way_in(self._platform, self.account)(
                        self.browser, self.username, self.account.password, step.deadline, start=self._link or "/"
                    )
                except HubUsersError as error:
                    step.ended = time.monotonic()
                    step.parts = self._parts_of_login(step)
                    if isinstance(error, login_errors.LoggedInAsAnother):
                        started = spawn_page.is_of_a_started_spawn(self.browser, error.page)
                        self.test_run.undo_login(self.hub, self.username, error.name, started=started)
                    if self._login_may_start:
                        ledger, key = self.test_run.ledger, self.account.key
                        server_life.strike_out_if_refused(ledger, key, error, self._may_run)
                    raise
                if self._login_may_start and not spawn_page.may_have_started(self.browser, self._page):
                    self.test_run.ledger.server_refused(self.account.key)
                    self._login_may_start = False
                # Most hubs go on to ask for the server, which belongs to the next step. A person who was still logged
                # in sent no form.
                step.ended = self.browser.form_answered
                step.parts = self._parts_of_login(step)

    def _parts_of_login(self, step: Step) -> tuple[tuple[str, float], ...]:
        """Return what a login with an identity provider was for; nothing where no provider took part."""
        seconds = dict(self.browser.seconds_with)
        if not any(seconds):
            return ()
        after = seconds.pop("", 0.0)
        rest = (step.ended or time.monotonic()) - step.began - sum(seconds.values()) - after
        parts = {provider_part(host): spent for host, spent in seconds.items()}
        parts |= {HUB_AFTER_PROVIDER: after, HUB: max(0.0, rest)}
        return tuple((part, round(spent, 3)) for part, spent in parts.items())

    def _enter_before_login(self) -> None:
        """Enter the server before the login that may start it, because the answer may not arrive, or lead astray."""
        if not self.has_server:
            self._login_may_start = True
            self.test_run.ledger.server_started(self.account.key)

    def _start(
        self, ask: Callable[[Step], Asked], wait: Callable[[Step, Asked], Ready], *, began: float = 0.0
    ) -> Ready:
        self._login_may_start = False  # from here on, a step has asked for it
        return super()._start(ask, wait, began=began)

    def _check_name(self, page: Page) -> None:
        """Raise LoggedInAsAnother where the token is that of somebody else, which a page of the hub's API tells."""
        model = page.answer.model
        name = str(model.get("name") or "") if isinstance(model, dict) else ""
        if name and name != self.username:
            raise login_errors.token_of_another(page, self.username, name)

    def _error_for(self, page: Page, doing: str, deadline: Deadline) -> HubUsersError:
        """Return the error for a bad answer to what a page of this person's server has asked for.

        Args:
            page: The answer.
            doing: What the person was doing, for the log.
            deadline: Until when the hub must have told more, where it has answered instead of the server.
        """
        error = page_errors.error_at_server(self.browser, page, doing, deadline)
        if isinstance(error, ServerGone | page_errors.ServerUnreachable | page_errors.RedirectLoop) and self._ready_at:
            error.after = time.monotonic() - self._ready_at
        return for_whom(error, self._token, self.settings.access.token) if isinstance(error, HubError) else error

    def _token_error(self, page: Page, deadline: Deadline) -> HubUsersError:
        error = answers.error_for(page.answer, f"logging in as {self.username}")
        if isinstance(error, TokenRejected | MissingScope):
            return for_whom(error, self._token, self.settings.access.token)
        return login_errors.login_error(self.browser, page, self.username, deadline)

    def _ask_who_i_am(self, refusal: HubError) -> int:
        if isinstance(refusal, page_errors.SessionLost):
            return self.browser.fetch("GET", f"{self.browser.base}/hub/api{acceptance.OWNER_PATH}").answer.status
        return self.test_run.ask_for_owner(self._token)

    def _new_token(self) -> str:
        deadline = Deadline(self.settings.server_timeout)
        step, body = self._new_step(), {"note": "hubusers, for one run"}
        try:
            answer = self.hub.request_patiently(
                "POST", TOKENS_PATH, username=self.username, body=body, deadline=deadline
            )
        except GreenletExit:  # the run ends, and the person has not got in yet
            self._record(LOGIN, step, UNFINISHED)
            raise
        model = answer.model
        if answer.status in {200, 201} and isinstance(model, dict) and isinstance(model.get("token"), str):
            return str(model["token"])
        raise answers.error_for(answer, f"getting a token for {self.username}")

    def _open_with_the_token(self) -> Page:
        if self.has_server and self._was_stopped():
            self._note_server_gone()
        if not self.has_server:
            self.start_server()
        return self._first_page()

    def _first_page(self) -> Page:
        """Open the page that a person with a token opens first."""
        # Without one, the server's own address leads to its start page.
        path = f"{self.browser.base}{self.server_path}/{self.person.start_page}"
        page = self.browser.get(path)
        if page_errors.asks_to_log_in(self.browser, page) and self._learns_where_the_server_is():
            page = self.browser.get(path)
        return page

    def _learns_where_the_server_is(self) -> bool:
        """Ask the hub for the address of the server; return whether that is on another host, and not known yet."""
        user = self.hub.request("GET", sightings.USER_PATH, username=self.username).model
        try:
            url = str(user["servers"][self.account.server_name]["url"])
        except (KeyError, TypeError):
            return False
        return self.browser.server_is_at(url)

    @property
    def _link(self) -> str:
        """The link that a person with a password opens, below the hub's base URL; "" for none."""
        path = self.person.start_page
        return f"/hub/user-redirect/{path}" if path and not self.account.server_name else ""

    def _was_stopped(self) -> bool:
        """Ask the hub whether the server that was left running is stopped; an odd answer counts as no."""
        with self.errors_end_the_task(), self._token_shown():
            servers = sightings.look_at(self.hub, self.username, Deadline(self.settings.server_timeout))
        # A server that is starting or stopping cannot be asked for.
        return servers is not None and servers.state(self.account.server_name) in {
            answers.State.STOPPED,
            answers.State.FAILED,
        }

    def _come_back(self, page: Page | None) -> Page:
        """Open the spawn page, which leads to the server if it runs; if not, start the server from there."""
        began = (page and self.browser.form_answered) or self._began()
        deadline = Deadline(self.settings.server_timeout)
        page = spawn_page.open_spawn_page(
            self.browser, self.username, deadline, self.account.server_name, page=page, start=self._link
        )
        if spawn_page.is_of_a_spawn(self.browser, page):
            self._note_server_gone()
            self.test_run.ledger.server_started(self.account.key)  # another one, which the page may have begun to start
            return self._start_by_the_page(page, began)
        with self.errors_end_the_task(), self._measured(SPAWN_PAGE, "STEP", began):
            try:
                return spawn_progress.follow_progress(self.browser, page, deadline, goes_on=self._goes_on_when_ready)
            except HubUsersError as error:
                if error.no_server:
                    self._note_server_lost(error)
                if isinstance(error, SpawnFailed):
                    self.test_run.note_failed_spawn(began)
                raise

    def _start_by_the_page(self, page: Page | None, began: float) -> Page:
        """Ask for the server, and stay on the page until it leads there.

        Args:
            page: Where the person is, if the way to the server has begun.
            began: When it began, on the monotonic clock; 0 for now.
        """
        here = page

        def ask(step: Step) -> Page:
            nonlocal here
            page, here = here, None  # a person who comes back later opens the page again
            with self._measured(SPAWN_PAGE, "STEP", step.began if page else time.monotonic()):
                return spawn_page.spawn(
                    self.browser,
                    self.username,
                    step.deadline,
                    self.account.server_name,
                    self.person.user_options,
                    page=page,
                    start=self._link,
                )

        def wait(step: Step, page: Page) -> Page:
            def note_ready() -> None:
                step.ended = time.monotonic()

            return spawn_progress.follow_progress(
                self.browser, page, step.deadline, note_ready, step.hears, goes_on=self._goes_on_when_ready
            )

        return self._start(ask, wait, began=began)

    def _stop_and_log_out(self) -> None:
        if self._token:
            self.stop_server()
        else:
            self._stop(self._press_the_stop_button)
            try:
                login.log_out(self.browser, Deadline(self.settings.server_timeout))
            except HubUsersError as error:
                self.test_run.note_failure(error)
        self._is_logged_in = False

    def _press_the_stop_button(self, step: Step) -> Stop:
        with own_rejections("", self.settings.access.token):
            try:
                return home_page.stop_server(self.browser, self.username, step.deadline, self.account.server_name)
            except ServerGone as error:
                raise self._gone(error.detail) from None


def _with_way_out(run: Run, error: login_errors.LoginFailed | provider_errors.ProviderFailed) -> str:
    if run.accounts.are_made:
        return f"{error.sentence} {_WITHOUT_LTI if run.settings.lti_file else _WITHOUT_PASSWORD}"
    if isinstance(error, login_errors.LoggedInAsAnother) and not error.typed:
        return f"{error.sentence} If the hub has made the account {error.name} for this login, an admin must remove it."
    return error.sentence
