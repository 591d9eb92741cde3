"""The settings of a run: made of its options once, when it starts."""

import argparse
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hubusers.accounts.account import Account
from hubusers.accounts.file import AccountsFileError, read_accounts
from hubusers.event.file import EventError, parse_event, read_event, seed_of, with_seed, with_time_scale
from hubusers.event.model import Event
from hubusers.event.plan import Person, plan
from hubusers.hub.lifecycle import user_options
from hubusers.settings.access import PASSWORD_VARIABLE, Access, SettingsError, endpoint_of
from hubusers.settings.options import OPTIONS, Options


@dataclass(frozen=True, kw_only=True)
class Settings(Options):
    """The options of a run, and what else decides it. Nothing else in a run reads options or the environment.

    Args:
        endpoint: The hub's API.
        access: The token, and how to verify the hub's certificate.
        run_id: Short and random, a part of the name of each user.
        event: Who comes, and when. None: Locust says how many, and they do as the options say.
        owner: Of the token, for named servers; "" otherwise.
    """

    endpoint: str
    access: Access
    run_id: str
    event: Event | None = None
    owner: str = ""

    @cached_property
    def people(self) -> list[Person]:
        """Everybody who comes to the event, in order of arrival."""
        return plan(self.event, self.event.seed) if self.event and self.event.seed is not None else []

    @cached_property
    def given_accounts(self) -> list[Account]:
        """The accounts in `accounts_file`.

        Raises:
            AccountsFileError: The file cannot be used.
        """
        names_do = bool(self.lti_file)
        return read_accounts(self.accounts_file, names_do=names_do) if self.accounts_file else []

    @property
    def first_page(self) -> str:
        """The page that people open first where no event says it, below their servers; "" where the hub leads them."""
        return self.start_page or self.git_pull

    @property
    def first_pages(self) -> list[str]:
        """The first pages of all who come: of each cohort, or one for everybody without an event."""
        return [cohort.first_page for cohort in self.event.cohorts] if self.event else [self.first_page]

    @property
    def accounts_are_made(self) -> bool:
        """Whether the run creates the accounts of its users, and deletes them."""
        return not self.accounts_file and not self.named_servers

    def shown(self) -> dict[str, Any]:
        """Return what a report shows: how users behaved, by the names of the options, without what an event decided."""
        return {
            option.name: getattr(self, name)
            for name, option in OPTIONS.items()
            if option.in_report and not (self.event and option.decided_by_event)
        }

    def changed(self) -> list[str]:
        """Return the names of the options in `shown` whose values are not the default ones."""
        defaults = Options()
        shown = self.shown()
        return [
            option.name
            for name, option in OPTIONS.items()
            if option.name in shown and shown[option.name] != getattr(defaults, name)
        ]


def settings_from(
    options: argparse.Namespace,
    host: str | None,
    run_id: str,
    access: Access,
    *,
    event_text: str = "",
    owner: str = "",
) -> Settings:
    """Make a run's settings of Locust's parsed options; the web form may have changed those since they were parsed.

    Args:
        options: Parsed by Locust.
        host: The URL of the hub, or of its API.
        run_id: As in `Settings`.
        access: As in `Settings`.
        event_text: What `text_of_event` returned; "" without an event.
        owner: As in `Settings`.

    Raises:
        SettingsError: An option, a variable or a file cannot be used.
    """
    # What an event decides may still be there for other runs, as somebody typed it in the web UI.
    values = {
        name: option.default_value if event_text and option.decided_by_event else option.value(options)
        for name, option in OPTIONS.items()
    }
    if values["server_profile"] and values["user_options"] is not None:
        raise SettingsError(
            "Give --server-profile or --user-options, not both: a profile is one of the user options.", "user_options"
        )
    if values["start_page"] and values["git_pull"]:
        raise SettingsError("Give --start-page or --git-pull, not both: each says what people open first.", "git_pull")
    values["user_options"] = user_options(values["server_profile"] or values["user_options"])
    settings = Settings(
        **values,
        endpoint=endpoint_of(host),
        access=access,
        run_id=run_id,
        event=parse_event(event_text, values["event_file"]) if event_text else None,
        owner=owner,
    )
    if settings.lti_file and settings.named_servers:
        raise SettingsError("Give --lti or --named-servers, not both: an LTI launch is for an account of its own.")
    if settings.lti_file and settings.accounts_are_made and access.password:
        raise SettingsError(
            f"Give --lti or a password (--password-file, {PASSWORD_VARIABLE}), not both: each says how people log in."
        )
    if not settings.accounts_are_made:
        _check_accounts(settings)
    return settings


def event_text_from(options: argparse.Namespace) -> str:
    """Return the text of the event file that the options name, as `text_of_event` does; "" without one.

    Raises:
        SettingsError: The file cannot be used, or options were given that the event decides.
    """
    event_file, time_scale = OPTIONS["event_file"].value(options), OPTIONS["time_scale"]
    if not event_file:
        for option in (OPTIONS["time_scale"], OPTIONS["dry_run"]):
            if option.is_given(options):
                raise SettingsError(f"{option.flag} is for an event: give one with --event.")
        return ""
    # The class picker also replaces Locust's shape, which is what ends an event.
    not_with_event = {"-u": "num_users", "-r": "spawn_rate", "-t": "run_time", "--class-picker": "class_picker"}
    for flag, name in not_with_event.items():
        if getattr(options, name):
            raise SettingsError(f"Leave out {flag}: the event's file says who comes, when, and for how long.")
    for option in OPTIONS.values():
        if option.decided_by_event and option.is_given(options):
            raise SettingsError(f"Leave out {option.flag}: the event's file says it.")
    return text_of_event(event_file, time_scale.value(options) if time_scale.is_given(options) else None)


def text_of_event(event_file: str, time_scale: float | None = None) -> str:
    """Return the text of an event file, with a seed and a time scale in it.

    So every process of the run plans the same event, and so does somebody who repeats the run.

    Args:
        event_file: Path of the file, or name of a ready-made event.
        time_scale: In place of the file's; None for that.

    Raises:
        SettingsError: The file cannot be used.
    """
    try:
        text, event = read_event(event_file)
        if event.seed is None:
            text = with_seed(text, seed_of(text))
        if time_scale is not None:
            text = with_time_scale(text, time_scale)
        parse_event(text, event_file)
    except EventError as error:
        raise SettingsError(str(error), "event") from None
    return text


def check_runs_folder(folder: str) -> None:
    """Raise SettingsError if runs cannot be recorded there. Finding out before a run is better than after it."""
    try:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder):
                pass
    except OSError as error:
        raise SettingsError(
            f"Runs cannot be recorded in {folder!r} ({error.strerror}): give another folder with --runs-folder."
        ) from None


def _check_accounts(settings: Settings) -> None:
    if settings.accounts_file and settings.named_servers:
        raise SettingsError("Give --accounts or --named-servers, not both: each says whose servers are started.")
    if settings.wait == "listing":
        raise SettingsError(
            "Not --wait listing with --accounts or --named-servers: in the hub's list, it only finds servers of "
            "accounts that the run created.",
            "wait",
        )
    try:
        _ = settings.given_accounts
    except AccountsFileError as error:
        raise SettingsError(f"{error}.") from None
