"""The simplest user: starts a server and stops it, again and again."""

from locust import task

from hubusers.hub.errors import HubUsersError
from hubusers.results.records import SERVER_HELD
from hubusers.users.planned_user import PlannedUser


class ServerLifecycleUser(PlannedUser):
    """Starts a server, waits until it is ready, stays, stops it, waits until it is gone, pauses, and begins again.

    The event says how long the user stays and pauses, and how often it begins again. Without an event the options do:
    `--stay`, `--pause`, `--lifecycles` (0: without end). With `--keep` the user keeps its first server instead, and
    looks after each stay and pause, and the run at its end, whether it is still there.
    """

    @task
    def live_through_a_server(self) -> None:
        stay = self.begin_lifecycle()
        if self.settings.keep:
            if self.has_server:
                self._look_after_server()
            else:
                self.start_server()
                self.test_run.kept[self.account.key] = self._count_gone
            self.stay(min(stay, self.time_left))
            return
        with self.server():
            self.stay(min(stay, self.time_left))

    def _look_after_server(self) -> None:
        """Count a kept server that is gone; the person asks for another next time."""
        if gone := self._what_ended_the_server():
            with self.errors_end_the_task():
                self._count_gone(gone)

    def _count_gone(self, gone: HubUsersError) -> None:
        """Count a kept server that is gone as a failed step `server held`, and raise what has become of it."""
        del self.test_run.kept[self.account.key]  # it is counted once
        self._note_server_gone()
        with self._measured(SERVER_HELD, "STEP", self._ready_at):
            raise gone
