"""`get_session` and its retries, against a scripted hub, because a real one is not busy on command."""

import time
from pathlib import Path

import pytest
import requests

import hubusers
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline
from tests.fake_clock import FakeClock
from tests.scripted_hub import Scripted, ScriptedHub

TOKEN = "0123456789abcdef"


def test_sends_the_token_whatever_a_netrc_file_says(
    scripted_hub: ScriptedHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with hubusers.get_session(f" {TOKEN}\n") as session:
        session.get(scripted_hub.endpoint)
    assert scripted_hub.asked[0].headers["Authorization"] == f"token {TOKEN}"


@pytest.mark.parametrize("token", ["", "  \n", "two words", "zoë", "a\rb"])
def test_an_unusable_token_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(ValueError, match=r"^token (is empty|contains characters)") as raised:
        hubusers.get_session(token)
    assert not token.strip() or token.strip() not in str(raised.value)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("status", [429, 503, 504])
def test_tries_a_busy_hub_again_for_every_method(scripted_hub: ScriptedHub, method: str, status: int) -> None:
    scripted_hub.script(Scripted(status), Scripted(200, "done"))
    with hubusers.get_session(TOKEN) as session:
        assert session.request(method, scripted_hub.endpoint).text == "done"
    assert len(scripted_hub.asked) == 2


def test_honours_retry_after(scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(Scripted(429, headers={"Retry-After": "1"}), Scripted(200, "done"))
    started = time.monotonic()
    with hubusers.get_session(TOKEN) as session:
        assert session.get(scripted_hub.endpoint).text == "done"
    assert time.monotonic() - started >= 1


def test_gives_every_request_a_timeout(scripted_hub: ScriptedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubusers.http.session.REQUEST_TIMEOUT", 0.2)
    scripted_hub.script(Scripted(200, held=600))
    with hubusers.get_session(TOKEN) as session, pytest.raises(requests.ConnectionError, match="timed out"):
        session.get(scripted_hub.endpoint)


class TestThroughTheClient:
    """The same retries, limited by a deadline."""

    def test_tries_again_as_the_session_would(self, scripted_hub: ScriptedHub) -> None:
        scripted_hub.script(Scripted(503), Scripted(429, headers={"Retry-After": "1"}), Scripted(200, "done"))
        with hubusers.get_session(TOKEN) as session:
            assert HubClient(scripted_hub.endpoint, session).request_patiently("POST", "/users").body == "done"
        assert len(scripted_hub.asked) == 3

    def test_the_session_s_own_policy_counts(self, scripted_hub: ScriptedHub) -> None:
        scripted_hub.script(Scripted(503))
        with hubusers.get_session(TOKEN) as session:
            adapter = session.get_adapter(scripted_hub.endpoint)
            adapter.max_retries = adapter.max_retries.new(total=1, backoff_factor=0)  # type: ignore[attr-defined]
            assert HubClient(scripted_hub.endpoint, session).request_patiently("GET", "/").status == 503
        assert len(scripted_hub.asked) == 2

    def test_one_request_is_one_request(self, scripted_hub: ScriptedHub) -> None:
        scripted_hub.script(Scripted(503))
        with hubusers.get_session(TOKEN) as session:
            assert HubClient(scripted_hub.endpoint, session).request("GET", "/").status == 503
        assert len(scripted_hub.asked) == 1

    def test_stops_at_the_deadline_whatever_the_hub_asks_for(self, scripted_hub: ScriptedHub) -> None:
        scripted_hub.script(Scripted(429, headers={"Retry-After": "60"}))
        deadline = Deadline(40, FakeClock())
        with hubusers.get_session(TOKEN) as session:
            client = HubClient(scripted_hub.endpoint, session)
            assert client.request_patiently("GET", "/", deadline=deadline).status == 429
        assert deadline.elapsed() == 40
        assert len(scripted_hub.asked) == 1
