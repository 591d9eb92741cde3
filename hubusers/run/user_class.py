"""What a run asks of a user class before there are users, and of its users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from gevent import GreenletExit

if TYPE_CHECKING:
    from hubusers.accounts.account import Account
    from hubusers.run.run import Run
    from hubusers.settings.settings import Settings


@runtime_checkable
class HubUserClass(Protocol):
    """A subclass of `HubUser`, as Locust knows it by its name; a plain Locust user has none of this."""

    __name__: str
    only_if_asked: bool
    has_browser: bool

    def needed_scopes(self, settings: Settings) -> tuple[str, ...]:
        """Return the scopes that the run's token needs for these users, in addition to those for their accounts."""

    def check_settings(self, settings: Settings) -> None:
        """Raise SettingsError where these users could not do their work with the settings."""

    def what_they_do(self, settings: Settings) -> str:
        """Return a sentence about what these users will do, without a full stop; "" where nothing is to be said."""

    def try_login(self, run: Run, account: Account) -> str:
        """Log in once as one of these people, where they log in; return why the hub refuses, "" where it does not.

        Raises:
            PreflightError: Nobody of them could log in like this.
        """


@runtime_checkable
class CountsItself(Protocol):
    """A user of a subclass of `HubUser`."""

    def note_crash(self, error: BaseException) -> None:
        """Take notice of an unexpected exception in the code of the user class."""

    def leave_run(self) -> None:
        """Take notice that the user is done; does nothing when called again."""


class TurnedAway(GreenletExit):
    """Ends a user who cannot go on, which has been counted; for a `StopUser` in `on_start`, Locust logs a traceback."""
