"""What a run was asked to do: made of its options once, when it starts."""

import argparse
import json
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from hubusers.accounts.account import Account
from hubusers.accounts.file import AccountsFileError, read_accounts
from hubusers.accounts.names import checked_prefix
from hubusers.event.file import EventError, parse_event, read_event, with_seed, with_time_scale
from hubusers.event.leaving import Leaving
from hubusers.event.model import Event
from hubusers.event.plan import Person, plan
from hubusers.functions.batches import checked_choice
from hubusers.hub.lifecycle import UserOptions, user_options
from hubusers.settings.access import Access, SettingsError, endpoint_of
from hubusers.settings.values import (
    factor,
    json_object_text,
    leaving_shares,
    seconds,
    seconds_range,
    usable,
    whole_number,
)

Wait = Literal["progress", "listing", "poll"]

SAID_BY_THE_EVENT = {
    "stay": "30-90",
    "pause": "10-30",
    "server_profile": "",
    "user_options": "",
    "keep": False,
    "lifecycles": 0,
    "thinking": "5-20",
    "leave": "log-out",
}
"""What the options are where nobody gave them."""


@dataclass(frozen=True)
class Settings:
    """What a run was asked to do. Made once, when it starts; nothing else reads options or the environment."""

    endpoint: str
    access: Access
    prefix: str
    run_id: str
    server_timeout: float  # seconds from asking for a server until it is ready; also for stopping one
    poll_interval: float  # seconds
    wait: Wait  # how users learn that their servers are ready or gone
    stay: tuple[float, float]  # seconds with a ready server, drawn evenly from the range
    pause: tuple[float, float]  # seconds without one
    user_options: UserOptions | None
    keep: bool
    lifecycles: int  # 0: for ever
    end_after_failure: bool  # whether a user ends when a step failed; otherwise the user tries again
    failed_spawns_to_stop: int  # in a row; 0: never
    runs_folder: str  # where each run leaves a folder of its own; "": nowhere
    notebooks: str  # a folder; "": the one that comes with hubusers
    thinking: tuple[float, float]  # seconds between two cells of a notebook
    leave: Mapping[Leaving, float]  # the share of visits that end in each way
    activity_interval: float  # seconds between two reports of a server's activity
    accounts_file: str  # "": the run makes its accounts
    named_servers: bool  # of the account whose token this is, instead of accounts
    owner: str  # of the token; "" where nobody asked
    event: Event | None  # who comes, and when; None: as many users as Locust is told, who live as said above

    @cached_property
    def people(self) -> list[Person]:
        """Everybody who comes to the event, in order of arrival."""
        return plan(self.event, self.event.seed) if self.event and self.event.seed is not None else []

    @cached_property
    def given_accounts(self) -> list[Account]:
        """The accounts of the file.

        Raises:
            AccountsFileError: It cannot be used.
        """
        return read_accounts(self.accounts_file) if self.accounts_file else []

    @property
    def accounts_are_made(self) -> bool:
        """Whether the run makes the accounts of its people, and deletes them."""
        return not self.accounts_file and not self.named_servers

    def shown(self) -> dict[str, Any]:
        """Return what a report shows of it: how users behave, not whose users and which hub, nor the event."""
        left_out = {"endpoint", "access", "prefix", "run_id", "runs_folder", "event", "owner", "accounts_file"}
        if self.event:
            left_out |= SAID_BY_THE_EVENT.keys()
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name not in left_out}


def check_runs_folder(folder: str) -> None:
    """Raise SettingsError when runs cannot be recorded there: better before a run than after it."""
    try:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder):
                pass
    except OSError as error:
        raise SettingsError(
            f"The runs cannot be recorded in {folder!r} ({error.strerror}): name another folder with --runs-folder."
        ) from None


def settings_from(
    options: argparse.Namespace, host: str | None, run_id: str, access: Access, *, event_text: str = "", owner: str = ""
) -> Settings:
    """Make a run's settings of Locust's parsed options; the web UI may have changed those since they were parsed.

    Raises:
        SettingsError: An option, a variable or a file cannot be used.
    """
    if options.server_profile and options.user_options:
        raise SettingsError("Give --server-profile or --user-options, not both: a profile is one of the user options.")
    event = event_from(options, event_text)
    profile = options.server_profile or json.loads(usable(json_object_text, options.user_options) or "null")
    settings = Settings(
        endpoint=endpoint_of(host),
        access=access,
        prefix=usable(checked_prefix, options.name_prefix),
        run_id=run_id,
        server_timeout=usable(seconds, str(options.server_timeout)),
        poll_interval=usable(seconds, str(options.poll_interval)),
        wait=usable(lambda text: checked_choice(text, get_args(Wait), "--wait"), options.wait),
        stay=usable(seconds_range, options.stay),
        pause=usable(seconds_range, options.pause),
        user_options=user_options(profile),
        keep=options.keep,
        lifecycles=usable(whole_number, str(options.lifecycles)),
        end_after_failure=options.after_failure == "end",
        failed_spawns_to_stop=usable(whole_number, str(options.stop_after_failed_spawns)),
        runs_folder=options.runs_folder,
        notebooks=options.notebooks,
        thinking=usable(seconds_range, options.thinking),
        leave=usable(leaving_shares, options.leave),
        activity_interval=usable(seconds, str(options.activity_interval)),
        accounts_file=options.accounts,
        named_servers=options.named_servers,
        owner=owner,
        event=event,
    )
    if not settings.accounts_are_made:
        _check_accounts(settings)
    return settings


def _check_accounts(settings: Settings) -> None:
    if settings.accounts_file and settings.named_servers:
        raise SettingsError("Give --accounts or --named-servers, not both: each says where people come from.")
    if settings.wait == "listing":
        raise SettingsError(
            "Not --wait listing with --accounts or --named-servers: it finds servers in the hub's list by the names "
            "of accounts that the run made."
        )
    try:
        _ = settings.given_accounts
    except AccountsFileError as error:
        raise SettingsError(f"{error}.") from None


def event_text_from(options: argparse.Namespace) -> str:
    """Read the event that the options name; return its text, with a seed and the time scale in it, "" without one.

    With those, and as text, it means the same to every process of the run, and to whoever repeats the run.

    Raises:
        SettingsError: It cannot be used.
    """
    if not options.event:
        for name in ("time_scale", "dry_run"):
            if getattr(options, name):
                raise SettingsError(f"--{name.replace('_', '-')} is for an event: give one with --event.")
        return ""
    for flag, name in (("-u", "num_users"), ("-r", "spawn_rate"), ("-t", "run_time")):
        if getattr(options, name):
            raise SettingsError(f"Not {flag} with --event: its file says who comes, when, and for how long.")
    try:
        text, event = read_event(options.event)
        if event.seed is None:
            text = with_seed(text, secrets.randbelow(1_000_000))
        if options.time_scale:
            text = with_time_scale(text, usable(factor, options.time_scale))
        parse_event(text, options.event)
    except EventError as error:
        raise SettingsError(str(error)) from None
    return text


def event_from(options: argparse.Namespace, text: str) -> Event | None:
    """Return the event as `event_text_from` has made it; raise SettingsError for options that it does not go with."""
    if not text:
        return None
    for name, default in SAID_BY_THE_EVENT.items():
        if getattr(options, name) != default:
            raise SettingsError(f"Not --{name.replace('_', '-')} with --event: that is for the event's file to say.")
    return parse_event(text, options.event)
