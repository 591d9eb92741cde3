"""The program that keeps a pod until the folder of its run was fetched."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import hubusers.kube

SCRIPT = Path(hubusers.kube.__file__).with_name("keep_results.sh")


@contextmanager
def keeping(folder: Path, seconds: int, run: str = "locust") -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """Run the program in a pod with one other process of this name; a second of it lasts ten milliseconds here.

    Yields:
        Its process, and the commands that it runs, line by line.
    """
    (folder / "runs").mkdir()
    (folder / "proc" / "17").mkdir(parents=True)
    (folder / "proc" / "17" / "comm").write_text(f"{run}\n", encoding="utf-8")
    script = SCRIPT.read_text(encoding="utf-8").replace("/proc/", f"{folder}/proc/").replace("sleep 1", "sleep 0.01")
    command = ["sh", "-x", "-c", script, "keep-results", str(seconds)]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            yield process, process.stderr
        finally:
            process.kill()


def wait_for_loops(steps: IO[str], count: int) -> None:
    for _ in range(count):
        assert any(line == "+ sleep 0.01\n" for line in iter(steps.readline, ""))


def end_run(folder: Path) -> None:
    (folder / "proc" / "17" / "comm").unlink()


def test_it_stays_as_long_as_the_run_and_some_time_for_the_folder_to_be_fetched(tmp_path: Path) -> None:
    with keeping(tmp_path, seconds=5) as (process, steps):
        wait_for_loops(steps, 20)  # it has not ended, although these are more
        end_run(tmp_path)
        assert steps.read().count("sleep") >= 4
        assert process.wait() == 0


def test_it_ends_when_the_folder_was_fetched(tmp_path: Path) -> None:
    with keeping(tmp_path, seconds=1_000_000) as (process, steps):
        wait_for_loops(steps, 1)
        (tmp_path / "runs" / ".fetched").touch()
        steps.read()
        assert process.wait() == 0


def test_it_outlives_the_run_of_a_pod_that_somebody_deletes(tmp_path: Path) -> None:
    with keeping(tmp_path, seconds=1_000_000) as (process, steps):
        wait_for_loops(steps, 1)
        process.send_signal(signal.SIGTERM)
        wait_for_loops(steps, 40)  # more than the thirty seconds that it stays after the run
        end_run(tmp_path)
        _, _, after_the_run = steps.read().partition("+ return 1\n")
        assert 29 <= after_the_run.count("sleep") <= 31
        assert process.wait() == 0


def test_other_processes_are_not_the_run(tmp_path: Path) -> None:
    with keeping(tmp_path, seconds=1, run="tar") as (process, steps):
        steps.read()
        assert process.wait() == 0
