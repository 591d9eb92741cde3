"""A proxy that lost its routes."""

from hubusers.report.finding import Finding
from hubusers.report.findings import findings_of
from hubusers.results.folder import FinishedRun
from hubusers.results.hub_samples import HubSample, Probe
from hubusers.results.records import CELL, Record
from tests.report.made_up_run import BEGAN
from tests.report.runs import finished, start

CONTENTS = "GET /user/{name}/api/contents/{path}"


def run_with(gone: range, failure: str = "HTTP 404", people: int = 3, running: float = 3.0) -> FinishedRun:
    """Return a run in which people ask for their files every second, and get nothing in some of them."""
    records = [start(n, 1.0) for n in range(people)]
    if gone:
        records.append(Record(CELL, "user-0", BEGAN + gone[0], 5.0, 0.0, "kernel gone"))
    run = finished(records, ended=BEGAN + 60)
    for second in range(5, 60):
        run.results.requests.note(CONTENTS, BEGAN + second, 0.02, failure if second in gone else "")
        run.results.requests.note("GET /user/{name}/lab", BEGAN + second + 0.5, 0.02)
        run.results.probes.append(Probe(BEGAN + second, 0.01))
    run.results.hub_samples = [
        HubSample(BEGAN + n, running_servers=running if gone and n > gone[0] else 3.0) for n in range(0, 60, 5)
    ]
    return run


def found(run: FinishedRun) -> list[Finding]:
    return [finding for finding in findings_of(run) if finding.kind == "proxy-routes-lost"]


def test_routes_that_were_lost_and_came_back() -> None:
    [finding] = found(run_with(range(20, 40)))
    assert (finding.explains, finding.share) == ("failures", 1.0)
    assert finding.sentence == (
        "At 08:00:20 UTC the servers of 3 people were no longer reached at their addresses, although they were ready. "
        "After 20 s they were reached again."
    )
    assert finding.evidence == (
        "All 20 requests to servers failed in that time: HTTP 404 (20).",
        "20 of 20 probes of the hub were answered meanwhile.",
    )


def test_routes_that_did_not_come_back() -> None:
    assert "not reached again until the run ended" in found(run_with(range(20, 60)))[0].sentence


def test_servers_that_were_stopped_are_not_lost_routes() -> None:
    assert found(run_with(range(20, 60), running=0.0)) == []


def test_what_is_not_a_lost_route() -> None:
    assert found(run_with(range(0))) == []
    assert found(run_with(range(20, 23))) == []  # a moment
    assert found(run_with(range(20, 40), people=1)) == []  # one server
    assert found(run_with(range(20, 40), failure="timed out")) == []
    assert found(run_with(range(20, 40), failure="HTTP 503")) == []  # servers that died, or too many connections
