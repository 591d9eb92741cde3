"""The plainest user: a server's whole life, again and again."""

from locust import task

from hubusers.users.planned_user import PlannedUser


class ServerLifecycleUser(PlannedUser):
    """Starts a server, waits until it is ready, stays, stops it, waits until it is gone, pauses; and again.

    How long the user stays and pauses and how often it does so (0: for ever) says the event, or else the options of the
    run: `--stay`, `--pause`, `--lifecycles`; with `--keep` it keeps its first server instead.
    """

    @task
    def live_through_a_server(self) -> None:
        if self.settings.keep:
            if not self.has_server:
                self.start_server()
            return
        stay = self.begin_lifecycle()
        with self.server():
            self.stay(min(stay, self.time_left))
