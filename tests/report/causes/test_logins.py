"""Why people did not get past the login, or waited there."""

from typing import Any

import pytest

from hubusers.report.findings import findings_of
from hubusers.results.hub_samples import Probe
from hubusers.results.records import LOGIN, START_TO_READY, Record
from tests.report.causes.failing import findings, run_with, step, text_of
from tests.report.made_up_run import BEGAN
from tests.report.runs import CLASS

DENIED = "Invalid username or password"


def logins(bad: int, good: int, failure: str, reason: str = "", **more: Any) -> list[Record]:
    came_in = range(bad, bad + good)
    return [
        *(step(LOGIN, n, failure, reason, **more) for n in range(bad)),
        *(step(LOGIN, n) for n in came_in),
        *(step(START_TO_READY, n) for n in came_in),
    ]


def test_everybody_was_refused() -> None:
    (found,) = findings(logins(12, 0, "login refused", DENIED))
    assert (found.kind, found.explains, found.share) == ("login-refused", "failures", 1.0)
    assert found.sentence == f"All 12 people were refused at the login: “{DENIED}”."
    assert "c.Authenticator.allow_all" in found.remedies[0]
    assert "12 people stopped there and never got to ask for a server, which is why they had none." in found.evidence


def test_some_were_refused() -> None:
    (found,) = findings(logins(8, 10, "login refused", DENIED))
    assert found.sentence.startswith("8 of 18 people were refused at the login")
    assert not any("allow_all" in remedy for remedy in found.remedies)
    assert found.remedies[0].startswith("If some were refused")


def test_the_login_is_broken() -> None:
    (found,) = findings(logins(8, 4, "login broken: HTTP 500, from the hub"))
    assert (found.kind, found.share) == ("login-broken", 1.0)
    assert found.sentence == "The login failed for 8 of 12 people: HTTP 500, from the hub."
    assert any(one.startswith("8 people stopped there") for one in found.evidence)


def test_other_failures_of_logins_are_shown_as_they_came() -> None:
    (found,) = findings(logins(8, 4, "timed out"))
    assert (found.kind, found.sentence) == ("login-broken", "The login failed for 8 of 12 people: timed out.")


def test_each_way_in_which_logins_fail_is_a_finding() -> None:
    both = [
        *logins(8, 4, "login broken: HTTP 500, from the hub"),
        *(step(LOGIN, 50 + n, "timed out") for n in range(4)),
    ]
    often, seldom = findings(both)
    assert (often.kind, seldom.kind) == ("login-broken", "login-broken")
    assert "HTTP 500" in often.sentence
    assert "timed out" in seldom.sentence


@pytest.mark.parametrize(
    ("failure", "kind", "because"),
    [
        ("login is with another service", "login-elsewhere", "because the hub leaves logins to another service."),
        ("login asks for more", "login-asks-more", "because the login asks for more than a name and a password."),
        ("logged in as another name", "login-other-name", "because the hub has another name for them."),
    ],
)
def test_name_and_password_do_not_do(failure: str, kind: str, because: str) -> None:
    (found,) = findings(logins(5, 0, failure))
    assert found.kind == kind
    assert found.sentence.endswith(because)
    assert any("token" in remedy for remedy in found.remedies)


def test_those_who_came_in_later_are_not_said_to_have_had_no_server() -> None:
    again = [step(LOGIN, 2), step(START_TO_READY, 2)]
    (found,) = findings([*logins(8, 4, "login broken: HTTP 500, from the hub"), *again])
    assert any(one.startswith("7 people stopped there") for one in found.evidence)


def test_launches_that_the_hub_did_not_take() -> None:
    (found,) = findings(logins(8, 4, "launch refused", "Invalid oauth_signature"))
    assert found.kind == "launch-refused"
    assert found.sentence == "8 of 12 people came by an LTI launch that the hub did not take."


def test_slow_logins() -> None:
    event = CLASS + '[[targets]]\nmeasure = "login"\npercentile = 95\nat_most = "4s"\n'
    records = [step(LOGIN, n, seconds=6.0 if n % 2 else 1.0) for n in range(12)]
    (found,) = findings(records, event=event)
    assert (found.kind, found.explains, found.share) == ("login-slow", "slowness", 1.0)
    assert found.sentence == "6 of 12 logins took too long: 6 s on average, 6 s at most."


def test_who_waited_at_the_login() -> None:
    records = [step(LOGIN, n, seconds=6.0 if n % 2 else 1.0, cohort=("staff", "students")[n % 2]) for n in range(24)]
    (found,) = findings(records)
    assert found.evidence == (
        "All 12 people who waited too long belonged to the cohort students; all 12 others did not.",
    )


@pytest.mark.parametrize(("probe", "says"), [(0.02, "the hub was not late"), (4.0, "the whole hub was late")])
def test_slow_logins_are_told_from_a_slow_hub(probe: float, says: str) -> None:
    run = run_with(step(LOGIN, n, seconds=6.0) for n in range(12))
    run.results.probes = [Probe(BEGAN + 2, probe), Probe(BEGAN + 5, probe), Probe(BEGAN + 100, 2.0)]
    (found,) = [one for one in findings_of(run) if one.kind == "login-slow"]
    assert says in found.evidence[0]


AT_PROVIDER = (
    ("identity provider sso.example.org", 4.5),
    ("the hub, after the identity provider", 0.5),
    ("the hub", 1),
)


def test_logins_that_an_identity_provider_makes_slow() -> None:
    (found,) = findings([step(LOGIN, n, seconds=6.0, parts=AT_PROVIDER) for n in range(12)])
    assert (found.kind, found.explains, found.share) == ("provider-slow", "slowness", 1.0)
    assert found.sentence == (
        "All 12 logins took too long: 6 s on average, 6 s at most, of which 4.5 s on average at the identity provider "
        "sso.example.org."
    )


def test_logins_for_which_the_hub_asks_the_identity_provider() -> None:
    parts = (("identity provider sso.example.org", 1.0), ("the hub, after the identity provider", 5.0), ("the hub", 0))
    (found,) = findings([step(LOGIN, n, seconds=6.0, parts=parts) for n in range(12)])
    assert found.kind == "login-slow"
    assert found.evidence[0].startswith("5 s of that, on average, was the hub's first answer after the identity")


@pytest.mark.parametrize(
    ("failure", "reason", "kind", "sentence"),
    [
        (
            "login refused by the identity provider",
            "Invalid username or password.",
            "provider-refused",
            "8 of 12 people were refused by the identity provider sso.example.org: “Invalid username or password.”.",
        ),
        (
            "identity provider failed: TLS certificate not trusted, at sso.example.org",
            "",
            "provider-failed",
            "The login failed for 8 of 12 people at the identity provider sso.example.org: TLS certificate not "
            "trusted, at sso.example.org.",
        ),
    ],
)
def test_failures_of_an_identity_provider_are_told_from_the_hubs(
    failure: str, reason: str, kind: str, sentence: str
) -> None:
    (found,) = findings(logins(8, 4, failure, reason, parts=AT_PROVIDER))
    assert (found.kind, found.share, found.sentence) == (kind, 1.0, sentence)


def test_quick_logins_are_no_finding() -> None:
    assert findings([step(LOGIN, n, seconds=2.0) for n in range(12)]) == []


def test_one_refused_login_among_many_is_a_note() -> None:
    (found,) = findings(logins(1, 299, "login refused", DENIED))
    assert found.explains == "note"
    assert "allow_all" not in text_of(found)
