"""Users whose lifecycles follow the event or, without one, the options: how many, how long, with what pauses."""

from hubusers.users.hub_user import HubUser


class PlannedUser(HubUser):
    """A person whose lifecycles, stays and pauses are planned: by the event, or by `--lifecycles`, `--stay`, `--pause`.

    Each lifecycle is one call of a task, which begins with `begin_lifecycle`.
    """

    abstract = True

    _visit_is_one_task = True

    def wait_time(self) -> float:
        visit = self._visits.present
        return visit.pause if visit and visit.has_lifecycle else 0.0
