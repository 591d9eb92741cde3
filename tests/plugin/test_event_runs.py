"""Events, rehearsed on a real hub from the file to the folder that the run leaves."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from hubusers.event.file import parse_event
from hubusers.event.plan import Person, plan
from hubusers.local import LocalHub
from hubusers.report.findings import findings_of, in_sentences
from hubusers.report.verdict import verdict_of
from hubusers.results.folder import FinishedRun, read_run
from hubusers.results.records import START_TO_READY
from tests.event.events import event_text
from tests.locust_process import NO_FIRST_SERVER, LocustProcess, run_locust, users_on
from tests.run_folder import recorded_so_far
from tests.scripted_hub import Scripted, ScriptedHub
from tests.spawner_events import spawner_events
from tests.waiting import wait_until

EVENT = """
title = "Two cohorts"
seed = 9

[[cohorts]]
name = "students"
people = 15
profiles = { small = "80 %", gpu = "20 %" }
arrivals = { pattern = "bell", around = "3s", spread = "1s" }
stay = { distribution = "uniform", from = "0.5s", to = "1.5s" }

[[cohorts]]
name = "auditors"
people = 3
user_options = { image = "scipy" }
arrivals = { pattern = "evenly", over = "4s" }
stay = "1s"
pause = "0.5s"
lifecycles = 2

[[targets]]
measure = "start to ready"
percentile = 95
at_most = "TARGET"
"""


LATE = 1.5
"""Seconds; how late a busy machine may let somebody in."""


@pytest.fixture
def event_file(tmp_path: Path) -> Path:
    return written(tmp_path, EVENT.replace("TARGET", "30s"))


def written(folder: Path, text: str) -> Path:
    path = folder / "event.toml"
    path.write_text(text, encoding="utf-8")
    return path


def options(event: Path, prefix: str) -> list[str]:
    runs = str(event.parent / "runs")
    return ["--event", str(event), "--runs-folder", runs, "--name-prefix", prefix, "--server-timeout", "30"]


def the_run(event: Path) -> FinishedRun:
    [folder] = (event.parent / "runs").iterdir()
    return read_run(folder)


def planned(event: Path) -> list[Person]:
    event_read = parse_event(event.read_text(encoding="utf-8"), "")
    assert event_read.seed is not None
    return plan(event_read, event_read.seed)


def started(hub: LocalHub, prefix: str) -> list[dict[str, Any]]:
    """Return the starts of servers of runs with this prefix."""
    return [event for event in spawner_events(hub, "starting") if event["username"].startswith(f"{prefix}-")]


def of_ours(hub: LocalHub, prefix: str) -> list[str]:
    return [name for name in users_on(hub) if name.startswith(f"{prefix}-")]


@pytest.mark.parametrize("processes", [pytest.param(1, marks=pytest.mark.thorough), 3])
def test_everybody_comes_when_planned_on_any_number_of_workers_and_all_of_it_is_recorded(
    local_hub: LocalHub, event_file: Path, free_master_port: list[str], processes: int
) -> None:
    prefix = f"event-{processes}"
    workers = ["--processes", str(processes), *free_master_port] if processes > 1 else []
    locust = run_locust(local_hub, *options(event_file, prefix), *workers)
    assert locust.process.returncode == 0, locust.output
    assert locust.summary() == (18, 18, 0, 21, 21, 0)
    assert locust.output.count("A first server was ready") == 3  # one for each kind of user options
    assert "What was tried first is removed again: users: 3 created, 3 removed, 0 left" in locust.output
    assert not of_ours(local_hub, prefix)

    run = the_run(event_file)
    starts = [record for record in run.results.records.of(START_TO_READY) if record.lifecycle == 1]
    came = sorted((record.cohort, record.began - run.info.began) for record in starts)
    due = sorted((person.cohort, person.arrives) for person in planned(event_file))
    assert [cohort for cohort, _ in came] == [cohort for cohort, _ in due]
    for (_, moment), (_, arrives) in zip(came, due, strict=True):
        assert arrives - 0.01 <= moment <= arrives + LATE, locust.output

    wanted_options = sorted(
        str(person.user_options) for person in planned(event_file) for _ in range(person.lifecycles)
    )
    spawned = started(local_hub, f"{prefix}-{run.info.run_id}")
    assert sorted(str(event["user_options"]) for event in spawned) == wanted_options

    assert run.info.planned_people == 18
    assert run.info.hub == local_hub.url
    assert run.info.left_behind == 0
    assert run.info.versions.keys() >= {"hubusers", "locust", "python"}
    assert run.event == parse_event(event_file.read_text(encoding="utf-8"), "")
    assert len(run.results.records.of(START_TO_READY)) == 21
    assert len(run.results.requests.of("POST /users/{name}/server")) == 21
    assert len(run.results.probes) >= 3
    assert run.results.hub_samples[-1].cpu_seconds
    for file in run.folder.iterdir():
        assert local_hub.token not in file.read_text(encoding="utf-8"), file
    verdict = verdict_of(run)
    assert verdict.headline.startswith("It holds")
    last = [verdict.headline, *in_sentences(run, findings_of(run)), "Clean-up: ", f"The report is in {run.folder}"]
    for line, words in zip(locust.lines[-len(last) :], last, strict=True):
        assert words in line, locust.output
        assert locust.output.count(words) == 1


def test_an_interrupted_event_gives_no_answer_and_leaves_nothing(local_hub: LocalHub, tmp_path: Path) -> None:
    event = written(tmp_path, event_text(people=10, cohort='stay = "10m"'))
    with LocustProcess(local_hub, ["--headless", "--only-summary", *options(event, "broken")]) as locust:
        locust.wait_for("The event begins")
        wait_until(lambda: bool(started(local_hub, "broken")), lambda: locust.output)
        assert len(of_ours(local_hub, "broken")) == 10
        code = locust.stop()
    assert code == 4, locust.output
    assert "No answer" in locust.output
    assert not of_ours(local_hub, "broken")


@pytest.mark.thorough
def test_an_interrupt_while_accounts_are_made_leaves_none_of_them(local_hub: LocalHub, tmp_path: Path) -> None:
    event = written(tmp_path, EVENT.replace("TARGET", "30s").replace("people = 15", "people = 197"))
    with LocustProcess(local_hub, ["--headless", "--only-summary", *options(event, "early")]) as locust:
        locust.wait_for(" of 200 accounts created")
        code = locust.stop()
    assert code == 4, locust.output
    assert locust.summary()[0] < 200
    assert not of_ours(local_hub, "early")


def test_who_was_lost_with_a_worker_is_counted_and_leaves_no_answer(
    local_hub: LocalHub, tmp_path: Path, free_master_port: list[str]
) -> None:
    target = '[[targets]]\nmeasure = "failed starts"\nat_most = "0 %"'
    event = written(tmp_path, event_text(people=10, cohort='stay = "10s"', below=target))
    arguments = ["--headless", "--only-summary", *options(event, "lost"), "--processes", "2", *free_master_port]
    with LocustProcess(local_hub, arguments) as locust:
        # All are there, as the master knows, and none has left.
        wait_until(lambda: recorded_so_far(tmp_path / "runs", START_TO_READY) == 10, lambda: locust.output)
        worker = psutil.Process(locust.process.pid).children()[0]
        os.kill(worker.pid, signal.SIGKILL)
        code = locust.wait()
    assert code == 4, locust.output
    assert the_run(event).info.people_lost == 5
    assert "5 people were lost with a worker that died" in locust.output
    assert not of_ours(local_hub, "lost")


CLIMB = """
title = "How far"
seed = 1
stop_when_missed = true

[[cohorts]]
name = "all"
arrivals = { pattern = "steps", first_per_minute = 30, more_per_minute = 300, up_to_per_minute = 930, each_lasts = 4 }
stay = "1s"

[[targets]]
measure = "throttled starts"
at_most = "10 %"
"""


@pytest.mark.thorough
def test_a_climb_ends_at_the_first_step_that_misses_a_target(tmp_path: Path) -> None:
    event = written(tmp_path, CLIMB)
    soon = "c.JupyterHub.tornado_settings['spawn_throttle_retry_range'] = (2, 4)"
    with LocalHub(spawn_seconds=(0.5, 0.5), concurrent_spawn_limit=4, extra_config=soon) as hub:
        locust = run_locust(hub, *options(event, "climb"))
    assert locust.process.returncode == 1, locust.output
    assert "climbs no further" in locust.output
    run = the_run(event)
    assert run.event
    last = max(record.began for record in run.results.records.of(START_TO_READY)) - run.info.began
    assert run.event.steps[0].end < last < run.event.steps[-1].end
    assert "The hub held" in locust.output


def test_workers_for_whom_there_is_nobody_do_not_keep_an_event_from_beginning(
    local_hub: LocalHub, tmp_path: Path, free_master_port: list[str]
) -> None:
    event = written(tmp_path, event_text(people=1, cohort='stay = "1s"'))
    locust = run_locust(local_hub, *options(event, "one"), *NO_FIRST_SERVER, "--processes", "2", *free_master_port)
    assert locust.process.returncode == 0, locust.output
    assert locust.summary() == (1, 1, 0, 1, 1, 0)


def test_an_event_with_workers_that_something_ends_ends_soon(
    local_hub: LocalHub, tmp_path: Path, free_master_port: list[str]
) -> None:
    arrivals = '{ pattern = "evenly", over = "60s" }'
    event = written(tmp_path, event_text(arrivals, people=60, cohort='stay = "1s"'))
    with (
        ScriptedHub(before=local_hub) as front,
        LocustProcess(
            local_hub,
            ["--headless", *options(event, "ending"), "--server-timeout", "120", "--processes", "2", *free_master_port],
            env={"JUPYTERHUB_ENDPOINT": front.endpoint},
        ) as locust,
    ):
        locust.wait_for("The event begins")
        wait_until(lambda: len(started(local_hub, "ending")) >= 4, lambda: locust.output)
        front.refuse("POST", "/server", Scripted(500, {"message": "Unhandled error starting server"}))
        locust.wait_for("4 spawns in a row failed")
        assert locust.wait(120) == 1  # and not after all the time that workers may take
    assert not [words for words in ("workers were lost", "lost with") if words in locust.output]
    assert locust.summary()[2] == 0


def test_who_still_waits_when_the_event_ends_counts(tmp_path: Path, free_master_port: list[str]) -> None:
    target = '[[targets]]\nmeasure = "start to ready"\npercentile = 95\nat_most = "0.1s"'
    event = written(tmp_path, event_text(people=5, above='ends_after = "3s"', cohort='stay = "1s"', below=target))
    with LocalHub(spawn_seconds=(60, 60)) as hub:
        locust = run_locust(hub, *options(event, "cut"), *NO_FIRST_SERVER, "--processes", "2", *free_master_port)
    assert locust.process.returncode == 1, locust.output
    assert "It does not hold: 0 of 5 people got a server within" in locust.output
    run = the_run(event)
    waited_until = [record.began + record.seconds for record in run.results.records.unfinished()]
    assert [run.info.began + 3 <= moment < time.time() for moment in waited_until] == [True] * 5
    assert not run.results.records.of(START_TO_READY)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--event", "EVENT"], "needs the user class Reader", marks=pytest.mark.thorough),
        (["--event", "class-at-nine", "--runs-folder", "/proc/nowhere"], "give another folder with --runs-folder"),
    ],
)
def test_what_cannot_be_rehearsed_is_refused_in_one_sentence(
    local_hub: LocalHub, tmp_path: Path, arguments: list[str], words: str
) -> None:
    """What each option refuses is tested with the options."""
    event = written(tmp_path, event_text(people=1, cohort='user_class = "Reader"'))
    arguments = [str(event) if argument == "EVENT" else argument for argument in arguments]
    locust = run_locust(local_hub, *arguments, "--name-prefix", "refused")
    assert locust.process.returncode == 2, locust.output
    assert words in locust.output
    assert not of_ours(local_hub, "refused")


def test_a_dry_run_draws_the_plan_without_a_hub(event_file: Path) -> None:
    locust = run_locust(None, "--event", str(event_file), "--dry-run")
    assert locust.process.returncode == 0, locust.output
    assert "15 students, 3 auditors" in locust.output
    assert ", from the text of the file:" not in locust.output


@pytest.mark.thorough
def test_a_dry_run_of_a_file_without_a_seed_says_which_one_follows_from_it(tmp_path: Path) -> None:
    event = written(tmp_path, EVENT.replace("TARGET", "30s").replace("seed = 9\n", ""))
    locust = run_locust(None, "--event", str(event), "--dry-run")
    assert ', from the text of the file: "seed = ' in locust.output
