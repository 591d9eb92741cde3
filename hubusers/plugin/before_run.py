"""What comes before a run: the check of options, user classes, accounts and hub, and a first server of each kind."""

from __future__ import annotations

from locust.env import Environment

import argparse
import contextlib
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from hubusers.accounts import sources
from hubusers.accounts.names import names_of_run, new_run_id
from hubusers.event import file, plan
from hubusers.hub.endpoint import hub_url
from hubusers.log import get_logger
from hubusers.plugin import class_mistakes, needs
from hubusers.plugin.messages import Briefing
from hubusers.report import findings as report_findings
from hubusers.report import page, plan_chart
from hubusers.results import folder, run_info
from hubusers.run import first_server, start_gate
from hubusers.run import run as runs
from hubusers.run.user_class import HubUserClass
from hubusers.settings import given_accounts, hub_check, machine_accounts, public_address
from hubusers.settings import settings as run_settings
from hubusers.settings.access import Access, SettingsError, access_from
from hubusers.users import first_look

if TYPE_CHECKING:
    from hubusers.accounts.account import Account
    from hubusers.hub.lifecycle import UserOptions
    from hubusers.report.finding import Finding
    from hubusers.settings.hub_check import CheckedHub
    from hubusers.settings.settings import Settings

LOG = get_logger(__name__)


class BeforeRun:
    """Makes the settings of runs in one process, and checks whether there can be one.

    Args:
        environment: Locust's.
        access: How to get at the hub; None: as the options and the environment say, read by `read_access`.
    """

    def __init__(self, environment: Environment, access: Access | None = None) -> None:
        self.event_text = ""  # of the event to rehearse, as all processes must know it
        self.checked_hub: CheckedHub | None = None
        self.first_server_left = False  # whether one is left on the hub for good
        self._tried: tuple[str, ...] = ()  # the kinds of start of which a first server was tried
        self._environment = environment
        self._access = access
        self._first_servers: list[runs.Run] = []  # each is tried in a run of its own, here until nothing of it is left
        self._doing = ""

    @property
    def _options(self) -> argparse.Namespace:
        return cast(argparse.Namespace, self._environment.parsed_options)

    @property
    def doing(self) -> str:
        """What the check of the hub does at the moment, in words; "" before the first check."""
        waits_for = next((part for run in self._first_servers for part in +run.pending_for), "")
        return f"{self._doing}: {waits_for}" if waits_for else self._doing

    @property
    def _known_access(self) -> Access:
        assert self._access
        return self._access

    def read_access(self) -> None:
        """Read token, password and certificates, once.

        The options of a master replace those of its workers later, and these files are of each machine.

        Raises:
            SettingsError: One of them cannot be used.
        """
        options = self._options
        self._access = self._access or access_from(
            options.hub_token_file, options.ca_bundle, options.insecure, options.password_file
        )

    def drawn_event(self) -> str:
        """Return the plan of the event, drawn for a terminal; needs neither hub nor token.

        Raises:
            SettingsError: The event cannot be used.
        """
        event = file.parse_event(run_settings.event_text_from(self._options), self._options.event)
        needs.check_classes(self._environment.user_classes_by_name, event)
        assert event.seed is not None
        _, as_written = file.read_event(self._options.event)
        return plan_chart.drawn(
            event, plan.plan(event, event.seed), event.seed, seed_is_in_file=as_written.seed is not None
        )

    def check_at_start(self) -> None:
        """Check what can be checked before Locust goes on.

        In the web UI the hub's URL may not be known yet, and all options may still be changed.

        Raises:
            SettingsError, PreflightError: There cannot be a run; the text says why, and the remedy.
        """
        options, environment = self._options, self._environment
        begins_by_itself = options.headless or options.autostart
        self.event_text = run_settings.event_text_from(options)
        if not self.event_text:
            environment.user_classes = needs.usual_classes(environment)
        host = environment.host or (None if begins_by_itself else "http://not-known-yet")
        try:
            run_id = new_run_id()
        except ValueError as error:
            raise SettingsError(f"{error}.") from None
        briefing = self.new_briefing(run_id)
        settings = self.settings_for(briefing, host)
        self.check_user_classes(settings, briefing)
        run_settings.check_runs_folder(settings.runs_folder)
        if environment.host:
            self.check_hub(settings, with_first_server=begins_by_itself)

    def new_briefing(self, run_id: str) -> Briefing:
        """Return what all processes of a new run must know alike."""
        owner = self._token_owner(self._options.named_servers)
        user_classes = tuple(self._environment.user_classes_by_name)
        return Briefing(run_id, self.event_text, owner, user_classes=user_classes, tried=self._tried)

    def settings_for(self, briefing: Briefing, host: str | None, options: argparse.Namespace | None = None) -> Settings:
        """Return the settings of a run.

        Args:
            briefing: What all its processes know alike.
            host: The hub's URL.
            options: Those of Locust, or as somebody is about to change them.

        Raises:
            SettingsError: An option, a variable or a file cannot be used.
        """
        return run_settings.settings_from(
            options or self._options,
            host,
            briefing.run_id,
            self._known_access,
            event_text=briefing.event_text,
            owner=briefing.token_owner,
        )

    def check_user_classes(self, settings: Settings, briefing: Briefing) -> None:
        """Raise SettingsError when a user class of the run is not there, or could not do its work."""
        needs.check_classes(self._environment.user_classes_by_name, settings.event)
        class_mistakes.check_code(self._environment.user_classes)
        for each in needs.coming(self._environment, settings.event):
            if each.__name__ in briefing.user_classes:
                each.check_settings(settings)

    def check_hub(
        self, settings: Settings, options: argparse.Namespace | None = None, *, with_first_server: bool = True
    ) -> None:
        """Ask the hub whether these users can come, with small requests that change nothing; then try first servers.

        Args:
            settings: Of the run.
            options: Those of Locust, or as somebody is about to change them.
            with_first_server: Whether to try first servers.

        Raises:
            SettingsError: There are not enough accounts.
            PreflightError: The hub cannot be tested like this.
            LeftBehind: A first server could not be removed again.
        """
        self._doing = "Checking the hub and its token"
        classes = needs.coming(self._environment, settings.event)
        scopes = needs.needed_scopes(settings, classes)
        self.checked_hub = checked = hub_check.check_hub(settings.endpoint, self._known_access, scopes)
        if settings.named_servers:
            hub_check.check_named_servers(checked, self._known_access)
        if any(each.has_browser for each in classes):
            public_address.check_public_address(settings.endpoint, self._known_access)
        needs.check_accounts(settings, options or self._options)
        hub_check.check_spelling(settings.endpoint, self._known_access, settings.given_accounts, settings.accounts_file)
        self._check_given_accounts(settings, classes)
        self._environment.host = hub_url(settings.endpoint)
        LOG.info("JupyterHub %s at %s, token of %s", checked.version, self._environment.host, checked.owner)
        if of_proxy := hub_check.proxy_not_used(settings.endpoint):
            LOG.warning("%s", of_proxy)
        if not (settings.accounts_file or settings.named_servers):
            for sentence in machine_accounts.about_machine_accounts(checked, settings.prefix):
                LOG.warning("%s", sentence)
        if with_first_server and settings.failed_spawns_to_stop:
            self._try_first_servers(replace(settings, owner=self._token_owner(settings.named_servers)), classes)

    def _check_given_accounts(self, settings: Settings, classes: Sequence[HubUserClass]) -> None:
        file, accounts = settings.accounts_file, settings.given_accounts
        unknown = given_accounts.unknown_accounts(settings.endpoint, self._known_access, accounts, file)
        if unknown and not all(each.has_browser for each in classes):
            raise hub_check.PreflightError(f"{sources.not_known(unknown, len(accounts), file)}.")

    def _token_owner(self, named_servers: bool) -> str:
        return self.checked_hub.owner if self.checked_hub and named_servers else ""

    def _try_first_servers(self, settings: Settings, classes: Sequence[HubUserClass]) -> None:
        lacks: list[str] = []  # what is not installed here, for which a run would end
        run = runs.Run(replace(settings, keep=False), worker=0, stop=lacks.append)
        self._first_servers.append(run)  # so that every way out cleans up after it
        self._tried = ()

        def log_in(account: Account) -> str:
            return next(filter(None, (each.try_login(run, account) for each in classes)), "")

        def look(user_options: UserOptions | None, account: Account) -> None:
            if has_browser:
                self._doing = f"{self._doing}, and its first page"
                first_look.look(run, classes, account, user_options)

        has_browser = any(each.has_browser for each in classes)
        if settings.accounts_are_made:  # for whoever has to remove it, should this process be killed
            names = names_of_run(settings.prefix, settings.run_id)
            LOG.info("One server is tried first; its user's name begins with %s", names)
        try:
            kinds = list(needs.different_user_options(settings))
            for number, user_options in enumerate(kinds, start=1):
                self._doing = "Trying one server"
                if len(kinds) > 1:
                    self._doing += f" of each kind ({number} of {len(kinds)})"
                # Otherwise it was cleaned up after, because the process ends.
                once = log_in if number == 1 else None
                if run in self._first_servers and first_server.try_one_server(
                    run, user_options, once, has_browser=has_browser, look=partial(look, user_options)
                ):
                    self._tried += (start_gate.kind_of_start(user_options),)
                if lacks:
                    raise hub_check.PreflightError(lacks[0])
        except first_server.FirstServersFailed as error:
            raise hub_check.PreflightError(f"{error}\n{_why(run)}\n{_GO_ON_REGARDLESS}") from None
        except first_look.FirstPageFailed as error:
            raise hub_check.PreflightError("\n".join([str(error), *_what_to_do(run), _GO_ON_WITHOUT_TRYING])) from None
        finally:
            if run in self._first_servers and not run.ledger.left():
                self._first_servers.remove(run)
                # The run's own clean-up line does not count what was made before it.
                LOG.info("What was tried first is removed again: %s", run.ledger.totals())

    def remove_first_servers(self) -> list[str]:
        """Remove what is left of first servers: those that were interrupted, and those that could not be removed.

        Returns:
            The summary of each.

        Logs:
            INFO the same.
        """
        summaries: list[str] = []
        while self._first_servers:
            self._doing = "Removing the server that was tried"
            run = self._first_servers[-1]
            run.clean_up_everything()
            self.first_server_left |= bool(run.ledger.left())
            summaries.append(run.summary(run.ledger.totals()))
            LOG.info("%s", summaries[-1])
            with contextlib.suppress(ValueError):  # in the web UI the check itself may have found it gone meanwhile
                self._first_servers.remove(run)
        return summaries

    def summaries(self) -> list[str]:
        """Return the last lines of the first servers of which something is left by now."""
        return [run.summary(run.ledger.totals()) for run in self._first_servers]


_GO_ON_WITHOUT_TRYING = "--stop-after-failed-spawns 0 goes on regardless, and tries no server before people come."
_GO_ON_REGARDLESS = "--stop-after-failed-spawns 0 goes on regardless; a hub with consecutive_failure_limit then exits."


def _findings(run: runs.Run) -> list[Finding]:
    """Return the findings about the first servers of a run."""
    settings = run.settings
    info = run_info.RunInfo(settings.run_id, hub_url(settings.endpoint), began=time.time())
    findings = report_findings.findings_of(folder.FinishedRun(Path(), info, None, run.results))
    return [one for one in findings if one.explains != "note"]


def _what_to_do(run: runs.Run) -> list[str]:
    """Return a line for each finding about a first page that failed, with what to change."""
    return [" ".join(map(page.plain, one.remedies)) for one in _findings(run) if one.explains == "failures"]


def _why(run: runs.Run) -> str:
    """Return a line for each finding about the first servers of a run, with what to change."""
    lines = [" ".join([f"{one.title}: {one.sentence}", *map(page.plain, one.remedies)]) for one in _findings(run)]
    return "\n".join(lines) or (
        "See the hub's log, and whether its profiles and user options are what the run asks for."
    )
