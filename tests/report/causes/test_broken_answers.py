"""Answers that name their cause: a failing database, or a certificate."""

import pytest

from hubusers.report.finding import Finding
from hubusers.report.findings import findings_of
from hubusers.results.folder import FinishedRun
from hubusers.results.hub_samples import Probe
from tests.report.made_up_run import BEGAN
from tests.report.runs import finished, start

POST, LOOK, LIST = "POST /users/{name}/server", "GET /users/{name}", "GET /users"
REFUSED = "Missing or invalid credentials."


def run_with(*failed: tuple[str, float, str], reason: str = "", probe: str = "") -> FinishedRun:
    """Return a run in which some requests failed: the name, the second and the failure of each."""
    run = finished([start(1, 1.0), start(10, 1.0, "hub error: HTTP 500", reason=reason)], ended=BEGAN + 60)
    for name in (POST, LOOK, LIST):
        run.results.requests.note(name, BEGAN, 0.02)
    for name, second, failure in failed:
        run.results.requests.note(name, BEGAN + second, 0.02, failure)
    run.results.probes = [Probe(BEGAN + n, 0.01, probe if 10 <= n < 20 else "") for n in range(60)]
    return run


def of_kind(run: FinishedRun, kind: str) -> list[Finding]:
    return [finding for finding in findings_of(run) if finding.kind == kind]


ERRORS = [(POST, 10.0, "HTTP 500"), (LOOK, 11.0, "HTTP 403"), (LIST, 14.0, "HTTP 403")]


def test_a_database_that_fails_for_a_time() -> None:
    [finding] = of_kind(run_with(*ERRORS, reason=REFUSED), "database-errors")
    assert (finding.explains, finding.share) == ("failures", 1.0)
    assert finding.sentence == (
        "For 4 s, from 08:00:10 UTC on, the hub answered 3 requests of 3 kinds with errors, while it answered what "
        "needs no database."
    )
    assert "To 1 step it said that the token is not valid, which it was before or after." in finding.evidence


def test_what_an_identity_provider_answers_is_not_the_hub_s() -> None:
    to_provider = "POST https://sso.example.org/{path}"
    failed = [(to_provider, 10.0 + n, "HTTP 403") for n in range(20)]
    run = run_with(*failed, (to_provider, 31.0, "TLS certificate not trusted"))
    assert [*of_kind(run, "database-errors"), *of_kind(run, "certificate")] == []
    for _ in range(20):
        run.results.requests.note(to_provider, BEGAN + 40, 0.01, "HTTP 429")
    assert of_kind(run, "limit-before-hub") == []


def test_each_time_by_itself() -> None:
    again = [(name, second + 30, failure) for name, second, failure in ERRORS]
    first, second = of_kind(run_with(*ERRORS, *again), "database-errors")
    assert (first.began, second.began) == (BEGAN + 10, BEGAN + 40)
    assert second.evidence == (
        "Errors: POST /users/{name}/server HTTP 500 (1); GET /users/{name} HTTP 403 (1); GET /users HTTP 403 (1).",
    )


def test_errors_among_many_good_answers_are_not_the_database() -> None:
    run = run_with(*ERRORS)
    for n in range(40):
        run.results.requests.note(LOOK, BEGAN + 10 + n / 10, 0.01)
    assert of_kind(run, "database-errors") == []


def test_a_spawner_that_fails_is_not_the_database() -> None:
    failed = [(POST, 10.0 + n, "HTTP 500") for n in range(5)]
    failed += [("GET /hub/spawn-pending/{name}", 10.0 + n, "HTTP 500") for n in range(5)]
    assert of_kind(run_with(*failed), "database-errors") == []


def test_a_login_that_fails_is_not_the_database() -> None:
    assert of_kind(run_with(*(("POST /hub/login", 10.0 + n, "HTTP 500") for n in range(5))), "database-errors") == []


def test_deleting_a_user_whose_spawn_is_pending_is_not_the_database() -> None:
    failed = [("DELETE /users/{name}", 10.0 + n, "HTTP 500") for n in range(5)]
    assert of_kind(run_with(*failed, (POST, 10.0, "HTTP 500")), "database-errors") == []


def test_servers_that_are_not_reached_are_not_the_database() -> None:
    failed = [("GET /hub/user/{name}/{path}", 10.0 + n, "HTTP 500") for n in range(5)]
    assert of_kind(run_with(*failed, (POST, 10.0, "HTTP 500")), "database-errors") == []


def test_a_hub_that_was_away_is_not_its_database() -> None:
    assert of_kind(run_with(*ERRORS, probe="HTTP 503"), "database-errors") == []


def test_a_certificate_that_ran_out() -> None:
    run = run_with((LOOK, 30.0, "TLS certificate not trusted"), (LOOK, 31.0, "TLS certificate not trusted"))
    run.results.records.note(start(30, 0.1, "hub error: TLS certificate not trusted"))
    [finding] = of_kind(run, "certificate")
    assert (finding.explains, finding.share) == ("failures", 0.5)
    assert finding.sentence == (
        "From 08:00:30 UTC on, the certificate of https://hub.example.org was not accepted: 2 requests failed."
    )
    assert finding.evidence == ("It had been accepted before: it may have expired, or was replaced.",)


def revoked(*later: tuple[str, float, str]) -> FinishedRun:
    run = finished([start(1, 1.0), start(2, 1.0), start(3, 1.0)], ended=BEGAN + 60)
    for n in range(9):
        run.results.requests.note(POST, BEGAN + n, 0.02)
    for n in range(4):
        run.results.requests.note((POST, LOOK)[n % 2], BEGAN + 10 + n, 0.02, "HTTP 403")
        run.results.records.note(start(10 + n, 0.1, "token rejected", reason=REFUSED))
    run.results.probes = [Probe(BEGAN + n, 0.01, "") for n in range(60)]
    for name, second, failure in later:
        run.results.requests.note(name, BEGAN + second, 0.02, failure)
    return run


def test_a_token_that_is_never_accepted_again_is_not_the_database() -> None:
    run = revoked()
    run.results.records.note(start(9, 15.0, "timed out"))  # nobody could see that it was ready
    [finding] = [one for one in findings_of(run) if one.explains == "failures"]
    assert (finding.kind, finding.explains, finding.share) == ("token-rejected", "failures", 1.0)
    assert finding.sentence == (
        "From 08:00:10 UTC on, the hub did not accept the run's token, which it had accepted before, nor did it once "
        "again until the run ended. These steps failed of it: start to ready (5 times)."
    )


@pytest.mark.parametrize("later", [(LOOK, 20.0, ""), (POST, 12.0, "HTTP 500")])
def test_a_token_that_is_accepted_again_or_fails_with_other_requests_is_the_database(
    later: tuple[str, float, str],
) -> None:
    kinds = {finding.kind for finding in findings_of(revoked(later))}
    assert "database-errors" in kinds
    assert "token-rejected" not in kinds
