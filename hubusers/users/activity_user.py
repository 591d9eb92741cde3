"""The load of idle people: the reports of activity that their single-user servers send to the hub."""

from __future__ import annotations

from locust import task
from locust.env import Environment

import random
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hubusers.users.hub_user import HubUser

if TYPE_CHECKING:
    from hubusers.settings.settings import Settings

ACTIVITY_PATH = "/users/{name}/activity"


class ActivityUser(HubUser):
    """Acts as one single-user server that reports activity: `POST /users/{name}/activity`, every interval.

    No server needs to run: the hub knows the default server of every account, and does the same work for it. For a
    named server that was not started, only the user's activity is reported.

    `--activity-interval` is the interval: 300 seconds by default, as in `jupyterhub-singleuser`. The first report comes
    at a random moment of the first interval, as from servers that were started at different times.
    """

    only_if_asked = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._begins = time.monotonic() + random.uniform(0, self.settings.activity_interval)

    @classmethod
    def needed_scopes(cls, settings: Settings) -> tuple[str, ...]:
        # A person's own token may report for that person. The scopes for making accounts include this one.
        reports_for_others = any(not account.token for account in settings.given_accounts)
        return ("users:activity",) if reports_for_others else ()

    def wait_time(self) -> float:
        # The rhythm does not depend on how long the hub takes to answer.
        interval = self.settings.activity_interval
        return interval - (time.monotonic() - self._begins) % interval

    @task
    def report_activity(self) -> None:
        first, left = max(0.0, self._begins - time.monotonic()), self._stay_left
        self.stay(min(first, left))
        if first > left:
            return
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        body: dict[str, Any] = {"last_activity": now}
        # The hub refuses a report about a named server that was never started.
        if self.has_server or not self.account.server_name:
            body["servers"] = {self.account.server_name: {"last_activity": now}}
        self.hub.request("POST", ACTIVITY_PATH, username=self.username, body=body)
