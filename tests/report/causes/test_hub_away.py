"""A hub that is away for a time."""

from collections.abc import Iterable

import pytest

from hubusers.report.causes.absences import absences
from hubusers.report.finding import Finding
from hubusers.report.findings import findings_of
from hubusers.results.hub_absences import HubAbsence
from hubusers.results.hub_samples import UNANSWERED, HubSample, Probe
from hubusers.results.records import Record
from tests.report.made_up_run import BEGAN
from tests.report.runs import finished, start, stop

AWAY = "HTTP 503"


def probes(gone: Iterable[int] = (), slow: Iterable[int] = (), failure: str = AWAY) -> list[Probe]:
    """Return a probe in each of sixty seconds; in some the hub is gone, or slow."""
    return [Probe(BEGAN + n, 1.5 if n in set(slow) else 0.01, failure if n in set(gone) else "") for n in range(60)]


def samples(restart: int = 0) -> list[HubSample]:
    """Return a reading every five seconds; the hub's process began long ago, or at one of these seconds."""
    return [
        HubSample(BEGAN + n, cpu_seconds=0.1 * n, started=BEGAN + restart if restart and n >= restart else BEGAN - 999)
        for n in range(0, 60, 5)
    ]


def findings(looks: list[Probe], readings: list[HubSample], records: Iterable[Record] = ()) -> list[Finding]:
    run = finished(records, ended=BEGAN + 60)
    run.results.probes, run.results.hub_samples = looks, readings
    return findings_of(run)


def test_a_restart_in_the_middle() -> None:
    lost = start(18, 20.0, "timed out", reason="no answer")
    [finding, *_] = findings(probes(gone=range(20, 28), slow=range(28, 35)), samples(restart=26), [lost, start(1, 1.0)])
    assert (finding.kind, finding.explains, finding.share) == ("hub-restarted", "failures", 1.0)
    assert finding.sentence == (
        "The hub's process began anew, at 08:00:26 UTC. It did not answer for 9.5 s; after 15 s it answered as quickly "
        "as before."
    )
    assert finding.began == BEGAN + 20
    assert finding.evidence[:2] == (
        "Probes of the hub failed: HTTP 503 (8).",
        "By its metrics, the hub's process began at 08:00:26 UTC.",
    )


def test_probes_that_were_under_way_at_the_end_do_not_make_a_hub_away() -> None:
    assert absences(probes(gone=range(55, 60), failure=UNANSWERED), samples()) == []
    (absence,) = absences(probes(gone=range(55, 60)), samples())
    assert absence.back is None


def test_a_restart_that_nobody_met_is_a_note() -> None:
    [finding] = findings(probes(), samples(restart=26), [start(1, 1.0)])
    assert (finding.kind, finding.explains) == ("hub-restarted", "note")
    assert "No probe met it while it was away" in finding.sentence


def test_a_restart_is_also_told_by_counts_that_begin_anew() -> None:
    readings = [HubSample(BEGAN, cpu_seconds=50.0), HubSample(BEGAN + 5, cpu_seconds=1.0)]
    assert findings(probes(), readings)[0].kind == "hub-restarted"


def test_failed_spawns_before_it_are_why_it_ended() -> None:
    failed = [start(10 + n, 5.0, "spawn failed", reason="It died.") for n in range(5)]
    refused = [start(20.5, 0.1, "hub error: HTTP 503")]
    cause, finding = findings(probes(gone=range(20, 60)), samples(), [*failed, *refused])
    assert (cause.kind, finding.kind) == ("start-failures", "hub-exited")
    assert (finding.explains, finding.because_of) == ("failures", "start-failures")
    assert finding.sentence.startswith("After 5 spawns in a row had failed, the hub was gone: it ends itself when")
    assert finding.sentence.endswith("It did not answer again until the run ended.")
    assert "The hub had said of these spawns: “It died.”." in finding.evidence


@pytest.mark.parametrize(
    "before",
    [
        [start(10 + n, 5.0, "spawn failed") for n in range(2)],  # too few
        [*(start(10 + n, 3.0, "spawn failed") for n in range(5)), start(1, 18.0)],  # the last one succeeded
        [start(-200 + n, 5.0, "spawn failed") for n in range(5)],  # long before
    ],
)
def test_failed_spawns_that_are_not_why(before: list[Record]) -> None:
    found = findings(probes(gone=range(20, 60)), samples(), before)
    assert "hub-exited" not in [finding.kind for finding in found]
    assert "hub-away" in [finding.kind for finding in found]


def test_a_hub_that_went_on_while_nobody_reached_it() -> None:
    [finding] = findings(probes(gone=range(20, 28)), samples(), [start(1, 1.0)])
    assert (finding.kind, finding.explains) == ("hub-away", "note")
    assert any("the hub's process was the same before and after" in sentence for sentence in finding.evidence)


def test_a_single_probe_may_fail_by_chance() -> None:
    assert findings(probes(gone=[20, 40]), samples(), [start(1, 1.0)]) == []


def test_a_hub_whose_probes_alone_fail_is_not_away() -> None:
    run = finished([start(1, 1.0)], ended=BEGAN + 60)
    run.results.probes = probes(gone=range(20, 60), failure="HTTP 403")
    for second in range(60):
        run.results.requests.note("GET /user/{name}/api/kernels", BEGAN + second, 0.01)
    assert [finding.kind for finding in findings_of(run)] == ["hub-away"]  # servers go on without their hub
    for second in range(60):
        run.results.requests.note("GET /users/{name}", BEGAN + second, 0.01)
    assert findings_of(run) == []


def test_a_hub_that_answers_everybody_once_it_is_back_was_away() -> None:
    run = finished([start(1, 1.0)], ended=BEGAN + 60)
    run.results.probes = probes(gone=range(20, 23))
    for number in range(40):
        run.results.requests.note("GET /hub/static/{file}", BEGAN + 22.5 + number / 100, 0.01)
    assert [finding.kind for finding in findings_of(run)] == ["hub-away"]


def test_a_hub_that_is_away_again_and_again() -> None:
    gone = [second for first in range(5, 60, 10) for second in range(first, first + 3)]
    found = findings(probes(gone=gone), samples(), [start(1, 1.0)])
    assert [finding.kind for finding in found] == ["hub-away"] * 4
    assert found[-1].sentence == "The hub was away 3 more times, for 9.03 s in all."


def test_answers_between_two_failures_do_not_end_an_absence() -> None:
    [one] = absences(probes(gone=[*range(10, 15), *range(17, 25)]), [])
    assert (one.began, one.back, sum(one.failures.values())) == (BEGAN + 10, BEGAN + 25.01, 13)


def test_the_clock_of_a_container_may_be_off_by_a_second() -> None:
    readings = [HubSample(BEGAN + n, cpu_seconds=n, started=BEGAN - 50 + n % 2) for n in range(0, 60, 5)]
    assert findings(probes(), readings, [start(1, 1.0)]) == []


def test_a_hub_that_goes_when_the_run_is_over_is_told_by_the_looks_after_it() -> None:
    lost = [start(place, 3.0, "spawn failed", reason="no answer") for place in range(52, 57)]
    run = finished(lost, ended=BEGAN + 60)
    run.results.probes = probes()
    run.info.hub_absences = [HubAbsence(BEGAN + 30, BEGAN + 31), HubAbsence(BEGAN + 61, None)]  # one that probes met
    [finding] = [one for one in findings_of(run) if one.kind.startswith("hub-")]
    assert (finding.kind, finding.because_of, finding.explains) == ("hub-exited", "start-failures", "failures")
    assert finding.sentence.startswith("After 5 spawns in a row had failed, the hub was gone: it ends itself")
    assert finding.sentence.endswith("It did not answer again until the run ended.")


def test_a_hub_of_which_something_before_it_lets_too_few_requests_through_is_not_away() -> None:
    stops = [stop(20 + n, f"user-{n}", "hub error: HTTP 429") for n in range(4)]
    run = finished([start(n, 1.0) for n in range(5)] + stops, ended=BEGAN + 60)
    run.results.probes = probes(gone=range(20, 28), failure="HTTP 429")
    for n in range(4):
        run.results.requests.note("DELETE /users/{name}/server", BEGAN + 20 + n, 0.01, "HTTP 429")
    [finding] = findings_of(run)
    assert (finding.kind, finding.explains, finding.share) == ("limit-before-hub", "failures", 1.0)
