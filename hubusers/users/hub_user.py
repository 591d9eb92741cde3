"""The base of all user classes: a person with an account on the hub, who may use a server there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gevent import GreenletExit

from hubusers.accounts import sources
from hubusers.hub import creation
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, WaitTimeout
from hubusers.log import get_logger
from hubusers.results.records import ARRIVAL, UNFINISHED
from hubusers.run import user_class
from hubusers.users.server_user import ServerUser

if TYPE_CHECKING:
    from hubusers.accounts.account import Account
    from hubusers.run.run import Run
    from hubusers.settings.settings import Settings

LOG = get_logger(__name__)


class HubUser(ServerUser):
    """A person with an account of their own on the hub.

    The account is made when the user starts; account and server are removed when the user stops, in whatever phase that
    is. Subclasses add tasks, and in them call the steps of `ServerUser`, each of which is one row in Locust's
    statistics. A step that fails is counted there and ends the task (with Locust's `RescheduleTask`, so call them from
    tasks only). Locust then goes on with the next task, or the user ends, as `--after-failure` says. A user whose
    account is gone ends.

    `self.client` is Locust's own HTTP client, on the hub's URL and with the hub's token.
    """

    abstract = True

    has_browser = False
    """Whether such a person opens the hub's pages, thinks between cells, and leaves in the ways that an event says."""
    leaves_server = False
    """Whether the user leaves the server running, until the end of the run."""
    _login_makes_the_account = False
    """Whether the person logs in at the hub's page, which is how many hubs get to know an account."""
    _has_arrived = False
    _has_left = False

    # What a run asks of the class, before there are users

    @classmethod
    def needed_scopes(cls, settings: Settings) -> tuple[str, ...]:
        """Return the scopes that the run's token needs for these users, in addition to those for their accounts."""
        return ()

    @classmethod
    def check_settings(cls, settings: Settings) -> None:
        """Raise SettingsError if these users cannot do their work with the settings."""

    @classmethod
    def what_they_do(cls, settings: Settings) -> str:
        """Return what the log says at the start of a run about what these users will do; "" for nothing."""
        return ""

    @classmethod
    def try_login(cls, run: Run, account: Account) -> str:
        """Log in once before the run, where such people log in; return why the hub refuses, "" where it does not.

        Raises:
            PreflightError: Nobody of them could log in like this.
        """
        return ""

    # What Locust calls

    def on_start(self) -> None:
        """Create the account, if there is none yet; a subclass that has an `on_start` of its own calls this one first.

        The user ends if there is no account for it, or if its account already has a running server, which is somebody
        else's.
        """
        self._has_arrived = True
        self._counts.arrived += 1
        if self.person.until is not None:
            self._leave_in(self.time_left)
        step = self._new_step()
        try:
            failure = self._why_turned_away()
        except GreenletExit:  # the run ends, and the hub has not made the account yet
            self._record(ARRIVAL, step, UNFINISHED)
            raise
        self._record(ARRIVAL, step, failure)
        if failure:
            self._counts.failed += 1
            raise user_class.TurnedAway

    def on_stop(self) -> None:
        """Have server and account removed; a subclass that has an `on_stop` of its own calls this one last.

        If the user has left the server running, both are removed at the end of the run.
        """
        self.leave_run()

    def leave_run(self) -> None:
        super().leave_run()
        if self._has_left:
            return
        self._has_left = True
        self._note_own_requests()
        self._turn.give_back()
        if not self.leaves_server:
            self._count_server(False)
        self._counts.left += self._has_arrived
        if self.username and not self.leaves_server:
            self.test_run.release(self.account.key)

    # The account

    def _why_turned_away(self) -> str:
        """Return why the person cannot even begin, in a fixed phrase; "" if they can."""
        if not self.username:
            return "no account left"
        return self._why_no_use() if self._has_account else self._why_not_created()

    def _why_not_created(self) -> str:
        run = self.test_run
        with run.creating:
            deadline = Deadline(self.settings.server_timeout)  # not before: a thousand new users stand in line here
            try:
                creation.make_accounts(
                    self.hub, [self.username], run.ledger, deadline, self.settings.poll_interval, run.note_failure
                )
            except WaitTimeout as error:
                LOG.error("No account for %s; this user ends: %s", self.username, error.detail)
                return str(error)
            except HubUsersError as error:
                run.note_failure(error)
                return str(error)
        return ""

    def _why_no_use(self) -> str:
        """Return why the account cannot be used, which was there before; "" if it can."""
        deadline = Deadline(self.settings.server_timeout)
        try:
            with self._token_shown():
                seen = self.test_run.accounts.look_at(self.hub, self.account, deadline)
        except HubUsersError as error:
            self.test_run.note_failure(error)
            return str(error)
        self._had_server = seen.had_server
        if not seen.is_known and not self._login_makes_the_account:
            LOG.error("%s; this user ends", sources.not_known(self.username))
            return "the hub does not know the account"
        if not seen.in_use:
            return ""
        LOG.error("The server of %s runs already and is somebody else's; this user ends", self.username)
        return "the server runs already"
