"""How long it takes until Locust has loaded our locustfile: `python -m benchmarks.start_up` prints a Markdown table.

Each command is run several times, in turns; shown are the median, the spread, and the most memory that it ever had.
Below the table: the packages that our locustfile imports and one that has a `FastHttpUser` does not.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

from benchmarks.markdown import markdown_table
from benchmarks.processes import ROOT

COMMANDS = {
    "Locust alone": ["-m", "locust", "--version"],
    "naive users": ["-m", "locust", "-f", "benchmarks/naive_users.py", "--list"],
    "ours": ["-m", "locust", "-f", "locustfile.py", "--list"],
}

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

    seconds: float
    rss_kib: int  # at its peak


def start(arguments: list[str]) -> Start:
    """Run Python with arguments, and measure time and memory."""
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        # Of this child alone. A child never has less, for the kernel, than its parent had; this process is a small one.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"exit code {process.returncode}: python {' '.join(arguments)}")
    return Start(seconds, usage.ru_maxrss)


def table(rounds: int) -> str:
    """Measure everything, and return it as Markdown."""
    starts: dict[str, list[Start]] = {name: [] for name in COMMANDS}
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds}", file=sys.stderr)
        for name, arguments in COMMANDS.items():
            starts[name].append(start(arguments))
    rows = []
    for name, arguments in COMMANDS.items():
        times = [one.seconds for one in starts[name]]
        memory = max(one.rss_kib for one in starts[name]) / 1024
        spread = f"{min(times):.2f}–{max(times):.2f}"
        command = f"`python {' '.join(arguments)}`"
        rows.append([name, command, f"{statistics.median(times):.2f}", spread, f"{memory:.0f} MB"])
    more = subprocess.run(
        [sys.executable, "-c", _IMPORTS], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    shown = markdown_table(["what is loaded", "command", "seconds", "spread", "memory"], "llrrr", rows)
    return f"{shown}\n\nPackages that only our locustfile imports: {', '.join(f'`{name}`' for name in more)}."


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start_up", description="Seconds until Locust is there.")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(table(options.rounds))


if __name__ == "__main__":
    main()
