"""The functions with Locust's sessions: each request is counted, under the right name."""

from locust.event import EventHook

import time

import pytest

import hubusers
from hubusers.hub.client import HubClient
from hubusers.local import LocalHub
from tests.http.sessions import ALL, LOCUST_S, Make, Row, requests_session
from tests.scripted_hub import Scripted, ScriptedHub


@pytest.mark.parametrize("make", LOCUST_S)
def test_a_whole_life_grouped_by_template(
    make: Make, local_hub: LocalHub, username: str, event: EventHook, rows: list[Row]
) -> None:
    session = make(local_hub.url, event, local_hub.token)
    assert hubusers.start_server(username, local_hub.endpoint, session, profile="small")
    assert hubusers.wait_for_server_to_start(username, local_hub.endpoint, session, poll_interval=0.1)
    assert hubusers.stop_servers([username], local_hub.endpoint, session, 5) == {username: True}
    assert hubusers.wait_for_server_to_stop(username, local_hub.endpoint, session, poll_interval=0.1)
    assert set(rows) == {
        ("POST", "/users/{name}/server", None),
        ("GET", "/users/{name}", None),
        ("DELETE", "/users/{name}/server", None),
    }


@pytest.mark.parametrize("make", ALL)
def test_a_deadline_cuts_a_hanging_request(make: Make, scripted_hub: ScriptedHub, event: EventHook) -> None:
    scripted_hub.script(Scripted(200, held=600))
    session = make("http://127.0.0.1", event, "x")
    started = time.monotonic()
    assert not hubusers.wait_for_server_to_stop("ann", scripted_hub.endpoint, session, timeout=0.4)
    assert time.monotonic() - started < 60  # of 600
    assert {asked.path for asked in scripted_hub.asked} <= {"/hub/api/users/ann"}  # which it may not have reached


@pytest.mark.parametrize("make", ALL)
def test_a_busy_hub_is_asked_again(make: Make, scripted_hub: ScriptedHub, event: EventHook) -> None:
    scripted_hub.script(Scripted(429, headers={"Retry-After": "1"}), Scripted(503), Scripted(202))
    session = make("http://127.0.0.1", event, "x")
    started = time.monotonic()
    assert hubusers.start_server("ann", scripted_hub.endpoint, session)
    assert time.monotonic() - started >= 1
    assert len(scripted_hub.asked) == 3


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Scripted(500, {"message": "no room for ann"}), "HTTP 500"),
        (Scripted(302, headers={"Location": "http://127.0.0.1:9/login"}), "HTTP 302, a redirect"),
        (Scripted(503, "<html>"), "HTTP 503"),
        (Scripted(502, b"<html>Passerelle incorrecte : m\xeame apr\xe8s"), "HTTP 502"),  # in Latin-1, as proxies do
        (Scripted(lost=True), "connection lost"),
        (Scripted(200, held=600), "timed out"),
    ],
)
def test_failures_have_few_texts(
    make: Make, scripted_hub: ScriptedHub, event: EventHook, rows: list[Row], answer: Scripted, text: str
) -> None:
    scripted_hub.script(answer)
    client = HubClient(scripted_hub.endpoint, make("http://127.0.0.1", event, "x"))
    result = client.request("GET", "/users/{name}", username="ann", timeout=0.3 if answer.held else 60)
    assert result.cause == text
    if not answer.held:
        assert {asked.path for asked in scripted_hub.asked} == {"/hub/api/users/ann"}  # and no ?timeout=
    if make is not requests_session:
        assert rows == [("GET", "/users/{name}", text)]


@pytest.mark.parametrize("make", ALL)
def test_headers_of_any_answer_are_found_in_whatever_letters(
    make: Make, scripted_hub: ScriptedHub, event: EventHook
) -> None:
    client = HubClient(scripted_hub.endpoint, make("http://127.0.0.1", event, "x"))
    for status in (200, 429):
        scripted_hub.script(Scripted(status, {}, {"RETRY-after": "7"}))
        answer = client.request("GET", "/")
        assert (answer.retry_after, answer.headers["retry-after"]) == (7, "7")


@pytest.mark.parametrize("make", ALL)
def test_a_redirect_to_another_host_never_carries_the_token(
    make: Make, scripted_hub: ScriptedHub, event: EventHook
) -> None:
    with ScriptedHub() as elsewhere:
        scripted_hub.script(Scripted(302, headers={"Location": elsewhere.endpoint}))
        session = make(scripted_hub.url, event, "0123456789abcdef")
        HubClient(scripted_hub.endpoint, session).request("GET", "/")
        assert not elsewhere.asked
        # Not even if a custom user class follows redirects.
        session.get(scripted_hub.endpoint)
        assert scripted_hub.asked[-1].headers["Authorization"] == "token 0123456789abcdef"
        assert [asked.headers.get("Authorization") for asked in elsewhere.asked] == [None]


@pytest.mark.parametrize("make", ALL)
def test_a_hub_that_is_not_there(make: Make, event: EventHook) -> None:
    client = HubClient("http://127.0.0.1:9/hub/api", make("http://127.0.0.1", event, "x"))
    assert client.request("GET", "/").error == "connection refused"
    client = HubClient("http://hub.invalid/hub/api", make("http://127.0.0.1", event, "x"))
    assert client.request("GET", "/").error == "host name unknown"
