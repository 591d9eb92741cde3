"""Held, missed, or no answer."""

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from hubusers.how_installed import NOT_INSTALLED
from hubusers.report import words
from hubusers.report.findings import findings_of, without_causes
from hubusers.report.junit import junit
from hubusers.report.verdict import Answer, Verdict, verdict_of
from hubusers.results.hub_absences import HubAbsence
from hubusers.results.hub_samples import Probe
from hubusers.results.late_processes import LateProcess
from hubusers.results.records import ARRIVAL, CELL, LAB_LOADED, LOGIN, OWN_REQUESTS, STOP_TO_STOPPED, UNFINISHED, Record
from hubusers.results.run_info import LOCUST_ENDED, STOPPED_BY_SOMEBODY
from tests.report.made_up_run import BEGAN
from tests.report.runs import CLASS, CLIMB, TARGETS, finished, info, start, stop


def step(name: str, failure: str = "") -> Record:
    return Record(name, "ann", BEGAN, 1.0, 0.0, failure)


QUICK = [start(due, 4.0, cohort="students") for due in range(3)]
SLOW = [start(due, 84.0, cohort="students") for due in range(3)]
ONE_FAILED = [*QUICK[:2], start(2, 60.0, "timed out", cohort="students")]
CELLS = """
[[targets]]
measure = "failed cells"
at_most = "1 %"
"""
PROBES = """
[[targets]]
measure = "hub probe"
percentile = 95
at_most = "1s"
"""
HELD = (
    "It holds: both targets were held, with 3 people: none of them waited longer than 10 s for their server; none of "
    "the 3 starts failed (at most 1 % may)."
)


@pytest.mark.parametrize(
    ("records", "event", "known", "answer", "headline"),
    [
        (QUICK, TARGETS, {}, "held", HELD),
        (
            QUICK,
            TARGETS.rpartition("[[targets]]")[0],
            {},
            "held",
            "It holds: the target was held, with 3 people: none of them waited longer than 10 s for their server.",
        ),
        (
            SLOW,
            TARGETS,
            {},
            "missed",
            "It does not hold: all 3 people waited longer than 10 s for their server (none may); the slowest waited "
            "84 s.",
        ),
        (
            ONE_FAILED,
            TARGETS,
            {},
            "missed",
            "It does not hold: 1 of 3 people got no server, because their start failed (33 %; at most 1 % may).",
        ),
        (
            [*ONE_FAILED[:-1], start(8, 84.0), ONE_FAILED[-1]],
            TARGETS,
            {},
            "missed",
            "It does not hold: 1 of 4 people got no server, because their start failed (25 %; at most 1 % may). 1 more "
            "waited longer than 10 s for their server.",
        ),
        # Times are only ever too long where the load generator was the limit.
        (QUICK, TARGETS, {"generator": "It was late."}, "held", HELD),
        (
            SLOW,
            TARGETS,
            {"generator": "It was late."},
            "no answer",
            "No answer: 1 of 2 targets was missed, but perhaps only because the load generator was late.",
        ),
        (
            QUICK,
            TARGETS,
            {"people_lost": 1},
            "no answer",
            "No answer: 1 person was lost with a worker that died.",
        ),
        (
            SLOW,
            TARGETS,
            {"people_lost": 20},
            "no answer",
            "No answer: 20 people were lost with a worker that died.",
        ),
        # An end before its time matters only when somebody had yet to come.
        (
            QUICK[:2],
            TARGETS,
            {"ended_because": "Ctrl-C."},
            "no answer",
            "No answer: the run ended when 2 of 3 people had come.",
        ),
        (QUICK, TARGETS, {"ended_because": "Ctrl-C."}, "held", HELD),
        # What people go on to do once they have come is not known, then.
        (
            [*QUICK, step(CELL)],
            CELLS,
            {"ended_because": STOPPED_BY_SOMEBODY},
            "no answer",
            "No answer: somebody stopped the run before everybody had done what they came for.",
        ),
        (
            SLOW[:2],
            TARGETS,
            {"ended_because": "Ctrl-C."},
            "no answer",
            "No answer: the run ended when 2 of 3 people had come.",
        ),
        # What was not measured was not held.
        (QUICK, PROBES, {}, "no answer", "No answer: a target was not measured: hub probe: p95 at most 1 s."),
        ([], TARGETS, {}, "no answer", "No answer: a target was not measured: start to ready: p95 at most 10 s."),
        # Without targets there is nothing to hold.
        (
            QUICK,
            "",
            {},
            "no targets",
            "No targets were given: 3 people came, and all of them got a server; start to ready p50 4 s, p95 4 s.",
        ),
        (
            ONE_FAILED[2:],
            "",
            {},
            "failures",
            "No targets were given: the only person got no server, because their start failed; start to ready failed "
            "1 of "
            "1 time.",
        ),
        (
            [*QUICK, step(LAB_LOADED, "hub error"), step(LAB_LOADED), step(STOP_TO_STOPPED, "timed out")],
            "",
            {},
            "failures",
            "No targets were given: 4 people came, 3 could work, 1 was under way; start to ready p50 4 s, p95 4 s; lab "
            "loaded failed 1 of 2 times, stop to stopped failed 1 of 1 time.",
        ),
        (
            [step(LOGIN, "wrong password")],
            "",
            {"people_came": 2},
            "failures",
            "No targets were given: 2 people came, nobody could work, 1 stopped at the login, 1 was under way; login "
            "failed 1 of 1 time.",
        ),
        (
            [*QUICK, *(start(3 + n, 9.0, UNFINISHED) for n in range(4))],
            "",
            {"people_came": 100},
            "failures",
            "No targets were given: 100 people came, 3 got a server, 4 were still waiting for a server, 93 were under "
            "way; start to ready p50 over 9 s, p95 over 9 s.",
        ),
        ([], "", {}, "no targets", "No targets were given: nobody came."),
    ],
)
def test_verdicts(records: list[Record], event: str, known: dict[str, Any], answer: Answer, headline: str) -> None:
    verdict = verdict_of(finished(records, CLASS + event, planned_people=3, **known))
    assert (verdict.answer, verdict.headline) == (answer, headline)
    assert verdict.exit_code == {"held": 0, "no targets": 0, "missed": 1, "failures": 1, "no answer": 4}[answer]


def test_a_run_without_an_event() -> None:
    verdict = verdict_of(finished(QUICK))
    assert (verdict.answer, verdict.outcomes, verdict.climbed) == ("no targets", [], None)


def test_a_headline_names_two_missed_targets() -> None:
    more = TARGETS + TARGETS.replace("95", "50") + TARGETS.replace("95", "99")
    headline = verdict_of(finished(SLOW, CLASS + more)).headline
    assert headline == (
        "It does not hold: all 3 people waited longer than 10 s for their server (none may); the slowest waited 84 s. "
        "All 3 people waited longer than 10 s for their server (at most 1 may); half of them waited longer than 84 s. "
        "1 more target was missed."
    )


def test_doubts_are_said_in_whole_sentences() -> None:
    run = finished(QUICK[:2], CLASS + TARGETS, planned_people=3, ended_because="Four spawns in a row failed.")
    assert verdict_of(run).doubts == ["The run ended when 2 of 3 people had come: Four spawns in a row failed."]
    strained = verdict_of(finished(QUICK, CLASS + TARGETS, generator="It was late."))
    assert strained.doubts == [
        "The load generator was late. That can only make times longer, so targets that were held are held."
    ]


@pytest.mark.parametrize("records", [QUICK, [start(n, 2.0, UNFINISHED) for n in range(3)]])
def test_a_run_in_which_locust_ended_has_no_answer(records: list[Record]) -> None:
    verdict = verdict_of(finished(records, run_time=60, ended_because=LOCUST_ENDED))
    assert (verdict.answer, verdict.exit_code) == ("no answer", 4)
    [doubt] = verdict.doubts
    assert doubt.endswith(
        "Locust ended in the middle of it, by an error or by an exit in the locustfile or in what it imports."
    )


@pytest.mark.parametrize("records", [QUICK, SLOW, [*QUICK, start(9, 1.0, "spawn failed")]])
@pytest.mark.parametrize("targets", [TARGETS, ""])
def test_a_run_that_lacks_an_extra_gives_no_answer(records: list[Record], targets: str) -> None:
    why = f"{NOT_INSTALLED}Run: pip install"
    run = finished(records, CLASS + targets, planned_people=len(records), ended_because=why)
    verdict = verdict_of(run)
    assert findings_of(run) == []
    assert without_causes(run) == why
    assert verdict.headline.startswith("No answer: the run needs an extra that is not installed.")
    assert verdict.doubts == [why]
    assert verdict.exit_code == 4


class TestARunThatSomebodyStopped:
    STOPPED: ClassVar[dict[str, Any]] = {"ended_because": STOPPED_BY_SOMEBODY, "was_interrupted": True}

    def test_before_everybody_came(self) -> None:
        verdict = verdict_of(finished(QUICK[:1], CLASS + TARGETS, planned_people=3, **self.STOPPED))
        assert verdict.headline == "No answer: somebody stopped the run when 1 of 3 people had come."
        assert verdict.doubts == []  # the headline says it
        assert {one.state for one in verdict.outcomes} == {"not judged"}

    def test_what_was_missed_by_then_is_missed(self) -> None:
        verdict = verdict_of(finished(SLOW[:1], CLASS + TARGETS, planned_people=3, **self.STOPPED))
        assert [one.state for one in verdict.outcomes] == ["missed", "not judged"]

    def test_after_everybody_came(self) -> None:
        verdict = verdict_of(finished(QUICK, CLASS + TARGETS, planned_people=3, **self.STOPPED))
        assert (verdict.answer, verdict.doubts) == ("held", ["Somebody stopped the run after everybody had come."])

    def test_before_its_time_was_over(self) -> None:
        run = finished(QUICK, ended=BEGAN + 22, run_time=180.0, **self.STOPPED)
        verdict = verdict_of(run)
        assert (verdict.exit_code, verdict.doubts) == (4, [])
        assert verdict.headline.startswith(
            "No answer: somebody stopped the run after 22 s of 3m. No targets were given:"
        )
        assert without_causes(run).startswith(
            "Until the run ended, before its time, nothing limited it: no step failed"
        )

    def test_failures_by_then_are_failures(self) -> None:
        verdict = verdict_of(finished(ONE_FAILED, ended=BEGAN + 90, run_time=180.0, **self.STOPPED))
        assert (verdict.answer, verdict.doubts) == ("failures", ["Somebody stopped the run after 90 s of 3m."])

    def test_starts_by_then_do_not_tell_what_limits_the_hub(self) -> None:
        run = finished([start(n, 2.0, UNFINISHED) for n in range(2)], ended=BEGAN + 5, run_time=180.0, **self.STOPPED)
        assert without_causes(run) == (
            "The run ended too early to tell what limits it: 2 of 2 starts were under way when the run ended."
        )


class TestARunThatWasTooShortForItsUsers:
    ASKED: ClassVar[dict[str, Any]] = {"users": 300, "spawn_rate": 10.0, "run_time": 5.0, "ended": BEGAN + 5}

    def test_it_has_no_answer(self) -> None:
        run = finished([start(n, 2.0, UNFINISHED) for n in range(70)], people_came=70, **self.ASKED)
        verdict = verdict_of(run)
        assert (verdict.answer, verdict.exit_code) == ("no answer", 4)
        assert verdict.headline.startswith("No answer: the run ended when 70 of 300 people had come. No targets were")
        assert verdict.doubts == [
            "The run ended when 70 of 300 people had come: -t was 5s, and to come takes all of them 30s."
        ]

    def test_what_failed_by_then_failed(self) -> None:
        verdict = verdict_of(finished(ONE_FAILED, people_came=70, **self.ASKED))
        assert verdict.answer == "failures"
        assert "70 of 300 people had come" in verdict.doubts[0]

    def test_a_run_for_which_all_came_is_judged(self) -> None:
        verdict = verdict_of(finished(QUICK, people_came=300, **self.ASKED))
        assert (verdict.answer, verdict.doubts) == ("no targets", [])


class TestPeopleWhoCameOnceMore:
    def of(self, seconds: float) -> Verdict:
        """Return the verdict where the end broke off the second starts of three people after this many seconds."""
        first = [start(n, 3.0, user=f"ann-{n}", lifecycle=1) for n in range(3)]
        again = [start(9 + n, seconds, UNFINISHED, user=f"ann-{n}", lifecycle=2) for n in range(3)]
        return verdict_of(finished([*first, *again]))

    def test_they_did_not_come_in_vain(self) -> None:
        assert self.of(2.0).answer == "no targets"
        assert "in vain" not in self.of(2.0).headline

    def test_unless_the_start_hung(self) -> None:
        assert self.of(60.0).answer == "failures"
        assert "of all 6 visits, 3 were in vain" in self.of(60.0).headline


class TestStartsThatTheEndBrokeOff:
    def test_some_had_taken_longer_than_the_target_allows(self) -> None:
        pending = [start(n, 14.0, UNFINISHED) for n in range(3, 10)]
        verdict = verdict_of(finished([*QUICK, *pending], CLASS + TARGETS, planned_people=10))
        assert verdict.headline == (
            "It does not hold: 3 of 10 people got a server within 200 s; 7 were still waiting. 7 of the 10 people "
            "waited longer than 10 s for their server (none may); the slowest waited longer than 14 s."
        )

    def test_some_may_have_been_about_to_fail(self) -> None:
        verdict = verdict_of(finished([*QUICK, start(3, 9.0, UNFINISHED)], CLASS + TARGETS, planned_people=4))
        assert verdict.headline == "No answer: 1 start was under way when the run ended."
        assert [one.state for one in verdict.outcomes] == ["undecided", "undecided"]
        assert verdict.doubts == [
            "1 start was under way when the run ended, so it is not known whether these targets were held: start to "
            "ready: p95 at most 10 s; failed starts: at most 1 %."
        ]

    def test_those_that_had_taken_no_longer_than_others_are_left_out(self) -> None:
        verdict = verdict_of(finished([*QUICK, start(3, 3.9, UNFINISHED)], CLASS + TARGETS, planned_people=4))
        assert verdict.headline == (
            "It holds: both targets were held. 3 of 4 people got a server within 200 s; 1 was still waiting."
        )
        assert verdict.doubts == []

    def test_too_few_to_matter(self) -> None:
        many = [start(n / 10, 4.0) for n in range(200)]
        verdict = verdict_of(finished([*many, start(30, 9.0, UNFINISHED)], CLASS + TARGETS))
        assert (verdict.answer, verdict.outcomes[1].count) == ("held", 201)


def test_people_who_never_came_are_counted() -> None:
    verdict = verdict_of(finished(QUICK, CLASS + TARGETS, planned_people=5))
    assert verdict.doubts == ["2 of 5 people never came."]


def test_failures_that_no_target_is_about_are_said() -> None:
    run = finished([*QUICK, step(LAB_LOADED, "hub error"), start(9, 0.5, "spawn failed")], CLASS + TARGETS)
    assert verdict_of(run).doubts == ["No target is about these failures: lab loaded failed 1 of 1 time."]


class TestPeopleFirst:
    """Targets that were held say nothing of people who did not get so far."""

    WATCHED: ClassVar = CLASS + TARGETS

    def test_logins_that_fail_are_starts_that_never_came(self) -> None:
        logins = [Record(LOGIN, f"ann-{n}", BEGAN, 1.0, 0.0, "hub error: HTTP 500" if n < 8 else "") for n in range(12)]
        starts = [start(n, 4.0, user=f"ann-{n}") for n in range(8, 12)]
        verdict = verdict_of(finished([*logins, *starts, *work(range(8, 12))], self.WATCHED, planned_people=12))
        assert verdict.headline == (
            "It does not hold: 12 people came, 4 could work, 8 stopped at the login (67 %; at most 1 % of the "
            "starts may fail)."
        )
        assert (verdict.exit_code, verdict.too_many_in_vain) == (1, True)
        assert [one.counts for one in verdict.outcomes] == ["12 (8 not reached)"] * 2

    def test_servers_that_were_lost_in_the_middle_of_the_stay(self) -> None:
        records = [start(n, 4.0, user=f"ann-{n}") for n in range(20)]
        records += [stop(90, f"ann-{n}", "server was gone") for n in range(20)]
        verdict = verdict_of(finished(records, self.WATCHED, planned_people=20))
        assert verdict.headline == (
            "It does not hold: 20 people came, 20 got a server, of whom 20 lost their server or their session "
            "before leaving. All the same, both targets were held."
        )
        assert {one.state for one in verdict.outcomes} == {"held"}
        assert verdict.exit_code == 1
        assert verdict_of(finished(records)).exit_code == 1

    def test_one_in_twenty_may_come_in_vain(self) -> None:
        records = [start(n, 4.0, user=f"ann-{n}") for n in range(20)]
        one_lost = [*records, stop(90, "ann-1", "server was gone")]
        verdict = verdict_of(finished(one_lost, self.WATCHED, planned_people=20))
        assert verdict.headline == (
            "It holds: both targets were held. 20 people came, 20 got a server, of whom 1 lost their server or their "
            "session "
            "before leaving."
        )
        assert verdict.doubts == ["No target is about these failures: stop to stopped failed 1 of 1 time."]
        two_lost = [*one_lost, stop(91, "ann-2", "server was gone")]
        assert verdict_of(finished(two_lost, self.WATCHED, planned_people=20)).exit_code == 1

    def test_a_target_on_failures_may_allow_more(self) -> None:
        records = [start(n, 4.0, "timed out" if n < 2 else "") for n in range(20)]
        allowing = CLASS + TARGETS.replace("percentile = 95", "percentile = 50").replace('"1 %"', '"10 %"')
        verdict = verdict_of(finished(records, allowing, planned_people=20))
        assert (verdict.answer, verdict.most_in_vain) == ("held", 0.1)
        assert verdict.headline.endswith("2 of 20 people got no server, because their starts failed.")
        only_median = allowing.rpartition("[[targets]]")[0]
        assert verdict_of(finished(records, only_median, planned_people=20)).answer == "missed"

    def test_what_nobody_could_reach_is_missed(self) -> None:
        records = [Record(LOGIN, f"ann-{n}", BEGAN, 1.0, 0.0, "hub error: HTTP 500") for n in range(3)]
        cells = '[[targets]]\nmeasure = "cell"\npercentile = 95\nat_most = "5s"\n'
        verdict = verdict_of(finished(records, CLASS + cells, planned_people=3))
        assert verdict.headline == (
            "It does not hold: 3 people came, nobody could work, 3 stopped at the login. 3 of the 3 cells failed or "
            "were not reached; the target was 5 s for 95 % of them."
        )

    def test_people_who_still_wait_at_the_end(self) -> None:
        records = [start(n, 14.5) for n in range(5)] + [start(5 + n, float(n), UNFINISHED) for n in range(15)]
        verdict = verdict_of(finished(records, ended=BEGAN + 20))
        assert verdict.headline == (
            "No targets were given: 5 of 20 people got a server within 20 s; 15 were still waiting; start to ready p50 "
            "over 9 s, p95 over 14.5 s."
        )
        assert verdict.exit_code == 1

    def test_people_who_wait_when_somebody_interrupts_the_run_say_nothing_of_the_hub(self) -> None:
        verdict = verdict_of(finished([start(n, 1.0, UNFINISHED) for n in range(3)], was_interrupted=True))
        assert verdict.headline == (
            "No answer: the run ended before anybody got a server. No targets were given: 0 of 3 people got a server "
            "within 200 s; 3 were still waiting."
        )
        assert verdict.exit_code == 4
        failing = [start(9, 1.0, "timed out"), start(8, 1.0, UNFINISHED)]
        assert verdict_of(finished(failing, was_interrupted=True)).exit_code == 1

    def test_a_few_young_starts_at_the_end_are_no_failure(self) -> None:
        records = [start(n, 4.0) for n in range(30)] + [start(30 + n, 1.0, UNFINISHED) for n in range(5)]
        assert verdict_of(finished(records)).exit_code == 0

    def test_failed_requests_are_failures_where_there_are_no_targets(self) -> None:
        run = finished(QUICK)
        run.results.requests.note("GET /user", BEGAN, 0.1, "HTTP 500")
        verdict = verdict_of(run)
        assert (verdict.answer, verdict.exit_code) == ("failures", 1)
        assert verdict.headline.endswith("p95 4 s; 1 of 1 request failed (GET /user 1 of 1 time).")

    def test_people_lost_with_a_worker_leave_no_answer_without_targets_too(self) -> None:
        run = finished(QUICK, people_lost=4)
        assert without_causes(run).startswith("Nothing limited it for people who were not lost with their worker: no")
        verdict = verdict_of(run)
        assert verdict.exit_code == 4
        assert verdict.headline.startswith(
            "No answer: 4 people were lost with a worker that died. No targets were given:"
        )


def work(numbers: range) -> list[Record]:
    """Return a cell for each of some people."""
    return [Record(CELL, f"ann-{n}", BEGAN + 30, 1.0, 0.0) for n in numbers]


class TestTheLoadGenerator:
    LATE: ClassVar = {"generator": "It was late.", "late_processes": [LateProcess(0, 5.0, 60.0, 0.16, 0.5)]}

    def test_lateness_that_does_not_explain_a_miss_is_a_notice(self) -> None:
        verdict = verdict_of(finished(SLOW, CLASS + TARGETS, **self.LATE))
        assert verdict.answer == "missed"
        assert verdict.doubts == [
            "The load generator was late. That does not explain what was missed, so the verdict stands."
        ]

    def test_lateness_that_may_explain_a_miss_leaves_no_answer(self) -> None:
        just_missed = [start(due, 10.5, cohort="students") for due in range(3)]
        verdict = verdict_of(finished(just_missed, CLASS + TARGETS, **self.LATE))
        assert verdict.answer == "no answer"
        assert verdict.doubts == ["Its lateness may have made times 960 ms too long."]

    def test_lateness_makes_nothing_fail(self) -> None:
        assert verdict_of(finished(ONE_FAILED, CLASS + TARGETS, **self.LATE)).answer == "missed"

    @pytest.mark.parametrize(("seconds", "doubts"), [(9.0, 1), (60.0, 0)])
    def test_what_was_held_gets_a_word_where_lateness_matters(self, seconds: float, doubts: int) -> None:
        run = finished([start(0, seconds)], CLASS + TARGETS.replace('"10s"', '"90s"'), **self.LATE)
        assert (verdict_of(run).answer, len(verdict_of(run).doubts)) == ("held", doubts)


def test_a_time_scale_stands_beside_the_verdict() -> None:
    scaled = (CLASS + TARGETS).replace("seed = 1", "seed = 1\ntime_scale = 10")
    assert verdict_of(finished(QUICK, scaled, planned_people=3)).doubts == [
        "The event ran 10 times as fast as its file says (time scale 10)."
    ]


def test_failures_before_a_step_with_a_target_are_not_unwatched() -> None:
    records = [*QUICK, step(LOGIN, "hub error: HTTP 500"), step(LAB_LOADED, "hub error: HTTP 500")]
    doubts = verdict_of(finished(records, CLASS + TARGETS, planned_people=3)).doubts
    assert doubts == ["No target is about these failures: lab loaded failed 1 of 1 time."]
    assert verdict_of(finished(ONE_FAILED, CLASS + PROBES, planned_people=3)).doubts[-1] == (
        "No target is about these failures: start to ready failed 1 of 3 times."
    )


@pytest.mark.parametrize(
    ("limit", "seconds", "state", "shown"),
    [
        ("10s", 10.261, "missed", "10.3 s"),
        ("10s", 10.004, "missed", "10.004 s"),
        ("10s", 10.0, "held", "10 s"),
        ("10s", 9.9996, "held", "10 s"),
    ],
)
def test_what_is_shown_is_on_the_same_side_of_the_limit(limit: str, seconds: float, state: str, shown: str) -> None:
    (one, _) = verdict_of(finished([start(0, seconds)], CLASS + TARGETS.replace('"10s"', f'"{limit}"'))).outcomes
    assert (one.state, one.shown) == (state, shown)


def test_a_share_that_is_just_met_is_held() -> None:
    records = [start(n, 1.0, "spawn failed" if n < 7 else "") for n in range(1000)]
    (_, one) = verdict_of(finished(records, CLASS + TARGETS.replace('"1 %"', '"0.7 %"'))).outcomes
    assert (one.state, one.shown) == ("held", "0.7 %")


def test_a_start_that_failed_by_throttling_never_ended() -> None:
    target = '[[targets]]\nmeasure = "throttled wait"\npercentile = 95\nat_most = "60s"\n'
    records = [start(n, 60.0, "throttled too long", throttled=55.0) for n in range(3)]
    assert verdict_of(finished(records, CLASS + target)).answer == "missed"


class TestClimbing:
    HELD: ClassVar = [start(due, 4.0, cohort="climbers") for due in (0, 30, 60, 75)]
    BROKEN: ClassVar = [start(130, 84.0, cohort="climbers")]

    def test_a_climb_that_stopped_when_a_target_was_missed_is_an_answer(self) -> None:
        run = finished(
            [*self.HELD, *self.BROKEN], CLIMB + TARGETS, planned_people=12, ended_because="A target was missed."
        )
        verdict = verdict_of(run)
        assert (verdict.answer, verdict.doubts) == ("missed", [])
        assert verdict.headline == (
            "It does not hold to the last step. The hub held 4 starts a minute and 4 servers; at the next step "
            "(6 a minute) start to ready p95 was 84 s."
        )

    def test_what_was_missed_in_one_step_only_is_missed(self) -> None:
        rows = [start(due, 4.0, cohort="climbers") for due in [n / 10 for n in range(100)]]
        verdict = verdict_of(finished([*rows, *self.BROKEN], CLIMB + TARGETS))
        assert {one.state for one in verdict.outcomes} == {"held"}
        assert verdict.answer == "missed"

    def test_a_climb_that_ended_for_another_reason_gives_no_answer(self) -> None:
        run = finished(self.HELD, CLIMB + TARGETS, planned_people=12, ended_because="Ctrl-C.")
        assert verdict_of(run).answer == "no answer"
        told = finished(
            [*self.HELD, *self.BROKEN], CLIMB.replace("stop_when_missed = true", "") + TARGETS, planned_people=12
        )
        assert verdict_of(replace(told, info=replace(told.info, ended_because="Ctrl-C."))).answer == "no answer"

    def test_a_strained_load_generator_may_have_broken_it(self) -> None:
        rows = [start(n / 10, 4.0, cohort="climbers") for n in range(100)]
        verdict = verdict_of(finished([*rows, *self.BROKEN], CLIMB + TARGETS, generator="It was late."))
        assert verdict.headline == (
            "No answer: a target was missed in a step, but perhaps only because the load generator was late."
        )

    def test_the_first_step(self) -> None:
        verdict = verdict_of(finished([start(0, 84.0)], CLIMB + TARGETS))
        assert verdict.headline == (
            "It does not hold. Already the first step (2 starts a minute) was too much: start to ready p95 was 84 s."
        )


def test_an_end_before_its_time_is_said_beside_what_held() -> None:
    verdict = verdict_of(finished(QUICK, CLASS + TARGETS, planned_people=3, ended_because="It was stopped."))
    assert verdict.answer == "held"
    assert verdict.doubts == ["After everybody had come, the run ended before its time: It was stopped."]


def test_nobody_asked_for_a_server() -> None:
    """The user class never wants one: that is no riddle, and nobody is under way to one."""
    run = finished([step(ARRIVAL)], people_came=9)
    run.results.requests.note("GET /users", BEGAN + 2, 0.1)
    assert verdict_of(run).headline == "No targets were given: 9 people came, and nobody asked for a server."
    assert without_causes(run).startswith("Nobody asked for a server, so nothing is known")
    killed = replace(run, broke_off=True)  # which has not written down the starts that were under way
    assert "nobody asked" not in verdict_of(killed).headline + without_causes(killed)


class TestTheEndOfARun:
    """People had what they came for, but a hub that is gone, or keeps all servers, is not well."""

    STOPS: ClassVar = [stop(20, f"user-{due}", "hub error: HTTP 503") for due in range(3)]
    AWAY: ClassVar = {"hub_absences": [HubAbsence(BEGAN + 20, None)]}

    def test_the_hub_never_came_back(self) -> None:
        verdict = verdict_of(finished([*QUICK, *self.STOPS], CLASS + TARGETS, left_behind=3, **self.AWAY))
        assert verdict.headline == (
            f"It does not hold: the hub has not answered since {words.moment(BEGAN + 20)}. 3 of 3 servers could not be "
            "stopped. All the same, both targets were held."
        )
        assert (verdict.answer, verdict.exit_code) == ("missed", 3)

    def test_the_probes_failed_to_the_end(self) -> None:
        run = finished(QUICK)
        run.results.probes += [Probe(BEGAN + at, 0.01, "HTTP 503" if at > 5 else "") for at in range(9)]
        verdict = verdict_of(run)
        assert verdict.exit_code == 1
        assert f"the hub has not answered since {words.moment(BEGAN + 6)}" in verdict.headline
        said = without_causes(run)
        assert said.startswith("No step failed, and nobody had to wait too long, but the hub was away for a time. The")
        assert "did not answer again until the run ended" in said

    def test_the_hub_came_back(self) -> None:
        back = [HubAbsence(BEGAN + 20, BEGAN + 30)]
        assert verdict_of(finished(QUICK, CLASS + TARGETS, hub_absences=back)).answer == "held"

    @pytest.mark.parametrize(
        ("failure", "allowed", "answer"),
        [
            ("timed out", "", "missed"),
            ("timed out", '[[targets]]\nmeasure = "failed stops"\nat_most = "100 %"\n', "held"),
            ("", "", "held"),
        ],
    )
    def test_servers_that_could_not_be_stopped(self, failure: str, allowed: str, answer: Answer) -> None:
        stops = [stop(20, f"user-{due}", failure) for due in range(3)]
        verdict = verdict_of(finished([*QUICK, *stops], CLASS + TARGETS + allowed))
        assert verdict.answer == answer
        assert ("bad end" in junit(verdict, info(), [], [])) == (answer == "missed")

    def test_what_is_left_behind_is_the_exit_code(self) -> None:
        assert verdict_of(finished(QUICK, CLASS + TARGETS, left_behind=1)).exit_code == 3


@pytest.mark.parametrize(
    ("records", "known", "answer", "said"),
    [
        (
            [Record(ARRIVAL, f"user-{n}", BEGAN, 7.0, 0.0, UNFINISHED) for n in range(3)],
            {},
            "failures",
            "No targets were given: 3 people came, and their accounts were not ready in time.",
        ),
        (
            [Record(LOGIN, f"user-{n}", BEGAN, 7.0, 0.0, UNFINISHED) for n in range(3)],
            {},
            "failures",
            "No targets were given: 3 people came, nobody could work, 3 were still waiting for a server.",
        ),
        ([], {"people_came": 3}, "no answer", "No answer: nothing shows what people did after they came."),
        ([step(ARRIVAL)], {}, "no answer", "No answer: nothing shows what people did after they came."),
        ([], {"users": 3, "people_came": 0}, "no answer", "No answer: nobody came."),
    ],
)
def test_nobody_got_anything_and_nothing_failed(
    records: list[Record], known: dict[str, Any], answer: Answer, said: str
) -> None:
    verdict = verdict_of(finished(records, **known))
    assert verdict.answer == answer
    assert verdict.headline.startswith(said)
    assert verdict.exit_code in {1, 4}
    causes = without_causes(finished(records, **known))
    assert not any(record.is_unfinished for record in records) or "Nobody asked" not in causes


def test_some_wait_for_their_account_and_others_for_their_server() -> None:
    waiting = Record(ARRIVAL, "ann", BEGAN, 7.0, 0.0, UNFINISHED)
    verdict = verdict_of(finished([waiting, start(1, 6.0, UNFINISHED)]))
    assert "2 were still waiting, 1 of them for their account" in verdict.headline


def test_requests_that_failed_stand_below_an_answer_that_holds() -> None:
    run = finished(QUICK, CLASS + TARGETS)
    for number in range(40):
        run.results.requests.note("GET /users/{name}", BEGAN, 0.1, "HTTP 500" if number == 7 else "")
    for _ in range(8):
        run.results.requests.note("GET /user/{name}/api/status", BEGAN, 0.1, "HTTP 403")
    failed = "9 of 48 requests failed (GET /user/{name}/api/status 8 of 8 times, GET /users/{name} 1 of 40 times)"
    verdict = verdict_of(run)
    assert (verdict.answer, verdict.exit_code) == ("held", 0)
    assert verdict.doubts == [f"No target is about these failures: {failed}."]
    assert without_causes(run) == f"No step failed, and nobody had to wait too long, but {failed}."
    of_requests = '[[targets]]\nmeasure = "failed requests"\nat_most = "20 %"\n'
    watched = finished(QUICK, CLASS + TARGETS + of_requests)
    watched.results.requests = run.results.requests
    assert (verdict_of(watched).answer, verdict_of(watched).doubts) == ("held", [])


def test_people_none_of_whose_own_requests_succeeded_came_in_vain() -> None:
    people = [start(due, 4.0, user=f"ann-{due}") for due in range(40)]
    failed = [
        Record(OWN_REQUESTS, f"ann-{due}", BEGAN + 50, 0.0, 0.0, "all failed", reason="HTTP 403") for due in range(40)
    ]
    all_of_them, one = finished([*people, *failed], CLASS + TARGETS), finished([*people, failed[0]], CLASS + TARGETS)
    verdict = verdict_of(all_of_them)
    assert (verdict.answer, verdict.exit_code) == ("missed", 1)
    assert verdict.headline == (
        "It does not hold: 40 people came, 40 got a server, of whom 40 had no request of their user class succeed. All "
        "the same, both targets were held."
    )
    assert verdict_of(one).answer == "held"
    assert verdict_of(one).doubts == ["No target is about these failures: own requests failed 1 time."]
