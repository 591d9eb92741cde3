"""A user whose own token or session is rejected ends alone; a rejected token of the run ends the run."""

from locust.exception import RescheduleTask, StopUser

from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent import GreenletExit

from hubusers.accounts.account import Account
from hubusers.http.messages import Answer
from hubusers.hub.answers import error_for
from hubusers.run.run import Run
from hubusers.settings.access import Access
from hubusers.users import NotebookUser, ServerLifecycleUser
from tests.scripted_hub import Scripted, ScriptedHub
from tests.settings.settings import settings_for
from tests.users.people import TOKEN, People
from tests.waiting import wait_until

NOT_KNOWN = Scripted(403, {"status": 403, "message": "Missing or invalid credentials."})
KNOWN = Scripted(200, {"name": "ann"})
END_OF_RUN = "The hub does not accept the API token any more, so the run ends."


class Refused(People):
    """The people of a run on a hub that refuses everybody."""

    def __init__(self, hub: ScriptedHub, **changes: Any) -> None:
        hub.script(NOT_KNOWN)
        self.stopped_because: list[str] = []
        self.accepted_again: list[str] = []
        settings = replace(settings_for(hub.endpoint, Access(TOKEN)), **{"server_timeout": 0.5} | changes)
        run = Run(
            settings,
            worker=0,
            stop=self.stopped_because.append,
            token_accepted_again=lambda whose, *_: self.accepted_again.append(whose),
        )
        super().__init__(run)

    @property
    def failures(self) -> list[str]:
        """Those of the steps."""
        return [failure for kind, _, failure in self.rows if failure and kind in {"STEP", "SERVER"}]


@pytest.fixture
def people(scripted_hub: ScriptedHub) -> Refused:
    return Refused(scripted_hub)


@pytest.mark.parametrize(
    ("token", "failure"),
    [
        ("own", "person's token rejected"),
        (TOKEN, "token rejected"),  # that of a named server
        ("", "token rejected"),
    ],
)
def test_a_server_that_may_not_be_started(people: Refused, token: str, failure: str) -> None:
    person = people.comes(ServerLifecycleUser, Account("ann", token=token))
    with pytest.raises(StopUser if token == "own" else RescheduleTask):
        person.start_server()
    assert people.failures == [failure]
    assert people.stopped_because == []  # one refusal proves nothing
    if token == "own":
        gevent.sleep(1)
        assert people.stopped_because == []
    else:
        wait_until(lambda: [reason.startswith(END_OF_RUN) for reason in people.stopped_because] == [True])


@pytest.mark.parametrize(
    ("token", "whose"), [("own", "a person's own token"), (TOKEN, "the API token"), ("", "the API token")]
)
def test_a_token_that_is_accepted_again(scripted_hub: ScriptedHub, token: str, whose: str) -> None:
    people = Refused(scripted_hub, server_timeout=60.0)  # long enough to ask again, whatever holds the process up
    person = people.comes(ServerLifecycleUser, Account("ann", token=token))
    scripted_hub.script(NOT_KNOWN, NOT_KNOWN, KNOWN)
    with pytest.raises(RescheduleTask):
        person.start_server()
    wait_until(lambda: people.accepted_again == [whose])
    assert len(people.failures) == 1
    assert people.stopped_because == []


def test_a_token_in_doubt_when_the_run_ends_is_asked_about_once_more(
    people: Refused, scripted_hub: ScriptedHub
) -> None:
    rejected = error_for(Answer(401), "looking at the server of ann")
    people.run.note_failure(rejected)
    scripted_hub.script(KNOWN)
    people.run.clean_up_own()
    assert people.accepted_again == ["the API token"]
    gevent.sleep(1)
    assert people.stopped_because == []


def test_a_look_that_is_refused(people: Refused) -> None:
    """A wait looks past it, and says it once."""
    rejected = error_for(Answer(401), "looking at the server of ann")
    people.comes(ServerLifecycleUser, Account("ann", token="own")).hub.note_odd_answer(rejected)
    assert people.stopped_because == []
    people.comes(ServerLifecycleUser, Account("ann")).hub.note_odd_answer(rejected)
    wait_until(lambda: [reason.startswith(END_OF_RUN) for reason in people.stopped_because] == [True])


def test_a_token_of_a_file(scripted_hub: ScriptedHub, tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("name,token\nann,own\n")
    people = Refused(scripted_hub, accounts_file=str(accounts))
    with pytest.raises(GreenletExit):
        people.comes(ServerLifecycleUser, Account("ann", token="own")).on_start()
    assert people.stopped_because == []


def test_a_browser_with_a_token(people: Refused) -> None:
    person = people.comes(NotebookUser, Account("ann", token="own"))
    person.on_start()
    with pytest.raises(StopUser):
        person.log_in()
    assert people.failures == ["person's token rejected"]
    assert people.stopped_because == []


def test_a_browser_whose_session_is_lost(people: Refused, scripted_hub: ScriptedHub) -> None:
    person = people.comes(NotebookUser, Account("ann", password="anything"))
    person.on_start()
    scripted_hub.refuse("GET", "/hub/home", Scripted(200, "<html></html>"))
    with pytest.raises(StopUser):
        person.leave()
    assert people.failures == ["session lost"]
    assert people.stopped_because == []
