"""What is found in the requests of a run is found as well where they are too many to keep each."""

import pytest

from hubusers.report.findings import findings_of
from hubusers.results.folder import FinishedRun
from tests.report.causes import test_broken_answers, test_hub_away, test_routes
from tests.report.made_up_run import BEGAN
from tests.report.runs import counted, finished, start


def alone_unanswered() -> FinishedRun:
    run = finished([start(1, 1.0)], ended=BEGAN + 60)
    run.results.probes = test_hub_away.probes(gone=range(20, 60), failure="HTTP 403")
    for second in range(60):
        run.results.requests.note("GET /users/{name}", BEGAN + second, 0.01)
    return run


def answered_once_back() -> FinishedRun:
    run = finished([start(1, 1.0)], ended=BEGAN + 60)
    run.results.probes = test_hub_away.probes(gone=range(20, 23))
    for number in range(40):
        run.results.requests.note("GET /hub/static/{file}", BEGAN + 22.5 + number / 100, 0.01)
    return run


def refused() -> FinishedRun:
    run = finished([start(1, 1.0)], ended=BEGAN + 60)
    for second in range(10):
        run.results.requests.note("GET /users/{name}", BEGAN + second, 0.01, "HTTP 429")
    return run


def revoked() -> FinishedRun:
    run = finished([start(1, 1.0), start(30, 1.0, "token rejected")], ended=BEGAN + 60)
    for second in range(40):
        run.results.requests.note("GET /users/{name}", BEGAN + second, 0.01, "HTTP 403" if second > 20 else "")
    return run


@pytest.mark.parametrize(
    ("run", "kinds"),
    [
        (test_routes.run_with(range(20, 40)), ["proxy-routes-lost"]),
        (test_routes.run_with(range(20, 60)), ["proxy-routes-lost"]),
        (test_routes.run_with(range(20, 23)), []),
        (
            test_broken_answers.run_with(*test_broken_answers.ERRORS, reason=test_broken_answers.REFUSED),
            ["database-errors"],
        ),
        (test_broken_answers.run_with(("GET /users", 10.0, "TLS certificate not trusted")), ["certificate"]),
        (alone_unanswered(), []),
        (answered_once_back(), ["hub-away"]),
        (refused(), ["limit-before-hub"]),
        (revoked(), ["token-rejected"]),
    ],
)
def test_the_same_is_found(run: FinishedRun, kinds: list[str]) -> None:
    exact = findings_of(run)
    assert {finding.kind for finding in exact} >= set(kinds)
    assert findings_of(counted(run)) == exact
