"""People of a made-up run, without Locust around them: for tests of what one person does."""

from locust.env import Environment

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from hubusers.accounts.account import Account
from hubusers.hub.endpoint import hub_url
from hubusers.run.next_person import NextPerson, anybody
from hubusers.run.present_run import set_run
from hubusers.run.run import Run
from hubusers.settings.access import Access
from hubusers.users import HubUser
from tests.settings.settings import settings_for

TOKEN = "0123456789abcdef"

User = TypeVar("User", bound=HubUser)


class Row(NamedTuple):
    """One request, or one step, as Locust's statistics count it."""

    kind: str  # such as GET, STEP, SERVER
    name: str
    failure: str  # "" for a success


class People:
    """The people of a run.

    Attributes:
        run: The run.
        environment: Locust's, with the run in it.
        rows: What the people have done so far, as Locust's statistics count it.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.environment = Environment()
        self.rows: list[Row] = []
        set_run(self.environment, run)
        self.environment.events.request.add_listener(self._count)

    def _count(self, request_type: str, name: str, exception: BaseException | None, **_: object) -> None:
        self.rows.append(Row(request_type, name, str(exception or "")))

    def comes(self, user_class: type[User], account: Account | None = None) -> User:
        """Return one more person; `on_start` is for the test to call.

        Args:
            user_class: The person's class.
            account: The person's account, which the hub has already. Without one, the person gets the run's next.
        """
        if account:
            self.run.expect(NextPerson(anybody(self.run.settings), account, has_account=True))
        host = hub_url(self.run.settings.endpoint)
        person: User = type("Person", (user_class,), {"host": host})(self.environment)
        return person


def people_on(
    endpoint: str, access: Access | str = TOKEN, *, stop: Callable[[str], None] = lambda _: None, **changes: Any
) -> People:
    """Return the people of a new run.

    Args:
        endpoint: The hub's API.
        access: The run's access to it, or just its token.
        stop: Called when the run has to end, with the reason.
        changes: Settings that differ from those of a run without any option.
    """
    access = Access(access) if isinstance(access, str) else access
    return People(Run(replace(settings_for(endpoint, access), **changes), worker=0, stop=stop))
