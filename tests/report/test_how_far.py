"""How far the hub held."""

import pytest

from hubusers.event.arrival_patterns import Step
from hubusers.event.model import Target
from hubusers.report.how_far import began_between, how_far, is_lost
from hubusers.results.hub_samples import Probe
from hubusers.results.records import UNFINISHED, Record
from tests.report.made_up_run import BEGAN
from tests.report.runs import CLASS, CLIMB, TARGETS, finished, results_of, start, stop

FIRST = [start(0, 3.0), start(30, 4.0)]
SECOND = [start(60 + 15 * n, 5.0) for n in range(4)]
THIRD = [start(120 + 10 * n, 6.0) for n in range(6)]
THIRD_SLOW = [start(120 + 10 * n, 84.0) for n in range(6)]
SECOND_FAILED = [*SECOND[:3], start(110, 9.0, "spawn failed")]


@pytest.mark.parametrize(
    ("records", "targets", "answer"),
    [
        (
            [*FIRST, *SECOND, *THIRD],
            TARGETS,
            "All steps up to 6 starts a minute and 12 servers were held; the hub's limit is higher.",
        ),
        (
            [*FIRST, *SECOND, *THIRD_SLOW],
            TARGETS,
            "The hub held 4 starts a minute and 6 servers; at the next step (6 a minute) start to ready p95 was 84 s.",
        ),
        (
            [*FIRST, *SECOND_FAILED],
            TARGETS,
            "The hub held 2 starts a minute and 2 servers; at the next step (4 a minute) start to ready p95 was "
            "out of reach, because too many failed, failed starts were 25 %.",
        ),
        (
            [*FIRST, start(60, 84.0, cohort="climbers")],
            TARGETS.replace('"10s"', '"10s"\ncohort = "climbers"'),
            "The hub held 2 starts a minute and 2 servers; at the next step (4 a minute) start to ready of climbers "
            "p95 was 84 s.",
        ),
        (
            [start(0, 84.0), *SECOND],
            TARGETS,
            "Already the first step (2 starts a minute) was too much: start to ready p95 was 84 s.",
        ),
        (
            [*FIRST, *SECOND],
            TARGETS,
            "The hub held 4 starts a minute and 6 servers; then the run ended, with 1 step to go.",
        ),
        (
            FIRST,
            "",
            "No targets were given, so no step was held or missed; the run reached 2 starts a minute and 2 servers.",
        ),
        ([], TARGETS, "Nobody came in any of the steps."),
    ],
)
def test_the_answer(records: list[Record], targets: str, answer: str) -> None:
    climb = CLIMB if targets else CLIMB.replace("stop_when_missed = true", "")
    found = how_far(finished(records, climb + targets))
    assert found is not None
    assert found.answer == answer
    assert found.broke is ("at the next step" in answer or "Already" in answer)


def test_the_figures_of_a_step() -> None:
    records = [*FIRST, stop(50, "user-0"), *SECOND_FAILED]
    found = how_far(finished(records, CLIMB + TARGETS, ended=BEGAN + 115))
    assert found is not None
    first, second = found.steps
    assert (first.per_minute, first.people, first.ready_per_minute, first.most_ready, first.p95) == (2, 2, 2.0, 2, 4.0)
    assert (second.people, second.most_ready, second.p95) == (4, 4, float("inf"))
    assert second.ready_per_minute == pytest.approx(3 / 55 * 60)  # the run ended five seconds before the step
    assert not first.missed
    assert len(second.missed) == 2


def answer_of(records: list[Record], targets: str = TARGETS, ended: float = 200) -> str:
    found = how_far(finished(records, CLIMB + targets, ended=BEGAN + ended))
    assert found is not None
    return found.answer


def test_a_step_of_which_too_little_is_known_is_not_called_held() -> None:
    assert answer_of([*FIRST, *SECOND, *THIRD[:1]], ended=125) == (
        "The hub held 4 starts a minute and 6 servers; it is not known whether the next step (6 a minute) was held: "
        "the run ended during it."
    )
    pending = [start(60 + n, 9.0, UNFINISHED) for n in range(4)]
    assert answer_of([*FIRST, *pending]).endswith(
        "whether the next step (4 a minute) was held: too many of its starts were under way when the run ended."
    )
    assert answer_of(
        [*FIRST, *SECOND, *THIRD], TARGETS.rpartition("[[")[0].replace("start to ready", "stop to stopped")
    ) == ("It is not known whether the first step (2 starts a minute) was held: no target was measured in it.")


def test_only_events_that_climb() -> None:
    assert how_far(finished(FIRST)) is None
    assert how_far(finished(FIRST, CLASS + TARGETS)) is None


def test_what_began_within_a_time() -> None:
    results = results_of([start(0, 1.0), start(10, 1.0), start(20, 1.0)])
    results.requests.note("GET /users", BEGAN + 9, 0.1)
    results.requests.note("GET /users", BEGAN + 11, 0.2, "timed out")
    results.probes = [Probe(BEGAN + 5, 0.1), Probe(BEGAN + 15, 0.2)]
    inside = began_between(results, BEGAN + 10, BEGAN + 20)
    assert [record.began for record in inside.records] == [BEGAN + 10]
    assert list(inside.requests.of("GET /users").moments()) == [(BEGAN + 11, "timed out", 1)]
    assert inside.requests.of("GET /users").total_seconds == 0.2
    assert [probe.seconds for probe in inside.probes] == [0.2]


@pytest.mark.parametrize(
    ("starts", "pending", "lost"),
    [
        ([], 0, False),
        ([], 2, False),
        ([""], 1, False),
        (["spawn failed"], 1, False),  # of the two who were due, one may still turn out well
        (["spawn failed"], 0, True),
        (["spawn failed", "spawn failed"], 0, True),
        (["spawn failed", "spawn failed"], 50, True),  # those are of later steps
        (["", "spawn failed"], 0, False),  # at most 50 %
        (["", "", "spawn failed"], 0, False),
        (["", "spawn failed", "spawn failed"], 0, True),
    ],
)
def test_a_step_is_lost_when_it_cannot_be_held_any_more(starts: list[str], pending: int, lost: bool) -> None:
    target = Target(measure="failed starts", at_most=0.5)
    results = results_of(start(60 + n, 1.0, failure) for n, failure in enumerate(starts))
    results.records.note(start(59, 1.0, "spawn failed"))  # of the step before
    results.records.note(start(120, 1.0, "spawn failed"))  # of the next one
    assert is_lost(Step(60, 120, 2), [target], results, began=BEGAN, due=2, pending=pending) is lost


def test_later_lifecycles_are_not_those_who_were_due() -> None:
    results = results_of([start(60, 1.0, user="ann"), start(90, 1.0, "spawn failed", user="ann", lifecycle=2)])
    target = Target(measure="failed starts", at_most=0.4)
    assert not is_lost(Step(60, 120, 2), [target], results, began=BEGAN, due=2, pending=1)
    assert is_lost(Step(60, 120, 2), [target], results, began=BEGAN, due=2, pending=0)
