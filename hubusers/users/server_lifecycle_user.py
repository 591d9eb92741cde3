"""The simplest user: starts a server and stops it, again and again."""

from locust import task

from hubusers.users.planned_user import PlannedUser


class ServerLifecycleUser(PlannedUser):
    """Starts a server, waits until it is ready, stays, stops it, waits until it is gone, pauses, and begins again.

    The event says how long the user stays and pauses, and how often it begins again. Without an event the options do:
    `--stay`, `--pause`, `--lifecycles` (0: without end). With `--keep` the user keeps its first server instead.
    """

    @task
    def live_through_a_server(self) -> None:
        stay = self.begin_lifecycle()
        if self.settings.keep:
            if not self.has_server:
                self.start_server()
            self.stay(min(stay, self.time_left))
            return
        with self.server():
            self.stay(min(stay, self.time_left))
