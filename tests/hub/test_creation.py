"""Making accounts: what the answers mean, how long a run insists, and what its ledger says meanwhile."""

import pytest

from hubusers.accounts.ledger import Ledger
from hubusers.hub.client import HubClient
from hubusers.hub.creation import make_accounts
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError, MissingScope, WaitTimeout
from hubusers.settings.access import Access
from tests.fake_clock import FakeClock
from tests.scripted_hub import Scripted, ScriptedHub

CREATED = Scripted(201, [{"name": "ann"}, {"name": "ben"}])
EXIST = Scripted(409, {"message": "users already exist"})
INVALID = Scripted(400, {"message": "invalid usernames: ben"})
BROKEN = Scripted(500, {"message": "no disk"})
NOT_KNOWN = Scripted(403, {"message": "Missing or invalid credentials."})


INTERVAL = 5.0
"""Seconds between two tries, on a clock that only these pauses move."""


def make(hub: ScriptedHub, usernames: list[str], ledger: Ledger, seconds: float = 60.0) -> list[str]:
    """Make accounts; return what failed on the way."""
    failed: list[str] = []
    client = HubClient(hub.endpoint, Access("0123456789abcdef").session)
    make_accounts(
        client, usernames, ledger, Deadline(seconds, FakeClock()), INTERVAL, lambda error: failed.append(str(error))
    )
    return failed


def asked(hub: ScriptedHub) -> list[str]:
    return [f"{each.method} {each.path.removeprefix('/hub/api')}" for each in hub.asked]


def test_one_is_asked_for_by_name_and_several_with_one_request(scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(CREATED)
    ledger = Ledger()
    assert make(scripted_hub, ["ann"], ledger) == []
    assert make(scripted_hub, ["ben", "cleo"], ledger) == []
    assert asked(scripted_hub) == ["POST /users/ann", "POST /users"]
    assert ledger.left() == ["ann", "ben", "cleo"]


def test_a_409_after_a_failure_means_that_the_first_request_arrived(scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(BROKEN, EXIST)
    ledger = Ledger()
    assert make(scripted_hub, ["ann", "ben"], ledger) == ["hub error: HTTP 500"]
    assert ledger.left() == ["ann", "ben"]


def test_a_refusal_at_once_made_nothing(scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(Scripted(403, {"message": "Action is not authorized with current scopes"}))
    ledger = Ledger()
    with pytest.raises(MissingScope):
        make(scripted_hub, ["ann", "ben"], ledger)
    assert len(scripted_hub.asked) == 1
    assert ledger.totals().users_created == 0


def test_a_refused_token_is_shown_again(scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(NOT_KNOWN, NOT_KNOWN, CREATED)
    ledger = Ledger()
    assert make(scripted_hub, ["ann", "ben"], ledger) == ["token rejected"] * 2
    assert ledger.left() == ["ann", "ben"]


def test_with_a_token_that_stays_refused_nothing_was_made(scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(NOT_KNOWN)
    ledger = Ledger()
    with pytest.raises(WaitTimeout):
        make(scripted_hub, ["ann", "ben"], ledger, seconds=30)
    assert len(scripted_hub.asked) > 1
    assert ledger.totals().users_created == 0


def test_what_was_made_before_the_token_was_refused_is_not_forgotten(scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(BROKEN, NOT_KNOWN)
    ledger = Ledger()
    with pytest.raises(WaitTimeout):
        make(scripted_hub, ["ann", "ben"], ledger, seconds=30)
    assert ledger.left() == ["ann", "ben"]


def test_after_a_refusal_later_on_an_account_may_be_there(scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(BROKEN, Scripted(403, {"message": "no"}))
    ledger = Ledger()
    with pytest.raises(HubError):
        make(scripted_hub, ["ann"], ledger)
    assert ledger.left() == ["ann"]


def test_a_name_that_the_hub_does_not_accept_does_not_keep_the_others_from_being_made(
    scripted_hub: ScriptedHub,
) -> None:
    scripted_hub.script(INVALID, CREATED, INVALID)
    ledger = Ledger()
    with pytest.raises(HubError) as raised:
        make(scripted_hub, ["ann", "ben"], ledger)
    assert raised.value.status == 400
    assert "let the names begin with something that they allow (--name-prefix)" in raised.value.sentence
    assert asked(scripted_hub) == ["POST /users", "POST /users/ann", "POST /users/ben"]
    assert ledger.left() == ["ann"]


def test_at_the_deadline_the_hub_s_last_answer_is_told(scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(BROKEN)
    ledger = Ledger()
    with pytest.raises(WaitTimeout) as raised:
        make(scripted_hub, ["ann", "ben"], ledger, seconds=30)
    assert "could not create 2 accounts within 30 seconds" in raised.value.detail
    assert "no disk" in raised.value.detail
    assert ledger.left() == ["ann", "ben"]


def test_the_pause_is_the_one_that_the_hub_asks_for(scripted_hub: ScriptedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(Deadline, "sleep", lambda _, seconds: slept.append(seconds))
    scripted_hub.script(Scripted(429, {}, {"Retry-After": "7"}), CREATED)
    make(scripted_hub, ["ann"], Ledger())
    assert [pause for pause in slept if pause > INTERVAL] == [7.0]


NOT_MADE = Scripted(400, {"message": "Failed to create user: ann"})
WHY = (
    "Failed to create user ann: 'User ann does not exist on the system. Set LocalAuthenticator.create_system_users="
    "True to automatically create system users from jupyterhub users if they do not exist.'"
)


def test_why_an_account_could_not_be_made_is_asked_for_and_names_what_can_be_done(scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(NOT_MADE, Scripted(400, {"message": WHY}))
    ledger = Ledger()
    with pytest.raises(HubError) as raised:
        make(scripted_hub, ["ann"], ledger)
    assert asked(scripted_hub) == ["POST /users/ann", "POST /users"]
    assert raised.value.detail.startswith(f"creating the account ann: HTTP 400: {WHY}. Whoever uses this hub needs")
    assert (
        "accounts that exist (--accounts), or with named servers of your own account (--named-" in raised.value.detail
    )
    assert "--name-prefix" not in raised.value.detail
    assert ledger.left() == []
