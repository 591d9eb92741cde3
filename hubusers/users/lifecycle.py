"""The plainest user: a server's whole life, again and again."""

from locust import task
from locust.env import Environment
from locust.exception import StopUser

import random

from hubusers.users.base import HubUser


class ServerLifecycleUser(HubUser):
    """Starts a server, waits until it is ready, stays, stops it, waits until it is gone, pauses; and again.

    How long the user stays and pauses, how often it does so (0: for ever) and whether it keeps its first server instead
    are options of the run: `--stay`, `--pause`, `--lifecycles`, `--keep`.
    """

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.lifecycles = 0

    def wait_time(self) -> float:
        # Locust asks for the pause after each task, failed or not: the moment when a user can be done.
        if 0 < self.settings.lifecycles <= self.lifecycles:
            raise StopUser
        return random.uniform(*self.settings.pause)

    @task
    def live_through_a_server(self) -> None:
        if self.settings.keep:
            if not self.has_server:
                self.start_server()
            return
        self.lifecycles += 1
        with self.server():
            self.stay(random.uniform(*self.settings.stay))
