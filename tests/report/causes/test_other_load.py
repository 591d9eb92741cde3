"""Load that is not of the run."""

from hubusers.report.finding import Finding
from hubusers.report.findings import findings_of
from hubusers.results.folder import FinishedRun
from hubusers.results.hub_samples import HubSample, Observations
from tests.report.made_up_run import BEGAN
from tests.report.runs import finished, start

LIST, LOOK = "GET UserListAPIHandler", "GET UserAPIHandler"


def run_with(
    requests: dict[str, tuple[float, float]], spawns: float = 3.0, seconds: float = 1.0, cpu: float = 0.1
) -> FinishedRun:
    """Return a run of a minute in which the hub answered so many requests in so many seconds."""
    run = finished([start(n, seconds) for n in range(3)], ended=BEGAN + 60)
    for _ in range(20):
        run.results.requests.note("GET /users/{name}", BEGAN, 0.02)
    before = {name: Observations(1000, 100.0) for name in requests}
    after = {name: Observations(1000 + count, 100.0 + took) for name, (count, took) in requests.items()}
    run.results.hub_samples = [
        HubSample(BEGAN, 0.0, requests=before, spawns={"success": Observations(50)}, running_servers=7),
        HubSample(BEGAN + 60, 60 * cpu, requests=after, spawns={"success": Observations(50 + spawns)}),
    ]
    return run


def found(run: FinishedRun) -> list[Finding]:
    return [finding for finding in findings_of(run) if finding.kind == "other-load"]


def test_a_dashboard_that_makes_the_hub_busy() -> None:
    run = run_with({LIST: (40, 36.0), LOOK: (20, 4.0)}, seconds=30.0, cpu=0.95)
    [other] = found(run)
    assert (other.explains, other.share) == ("slowness", 0.9)
    assert other.sentence == (
        "Others sent GET UserListAPIHandler 40 times during the run: 90 % of all seconds that requests took in the hub."
    )
    hub = next(finding for finding in findings_of(run) if finding.kind == "hub-busy")
    assert hub.because_of == "other-load"


def test_it_is_a_note_where_nothing_was_slow() -> None:
    [other] = found(run_with({LIST: (40, 36.0), LOOK: (20, 4.0)}))
    assert other.explains == "note"


def test_the_runs_own_requests_are_not_of_others() -> None:
    assert found(run_with({LOOK: (25, 40.0)}, seconds=30.0, cpu=0.95)) == []


def test_the_runs_clean_up_is_not_of_others() -> None:
    assert found(run_with({LOOK: (20 + 15, 40.0), "DELETE UserServerAPIHandler": (6, 40.0)})) == []
    assert found(run_with({"DELETE UserServerAPIHandler": (200, 40.0)}))[0].sentence.startswith("Others sent DELETE")


def test_requests_that_cost_little_are_not_worth_a_word() -> None:
    assert found(run_with({LIST: (40, 1.0), LOOK: (20, 4.0)})) == []  # of the time
    assert found(run_with({LIST: (40, 4.0), LOOK: (20, 50.0)})) == []  # of the requests
    assert found(run_with({LIST: (5, 36.0), LOOK: (20, 4.0)})) == []  # few


def test_servers_of_others() -> None:
    [other] = found(run_with({}, spawns=10.0))
    assert other.sentence == "Others started 7 servers during the run. 7 servers ran already when the run began."
    assert found(run_with({}, spawns=5.0)) == []


def test_a_restart_in_between_loses_no_count() -> None:
    run = run_with({LIST: (40, 36.0), LOOK: (20, 4.0)})
    restarted = HubSample(
        BEGAN + 70,
        1.0,
        requests={LIST: Observations(40, 36.0)},
        spawns={"success": Observations(0)},
        started=BEGAN + 65,
    )
    run.results.hub_samples.append(restarted)
    assert found(run)[0].sentence.startswith("Others sent GET UserListAPIHandler 80 times")
