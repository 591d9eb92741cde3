"""What comes before a run: its options, its event, and a look at the hub; what is wrong ends Locust in one sentence."""

from locust.env import Environment

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NoReturn, cast

from hubusers.accounts.names import new_run_id
from hubusers.event.model import Event
from hubusers.event.plan import plan
from hubusers.hub.endpoint import hub_url
from hubusers.hub.lifecycle import UserOptions
from hubusers.log import get_logger
from hubusers.report.plan_chart import drawn
from hubusers.run.first_server import try_one_server
from hubusers.run.run import Run, run_of, set_run
from hubusers.settings.access import Access, SettingsError, access_from
from hubusers.settings.hub_check import (
    NEEDED_SCOPES,
    SCOPES_FOR_GIVEN_ACCOUNTS,
    SCOPES_FOR_NAMED_SERVERS,
    Findings,
    LeftBehind,
    PreflightError,
    check_hub,
    check_named_servers,
)
from hubusers.settings.settings import (
    EVENT_TEXT,
    OWNER,
    Settings,
    check_runs_folder,
    event_from,
    event_text_from,
    settings_from,
)

LOG = get_logger(__name__)

EXIT_FAILURES = 1
EXIT_PREFLIGHT = 2
EXIT_LEFT_BEHIND = 3
EXIT_INTERRUPTED = 130


class BeforeRun:
    """Of one process: Locust's environment there, its access to the hub, and whether there can be a run."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.finished = False  # the present run, with its clean-up
        self.is_checked = False  # whether the preflight check is over
        self.findings: Findings | None = None
        options = self.options
        if options.dry_run:
            self.draw()
        try:
            # Once, and here: what a master hands to its workers replaces theirs of these options as well.
            self.access: Access = access_from(
                options.hub_token_file, options.ca_bundle, options.insecure, options.password_file
            )
        except SettingsError as error:
            self.refuse(str(error))

    @property
    def options(self) -> argparse.Namespace:
        return cast(argparse.Namespace, self.environment.parsed_options)

    @property
    def run(self) -> Run | None:
        return run_of(self.environment)

    def preflight(self) -> None:
        """Check the options and, if it is known already, the hub; in the web UI, all of it may still be changed."""
        options = self.options
        starts_by_itself = options.headless or options.autostart
        try:
            setattr(options, EVENT_TEXT, event_text_from(options))
            self.leave_out_who_was_not_asked_for()
            host = self.environment.host or (None if starts_by_itself else "http://not-known-yet")
            settings = settings_from(options, host, new_run_id(), self.access)
            self.check_user_classes(settings)
            check_runs_folder(settings.runs_folder)
            if self.environment.host:
                self.check(settings, with_trial=starts_by_itself)
        except LeftBehind as error:
            self.refuse(str(error), EXIT_LEFT_BEHIND)
        except (SettingsError, PreflightError) as error:
            self.refuse(str(error))
        except KeyboardInterrupt:
            self.leave(EXIT_INTERRUPTED)
        self.is_checked = True

    @property
    def has_event(self) -> bool:
        """Whether this process decides when people come as an event says; workers are told."""
        return bool(getattr(self.options, EVENT_TEXT, ""))

    def check(self, settings: Settings, with_trial: bool = True) -> None:
        """Look at the hub, then try one server; raise PreflightError when it cannot be tested."""
        self.findings = findings = check_hub(settings.endpoint, self.access, self.needed_scopes(settings))
        if settings.named_servers:
            check_named_servers(findings, self.access)
            setattr(self.options, OWNER, findings.owner)
            settings = replace(settings, owner=findings.owner)
        self.check_accounts(settings)
        self.environment.host = hub_url(settings.endpoint)
        LOG.info("JupyterHub %s at %s, token of %s", findings.version, self.environment.host, findings.owner)
        if with_trial and settings.failed_spawns_to_stop:
            run = Run(settings, worker=0)
            # The run for the time being, so that an interrupt, or the end of Locust, cleans up after it as well.
            set_run(self.environment, run)
            self.finished = False
            for user_options in _different_user_options(settings):
                try_one_server(run, user_options)

    def needed_scopes(self, settings: Settings) -> Sequence[str]:
        """Return what the token must be allowed to do, with these accounts and user classes."""
        if settings.named_servers:
            return SCOPES_FOR_NAMED_SERVERS
        of_accounts = SCOPES_FOR_GIVEN_ACCOUNTS if settings.accounts_file else NEEDED_SCOPES
        of_classes = (scope for each in self.coming(settings) for scope in each.needed_scopes(settings))
        return list(dict.fromkeys([*of_accounts, *of_classes]))

    def leave_out_who_was_not_asked_for(self) -> None:
        """Without an event, and where no user class was named, let those come that the locustfile means to come."""
        options, environment = self.options, self.environment
        if self.has_event or options.user_classes or options.class_picker:
            return
        meant = [each for each in environment.user_classes if not vars(each).get("only_if_asked")]
        environment.user_classes = meant or environment.user_classes

    def coming(self, settings: Settings) -> list[Any]:
        """Return the user classes of which people come, as far as they are ours."""
        classes: dict[str, Any] = self.environment.user_classes_by_name
        names = {cohort.user_class for cohort in settings.event.cohorts} if settings.event else classes
        return [classes[name] for name in classes if name in names and hasattr(classes[name], "needed_scopes")]

    def check_accounts(self, settings: Settings) -> None:
        """Raise SettingsError when more people are to come than accounts were given."""
        if not settings.accounts_file:
            return
        accounts, people = len(settings.given_accounts), len(settings.people) or self.options.num_users or 0
        workers = max(1, self.options.processes or self.options.expect_workers or 1)
        # Each worker has a share of the accounts, and may get one person more than another.
        needed = people if settings.event else workers * math.ceil(people / workers)
        if needed > accounts:
            raise SettingsError(
                f"{settings.accounts_file} has {accounts} accounts, which is not enough for {people} people"
                f"{f' shared out to {workers} workers' if workers > 1 else ''}: add some, or let fewer people come."
            )

    def check_user_classes(self, settings: Settings) -> None:
        """Raise SettingsError when those who are to come are not there, or could not do their work."""
        self.check_known(settings.event)
        for each in self.coming(settings):
            each.check(settings)

    def check_known(self, event: Event | None) -> None:
        """Raise SettingsError when the event needs a user class that the locustfile does not have."""
        known = self.environment.user_classes_by_name
        for cohort in event.cohorts if event else []:
            if cohort.user_class not in known:
                raise SettingsError(
                    f"The cohort {cohort.name} of the event needs the user class {cohort.user_class}, which is not in "
                    f"the locustfile; there are: {', '.join(sorted(known))}."
                )

    def draw(self) -> NoReturn:
        """Print the plan of the event, and end; needs neither hub nor token."""
        try:
            setattr(self.options, EVENT_TEXT, event_text_from(self.options))
            event = event_from(self.options)
            self.check_known(event)
        except SettingsError as error:
            self.refuse(str(error))
        assert event
        assert event.seed is not None
        print(drawn(event, plan(event, event.seed), event.seed))
        self.leave(0)

    def leave(self, code: int) -> NoReturn:
        """End Locust before it has begun."""
        sys.exit(code)

    def refuse(self, reason: str, code: int = EXIT_PREFLIGHT) -> NoReturn:
        LOG.error("%s", reason)
        self.leave(code)


def _different_user_options(settings: Settings) -> Iterator[UserOptions | None]:
    if not settings.event:
        yield settings.user_options
    tried: list[UserOptions | None] = []
    for person in settings.people:
        if person.user_options not in tried:
            tried.append(person.user_options)
            yield person.user_options
