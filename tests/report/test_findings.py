"""All findings of a run: their order, cause and effect, and what is said without any."""

from dataclasses import replace
from graphlib import TopologicalSorter

import pytest

from hubusers import start_parts
from hubusers.report.causes.catalogue import KINDS, found
from hubusers.report.finding import Explains, Finding
from hubusers.report.findings import _CAUSED_BY, findings_of, in_order, without_causes
from hubusers.results.records import LAB_LOADED, SAVED, UNFINISHED, Record
from hubusers.results.targets import outcome
from tests.report.made_up_run import BEGAN
from tests.report.runs import CLASS, CLIMB, TARGETS, finished, start


def one(kind: str, explains: Explains, share: float = 1.0) -> Finding:
    return found(kind, "It was so.", explains=explains, share=share)


def kinds(findings: list[Finding]) -> list[str]:
    return [finding.kind for finding in findings]


SLOW = finished([start(n, 20.0) for n in range(3)], CLASS + TARGETS)
FAILING = finished([start(n, 1.0, "spawn failed") for n in range(3)], CLASS + TARGETS)


def test_what_explains_the_missed_target_comes_first() -> None:
    found = [one("proxy-routes-lost", "failures"), one("image-pull", "slowness"), one("load-generator", "note")]
    assert kinds(in_order(found, SLOW)) == ["image-pull", "proxy-routes-lost", "load-generator"]
    assert kinds(in_order(found, FAILING)) == ["proxy-routes-lost", "image-pull", "load-generator"]


def test_the_greater_share_comes_first() -> None:
    found = [one("image-pull", "slowness", 0.3), one("slow-container", "slowness", 0.6)]
    assert kinds(in_order(found, SLOW)) == ["slow-container", "image-pull"]


def test_what_makes_other_steps_slow_does_not_explain_a_missed_target() -> None:
    found = [
        one("spawner-slow", "slowness", 0.9),
        one("slow-storage", "slowness", 0.3),
        one("hub-busy", "slowness", 0.1),
    ]
    assert kinds(in_order(found, SLOW)) == ["spawner-slow", "hub-busy", "slow-storage"]
    saving = finished(
        [*(start(n, 20.0) for n in range(3)), *(Record(SAVED, f"user-{n}", BEGAN, 9.0, 0.0) for n in range(3))],
        CLASS + '[[targets]]\nmeasure = "saved"\npercentile = 95\nat_most = "2s"\n',
    )
    assert kinds(in_order(found, saving)) == ["slow-storage", "hub-busy", "spawner-slow"]


def test_a_cause_comes_before_its_effect() -> None:
    found = [one("spawn-limit", "slowness", 0.7), one("waiting-for-nodes", "slowness", 0.2)]
    nodes, limit = in_order(found, SLOW)
    assert (nodes.kind, nodes.because_of) == ("waiting-for-nodes", "")
    assert (limit.kind, limit.because_of) == ("spawn-limit", "waiting-for-nodes")


def test_a_note_is_not_a_cause() -> None:
    hub, _ = in_order([one("other-load", "note"), one("hub-busy", "slowness")], SLOW)
    assert (hub.kind, hub.because_of) == ("hub-busy", "")


def test_what_began_later_is_not_a_cause() -> None:
    cut = replace(one("websockets-cut", "failures"), began=BEGAN + 10, ended=BEGAN + 20)
    away = one("hub-away", "failures")
    assert in_order([cut, replace(away, began=BEGAN + 22)], FAILING)[-1].because_of == "hub-away"  # seen a bit late
    assert [one.because_of for one in in_order([cut, replace(away, began=BEGAN + 40)], FAILING)] == ["", ""]


def test_no_kind_is_its_own_cause_by_way_of_others() -> None:
    TopologicalSorter(_CAUSED_BY).prepare()  # raises CycleError, which names the circle
    assert {*_CAUSED_BY, *(cause for causes in _CAUSED_BY.values() for cause in causes)} <= KINDS.keys()


def test_causes_that_go_in_circles_end() -> None:
    found = [
        one("start-failures", "failures", 0.5),
        one("hub-away", "failures", 0.3),
        one("hub-exited", "failures", 0.2),
    ]
    assert sorted(kinds(in_order(found, FAILING))) == ["hub-away", "hub-exited", "start-failures"]


@pytest.mark.parametrize(("ended", "because_of"), [(150.0, "hub-away"), (139.0, "")])
def test_what_was_over_long_before_is_not_the_cause(ended: float, because_of: str) -> None:
    away = replace(one("hub-away", "failures", 0.2), began=100.0, ended=ended)
    lost = replace(one("server-unreachable", "failures", 0.2), began=200.0, ended=201.0)
    cut = replace(one("websockets-cut", "failures", 0.7), began=200.0, ended=250.0)
    found = {finding.kind: finding for finding in in_order([cut, lost, away], FAILING)}
    assert found["websockets-cut"].because_of == because_of


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (start(9, 30.0, "timed out"), "1 of 2 starts failed"),
        (start(9, 1.0, UNFINISHED), "1 of 2 starts was under way when the run ended"),
        (Record(LAB_LOADED, "ann", BEGAN, 1.0, 0.0, "hub error"), "lab loaded failed 1 of 1 time"),
        (start(9, 30.0), "1 of 2 starts took long"),
    ],
)
def test_what_is_not_all_well_is_never_called_so(record: Record, says: str) -> None:
    said = without_causes(finished([start(0, 1.0), record]))
    assert says in said
    assert "Nothing limited it" not in said


def test_a_step_of_a_climb_that_missed_its_target_is_not_forgotten() -> None:
    # The hub held its target on the whole, but not in the last step, with one start in twenty.
    starts = [start(n, 2.0, cohort="climbers") for n in range(50)]
    last = start(130.0, 30.0, cohort="climbers", parts=((start_parts.NODE, 30.0),))
    run = finished([*starts, last], CLIMB + TARGETS)
    assert outcome(run.event.targets[0], run.results).state == "held" if run.event else False
    assert kinds(findings_of(run)) == ["waiting-for-nodes"]
    assert "a target was missed (start to ready: p95 at most 10 s, measured 30 s)" in without_causes(run)


def test_a_few_young_starts_at_the_end_are_no_alarm() -> None:
    young, old = (start(99, seconds, UNFINISHED) for seconds in (0.4, 3.0))
    quick = [start(n, 2.0) for n in range(60)]
    assert without_causes(finished([*quick, young])) == (
        "Nothing limited it: no step failed, and nobody had to wait too long. 1 start was still under way at the end, "
        "for no longer than others had taken."
    )
    assert without_causes(finished([*quick, old])).startswith("It is not known what limited the run: 1 of 61 starts")


def test_nothing_limited_it() -> None:
    run = finished([start(n, 1.0) for n in range(3)], CLASS + TARGETS)
    assert findings_of(run) == []
    assert without_causes(run).startswith("Nothing limited it")


def test_without_a_start_nothing_is_known() -> None:
    assert "no server start was measured" in without_causes(finished([]))
