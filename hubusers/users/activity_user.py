"""The load that stays when everybody is idle: the reports of activity that single-user servers send to the hub."""

from locust import task
from locust.env import Environment

import random
import time
from datetime import UTC, datetime
from typing import Any

from hubusers.settings.settings import Settings
from hubusers.users.hub_user import HubUser

ACTIVITY_PATH = "/users/{name}/activity"


class ActivityUser(HubUser):
    """Stands for one single-user server that reports activity: `POST /users/{name}/activity`, every interval.

    There need be no server: the hub knows of everybody's default one since there is the account, and does the same
    work. Of a named one, only the user's activity is reported unless it was started.

    `--activity-interval` says how often (300 seconds, as `jupyterhub-singleuser` does, unless told otherwise); the
    first report comes at any moment of the first interval, as those of servers that were started at different times.
    """

    only_if_asked = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._begins = time.monotonic() + random.uniform(0, self.settings.activity_interval)

    @classmethod
    def needed_scopes(cls, settings: Settings) -> tuple[str, ...]:
        # A person's own token may report for that person, and the scopes to make accounts hold this one.
        reports_for_others = any(not account.token for account in settings.given_accounts)
        return ("users:activity",) if reports_for_others else ()

    def wait_time(self) -> float:
        # In rhythm, however long the hub takes to answer.
        interval = self.settings.activity_interval
        return interval - (time.monotonic() - self._begins) % interval

    @task
    def report_activity(self) -> None:
        self.stay(max(0.0, self._begins - time.monotonic()))
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        body: dict[str, Any] = {"last_activity": now}
        # The hub knows of everybody's default server; of a named one, it refuses to hear before it was started.
        if self.has_server or not self.account.server_name:
            body["servers"] = {self.account.server_name: {"last_activity": now}}
        self.hub.request("POST", ACTIVITY_PATH, username=self.username, body=body)
