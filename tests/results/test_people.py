"""How far everybody got, and who counts in the measures of a step."""

import math
from typing import Any

import pytest

from hubusers.event.model import Target
from hubusers.hub.errors import ServerGone, UserGone
from hubusers.results.people import Reached
from hubusers.results.records import (
    ARRIVAL,
    CELL,
    KERNEL_READY,
    LAB_LOADED,
    LOGIN,
    NOT_REACHED,
    PAGE_LOADED,
    SAVED,
    SERVER_HELD,
    SPAWN_PAGE,
    START_TO_READY,
    STOP_TO_STOPPED,
    UNFINISHED,
    USER_CLASS,
    WEBSOCKET_HELD,
    Record,
)
from hubusers.results.results import Results
from hubusers.results.targets import Outcome, outcome
from hubusers.results.visit import GONE

WORK = (LAB_LOADED, KERNEL_READY, CELL, CELL, SAVED)
WHOLE_VISIT = (ARRIVAL, LOGIN, SPAWN_PAGE, START_TO_READY, *WORK, STOP_TO_STOPPED)


def visit(results: Results, name: str, *steps: str, failure: str = "", lifecycle: int = 1, **more: Any) -> None:
    """Note the steps of one visit, two seconds each; the last one may have failed."""
    known = {"user_class": "NotebookUser"} | more
    for place, step in enumerate(steps):
        failed = failure if place == len(steps) - 1 else ""
        results.records.note(Record(step, name, 1000.0 + 2 * place, 2.0, 0.0, failed, lifecycle=lifecycle, **known))


def served(results: Results, name: str, *, failure: str = "", **more: Any) -> None:
    """Note a visit without a browser."""
    visit(results, name, ARRIVAL, START_TO_READY, failure=failure, **{"user_class": "ServerLifecycleUser"} | more)


def class_at_nine(stopped_at: str, failure: str = "hub error: HTTP 500") -> Results:
    """Return a class of twelve, of whom eight fail at a step."""
    results = Results()
    for number in range(12):
        steps = WHOLE_VISIT if number < 4 else WHOLE_VISIT[: WHOLE_VISIT.index(stopped_at) + 1]
        visit(results, f"ann-{number}", *steps, failure="" if number < 4 else failure)
    return results


def measured(results: Results, measure: str, percentile: float | None = 95, **more: Any) -> Outcome:
    return outcome(Target(measure=measure, percentile=percentile, at_most=10 if percentile else 0.1, **more), results)  # type: ignore[arg-type]


class TestReached:
    def test_code_that_failed_is_not_made_up_for_by_good_steps_after_it(self) -> None:
        results = Results()
        for name in ("ann", "bob"):
            visit(results, name, ARRIVAL, START_TO_READY, user_class="Worker")
        visit(results, "bob", USER_CLASS, failure="RuntimeError", user_class="Worker")
        visit(results, "bob", "exercise", STOP_TO_STOPPED, user_class="Worker")
        visit(results, "bob", START_TO_READY, failure=UNFINISHED, user_class="Worker")
        reached = results.people.reached()
        assert (reached.could_work, reached.lost, reached.share_in_vain) == (2, {USER_CLASS: 1}, 0.5)
        # A crash before the server was ready: nobody is counted twice.
        visit(results, "cem", ARRIVAL, USER_CLASS, failure="RuntimeError", user_class="Worker")
        visit(results, "cem", START_TO_READY, failure=UNFINISHED, user_class="Worker")
        reached = results.people.reached()
        assert (reached.stopped, reached.waiting, reached.under_way) == ({USER_CLASS: 1}, 0, 0)

    @pytest.mark.parametrize("stopped_at", [LOGIN, SPAWN_PAGE, START_TO_READY, LAB_LOADED, KERNEL_READY, CELL])
    def test_eight_of_twelve_stop_at_a_step(self, stopped_at: str) -> None:
        reached = class_at_nine(stopped_at).people.reached()
        assert (reached.came, reached.could_work, reached.stopped) == (12, 4, {stopped_at: 8})
        assert reached.share_in_vain == pytest.approx(8 / 12)
        assert reached.logged_in == (4 if stopped_at == LOGIN else 12)
        assert reached.got_server == (12 if stopped_at in WORK else 4)

    def test_without_a_browser_a_server_is_all(self) -> None:
        results = Results()
        served(results, "ann")
        served(results, "bob", failure="timed out")
        served(results, "cem", failure=UNFINISHED)
        reached = results.people.reached(came=5)
        assert reached == Reached(
            came=5,
            asked=3,
            logged_in=None,
            got_server=1,
            could_work=1,
            has_browser=False,
            stopped={START_TO_READY: 1},
            waiting=1,
            under_way=2,
            lost={},
            visits=5,
            visits_in_vain=2,
            share_in_vain=2 / 3,
        )

    def test_nobody_got_a_server_while_the_run_lasted(self) -> None:
        results = Results()
        for number in range(3):
            served(results, f"ann-{number}", failure=UNFINISHED)
        assert (results.people.reached().waiting, results.people.reached().share_in_vain) == (3, 1.0)

    @pytest.mark.parametrize("failure", ["server was gone", "user gone"])
    def test_servers_that_were_gone_before_their_people_left(self, failure: str) -> None:
        results = Results()
        for number in range(20):
            steps = (ARRIVAL, START_TO_READY, STOP_TO_STOPPED)
            visit(results, f"ann-{number}", *steps, failure=failure, user_class="ServerLifecycleUser")
        reached = results.people.reached()
        assert (reached.got_server, reached.could_work, reached.lost) == (20, 20, {SERVER_HELD: 20})
        assert reached.share_in_vain == 1.0

    def test_the_failures_of_such_stops_are_those_of_the_hub(self) -> None:
        assert {str(ServerGone("")), str(UserGone(""))} == GONE

    @pytest.mark.parametrize(
        ("step", "failure", "lost"),
        [
            (SAVED, "hub error: HTTP 507", {SAVED: 1}),
            (SERVER_HELD, "server was gone", {SERVER_HELD: 1}),
            (STOP_TO_STOPPED, "timed out", {}),
            (WEBSOCKET_HELD, "websocket lost", {}),
        ],
    )
    def test_what_happens_to_people_who_could_work(self, step: str, failure: str, lost: dict[str, int]) -> None:
        results = Results()
        visit(results, "ann", *WHOLE_VISIT[:-2], step, failure=failure)
        reached = results.people.reached()
        assert (reached.could_work, reached.lost, reached.share_in_vain) == (1, lost, float(bool(lost)))

    def test_a_wrong_output_stops_nobody_unless_no_cell_gave_the_right_one(self) -> None:
        for right, stopped in ((1, {}), (0, {CELL: 1})):
            results = Results()
            visit(results, "ann", *WHOLE_VISIT[:6], *[CELL] * right)
            visit(results, "ann", CELL, failure="wrong output")
            visit(results, "ann", SAVED, STOP_TO_STOPPED)
            assert results.people.reached().stopped == stopped

    def test_people_who_come_again_count_by_their_best_visit_and_all_visits_count(self) -> None:
        results = Results()
        visit(results, "ann", ARRIVAL)
        for lifecycle in range(1, 11):
            visit(results, "ann", START_TO_READY, lifecycle=lifecycle, failure="timed out" if lifecycle == 4 else "")
        reached = results.people.reached()
        assert (reached.came, reached.could_work, reached.stopped) == (1, 1, {})
        assert (reached.visits, reached.visits_in_vain, reached.share_in_vain) == (10, 1, 0.1)

    def test_an_account_that_serves_a_second_person(self) -> None:
        results = Results()
        served(results, "ann")
        served(results, "ann", failure="timed out")
        assert (results.people.reached().came, results.people.reached().stopped) == (2, {START_TO_READY: 1})

    def test_people_without_an_account_and_those_whose_class_failed_came(self) -> None:
        results = Results()
        served(results, "ann")
        visit(results, "bob", ARRIVAL, failure="no account left", user_class="ServerLifecycleUser")
        visit(results, "cem", ARRIVAL, START_TO_READY, USER_CLASS, failure="KeyError", user_class="ServerLifecycleUser")
        reached = results.people.reached()
        assert (reached.came, reached.stopped, reached.lost) == (3, {ARRIVAL: 1}, {USER_CLASS: 1})

    def test_people_whose_class_runs_no_cells_can_work_without(self) -> None:
        results = Results()
        visit(results, "ann", ARRIVAL, LOGIN, START_TO_READY, LAB_LOADED, STOP_TO_STOPPED, user_class="Looker")
        visit(results, "bob", ARRIVAL, LOGIN, START_TO_READY, failure="timed out", user_class="Looker")
        assert results.people.reached().could_work == 1
        cut_off = Results()
        visit(cut_off, "ann", ARRIVAL, LOGIN, START_TO_READY, LAB_LOADED)
        assert (cut_off.people.reached().could_work, cut_off.people.reached().under_way) == (0, 1)

    def test_people_who_come_for_a_page_have_what_they_came_for_once_it_is_loaded(self) -> None:
        results = Results()
        visit(results, "ann", ARRIVAL, LOGIN, START_TO_READY, PAGE_LOADED, STOP_TO_STOPPED, user_class="PageUser")
        visit(results, "bob", ARRIVAL, LOGIN, START_TO_READY, PAGE_LOADED, failure="no page", user_class="PageUser")
        visit(results, "cem", ARRIVAL, LOGIN, PAGE_LOADED, user_class="PageUser")  # who found the server running
        reached = results.people.reached()
        assert (reached.got_server, reached.could_work, reached.stopped) == (3, 2, {PAGE_LOADED: 1})

    def test_people_who_ask_for_no_server_are_under_way(self) -> None:
        results = Results()
        visit(results, "ann", ARRIVAL, user_class="ActivityUser")
        assert (results.people.reached().under_way, results.people.reached().share_in_vain) == (1, 0.0)


class TestMeasures:
    @pytest.mark.parametrize("stopped_at", [LOGIN, SPAWN_PAGE, START_TO_READY, LAB_LOADED, KERNEL_READY, CELL])
    @pytest.mark.parametrize("measure", [LOGIN, SPAWN_PAGE, START_TO_READY, LAB_LOADED, KERNEL_READY, CELL, SAVED])
    def test_a_failure_counts_in_all_steps_after_it(self, stopped_at: str, measure: str) -> None:
        one = measured(class_at_nine(stopped_at), measure)
        is_before = WHOLE_VISIT.index(measure) < WHOLE_VISIT.index(stopped_at)
        assert one.state == ("held" if is_before else "missed")
        assert one.people == 12

    def test_a_target_that_nobody_could_reach_is_missed(self) -> None:
        results = Results()
        for number in range(3):
            visit(results, f"ann-{number}", ARRIVAL, LOGIN, failure="hub error: HTTP 500")
        for measure in (START_TO_READY, CELL, STOP_TO_STOPPED, "throttled wait"):
            one = measured(results, measure)
            assert (one.state, one.shown, one.counts) == ("missed", "never", "3 (3 not reached)")
        for share in ("failed starts", "failed cells", "failed stops", "throttled starts"):
            assert measured(results, share, None).state == "missed"

    def test_people_who_ran_no_cells_count_as_often_as_others_ran_some(self) -> None:
        results = Results()
        visit(results, "ann", *WHOLE_VISIT[:6], *[CELL] * 40)
        visit(results, "bob", *WHOLE_VISIT[:6], CELL, CELL, failure="kernel died")
        visit(results, "cem", ARRIVAL, LOGIN, failure="hub error: HTTP 500")
        one = measured(results, CELL, 60)
        assert (one.count, one.failed, one.not_reached, one.state) == (120, 79, 78, "missed")

    def test_people_come_for_a_page_or_for_jupyterlab(self) -> None:
        results = Results()
        visit(results, "ann", *WHOLE_VISIT, user_class="NotebookUser")
        visit(results, "bob", ARRIVAL, LOGIN, failure="hub error: HTTP 500", user_class="NotebookUser")
        visit(results, "cem", ARRIVAL, LOGIN, START_TO_READY, PAGE_LOADED, user_class="PageUser")
        visit(results, "dan", ARRIVAL, LOGIN, failure="hub error: HTTP 500", user_class="PageUser")
        for measure, not_reached in ((PAGE_LOADED, 1), (LAB_LOADED, 1), (CELL, 2)):
            one = measured(results, measure)
            assert (one.people, one.not_reached) == (2, not_reached)

    def test_people_do_not_come_for_what_their_class_never_does(self) -> None:
        results = class_at_nine(STOP_TO_STOPPED, failure="")
        served(results, "zoe", failure="timed out")
        assert measured(results, LOGIN).state == "held"
        assert measured(results, CELL).state == "held"
        assert measured(results, START_TO_READY).state == "missed"

    def test_a_class_that_nobody_of_got_through_came_for_what_the_target_is_about(self) -> None:
        results = Results()
        for number in range(8):
            visit(results, f"ann-{number}", ARRIVAL, LOGIN, failure="hub error: HTTP 500")
            served(results, f"zoe-{number}")
        assert measured(results, START_TO_READY).state == "missed"
        assert measured(results, CELL).state == "missed"

    def test_targets_of_a_cohort_are_about_its_people(self) -> None:
        results = Results()
        served(results, "ann", cohort="students")
        visit(results, "bob", ARRIVAL, failure="no account left", cohort="staff")
        assert measured(results, START_TO_READY, cohort="students").state == "held"
        assert measured(results, START_TO_READY, cohort="staff").state == "missed"

    def test_those_who_had_a_server_and_did_not_stop_it_yet_are_not_missing_in_stops(self) -> None:
        results = Results()
        served(results, "ann")
        served(results, "bob", failure="timed out")
        assert measured(results, STOP_TO_STOPPED).state == "not measured"

    def test_throttling_is_measured_of_those_who_asked(self) -> None:
        results = class_at_nine(LOGIN)
        assert measured(results, "throttled starts", None).state == "held"

    def test_unknown_steps_of_user_classes_count_for_themselves(self) -> None:
        results = Results()
        visit(results, "ann", ARRIVAL, LOGIN, START_TO_READY, "opened grades", failure="hub error: HTTP 500")
        assert measured(results, START_TO_READY).state == "held"
        assert results.people.reached().stopped == {"opened grades": 1}
        assert results.people.measured("opened grades")[0].time_taken == math.inf

    def test_people_are_read_as_they_come(self) -> None:
        results = Results()
        visit(results, "ann", ARRIVAL, LOGIN)
        assert results.people.measured(START_TO_READY) == []
        visit(results, "ann", SPAWN_PAGE, failure="hub error: HTTP 500")
        [missing] = results.people.measured(START_TO_READY)
        assert (missing.failure, missing.username, missing.began) == (NOT_REACHED, "ann", 1002.0)
