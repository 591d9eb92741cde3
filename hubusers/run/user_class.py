"""What a run asks of a user class before there are users."""

from typing import Protocol, runtime_checkable

from hubusers.settings.settings import Settings


@runtime_checkable
class HubUserClass(Protocol):
    """A subclass of `HubUser`, as Locust knows it by its name; a plain Locust user has none of this."""

    __name__: str
    only_if_asked: bool

    def needed_scopes(self, settings: Settings) -> tuple[str, ...]:
        """Return the scopes that the run's token needs for these users, in addition to those for their accounts."""

    def check(self, settings: Settings) -> None:
        """Raise SettingsError where these users could not do their work with the settings."""
