"""What it costs before anybody comes: CPU seconds to start, and the memory of an idle worker.

`python -m benchmarks.start_up` prints three Markdown tables, and the packages that our locustfile imports and one with
a `FastHttpUser` does not.

- To start: user and system time of `locust --list`, with all code compiled beforehand. The commands take turns; shown
  are the median, the spread, and the most memory that a process ever had. CPU time and not seconds by the clock, which
  whatever else the machine does makes longer for all.
- To begin: user and system time of the process until people can come, with what is imported only then, and with the
  check of the hub.
- An idle worker: what it holds (RSS) some seconds after its master has said that it is connected, before any run.
"""

import argparse
import compileall
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.markdown import markdown_table
from benchmarks.processes import ROOT, DidNotRun, RunningHub, environment_for, running_fast_hub
from benchmarks.usage import report_in
from hubusers.local.ports import free_port

LOCUST, NAIVE, OURS = "Locust alone", "naive users", "hubusers"
LOCUSTFILES = {LOCUST: "benchmarks/only_locust.py", NAIVE: "benchmarks/naive_users.py", OURS: "locustfile.py"}

_CONNECTED = re.compile(r"\b1 workers connected")
_SECONDS_TO_CONNECT = 60.0
_SECONDS_TO_CALM = 5.0

_IMPORTS = """
from locust import FastHttpUser

import sys

def packages():
    return {name.partition(".")[0] for name in sys.modules}

before = packages()
import locustfile
print(*sorted(packages() - before))
"""


@dataclass(frozen=True)
class Start:
    """One run of a command."""

    cpu_seconds: float
    rss_kib: int  # at its peak


def start(arguments: list[str]) -> Start:
    """Run Python with arguments, and measure CPU time and memory."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        # Of this child alone. A child never has less, for the kernel, than its parent had; this process is a small one.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"exit code {process.returncode}: python {' '.join(arguments)}")
    return Start(usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def _environment() -> dict[str, str]:
    # An environment that forbids Python to keep what it has compiled would have each start compile our code.
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def starts(rounds: int) -> dict[str, list[Start]]:
    """Start everything, in turns, and return what that took."""
    taken: dict[str, list[Start]] = {name: [] for name in LOCUSTFILES}
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds}", file=sys.stderr)
        for name, locustfile in LOCUSTFILES.items():
            taken[name].append(start(["-m", "locust", "-f", locustfile, "--list"]))
    return taken


def starts_table(taken: dict[str, list[Start]]) -> str:
    """Return what starts took as a Markdown table."""
    medians = {name: statistics.median(one.cpu_seconds for one in some) for name, some in taken.items()}
    rows = []
    for name, some in taken.items():
        times = [one.cpu_seconds for one in some]
        memory = max(one.rss_kib for one in some) / 1024
        spread = f"{min(times):.2f}–{max(times):.2f}"
        ratio = f"{medians[name] / medians[LOCUST]:.2f}"
        rows.append([name, f"`{LOCUSTFILES[name]}`", f"{medians[name]:.2f}", spread, ratio, f"{memory:.0f} MB"])
    headers = ["what starts", "locustfile", "CPU-s to start", "spread", "times Locust", "memory"]
    return markdown_table(headers, "llrrrr", rows)


def begins(rounds: int) -> dict[str, list[float]]:
    """Begin a run with one user, in turns, and return the CPU seconds until that one can come.

    Raises:
        DidNotRun: There was no run.
    """
    taken: dict[str, list[float]] = {NAIVE: [], OURS: []}
    with running_fast_hub(spawn_seconds=0.1) as hub:
        for number in range(1, rounds + 1):
            print(f"run {number} of {rounds}", file=sys.stderr)
            for name, locustfile in {NAIVE: LOCUSTFILES[NAIVE], OURS: "benchmarks/our_users.py"}.items():
                command = [sys.executable, "-m", "locust", "-f", locustfile, "--headless", "--only-summary"]
                users = ["-u", "1", "-t", "3s", "NaiveFastHttpUser" if name == NAIVE else "ServerLifecycleUser"]
                environment = _environment() | environment_for(hub)
                done = subprocess.run(
                    [*command, "-H", hub.url, *users],
                    cwd=ROOT,
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                report = report_in(done.stdout)
                if report is None:
                    raise DidNotRun(f"{name} (exit code {done.returncode}):\n{done.stdout}{done.stderr}")
                taken[name].append(report["cpu_seconds_before"])
    return taken


def begins_table(taken: dict[str, list[float]]) -> str:
    """Return what it took to begin as a Markdown table."""
    medians = {name: statistics.median(times) for name, times in taken.items()}
    rows = [
        [name, f"{medians[name]:.2f}", f"{min(times):.2f}–{max(times):.2f}", f"{medians[name] / medians[NAIVE]:.2f}"]
        for name, times in taken.items()
    ]
    return markdown_table(["what begins", "CPU-s until people can come", "spread", "times naive users"], "lrrr", rows)


def idle_worker(locustfile: str, hub: RunningHub) -> float:
    """Return the MB of memory that a worker has while nothing happens.

    Raises:
        DidNotRun: It did not connect to its master.
    """
    port = str(free_port())
    command = [sys.executable, "-m", "locust", "-f", locustfile, "--host", hub.url]
    master = [*command, "--master", "--headless", "--expect-workers", "2", "--master-bind-port", port]
    worker = [*command, "--worker", "--master-port", port]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "output")
        with output.open("w", encoding="utf-8") as file:
            processes = [
                psutil.Popen(one, cwd=ROOT, env=_environment() | environment_for(hub), stdout=file, stderr=file)
                for one in (master, worker)
            ]
        try:
            give_up_at = time.monotonic() + _SECONDS_TO_CONNECT
            while not _CONNECTED.search(output.read_text(encoding="utf-8")):
                if time.monotonic() > give_up_at:
                    raise DidNotRun(f"{locustfile}: the worker did not connect:\n{output.read_text(encoding='utf-8')}")
                time.sleep(0.2)
            time.sleep(_SECONDS_TO_CALM)
            return float(processes[1].memory_info().rss) / 1024**2
        finally:
            for process in processes:
                process.kill()
                process.wait()


def idle_workers() -> dict[str, float]:
    """Return the MB that an idle worker has, of Locust alone and of ours."""
    memory = {}
    with running_fast_hub() as hub:
        for name in (LOCUST, OURS):
            print(f"an idle worker: {name}", file=sys.stderr)
            memory[name] = idle_worker(LOCUSTFILES[name], hub)
    return memory


def workers_table(memory: dict[str, float]) -> str:
    """Return the memory of idle workers as a Markdown table."""
    rows = [[name, f"{size:.0f} MB", f"{size / memory[LOCUST]:.2f}"] for name, size in memory.items()]
    return markdown_table(["what waits", "memory of an idle worker", "times Locust"], "lrr", rows)


def more_packages() -> str:
    """Return, in words, the packages that only our locustfile imports."""
    command = [sys.executable, "-c", _IMPORTS]
    more = subprocess.run(command, cwd=ROOT, env=_environment(), capture_output=True, text=True, check=True).stdout
    return f"Packages that only our locustfile imports: {', '.join(f'`{name}`' for name in more.split())}."


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start_up", description="Before anybody comes.")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    for folder in ("hubusers", "benchmarks"):
        compileall.compile_dir(ROOT / folder, quiet=1)
    tables = [starts_table(starts(options.rounds)), begins_table(begins(options.rounds)), workers_table(idle_workers())]
    print(*tables, more_packages(), sep="\n\n")


if __name__ == "__main__":
    main()
