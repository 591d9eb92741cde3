"""The first look: before people come, one person opens each page that people are going to open first.

A link to a repository that does not exist, or a page that is something else than what people came for, stops everybody
who comes, one after the other. The person does what people do, in the first server, and with an account that is removed
with it.
"""

from locust.env import Environment
from locust.exception import RescheduleTask, StopUser

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

from hubusers.accounts.account import Account
from hubusers.browser.git_pull import PullFailed
from hubusers.browser.start_pages import PageBroken
from hubusers.event.plan import Person
from hubusers.hub.endpoint import hub_url
from hubusers.hub.errors import HubUsersError
from hubusers.hub.lifecycle import UserOptions
from hubusers.lab.interface import TooOld, UnknownPage
from hubusers.log import get_logger
from hubusers.run.next_person import NextPerson, anybody
from hubusers.run.present_run import set_run
from hubusers.run.run import Run
from hubusers.settings.hub_check import PreflightError
from hubusers.settings.settings import Settings
from hubusers.users.tab_user import TabUser

LOG = get_logger(__name__)

_STOPS_EVERYBODY = (PullFailed, PageBroken, UnknownPage, TooOld)
"""What does not come of load, or of a moment. Whatever else fails here is for the run to measure."""

_TRIES = 3
"""How often in a row a page must fail: one bad answer proves nothing."""

_PAUSE = 2.0
"""Seconds before it is tried again."""


class FirstPageFailed(PreflightError):
    """Nobody could go on after the first page; the results of the run tell how it failed."""


def look(run: Run, user_classes: Iterable[object], account: Account, user_options: UserOptions | None) -> None:
    """Open each first page of those who come with such a server, as they do.

    Does nothing for people with accounts of their own, into whose homes links would pull, nor for classes that say
    themselves how their people come.

    Args:
        run: The run of the first server, which nobody comes to. Where a page needs an extra that is not installed here,
            the run is told to end.
        user_classes: Those who come.
        account: Of the person whose server is ready.
        user_options: With which it was started.

    Logs:
        INFO how long it took; WARNING what failed without stopping everybody.

    Raises:
        FirstPageFailed: A page fails in a way that would stop everybody.
    """
    if not run.accounts.are_made:
        return
    environment = Environment()  # of their own, so that nothing of this is counted
    set_run(environment, run)
    for user_class, person in _with_different_pages(run.settings, user_classes, user_options):
        began = time.monotonic()
        for tried in range(1, _TRIES + 1):
            run.expect(NextPerson(person, account, has_account=True))
            error = _error_at_first_page(user_class, environment)
            if not error:
                LOG.info("Its first page was tried, which took %.1f seconds", time.monotonic() - began)
                break
            if tried == _TRIES:
                raise FirstPageFailed(
                    f"The first page of {_those_who_come(person)} was tried {_TRIES} times before anybody came, and "
                    f"nobody could go on from there: {error.detail.rstrip('.!')}."
                )
            time.sleep(_PAUSE)


def _with_different_pages(
    settings: Settings, user_classes: Iterable[object], user_options: UserOptions | None
) -> Iterator[tuple[type[TabUser], Person]]:
    """Yield one person for each class and first page, and the class."""
    with_tabs = [each for each in user_classes if isinstance(each, type) and issubclass(each, TabUser)]
    classes = {each.__name__: each for each in with_tabs if _comes_as_usual(each)}
    somebody = anybody(settings)
    people = settings.people if settings.event else [replace(somebody, user_class=name) for name in classes]
    with_server = (person for person in people if person.user_options == user_options and person.user_class in classes)
    different = {(person.user_class, person.start_page): person for person in with_server}
    for person in different.values():
        yield classes[person.user_class], person


def _comes_as_usual(user_class: type[TabUser]) -> bool:
    """Say whether a visit of the class is as its base has it. A locustfile's own may lead anywhere else."""
    methods = (getattr(user_class, name, None) for name in ("__init__", "on_start", "visit"))
    return all(getattr(method, "__module__", "").startswith(f"{__package__}.") for method in methods)


def _error_at_first_page(user_class: type[TabUser], environment: Environment) -> HubUsersError | None:
    """Have one person go as far as the first page; return what would stop everybody there, None where nothing would."""
    user = user_class(environment)
    user.host = hub_url(user.settings.endpoint)
    try:
        user.open_browser()
        user.log_in()
        user.look_at_first_page(user.open_server())
    except (RescheduleTask, StopUser) as ended:
        return ended.__cause__ if isinstance(ended.__cause__, _STOPS_EVERYBODY) else None
    except HubUsersError as error:
        user.test_run.note_failure(error)
    finally:
        user.close_page()
    return None


def _those_who_come(person: Person) -> str:
    return f"the cohort {person.cohort}" if person.cohort else f"each {person.user_class}"
