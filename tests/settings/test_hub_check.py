"""The check of a hub before the first user comes: what is wrong, and what to do."""

import ssl

import pytest
import requests
import trustme

import hubusers
from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from hubusers.settings.access import Access
from hubusers.settings.hub_check import PreflightError, check_hub, check_named_servers, proxy_not_used
from tests.scripted_hub import Scripted, ScriptedHub

TOKEN = "0123456789abcdef"


def refusal(endpoint: str, token: str) -> str:
    with pytest.raises(PreflightError) as raised:
        check_hub(endpoint, Access(token))
    assert token not in str(raised.value)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_hub_that_can_be_tested(local_hub: LocalHub) -> None:
    checked = check_hub(local_hub.endpoint, Access(local_hub.token))
    assert checked.version.split(".")[0].isdigit()
    assert checked.owner == "hubusers"
    assert "StubSpawner" in checked.spawner
    assert "Authenticator" in checked.authenticator


def test_a_wrong_url(local_hub: LocalHub) -> None:
    assert "connection refused" in refusal("http://127.0.0.1:9/hub/api", TOKEN)
    assert "--host" in refusal("http://127.0.0.1:9/hub/api", TOKEN)
    assert refusal(f"{local_hub.url}/elsewhere/hub/api", TOKEN) == (
        f"There is no JupyterHub at {local_hub.url}/elsewhere (it redirects to /hub/elsewhere/hub/api/). "
        f"Give the hub's own URL, which is probably {local_hub.url}, in --host or JUPYTERHUB_ENDPOINT."
    )


def test_a_hub_by_the_other_scheme(scripted_hub: ScriptedHub) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(server)
    with ScriptedHub(tls=server) as by_https:
        for hub, scheme, wrong in ((scripted_hub, "http", "https"), (by_https, "https", "http")):
            hub.script(Scripted(200, {"version": "6.1.1"}))
            sentence = refusal(hub.endpoint.replace(scheme, wrong, 1), TOKEN)
            assert f"but there is one at {hub.url}: give that URL in --host" in sentence
            assert not [asked for asked in hub.asked if TOKEN in str(asked.headers)]
            hub.script(Scripted(200, {"name": "another server"}))
            assert "No answer from" in refusal(hub.endpoint.replace(scheme, wrong, 1), TOKEN)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Scripted(200, "<html>Welcome"), "not as a JupyterHub does (HTTP 200"),
        (Scripted(200, {"name": "another API"}), "not as a JupyterHub does"),
        (Scripted(200, "{garbled"), "not as a JupyterHub does"),
        (Scripted(404, "<html>nginx"), "not as a JupyterHub does (HTTP 404"),
        (Scripted(503, "<html>"), "but the hub behind it does not (HTTP 503)"),
        (Scripted(301, headers={"Location": "https://host/hub/api/"}), "redirects to https://host/hub/api/"),
        (Scripted(302, headers={"Location": "https://login.example.org"}), "must be reachable without that login"),
        (Scripted(302, headers={"Location": "/login?next=%2Fhub%2Fapi%2F"}), "must be reachable without that login"),
        (Scripted(302, headers={"Location": "/jupyter/hub/hub/api/"}), "/jupyter, in --host"),
        (Scripted(200, "<html>Please log in"), "a web page from"),
        (Scripted(lost=True), "connection lost"),
    ],
)
def test_what_is_not_a_hub(scripted_hub: ScriptedHub, answer: Scripted, words: str) -> None:
    scripted_hub.script(answer)
    assert words in refusal(scripted_hub.endpoint, TOKEN)


def test_a_wrong_token(local_hub: LocalHub) -> None:
    assert "does not accept the API token (HTTP 403)" in refusal(local_hub.endpoint, TOKEN)


def test_a_token_without_the_scopes(local_hub: LocalHub, session: requests.Session, username: str) -> None:
    token = session.post(f"{local_hub.endpoint}/users/{username}/tokens", json={}).json()["token"]
    sentence = refusal(local_hub.endpoint, token)
    assert f"The token of user {username} lacks the scopes admin:users, admin:servers: add them" in sentence
    assert "jupyterhub_config.py" in sentence


def test_a_hub_without_named_servers(local_hub: LocalHub, session: requests.Session, username: str) -> None:
    access = Access(session.post(f"{local_hub.endpoint}/users/{username}/tokens", json={}).json()["token"])
    with pytest.raises(PreflightError, match="allow_named_servers"):
        check_named_servers(check_hub(local_hub.endpoint, access, needed=["servers"]), access)


def test_a_service_has_no_named_servers(local_hub: LocalHub) -> None:
    access = Access(local_hub.token)
    with pytest.raises(PreflightError, match="use a token of your own account"):
        check_named_servers(check_hub(local_hub.endpoint, access), access)


def test_nothing_was_changed(local_hub: LocalHub, session: requests.Session) -> None:
    before = hubusers.find_stress_test_users(local_hub.endpoint, session, prefix="h")
    check_hub(local_hub.endpoint, Access(local_hub.token))
    assert hubusers.find_stress_test_users(local_hub.endpoint, session, prefix="h") == before


def test_a_proxy_of_the_environment_is_not_used_and_that_is_said(
    scripted_hub: ScriptedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://ann:secret@127.0.0.1:9")  # where nothing listens
    access = Access("0123456789abcdef")
    assert access.session.get(scripted_hub.endpoint).status_code == 200
    said = proxy_not_used(scripted_hub.endpoint)
    assert said.startswith("HTTP_PROXY is set, and a test does not use it")
    assert "secret" not in said
    nowhere = f"http://127.0.0.1:{free_port()}/hub/api"
    with pytest.raises(PreflightError, match=r"connection refused.*HTTP_PROXY is set"):
        check_hub(nowhere, access)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert not proxy_not_used(scripted_hub.endpoint)
