"""What is damaged in a run's folder is named, and everything else used; so it is after a run that was killed."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hubusers.exit_codes import EXIT_NO_ANSWER
from hubusers.how_installed import this_installation
from hubusers.report.verdict import verdict_of
from hubusers.results.folder import (
    DIARIES_FILE,
    EXAMPLES_FILE,
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


def cut(content: bytes) -> bytes:
    """Take the end of the last line from a file."""
    return content[: content.rstrip().rfind(b",")]


def with_second_line(line: bytes) -> Callable[[bytes], bytes]:
    """Return a change that puts a line below the first one."""
    return lambda content: content.replace(b"\n", b"\n" + line + b"\r\n", 1)


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        # Nothing, or next to nothing, is left
        (STEPS_FILE, lambda _: b"", "it is empty): none of the 3 rows that the run wrote can be read."),
        (STEPS_FILE, lambda text: text[:5], "line 1: it is cut off): none of the 3 rows"),
        (
            STEPS_FILE,
            lambda text: b"\0" * len(text),
            "line 1: it has zeros in it, as files have after a power cut",
        ),
        (STEPS_FILE, lambda text: b"\xff" + text, "line 1: it has bytes in it that are not UTF-8): none of the 3"),
        (
            STEPS_FILE,
            lambda text: text.replace(b"seconds", b"minutes"),
            "line 1: it lacks the column seconds): none of",
        ),
        (STEPS_FILE, lambda text: text[: text.index(b"\n") + 1], "damaged: none of the 3 rows"),
        (MESSAGES_FILE, lambda _: b"", "it is empty): none of the 1 row that"),
        (MESSAGES_FILE, lambda text: text.replace(b"count", b"number"), "line 1: it lacks the column count"),
        (MESSAGES_FILE, lambda text: text.replace(b",2,", b",two,"), "line 2: count: Input should"),
        (METRICS_FILE, lambda _: b"{", "line 1: it is cut off): what stood there is missing."),
        # Its end is
        (STEPS_FILE, cut, "line 4: it is cut off): it lacks 1 of the 3 rows that the run wrote."),
        (
            STEPS_FILE,
            lambda text: cut(text) + b"\0" * 4096,
            "line 4: it has zeros in it, as files have after a power cut): ",
        ),
        (STEPS_FILE, lambda text: cut(text) + b"\xc3", "line 4: it is cut off): it lacks 1 of the 3 rows"),
        (
            STEPS_FILE,
            lambda text: text + b"\0" * 512,
            "line 5: it has zeros in it, as files have after a power cut",
        ),
        (PROBES_FILE, cut, "line 2: it is cut off): none of the 1 row"),
        # Something in between
        (STEPS_FILE, with_second_line(b"start"), "line 2: it does not have as many fields as the header): what stood"),
        (STEPS_FILE, with_second_line(b"\xff"), "line 2: it has bytes in it that are not UTF-8): what stood"),
        (STEPS_FILE, lambda text: text.replace(b"user-1", b"us\0\0\0\0"), "line 3: it has zeros in it"),
        (STEPS_FILE, lambda text: text.replace(b"user-1", b"us\xe4r-1"), "line 3: it has bytes in it that are not UTF"),
        (STEPS_FILE, lambda text: text.replace(b",1.0,", b",one,", 1), "line 2: could not convert string to float"),
        (STEPS_FILE, lambda text: text + text.splitlines(keepends=True)[-1], "it has 4 rows, and the run wrote 3."),
        (DIARIES_FILE, lambda _: b"[]\n", "line 1: "),
        (METRICS_FILE, lambda _: b"{}\n", "line 1: it lacks 'event_loop'): what stood there"),
    ],
)
def test_a_damaged_table(tmp_path: Path, file: str, change: Callable[[bytes], bytes], said: str) -> None:
    """What can be read of it is used, and what is missing is said. It gives no answer any more."""
    folder = write(tmp_path / "run", info(versions={"hubusers": version()}), STEPS)
    whole = read_run(folder)
    assert (len(whole.results.records), whole.damages, verdict_of(whole).answer) == (3, [], "no targets")
    path = folder / file
    path.write_bytes(change(path.read_bytes()))
    run = read_run(folder)
    [damage] = run.damages
    assert damage.name == file
    assert said in damage.sentence
    if file == STEPS_FILE and (lacks := re.search(r"lacks (\d) of", damage.sentence)):
        assert len(run.results.records) == 3 - int(lacks[1])
    verdict = verdict_of(run)
    assert (verdict.answer, verdict.exit_code) == ("no answer", EXIT_NO_ANSWER)
    assert verdict.headline.startswith(f"No answer: a part of what the run measured is damaged: {file}.")
    assert f"{damage.sentence} For an answer, repeat the run." in verdict.doubts


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


def test_a_value_that_another_version_may_have_written(tmp_path: Path) -> None:
    folder = write(tmp_path / "run", info(versions={"hubusers": "99.1"}), STEPS)
    for before, after, may_be in ((b",1.0,", b",one,", True), (b"user-2", b"user-\xff", False)):
        path = folder / STEPS_FILE
        content = path.read_bytes()
        path.write_bytes(content.replace(before, after, 1))
        [damage] = read_run(folder).damages
        assert ("because hubusers 99.1 wrote it" in damage.sentence) is may_be
        path.write_bytes(content)


def test_a_run_that_was_killed_and_then_damaged(tmp_path: Path) -> None:
    """Both are said. That the last row is not whole comes of the first, also in a text of several lines."""
    folder = write(tmp_path / "run", info(ended=0.0), STEPS)
    examples, cut_off = folder / EXAMPLES_FILE, b'start to ready,"lost\nin the middle\n'
    examples.write_bytes(examples.read_bytes() + cut_off)
    assert read_run(folder).damages == []
    examples.write_bytes(examples.read_bytes().replace(cut_off, b"start\r\n" + cut_off))
    with (folder / STEPS_FILE).open("ab") as file:
        file.write(b"\0" * 100)
    run = read_run(folder)
    assert (len(run.results.records), [damage.name for damage in run.damages]) == (3, [STEPS_FILE, EXAMPLES_FILE])
    verdict = verdict_of(run)
    assert verdict.headline.startswith("No answer: the run was cut off")
    assert any("what stood there is missing" in doubt for doubt in verdict.doubts)


def test_a_run_that_was_killed_while_it_wrote(tmp_path: Path) -> None:
    """It leaves what it measured: only the lines that were not whole are left out."""
    folder = write(tmp_path / "run", info(ended=0.0), STEPS)
    for name, text in ((PROBES_FILE, "began,seconds,failure\r\n1,0.1,\r\n2,0.1"), (METRICS_FILE, '{"ti')):
        (folder / name).write_text(text, encoding="utf-8")
    (folder / REQUESTS_FILE).write_text("", encoding="utf-8")  # the first second is not written yet
    steps = folder / STEPS_FILE
    steps.write_bytes(cut(steps.read_bytes()))
    run = read_run(folder)
    results = run.results
    assert run.damages == []
    assert (len(results.records), len(results.probes), results.hub_samples) == (2, 1, [])
