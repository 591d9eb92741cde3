"""What the hub's answers mean, as tables. The answers are those of JupyterHub 4.1, 5.4 and 6.1."""

import json
from typing import Any

import pytest

from hubusers.http.messages import Answer
from hubusers.hub.answers import (
    Start,
    State,
    Stop,
    error_for,
    says_only_that_it_failed,
    servers_of,
    start_outcome,
    stop_outcome,
    user_is_gone,
)
from hubusers.hub.errors import HubError, MissingScope, SpawnFailed, TokenRejected


def refusal(status: int, message: str | None) -> Answer:
    return Answer(status, json.dumps({"status": status, "message": message}))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(201), Start.ACCEPTED),
        (Answer(202), Start.ACCEPTED),
        (refusal(400, "ann is already running"), Start.ALREADY_RUNNING),
        (refusal(400, "ann is pending stop"), Start.REFUSED),
        (refusal(429, "Too many users trying to log in right now. Try again in 40 seconds."), Start.THROTTLED),
        (refusal(500, "Unhandled error starting server"), Start.REFUSED),
        (refusal(404, None), Start.REFUSED),
        (Answer(503, "<html>"), Start.REFUSED),
        (Answer(0, error="connection lost"), Start.REFUSED),
        (Answer(200, "<html>login"), Start.REFUSED),
    ],
)
def test_start(answer: Answer, outcome: Start) -> None:
    assert start_outcome(answer) is outcome


@pytest.mark.parametrize(
    ("words", "only"), [("error", True), ("Internal Server Error", True), ("No such profile", False), ("", False)]
)
def test_a_500_without_words_of_its_own(words: str, only: bool) -> None:
    assert says_only_that_it_failed(refusal(500, words)) is only


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(204), Stop.STOPPED),
        (Answer(202), Stop.STOPPING),
        (refusal(400, "ann is pending spawn, please wait"), Stop.NOT_NOW),  # JupyterHub 4
        (refusal(404, None), Stop.USER_GONE),
        (refusal(404, "No access to resources or resources not found"), Stop.REFUSED),
        (Answer(429, "slow down"), Stop.THROTTLED),
        (refusal(500, "Internal Server Error"), Stop.REFUSED),
        (Answer(0, error="timed out"), Stop.REFUSED),
    ],
)
def test_stop(answer: Answer, outcome: Stop) -> None:
    assert stop_outcome(answer) is outcome


@pytest.mark.parametrize(
    ("answer", "gone"),
    [
        (refusal(404, None), True),
        (Answer(404), True),
        (refusal(404, "No access to resources or resources not found"), False),  # a token for some users only
        (Answer(404, "<html><h1>nginx"), False),  # another web server is at this URL
        (Answer(200, "{}"), False),
        (Answer(0, error="connection lost"), False),
    ],
)
def test_gone(answer: Answer, gone: bool) -> None:
    assert user_is_gone(answer) is gone


@pytest.mark.parametrize(
    ("servers", "state"),
    [
        ({}, State.STOPPED),  # never started, or already gone
        ({"": {"ready": False, "pending": "spawn"}}, State.STARTING),
        ({"": {"ready": True, "pending": None}}, State.READY),
        ({"": {"ready": False, "pending": "stop"}}, State.STOPPING),
        ({"": {"ready": True, "pending": "stop"}}, State.STOPPING),
        ({"": {"ready": False, "pending": None}}, State.FAILED),
        ({"named": {"ready": True, "pending": None}}, State.STOPPED),  # says nothing about this server
    ],
)
def test_state_of_the_default_server(servers: dict[str, Any], state: State) -> None:
    assert servers_of({"name": "ann", "servers": servers}).state() is state


def test_a_model_without_servers_is_a_missing_scope_never_stopped() -> None:
    with pytest.raises(MissingScope) as raised:
        servers_of({"name": "ann", "kind": "user"})
    assert "read:servers" in raised.value.detail


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer(403, "<html>Blocked"), "HTTP 403, a web page"),  # the hub's API sends none
        (Answer(404, "<html>Nothing here"), "HTTP 404, a web page"),
        (refusal(403, "slow down"), "HTTP 403"),
        (Answer(502, "<html>Bad gateway"), "HTTP 502"),
    ],
)
def test_a_refusal_by_something_before_the_hub_is_told_apart(answer: Answer, cause: str) -> None:
    assert str(error_for(answer, "asking")) == f"hub error: {cause}"


def test_the_hub_refuses_people_with_a_page_of_its_own() -> None:
    assert str(error_for(Answer(403, "<html>No"), "asking", of_api=False)) == "hub error: HTTP 403"


@pytest.mark.parametrize("model", [None, [], "ann", {}, {"servers": {}}, {"name": "a", "servers": []}])
def test_what_is_no_user_model_is_an_error(model: Any) -> None:
    with pytest.raises(HubError):
        servers_of(model)


@pytest.mark.parametrize(
    ("answer", "kind", "hint"),
    [
        (refusal(403, "Missing or invalid credentials."), TokenRejected, "does not accept the token"),
        (Answer(401), TokenRejected, "does not accept the token"),
        (refusal(403, "Action is not authorized with current scopes"), MissingScope, "lacks a scope"),
        (refusal(403, "Service x not found or no permissions to generate tokens"), MissingScope, "lacks a scope"),
        (refusal(403, "slow down"), HubError, "slow down"),  # nor does this
        (Answer(302, headers={"Location": "https://login.example"}), HubError, "https://login.example"),
        (Answer(200, "<html>Sign in"), HubError, "a web page"),
        (Answer(200, "{garbled"), HubError, "not the API's JSON"),
        (Answer(200), HubError, "changes or cuts"),
        (Answer(503, "<html>"), HubError, "check that the hub behind it is up"),
        (Answer(403, "<html>Blocked by the firewall"), HubError, "a web page"),  # says nothing about the token
        (Answer(0, error="connection refused"), HubError, "connection refused"),
        (Answer(500, "{}"), HubError, "HTTP 500"),
    ],
)
def test_an_unexpected_answer_names_its_likely_cause(answer: Answer, kind: type[HubError], hint: str) -> None:
    error = error_for(answer, "asking")
    assert type(error) is kind
    assert hint in error.detail


@pytest.mark.parametrize(
    ("reason", "row"),
    [
        ("", "spawn failed"),
        ("Spawn failed: no node has room", "spawn failed: no node has room"),
        ("Spawn failed:", "spawn failed"),
        ("no node has room", "spawn failed: no node has room"),
    ],
)
def test_a_row_of_locusts_table_says_once_what_failed(reason: str, row: str) -> None:
    error = SpawnFailed("the server of ann failed to start")
    error.reason = reason
    assert repr(error) == row
