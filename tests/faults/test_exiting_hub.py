"""A hub that exits after five failed spawns in a row: the run keeps it alive where it can; where not, it says so."""

import json
import re
import time
from pathlib import Path

import pytest

from hubusers.local import LocalHub
from tests.locust_process import LocustProcess, users_on
from tests.spawner_events import spawner_events

FRAGILE = """
c.Spawner.consecutive_failure_limit = 5
import hubusers.local.spawners as s
from pathlib import Path
launch = s.StubSpawner.launch
async def launch_some(self):
    s.launched = getattr(s, "launched", 0) + 1
    if {fails}:
        raise RuntimeError("the registry is gone")
    return await launch(self)
s.StubSpawner.launch = launch_some
"""

ALL_BUT_THE_FIRST = FRAGILE.format(fails="s.launched > 1")


def run_info(folder: Path) -> dict[str, object]:
    """Return what the run has written down about itself."""
    (path,) = folder.glob("runs/*/run.json")
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return found


def notes_of(folder: Path) -> list[str]:
    notes = run_info(folder)["notes"]
    assert isinstance(notes, list)
    return notes


def in_folder(folder: Path) -> dict[str, str]:
    return {"HUBUSERS_RUNS_FOLDER": str(folder / "runs")}


def still_answers(hub: LocalHub) -> bool:
    """Say whether the hub answers, some seconds after it could have exited."""
    time.sleep(3)
    return isinstance(users_on(hub), list)


def come_back(hub: LocalHub) -> None:
    """Start the hub again, as what runs it does on a cluster, after it has exited by itself."""
    assert hub.wait() == 1
    hub.restart()


ONE_CLASS_AFTER_TWO_PEOPLE = """
title = "The class comes when two have failed"
seed = 1

[[cohorts]]
name = "early"
people = 2
arrivals = { pattern = "at once" }
stay = "20s"
lifecycles = 1

[[cohorts]]
name = "class"
people = 12
arrivals = { pattern = "at once", at = "10s" }
stay = "20s"
lifecycles = 1
"""


def event_in(folder: Path) -> list[str]:
    (folder / "event.toml").write_text(ONE_CLASS_AFTER_TWO_PEOPLE)
    return ["--event", str(folder / "event.toml")]


def test_fourteen_people_at_once_take_it_down_and_the_run_says_so(tmp_path: Path) -> None:
    # A spawn lasts until all fourteen have asked.
    with LocalHub(spawn_seconds=(3, 3), extra_config=ALL_BUT_THE_FIRST) as hub:
        arguments = ["--headless", "-u", "14", "-r", "14", "--stay", "60", "--server-timeout", "20"]
        with LocustProcess(hub, arguments, env=in_folder(tmp_path)) as locust:
            locust.wait_for("The hub has not answered since")
            come_back(hub)
            assert locust.wait() == 1
        assert len(spawner_events(hub, "starting")) == 1 + 14  # before the first of them had failed
        assert 5 <= len(spawner_events(hub, "failed")) <= 14  # as many as it lived to see
        assert "4 spawns in a row failed, so the run ends" in locust.output
        (away,) = (note for note in notes_of(tmp_path) if note.startswith("The hub has not answered since "))
        assert away.endswith("spawns in a row had failed: with consecutive_failure_limit it exits then.")
        assert users_on(hub) == []


def test_the_hub_survives_a_class_that_comes_after_the_first_failures(tmp_path: Path) -> None:
    with LocalHub(spawn_seconds=(1, 1), extra_config=ALL_BUT_THE_FIRST) as hub:
        arguments = ["--headless", *event_in(tmp_path), "--server-timeout", "20", "--after-failure", "end"]
        with LocustProcess(hub, [*arguments, "--time-scale", "2"], env=in_folder(tmp_path)) as locust:
            assert locust.wait() == 1
        assert len(spawner_events(hub, "failed")) == 4
        assert still_answers(hub)
        assert users_on(hub) == []
        assert "4 spawns in a row failed, so the run ends" in locust.output
        assert locust.output.count("A spawn has failed, so only a few people at a time may ask for a server") == 1
        (note,) = notes_of(tmp_path)
        assert note.startswith("10 starts were held back, for at most ")
        assert "10 of them never asked for a server, because the run ended" in note


@pytest.mark.thorough
def test_people_who_were_held_back_come_when_a_spawn_has_succeeded(tmp_path: Path) -> None:
    flaky = FRAGILE.format(fails="2 <= s.launched <= 3")
    with LocalHub(spawn_seconds=(1, 1), extra_config=flaky) as hub:
        arguments = ["--headless", "--json", *event_in(tmp_path), "--server-timeout", "20", "--after-failure", "end"]
        with LocustProcess(hub, [*arguments, "--time-scale", "2"], env=in_folder(tmp_path)) as locust:
            assert locust.wait() == 1
        row = locust.statistics()["SERVER start to ready"]
        assert (row["num_requests"], row["num_failures"]) == (14, 2)
        (note,) = notes_of(tmp_path)
        assert note.startswith("10 starts were held back, for at most ")
        assert "never asked" not in note
        assert users_on(hub) == []


def test_a_run_that_goes_on_says_when_the_hub_was_away(tmp_path: Path) -> None:
    with LocalHub(spawn_seconds=(0.5, 0.5), extra_config=ALL_BUT_THE_FIRST) as hub:
        # The run's own limit is higher than the hub's.
        arguments = ["-u", "14", "-r", "14", "--stop-after-failed-spawns", "30", "--after-failure", "end"]
        with LocustProcess(hub, ["--headless", *arguments], env=in_folder(tmp_path)) as locust:
            locust.wait_for("The hub has not answered since")
            come_back(hub)
            locust.wait_for("The hub answers again after ")
            assert locust.stop() == 1
        away, back = notes_of(tmp_path)
        known = re.search(r"after (\d+) spawns in a row had failed: with consecutive_failure_limit it exits", away)
        assert known
        assert 5 <= int(known[1]) <= 14  # as many as were seen before it went
        assert back.startswith("The hub answers again after ")
        assert users_on(hub) == []


@pytest.mark.thorough
def test_a_hub_that_stays_away_ends_the_run_with_the_reason(tmp_path: Path) -> None:
    with LocalHub(spawn_seconds=(0.5, 0.5), extra_config=ALL_BUT_THE_FIRST) as hub:
        arguments = ["-u", "14", "-r", "14", "--stop-after-failed-spawns", "30", "--after-failure", "end"]
        arguments += ["--server-timeout", "20"]
        with LocustProcess(hub, ["--headless", *arguments], env=in_folder(tmp_path)) as locust:
            locust.wait_for("The hub has not answered for 20 s, so the run ends")
            come_back(hub)
            assert locust.wait() == 1
        assert str(run_info(tmp_path)["ended_because"]).startswith("The hub has not answered for 20 s")
        assert users_on(hub) == []


@pytest.mark.thorough
def test_with_workers_the_hub_survives_as_well(tmp_path: Path, free_master_port: list[str]) -> None:
    with LocalHub(spawn_seconds=(1, 1), extra_config=ALL_BUT_THE_FIRST) as hub:
        arguments = ["--headless", *event_in(tmp_path), "--processes", "2", *free_master_port]
        # Each worker may have a start under way in any case, so the limit is a lower one.
        arguments += ["--server-timeout", "20", "--after-failure", "end", "--stop-after-failed-spawns", "3"]
        with LocustProcess(hub, arguments, env=in_folder(tmp_path)) as locust:
            assert locust.wait() == 1
        assert 3 <= len(spawner_events(hub, "failed")) <= 4
        assert still_answers(hub)
        assert locust.summary()[2::3] == (0, 0)
        (note,) = notes_of(tmp_path)
        assert re.search(r"(9|10|11) of them never asked for a server, because the run ended", note)
        assert users_on(hub) == []
