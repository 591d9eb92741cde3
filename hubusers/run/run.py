"""One run in one process: its settings, the names it gives, the ledger of what it created, the clean-up after it."""

from locust.env import Environment

import logging
from typing import cast

from hubusers.hub.accounts import find_stress_test_users
from hubusers.hub.errors import HubUsersError
from hubusers.hub.session import get_session
from hubusers.run.cleanup import Cleanup
from hubusers.run.ledger import Ledger, Totals
from hubusers.run.names import names_of_run, usernames
from hubusers.run.options import Settings

LOG = logging.getLogger(__name__)


class Run:
    """From the start of a test to the moment when nothing of it is left on the hub."""

    def __init__(self, settings: Settings, worker: int) -> None:
        self.settings = settings
        self.ledger = Ledger()
        self._names = usernames(settings.prefix, settings.run_id, worker)
        self._cleanup = Cleanup(settings, self.ledger)

    def new_name(self) -> str:
        """Return a user name that nobody else has."""
        return next(self._names)

    def release(self, name: str) -> None:
        """Take back a user who is done: account and server are removed in the background, unless to be kept."""
        if name in self.ledger and not self.settings.keep:
            self._cleanup.release([name])

    def finish(self) -> None:
        """Remove, unless it is to be kept, everything that this process created in this run; return when it is done."""
        if not self.settings.keep:
            self._cleanup.finish()

    def remove_what_workers_left(self) -> None:
        """Remove users of this run that no worker reported as removed: those of a worker that died."""
        settings = self.settings
        if settings.keep:
            return
        try:
            for name in find_stress_test_users(
                settings.endpoint, get_session(settings.token), prefix=names_of_run(settings.prefix, settings.run_id)
            ):
                self.ledger.user_created(name)
        except HubUsersError as error:
            LOG.error("Could not look for what workers left: %s", error.detail)
        self._cleanup.finish()

    def purge_command(self) -> str:
        """Return the command that removes what is left of this run."""
        return (
            f"JUPYTERHUB_ENDPOINT={self.settings.endpoint} hubusers purge "
            f"--name-prefix {self.settings.prefix} --run {self.settings.run_id}"
        )

    def summary(self, totals: Totals) -> str:
        """Return the last line of a run, in fixed words."""
        line = f"Clean-up: {totals}"
        if self.settings.keep:
            return f"{line}; kept as asked, to remove them: {self.purge_command()}"
        if totals.users_left:
            return f"{line}; to remove what is left: {self.purge_command()}"
        return line


def set_run(environment: Environment, run: Run) -> None:
    """Make `run` the environment's present one."""
    environment.hubusers_run = run  # type: ignore[attr-defined]


def run_of(environment: Environment) -> Run | None:
    """Return the environment's present or last run; None before the first, or where the parts were not switched on."""
    return cast("Run | None", getattr(environment, "hubusers_run", None))
