"""Healthy runs of many kinds, in which nobody is to blame."""

from pathlib import Path
from typing import Any

import pytest

from hubusers import start_parts
from hubusers.report.findings import findings_of, without_causes
from hubusers.results.folder import read_run
from hubusers.results.records import CELL, Record
from tests.report.causes.rush import Rush, event
from tests.report.made_up_run import BEGAN, make_up_run
from tests.report.runs import CLASS, TARGETS, start

CLASS_OF_60 = CLASS.replace("people = 3", "people = 60").replace('over = "3s"', 'over = "1m"')
WITHIN_45_S = (CLASS_OF_60 + TARGETS).replace('"10s"', '"45s"')


@pytest.mark.parametrize(
    "kind",
    [
        {},  # three hundred people, and a hub that is quick
        {"people": 5},
        {"people": 1},
        {"people": 40, "metrics": False},
        {"event_text": CLASS_OF_60},
        {"event_text": WITHIN_45_S},
        {"event_text": WITHIN_45_S, "slower": 8.0},  # slow, but within the target
        {"event_text": WITHIN_45_S, "slower": 6.0, "spawn_limit": 60},
        {"event_text": WITHIN_45_S, "slower": 8.0, "metrics": False},
    ],
)
def test_nobody_is_accused(tmp_path: Path, kind: dict[str, Any]) -> None:
    make_up_run(tmp_path / "run", failures=0.0, **kind)
    run = read_run(tmp_path / "run")
    assert findings_of(run) == []
    assert without_causes(run).startswith("Nothing limited it")


def test_a_lab_that_takes_its_time_within_the_target() -> None:
    parts = ((start_parts.ACCEPTANCE, 0.2), (start_parts.SPAWNING, 1.0), (start_parts.ANSWER, 11.8))
    assert Rush(seconds=13, parts=parts, spawn=12.8, event_text=event("45s")).kinds == []


def test_a_few_late_starts_within_the_percentile() -> None:
    parts = ((start_parts.NODE, 89.0), (start_parts.ANSWER, 1.0))
    records = [start(n, 3.0, cohort="students") for n in range(99)]
    records.append(start(99, 90.0, cohort="students", parts=parts))
    assert Rush(records=tuple(records), event_text=event("45s")).kinds == []


def test_a_busy_hub_that_keeps_its_targets() -> None:
    assert Rush(seconds=20, spawn=19, cpu=1.0, loop=5.0, probe=3.0, event_text=event("45s")).kinds == []


def test_targets_of_another_cohort_do_not_judge() -> None:
    of_staff = event("3s", 'cohort = "students"\n')
    records = [start(n, 2.0, cohort="students") for n in range(20)]
    records += [start(n, 60.0, cohort="") for n in range(20)]
    assert Rush(records=tuple(records), event_text=of_staff).kinds == []


def test_a_cell_that_computes_for_long() -> None:
    cells = [Record(CELL, f"user-{n}", BEGAN + n, 30.0, 0.0) for n in range(10)]
    starts = [start(n, 2.0) for n in range(10)]
    assert Rush(records=(*starts, *cells), cpu=1.0, probe=2.0).kinds == []
