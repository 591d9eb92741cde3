"""TLS certificates are verified by every kind of session, unless the operator turns that off."""

import datetime
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

import hubusers
from hubusers.http.messages import CERTIFICATE_NOT_TRUSTED
from hubusers.hub.client import HubClient
from hubusers.local import LocalHub
from hubusers.settings.access import Access, SettingsError, access_from
from hubusers.settings.hub_check import PreflightError, check_hub
from hubusers.users import ServerLifecycleUser
from tests.locust_process import LocustProcess, run_locust, users_on
from tests.scripted_hub import ScriptedHub
from tests.users.people import people_on

BRIEF_RUN = ["-u", "3", "-r", "3", "-t", "100s", "--lifecycles", "1", "--stay", "0.2", "--pause", "0.1"]

AUTHORITY = trustme.CA()
YESTERDAY = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    """The authority's certificate, as a file."""
    file = tmp_path / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(str(file))
    return str(file)


def good() -> ssl.SSLContext:
    return configured(AUTHORITY.issue_cert("127.0.0.1"))


def expired() -> ssl.SSLContext:
    return configured(AUTHORITY.issue_cert("127.0.0.1", not_after=YESTERDAY))


def of_another_host() -> ssl.SSLContext:
    return configured(AUTHORITY.issue_cert("hub.example.org"))


def self_signed() -> ssl.SSLContext:
    own = trustme.CA()
    with own.private_key_pem.tempfile() as key, own.cert_pem.tempfile() as certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
    return context


def configured(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@contextmanager
def clients(hub: ScriptedHub, verify: bool | str) -> Iterator[list[HubClient]]:
    """A client for each kind of session that hubusers makes: one for the functions and the clean-up, one for users."""
    access = Access("0123456789abcdef", verify)
    person = people_on(hub.endpoint, access).comes(ServerLifecycleUser)
    yield [HubClient(hub.endpoint, access.session), person.hub]
    access.session.close()


def errors(hub: ScriptedHub, verify: bool | str) -> set[str]:
    with clients(hub, verify) as both:
        return {client.request("GET", "/").error for client in both}


@pytest.mark.parametrize("certificate", [good, expired, of_another_host, self_signed])
def test_which_certificates_are_trusted(certificate: type, bundle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedHub(tls=certificate()) as hub:
        assert errors(hub, True) == {CERTIFICATE_NOT_TRUSTED}  # nobody knows the authority
        assert errors(hub, bundle) == ({""} if certificate is good else {CERTIFICATE_NOT_TRUSTED})
        assert errors(hub, False) == {""}
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        assert errors(hub, True) == ({""} if certificate is good else {CERTIFICATE_NOT_TRUSTED})
        assert errors(hub, False) == {""}  # the bundle in the environment does not override this


def test_the_opt_out_is_reported_loudly(caplog: pytest.LogCaptureFixture) -> None:
    hubusers.get_session("0123456789abcdef", verify=False).close()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "NOT verified" in caplog.text


def test_a_refused_certificate_names_the_remedy(local_hub: LocalHub) -> None:
    with (
        ScriptedHub(tls=expired()) as hub,
        pytest.raises(PreflightError, match=r"not trusted.*--ca-bundle.*--insecure"),
    ):
        check_hub(hub.endpoint, Access(local_hub.token))


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bundle_that_is_none(content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "0123456789abcdef")
    file = tmp_path / "bundle.pem"
    if content:
        file.write_text(content)
    with pytest.raises(SettingsError, match=r"bundle\.pem cannot be used as a bundle of CA certificates"):
        access_from(None, str(file), insecure=False)


def test_a_run_over_tls(local_hub: LocalHub, bundle: str) -> None:
    with ScriptedHub(before=local_hub, tls=good()) as hub:
        trusted = run_locust(local_hub, *BRIEF_RUN, "--ca-bundle", bundle, env={"JUPYTERHUB_ENDPOINT": hub.endpoint})
    assert trusted.process.returncode == 0, trusted.output
    assert trusted.summary() == (3, 3, 0, 3, 3, 0)
    assert "NOT verified" not in trusted.output
    assert not [name for name in users_on(local_hub) if name.startswith("hub-stress-test")]


@pytest.mark.thorough
def test_runs_over_tls_that_nobody_can_verify(local_hub: LocalHub) -> None:
    with ScriptedHub(before=local_hub, tls=good()) as hub:
        where = {"JUPYTERHUB_ENDPOINT": hub.endpoint}
        refused = run_locust(local_hub, *BRIEF_RUN, env=where)
        assert refused.process.returncode == 2
        assert "give the certificate of the authority that signed it with --ca-bundle" in refused.output
        insecure = run_locust(local_hub, *BRIEF_RUN, "--insecure", env=where)
        assert insecure.process.returncode == 0, insecure.output
        assert insecure.output.count("TLS certificates are NOT verified") == 1


@pytest.mark.thorough
def test_a_certificate_that_runs_out_during_a_run_is_found(local_hub: LocalHub, bundle: str, tmp_path: Path) -> None:
    event = tmp_path / "class.toml"
    event.write_text(
        """\
title = "A class"

[[cohorts]]
name = "students"
people = 6
arrivals = { pattern = "evenly", over = "12s" }
stay = "1s"
"""
    )
    front = good()
    with ScriptedHub(before=local_hub, tls=front) as hub:
        arguments = ["--headless", "--only-summary", "--event", str(event), "--ca-bundle", bundle]
        with LocustProcess(local_hub, arguments, env={"JUPYTERHUB_ENDPOINT": hub.endpoint}) as locust:
            locust.wait_for("The event begins")
            AUTHORITY.issue_cert("127.0.0.1", not_after=YESTERDAY).configure_cert(front)  # for new connections
            assert locust.wait() != 0
    assert re.search("certificate was not accepted: .* was not accepted: [0-9]+ requests failed", locust.output)
    assert "could not be reached" not in locust.output
