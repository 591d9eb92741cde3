"""What a run needs for those who come: their user classes, scopes of the token, accounts, and user options to try."""

from __future__ import annotations

from locust.env import Environment
from locust.user import User

import argparse
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hubusers.counting import counted
from hubusers.run.user_class import HubUserClass
from hubusers.settings import hub_check
from hubusers.settings.access import SettingsError

if TYPE_CHECKING:
    from hubusers.event.model import Event
    from hubusers.hub.lifecycle import UserOptions
    from hubusers.settings.settings import Settings


def usual_classes(environment: Environment) -> list[type[User]]:
    """Return the user classes that come without an event: those on the command line, or else those that do not have to
    be asked for.
    """
    options, classes = environment.parsed_options, environment.user_classes
    assert options
    if options.user_classes or options.class_picker:
        return classes
    return [each for each in classes if not vars(each).get("only_if_asked")] or classes


def coming(environment: Environment, event: Event | None) -> list[HubUserClass]:
    """Return the user classes that take part in a run, as far as they are `HubUser`s."""
    classes: dict[str, Any] = environment.user_classes_by_name
    names = {cohort.user_class for cohort in event.cohorts} if event else classes.keys()
    return [each for name, each in classes.items() if name in names and isinstance(each, HubUserClass)]


def check_classes(known: Mapping[str, type[User]], event: Event | None) -> None:
    """Raise SettingsError when the event needs a user class that is not there, or that cannot do what the event says.

    Args:
        known: The user classes that may come, by their names.
        event: The event; None without one.
    """
    for cohort in event.cohorts if event else []:
        who = f"The cohort {cohort.name} of the event needs the user class {cohort.user_class}, which"
        user_class: object = known.get(cohort.user_class)
        if not user_class:
            there = ", ".join(sorted(known))
            raise SettingsError(f"{who} is not in the locustfile; there are: {there}.", "event")
        if not isinstance(user_class, HubUserClass):
            raise SettingsError(
                f"{who} is not a HubUser, so that its users do not stay and leave as an event says: derive it from "
                "HubUser, or let it come without an event.",
                "event",
            )
        for key in ("thinking", "leave"):
            if getattr(cohort, key) is not None and not user_class.has_browser:
                raise SettingsError(
                    f"{who} has no browser, so that `{key}` does nothing: remove that line, or derive the class from "
                    "NotebookUser.",
                    "event",
                )


def needed_scopes(settings: Settings, classes: Sequence[HubUserClass]) -> Sequence[str]:
    """Return what the token must be allowed to do, with these accounts and user classes."""
    if settings.named_servers:
        return hub_check.SCOPES_FOR_NAMED_SERVERS
    for_accounts = hub_check.SCOPES_FOR_GIVEN_ACCOUNTS if settings.accounts_file else hub_check.NEEDED_SCOPES
    for_classes = (scope for each in classes for scope in each.needed_scopes(settings))
    return list(dict.fromkeys([*for_accounts, *for_classes]))


def check_accounts(settings: Settings, options: argparse.Namespace) -> None:
    """Raise SettingsError when more people are to come than accounts were given."""
    if not settings.accounts_file:
        return
    accounts, people = len(settings.given_accounts), len(settings.people) or options.num_users or 0
    workers = max(1, options.processes or options.expect_workers or 1)
    # Each worker has a share of the accounts, and may get one person more than another.
    needed = people if settings.event else workers * math.ceil(people / workers)
    if needed > accounts:
        raise SettingsError(
            f"{settings.accounts_file} has {counted(accounts, 'account')}, which is not enough for "
            f"{counted(people, 'person', 'people')}"
            f"{f' shared out to {workers} workers' if workers > 1 else ''}: add some, or let fewer people come.",
            "" if settings.event else "num_users",
        )


def different_user_options(settings: Settings) -> Iterator[UserOptions | None]:
    """Return each kind of user options that servers are going to be started with, once."""
    if not settings.event:
        yield settings.user_options
    seen: list[UserOptions | None] = []
    for person in settings.people:
        if person.user_options not in seen:
            seen.append(person.user_options)
            yield person.user_options
