"""Users whose lifecycles follow the event or, without one, the options: how many, how long, with what pauses."""

from locust.env import Environment
from locust.exception import StopUser

from hubusers.users.hub_user import HubUser


class PlannedUser(HubUser):
    """A person whose lifecycles, stays and pauses are planned: by the event, or by `--lifecycles`, `--stay`, `--pause`.

    Each lifecycle is one call of a task, which begins with `begin_lifecycle`.
    """

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._times = self.person.times()
        self._lifecycles = 0
        self._pause = 0.0

    def begin_lifecycle(self) -> float:
        """Begin one more lifecycle; return how many seconds the person stays with a ready server."""
        self._lifecycles += 1
        self.lifecycle += 1
        self._lifecycle_has_begun = True
        stay, self._pause = next(self._times)
        return min(stay, self.time_left)

    def wait_time(self) -> float:
        # Locust asks for the pause after each task, also after a failed one. That is when a user can be done.
        if 0 < self.person.lifecycles <= self._lifecycles or self.time_left <= self._pause:
            raise StopUser
        return self._pause
