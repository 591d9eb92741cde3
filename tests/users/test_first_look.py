"""Whose first page is looked at before people come, and how often. The pages themselves are in `test_page_user.py`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hubusers.accounts.account import Account
from hubusers.browser.git_pull import PullFailed
from hubusers.event.file import parse_event
from hubusers.hub.errors import HubUsersError
from hubusers.hub.lifecycle import UserOptions
from hubusers.run.present_run import run_of
from hubusers.run.run import Run
from hubusers.users import NotebookUser, PageUser, ServerLifecycleUser, first_look
from hubusers.users.first_look import FirstPageFailed, look
from tests.users.people import people_on

HUB = "http://127.0.0.1:9/hub/api"
EVENT = """
title = "Three courses"

[[cohorts]]
name = "statistics"
people = 3
user_class = "NotebookUser"
git_pull = "https://example.org/statistics.git"
arrivals = { pattern = "at once" }
stay = "1s"

[[cohorts]]
name = "ecology"
people = 2
user_class = "PageUser"
start_page = "rstudio/"
profiles = { large = 1 }
arrivals = { pattern = "at once" }
stay = "1s"

[[cohorts]]
name = "scripts"
people = 2
user_class = "ServerLifecycleUser"
arrivals = { pattern = "at once" }
stay = "1s"
"""

Answer = Callable[[int], HubUsersError | None]


class Looks(list[str]):
    """The classes and pages that were looked at. Each look finds what `answer` returns for its number."""

    answer: Answer = staticmethod(lambda _: None)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    looks = Looks()

    def error_at_first_page(user_class: type, environment: object) -> HubUsersError | None:
        run = run_of(environment)
        assert run
        looks.append(f"{user_class.__name__} {run.next_person().person.start_page}")
        return looks.answer(len(looks))

    monkeypatch.setattr(first_look, "_error_at_first_page", error_at_first_page)
    monkeypatch.setattr(first_look, "_PAUSE", 0.0)
    return looks


def looked_at(run: Run, *user_classes: object, user_options: UserOptions | None = None) -> None:
    look(run, user_classes, Account("ann"), user_options)


def test_each_first_page_is_looked_at_once_by_those_with_a_browser(looks: Looks) -> None:
    everybody = NotebookUser, PageUser, ServerLifecycleUser
    run = people_on(HUB, start_page="lab").run
    looked_at(run, *everybody)
    assert looks == ["NotebookUser lab", "PageUser lab"]
    looks.clear()
    run.settings = replace(run.settings, event=parse_event(f"seed = 1\n{EVENT}", "event.toml"))
    looked_at(run, *everybody)
    looked_at(run, *everybody, user_options={"profile": "large"})
    (statistics, ecology) = looks
    assert statistics.startswith("NotebookUser git-pull?repo=https%3A%2F%2Fexample.org%2Fstatistics.git")
    assert ecology == "PageUser rstudio/"


def test_nobody_looks_with_an_account_of_their_own_or_in_a_way_of_their_own(looks: Looks, tmp_path: Path) -> None:
    class Elsewhere(NotebookUser):
        def visit(self) -> None: ...

    class Prepared(PageUser):
        def on_start(self) -> None: ...

    class Another(PageUser):
        expects = "An app"

    run = people_on(HUB).run
    looked_at(run, Elsewhere, Prepared, Another)
    assert looks == ["Another "]
    (tmp_path / "accounts.csv").write_text("name,password\nann,right\n", encoding="utf-8")
    looked_at(people_on(HUB, accounts_file=str(tmp_path / "accounts.csv")).run, NotebookUser)
    looked_at(people_on(HUB, named_servers=True).run, NotebookUser)
    assert len(looks) == 1


def test_one_bad_answer_proves_nothing_and_three_do(looks: Looks) -> None:
    wrong = PullFailed("pulling the files of a course: Branch does not exist")
    run = people_on(HUB).run
    looks.answer = lambda number: wrong if number < 3 else None
    looked_at(run, NotebookUser)
    assert len(looks) == 3
    looks.answer = lambda _: wrong
    with pytest.raises(FirstPageFailed) as raised:
        looked_at(run, NotebookUser)
    assert len(looks) == 6
    assert str(raised.value) == (
        "The first page of each NotebookUser was tried 3 times before anybody came, and nobody could go on from there: "
        "pulling the files of a course: Branch does not exist."
    )
    run.settings = replace(run.settings, event=parse_event(f"seed = 1\n{EVENT}", "event.toml"))
    with pytest.raises(FirstPageFailed, match=r"^The first page of the cohort statistics was tried 3 times"):
        looked_at(run, NotebookUser)
