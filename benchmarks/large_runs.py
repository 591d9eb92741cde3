"""What long and large runs take: `python -m benchmarks.large_runs` prints two Markdown tables.

- Reports: of made-up runs, one with very many requests and one with very many people. What the report takes at the end
  of the run, in the process that has recorded it, and what `hubusers report` takes, from its start to its end.
- A soak: a real run of a master and two workers on the fast hub, whose users send nothing but have made-up requests
  recorded, through Locust's event, at full speed. The most memory that each process had, and the CPU of the report.

`--other CHECKOUT` has the reports written by another checkout of hubusers as well, in turn with this one.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.markdown import markdown_table
from benchmarks.processes import ROOT, DidNotRun, environment_for, running_fast_hub
from hubusers.local.ports import free_port

WORKERS = 2
SOAKED = "SOAKED"
"""What each user prints when it is done."""

_SECONDS_BETWEEN_LOOKS = 0.5
_MB = 1_000_000
_COMMAND = "from hubusers.cli import main; main()"  # as the command `hubusers` has it
_PATIENCE = 3_600.0


@dataclass(frozen=True)
class Taken:
    """What a process took, from its start to its end."""

    cpu_seconds: float
    rss: int  # bytes, at its peak


@dataclass(frozen=True)
class Size:
    """How large a made-up run is."""

    requests: int
    people: int
    seconds: float


def reports_table(sizes: list[Size], checkouts: list[Path]) -> str:
    """Write made-up runs and their reports, and return what it took as a Markdown table."""
    rows = []
    for size in sizes:
        for checkout in checkouts:
            print(f"{size} in {checkout}", file=sys.stderr)
            with tempfile.TemporaryDirectory() as folder:
                end = _write(Path(folder), size, checkout)
                (run,) = Path(folder).iterdir()
                report = report_of(run, checkout)
                cpu, memory = f"{float(end['cpu_seconds']):.1f}", f"{int(end['rss_kib']) * 1024 / _MB:,.0f} MB"
                shown = [f"{size.requests:,}", f"{size.people:,}", _name(checkout), f"{_bytes_in(run) / _MB:,.0f} MB"]
                rows.append([*shown, cpu, memory, f"{report.cpu_seconds:.1f}", f"{report.rss / _MB:,.0f} MB"])
    headers = ["requests", "people", "hubusers", "folder", "CPU-s at the run's end", "memory then"]
    return markdown_table([*headers, "CPU-s of `hubusers report`", "its memory"], "rrlrrrrr", rows)


def _write(folder: Path, size: Size, checkout: Path) -> dict[str, float]:
    arguments = [str(folder), "--requests", str(size.requests), "--people", str(size.people)]
    # By its path, and without this folder among those that are imported from: the other checkout may not have it.
    command = [sys.executable, "-P", str(ROOT / "benchmarks" / "made_up_large_run.py"), *arguments]
    command += ["--seconds", str(size.seconds)]
    done = subprocess.run(command, env=_env(checkout), capture_output=True, text=True)
    if done.returncode:
        raise DidNotRun(f"no run was written:\n{done.stderr}")
    end: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return end


def report_of(run: Path, checkout: Path) -> Taken:
    """Write the report of a run again, and return what it took.

    Raises:
        DidNotRun: It was not written.
    """
    command = [sys.executable, "-c", _COMMAND, "report", str(run)]
    with subprocess.Popen(command, cwd=checkout, env=_env(checkout), stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.read() if process.stdout else ""
        # Of this child alone.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if "The report is in" not in said:
        raise DidNotRun(f"hubusers report ended with exit code {process.returncode}")
    return Taken(usage.ru_utime + usage.ru_stime, 1024 * usage.ru_maxrss)


def soak_table(requests: int) -> str:
    """Have many requests recorded, and return what it took as a Markdown table."""
    print(f"a soak of {requests:,} requests", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        wall, peaks = _soak(Path(folder), requests)
        (run,) = Path(folder).iterdir()
        report = report_of(run, ROOT)
        master, *workers = (f"{peak / _MB:,.0f} MB" for peak in peaks)
        row = [f"{requests:,}", f"{wall:,.0f}", master, ", ".join(workers), f"{_bytes_in(run) / _MB:,.0f} MB"]
    row += [f"{report.cpu_seconds:.1f}", f"{report.rss / _MB:,.0f} MB"]
    headers = ["requests", "seconds", "memory of the master", "of the workers", "folder", "CPU-s of `hubusers report`"]
    return markdown_table([*headers, "its memory"], "rrrrrrr", [row])


def _soak(folder: Path, requests: int) -> tuple[float, list[int]]:
    """Return how many seconds it took, and the most memory of the master and of each worker."""
    port, output = str(free_port()), folder.with_suffix(".txt")
    command = [sys.executable, "-m", "locust", "-f", str(ROOT / "benchmarks/soak_users.py"), "--headless"]
    command += ["-u", str(WORKERS), "-r", str(WORKERS), "--only-summary"]
    command += ["--processes", str(WORKERS), "--master-bind-port", port, "--master-port", port]
    command += ["--runs-folder", str(folder), "--stop-after-failed-spawns", "0"]
    began = time.monotonic()
    with running_fast_hub(spawn_seconds=0.1) as hub, output.open("w", encoding="utf-8") as file:
        env = environment_for(hub) | {"SOAK_REQUESTS": str(requests // WORKERS), "PYTHONPATH": str(ROOT)}
        process = psutil.Popen(command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        peaks, is_ending = dict[int, int](), False
        while process.poll() is None:
            for one in [process, *process.children()]:
                peaks[one.pid] = max(peaks.get(one.pid, 0), _rss(one))
            if not is_ending and output.read_text(encoding="utf-8").count(SOAKED) == WORKERS:
                process.terminate()
                is_ending = True
            if time.monotonic() > began + _PATIENCE:
                process.kill()
            time.sleep(_SECONDS_BETWEEN_LOOKS)
    said = output.read_text(encoding="utf-8")
    output.unlink()
    if not is_ending:
        raise DidNotRun(f"not all requests were recorded:\n{said[-2000:]}")
    return time.monotonic() - began, [peak for _, peak in sorted(peaks.items())]


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it has just ended
        return 0


def _env(checkout: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": f"{checkout}{os.pathsep}{ROOT}"}


def _name(checkout: Path) -> str:
    return "this one" if checkout == ROOT else checkout.name


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_runs", description="Long and large runs.")
    parser.add_argument("--requests", type=int, default=2_000_000, help="of the made-up run")
    parser.add_argument("--people", type=int, default=100_000, help="of another one")
    parser.add_argument("--soak", type=int, default=20_000_000, help="requests of the soak; 0 for none")
    parser.add_argument("--other", type=Path, help="another checkout of hubusers")
    options = parser.parse_args()
    checkouts = [*([options.other.resolve()] if options.other else []), ROOT]
    sizes = [Size(options.requests, 1_000, 5_400.0), Size(options.people, options.people, 7_200.0)]
    print(f"Reports:\n\n{reports_table(sizes, checkouts)}")
    if options.soak:
        print(f"\nA soak, of {WORKERS} workers:\n\n{soak_table(options.soak)}")


if __name__ == "__main__":
    main()
