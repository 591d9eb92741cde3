"""People who log in with an identity provider, a real one: what a run measures of them, and what is told before it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hubusers.hub.deadline import Deadline, poll
from hubusers.local import LocalHub
from hubusers.local.ports import LOOPBACK, free_port
from hubusers.results.records import HUB, HUB_AFTER_PROVIDER, LOGIN, START_TO_READY, provider_part
from hubusers.run.first_server import try_one_server
from hubusers.run.run import Run
from hubusers.settings.access import Access
from hubusers.settings.hub_check import PreflightError
from hubusers.users.browser_user import BrowserUser
from tests.matrix.processes import listens
from tests.users.people import people_on

CONFIG = """
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.client_id = c.GenericOAuthenticator.client_secret = "hub"
c.GenericOAuthenticator.authorize_url = "PROVIDER/oauth2/authorize"
c.GenericOAuthenticator.token_url = "PROVIDER/oauth2/token"
c.GenericOAuthenticator.userdata_url = "PROVIDER/userinfo"
c.GenericOAuthenticator.username_claim = "sub"
c.GenericOAuthenticator.scope = ["openid"]
c.GenericOAuthenticator.login_service = "Campus ID"
c.Authenticator.allow_all = True
"""


@contextmanager
def running_provider(port: int) -> Iterator[None]:
    """Run oidc-provider-mock, which asks for a name alone."""
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert poll(lambda: listens(port) or None, Deadline(60), 0.1)
        yield
    finally:
        process.terminate()
        process.wait(20)


def try_login(run: Run) -> None:
    try_one_server(run, None, lambda account: BrowserUser.try_login(run, account))


def test_people_log_in_with_the_provider_that_was_named() -> None:
    port = free_port()
    host = f"{LOOPBACK}:{port}"
    with LocalHub(extra_config=CONFIG.replace("PROVIDER", f"http://{host}")) as hub:
        access, named = Access(hub.token, password="right"), (f"http://{host}",)
        with running_provider(port):
            people = people_on(hub.endpoint, access, stay=(0.0, 0.0), leave={"log-out": 1.0}, identity_providers=named)
            person = people.comes(BrowserUser)
            person.on_start()
            for _ in range(2):
                person.log_in()
                person.open_server()
                person.leave()
            person.on_stop()
            people.run.clean_up_everything()
            records = people.run.results.records
            assert [record.failure for record in (*records.of(LOGIN), *records.of(START_TO_READY))] == [""] * 4
            for login in records.of(LOGIN):
                parts = dict(login.parts)
                assert parts.keys() == {provider_part(host), HUB_AFTER_PROVIDER, HUB}
                assert sum(parts.values()) == pytest.approx(login.seconds, abs=0.01)
            rows = {(row.kind, row.name) for row in people.rows if host in row.name}
            assert rows == {(method, f"http://{host}/{{path}}") for method in ("GET", "POST")}
            with pytest.raises(PreflightError, match=f"only if you allow it: with --identity-provider http://{host}, "):
                try_login(people_on(hub.endpoint, access).run)
        with pytest.raises(PreflightError, match=f"the identity provider {host} did not answer: connection refused"):
            try_login(people_on(hub.endpoint, access, identity_providers=named).run)
