"""Whether the load generator's lateness explains anything."""

import pytest

from hubusers.report.finding import Finding
from hubusers.results.late_processes import LateProcess
from hubusers.run.generator_check import Strain, late_processes
from tests.report.causes.rush import Rush, event
from tests.report.runs import start

SENTENCE = "The load generator was late for 5 of 60 s."


def late(by: float, worker: int = 0) -> dict[str, object]:
    return {"generator": SENTENCE, "late_processes": [LateProcess(worker, 5.0, 60.0, by, 0.5)], "workers": 2}


def finding(rush: Rush) -> Finding:
    return rush.only("load-generator")


def test_lateness_that_may_be_all_that_was_too_much() -> None:
    rush = Rush(seconds=3.5, spawn=1.0, event_text=event("3s"), known=late(0.16))
    assert finding(rush).explains == "load generator"
    assert finding(rush).share == pytest.approx(0.96 / 3.5)
    assert finding(rush).sentence == (
        "For 5 s of 60 s, a process of the load generator could not keep up: it woke up to 160 ms late, and used up to "
        "50 % of a core. So times may be up to 960 ms too long."
    )


def test_a_little_lateness_is_a_note_beside_a_long_wait() -> None:
    rush = Rush(seconds=60, spawn=58, event_text=event("3s"), known=late(0.16))
    assert rush.kinds == ["spawner-slow", "load-generator"]
    assert finding(rush).explains == "note"
    assert finding(rush).sentence == (
        "For 5 s of 60 s, a process of the load generator could not keep up: it woke up to 160 ms late, and used up to "
        "50 % of a core. That does not explain what was slow or failed."
    )


def test_without_targets_it_is_weighed_against_what_was_slow() -> None:
    assert finding(Rush(seconds=60, known=late(0.16))).explains == "note"
    assert finding(Rush(seconds=6, known=late(0.16))).explains == "note"
    assert finding(Rush(seconds=6, known=late(0.6))).explains == "load generator"


def test_it_explains_no_failure() -> None:
    rush = Rush(seconds=1, failure="spawn failed", event_text=event("3s"), known=late(2.0))
    assert finding(rush).explains == "note"


@pytest.mark.parametrize(("cpu", "helps"), [(0.02, False), (0.95, True)])
def test_more_processes_help_where_a_core_was_full(cpu: float, helps: bool) -> None:
    process = LateProcess(0, 5.0, 60.0, 5.0, cpu)
    told = finding(Rush(event_text=event("45s"), known={"generator": SENTENCE, "late_processes": [process]}))
    assert any("--processes" in remedy for remedy in told.remedies) is helps
    assert told.evidence == ()  # the sentence says it


def test_nothing_was_slow() -> None:
    rush = Rush(event_text=event("45s"), known=late(5.0))
    assert finding(rush).explains == "note"
    assert finding(rush).sentence.endswith("of a core. Nothing was slow for that.")


def test_a_late_worker_does_not_hide_what_the_others_met() -> None:
    both = tuple(start(n, 3.5, worker=n % 2, cohort="students") for n in range(20))
    assert finding(Rush(records=both, event_text=event("3s"), known=late(0.16, worker=1))).explains == "note"
    only_late = tuple(start(n, 3.5 if n % 2 else 1.0, worker=n % 2, cohort="students") for n in range(20))
    told = finding(Rush(records=only_late, event_text=event("3s"), known=late(0.16, worker=1)))
    assert told.explains == "load generator"
    assert told.evidence == (
        "Worker 1 could not keep up for 5 s of 60 s: it woke up to 160 ms late, and used up to 50 % of a core.",
    )


def test_seconds_in_which_it_was_not_late_are_not_made_longer() -> None:
    assert finding(Rush(seconds=60, known=late(4.0))).explains == "note"  # late by up to 4 s, but for 5 s only


def test_a_run_of_which_no_figures_are_known() -> None:
    assert finding(Rush(seconds=60, known={"generator": SENTENCE})).explains == "load generator"
    assert finding(Rush(known={"generator": SENTENCE})).explains == "note"


def test_the_figures_of_processes_that_could_not_keep_up() -> None:
    strains = [Strain(12, 0, worker=0), Strain(12, 3, 0.4, 0.9, worker=1)]
    assert late_processes(strains) == [LateProcess(1, 15.0, 60.0, 0.4, 0.9)]


@pytest.mark.parametrize(
    ("hub", "loop", "by", "kind"),
    [
        ("http://127.0.0.1:8000", 0.5, 1.6, "busy-machine"),
        ("http://127.0.0.1:8000", 2.5, 0.3, "hub-blocked"),  # much later than the load generator
        ("https://hub.example.org", 0.5, 1.6, "hub-blocked"),  # another machine
    ],
)
def test_a_machine_that_has_no_time_for_hub_and_load_generator(hub: str, loop: float, by: float, kind: str) -> None:
    process = LateProcess(0, 40.0, 60.0, by, 0.25)
    rush = Rush(
        seconds=30,
        spawn=25,
        loop=loop,
        probe=loop,
        known={"generator": SENTENCE, "late_processes": [process], "hub": hub},
    )
    assert kind in rush.kinds


def blocked(hub: str, *late: LateProcess) -> Finding:
    known = {"generator": SENTENCE if late else "", "late_processes": list(late), "hub": hub}
    return Rush(seconds=30, spawn=25, loop=2.5, probe=2.5, known=known).only("hub-blocked")


def test_a_hub_that_shares_its_machine_may_have_got_no_cpu() -> None:
    local = blocked("http://127.0.0.1:8000", LateProcess(0, 5.0, 60.0, 0.3, 0.25))
    assert local.sentence.endswith("was late as well, so perhaps the machine was too busy.")
    assert local.remedies[0].startswith("Look first whether other processes kept the machine busy")
    assert "c.Spawner.pre_spawn_hook" in local.remedies[1]
    assert blocked("http://127.0.0.1:8000").sentence.endswith("on the same machine, was not late.")
    remote = blocked("https://hub.example.org", LateProcess(0, 5.0, 60.0, 0.3, 0.25))
    assert remote.sentence.endswith("nobody got an answer.")
    assert "c.Spawner.pre_spawn_hook" in remote.remedies[0]
    assert "other processes" in remote.remedies[-1]


@pytest.mark.parametrize(("by", "is_blamed"), [(1.1, False), (0.4, True)])
def test_requests_of_a_late_process_say_nothing_of_the_proxy(by: float, is_blamed: bool) -> None:
    rush = Rush(seconds=30, spawn=2, client=2.0, hub=0.1, probe=1.0, known=late(by))
    assert ("proxy-slow" in rush.kinds) is is_blamed
