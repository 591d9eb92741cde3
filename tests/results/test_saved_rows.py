"""What is damaged in a run's folder is named, and a run that was killed leaves what it measured."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hubusers.how_installed import this_installation
from hubusers.results.folder import (
    DIARIES_FILE,
    MESSAGES_FILE,
    METRICS_FILE,
    PROBES_FILE,
    REQUESTS_FILE,
    RUN_FILE,
    STEPS_FILE,
    RunFolder,
    RunFolderError,
    read_run,
)
from hubusers.results.hub_samples import Probe
from hubusers.results.records import START_TO_READY
from hubusers.results.run_info import RunInfo
from hubusers.results.start_messages import StartMessage
from hubusers.version import version
from tests.report.made_up_run import BEGAN
from tests.report.runs import info

STEPS = [(START_TO_READY, f"user-{n}", BEGAN + n, 1.0, 0.0, "", "", 1, 0.0, "") for n in range(3)]


def write(path: Path, known: RunInfo, steps: Sequence[tuple[object, ...]]) -> Path:
    folder = RunFolder(path)
    folder.write_steps(steps)
    folder.write_probe(Probe(BEGAN, 0.1))
    folder.write_messages([StartMessage("Pulling image", "image-pull", 2)])
    folder.write_diaries([])
    if known.ended:
        known.rows = folder.rows
    folder.write_info(known)
    folder.close()
    return path


def cut(text: str) -> str:
    """Take the end of the last line from a file."""
    return text[: text.rstrip().rfind(",")]


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        (
            STEPS_FILE,
            lambda text: text[: text.index("\n") + 1],
            "steps.csv in .* is damaged .it has 0 rows, and the run wrote",
        ),
        (STEPS_FILE, cut, "steps.csv in .* is damaged .its last line is not whole"),
        (STEPS_FILE, lambda text: f"{cut(text)}\n", "steps.csv in .* is damaged .row 1 does not have as many fields"),
        (
            STEPS_FILE,
            lambda text: text.replace("seconds", "minutes"),
            "steps.csv in .* is damaged .it lacks the column seconds",
        ),
        (REQUESTS_FILE, lambda _: "", "requests.csv in .* is damaged .it is empty"),
        (PROBES_FILE, lambda _: "", "hub-probes.csv in .* is damaged .it is empty"),
        (PROBES_FILE, cut, "hub-probes.csv in .* is damaged .its last line"),
        (MESSAGES_FILE, lambda _: "", "start-messages.csv in .* is damaged .it is empty"),
        (MESSAGES_FILE, lambda text: text.replace("count", "number"), "start-messages.csv .* lacks the column count"),
        (
            MESSAGES_FILE,
            lambda text: text.replace(",2,", ",two,"),
            "start-messages.csv in .* is damaged .count: Input should",
        ),
        (DIARIES_FILE, lambda _: "[]\n", "start-diaries.jsonl in .* is damaged"),
        (METRICS_FILE, lambda _: "{", "hub-metrics.jsonl in .* is damaged .its last line is not whole"),
    ],
)
def test_a_damaged_table(tmp_path: Path, file: str, change: Callable[[str], str], said: str) -> None:
    folder = write(tmp_path / "run", info(), STEPS[:1])
    assert len(read_run(folder).results.records) == 1
    path = folder / file
    text = path.read_text(encoding="utf-8")
    path.write_text(change(text), encoding="utf-8")
    with pytest.raises(RunFolderError, match=said):
        read_run(folder)


def test_a_run_of_another_version(tmp_path: Path) -> None:
    """What this version does not know looks like damage."""
    folder = write(tmp_path / "run", info(versions={"hubusers": version()}), STEPS[:1])
    path = folder / RUN_FILE
    path.write_text(
        path.read_text(encoding="utf-8").replace('"run_id"', '"weather": "fine", "run_id"'), encoding="utf-8"
    )
    with pytest.raises(RunFolderError, match=r"run\.json in .* is damaged \(weather: .*\): repeat the run\.$"):
        read_run(folder)
    path.write_text(path.read_text(encoding="utf-8").replace(version(), "99.1"), encoding="utf-8")
    said = re.escape(f"because hubusers 99.1 wrote it, and this is {version()}. {this_installation().to_upgrade()}")
    with pytest.raises(RunFolderError, match=f"{said}$"):
        read_run(folder)


def test_a_run_that_lost_its_event(tmp_path: Path) -> None:
    folder = write(tmp_path / "run", info(planned_people=3), STEPS[:1])
    with pytest.raises(RunFolderError, match=r"it has no event\.toml"):
        read_run(folder)


def test_a_run_that_was_killed_while_it_wrote(tmp_path: Path) -> None:
    """It leaves what it measured: only the lines that were not whole are left out."""
    folder = write(tmp_path / "run", info(ended=0.0), STEPS)
    for name, text in ((PROBES_FILE, "began,seconds,failure\r\n1,0.1,\r\n2,0.1"), (METRICS_FILE, '{"ti')):
        (folder / name).write_text(text, encoding="utf-8")
    (folder / REQUESTS_FILE).write_text("", encoding="utf-8")  # the first second is not written yet
    steps = folder / STEPS_FILE
    steps.write_text(cut(steps.read_text(encoding="utf-8")), encoding="utf-8")
    results = read_run(folder).results
    assert (len(results.records), len(results.probes), results.hub_samples) == (2, 1, [])
