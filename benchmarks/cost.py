"""What one lifecycle costs the load generator, in CPU time: bare loop, naive Locust users, and ours.

`python -m benchmarks.cost [NAME …]` prints a Markdown table of the contenders that are named, of all by default. The
load generator has CPU 1 for itself and the fast hub CPU 0. The contenders take turns, in rounds, so that whatever else
the machine does meanwhile meets all of them; shown is the median of the rounds, and their spread.

CPU time is what bounds a load generator: a process with one CPU can drive 1,000 / (CPU-ms) lifecycles a second at most.

A request that comes alone, after a rest, costs up to three times as much as one among others, whoever sends it. So look
at the ratio to the floor, which is the bare loop with the same rhythm: naive users all look at the same moment, ours
and those of `bare-poll` at moments of their own. With `--users 1000` there is less rest, and less of a difference.
"""

import argparse
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass

from benchmarks.markdown import markdown_table
from benchmarks.processes import (
    GENERATOR_CPU,
    HUB_CPU,
    ROOT,
    STARTS,
    DidNotRun,
    RunningHub,
    environment_for,
    running_fast_hub,
)
from benchmarks.usage import report_in

_TIMEOUT = 600.0


@dataclass(frozen=True)
class Load:
    """How much everybody has to do."""

    users: int
    lifecycles: int  # of each user
    spawn_seconds: float


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    cpu_ms: float  # for each lifecycle
    requests: float  # for each lifecycle, as the hub counted them, those for the accounts included
    failures: int


@dataclass(frozen=True)
class Contender:
    """A load generator, and the bare loop that does the same work: its floor."""

    name: str
    floor: str

    def command(self, hub: RunningHub, load: Load) -> list[str]:
        kind, _, way = self.name.partition("-")
        users, lifecycles = str(load.users), str(load.lifecycles)
        if kind == "bare":
            command = ["benchmarks.bare_loop", "--endpoint", hub.endpoint, "--wait", way]
            command += ["--users", users, "--lifecycles", lifecycles]
        else:
            command = ["locust", "--headless", "--only-summary", "-u", users, "-r", "1000", "-t", "10m"]
            if kind == "hubusers":
                command += ["-f", "benchmarks/our_users.py", "--wait", way, "--lifecycles", lifecycles]
                command += ["--stay", "0", "--pause", "0", "--stop-after-failed-spawns", "0"]
            else:
                command += ["-f", "benchmarks/naive_users.py", "-H", hub.url, self.name]
        return [sys.executable, "-m", *command]

    def environment(self, hub: RunningHub, load: Load) -> dict[str, str]:
        return environment_for(hub) | {"NAIVE_LIFECYCLES": str(load.lifecycles)}


CONTENDERS = {
    name: Contender(name, floor)
    for name, floor in {
        "bare-poll": "bare-poll",
        "bare-poll-in-step": "bare-poll-in-step",
        "bare-progress": "bare-progress",
        "bare-listing": "bare-listing",
        "NaiveHttpUser": "bare-poll-in-step",
        "NaiveFastHttpUser": "bare-poll-in-step",
        "NaiveProgressUser": "bare-progress",
        "hubusers-poll": "bare-poll",
        "hubusers-progress": "bare-progress",
        "hubusers-listing": "bare-listing",
    }.items()
}


def cost_of(contender: Contender, load: Load) -> Cost:
    """Run a contender once, against a new hub.

    Raises:
        DidNotRun: It ended without a report, or not all lifecycles were begun.
    """
    with running_fast_hub(spawn_seconds=load.spawn_seconds, cpu=HUB_CPU) as hub:
        done = _run(contender, hub, load)
        requests = hub.counts().requests
    report, lifecycles = report_in(done.stdout), requests.get(STARTS, 0)
    if report is None or lifecycles < load.users * load.lifecycles:
        raise DidNotRun(f"{contender.name} (exit code {done.returncode}):\n{done.stdout}{done.stderr}")
    # By the lifecycles that took place: Locust replaces users who are done before all have come.
    return Cost(
        cpu_ms=report["cpu_seconds"] * 1000 / lifecycles,
        requests=sum(requests.values()) / lifecycles,
        failures=report.get("failures", 0),
    )


def _run(contender: Contender, hub: RunningHub, load: Load) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            contender.command(hub, load),
            env=contender.environment(hub, load),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DidNotRun(f"{contender.name} did not end within {_TIMEOUT:g} seconds") from None


def table(costs: dict[str, list[Cost]]) -> str:
    """Return the costs of all rounds as a Markdown table."""
    medians = {name: statistics.median(cost.cpu_ms for cost in rounds) for name, rounds in costs.items() if rounds}
    rows = []
    for name, rounds in costs.items():
        if not rounds:
            rows.append([name, "did not run"])
            continue
        times = [cost.cpu_ms for cost in rounds]
        floor = medians.get(CONTENDERS[name].floor)
        ratio = f"{medians[name] / floor:.1f}" if floor else "–"
        requests = statistics.median(cost.requests for cost in rounds)
        failures = sum(cost.failures for cost in rounds)
        spread = f"{min(times):.2f}–{max(times):.2f}"
        rows.append([name, f"{medians[name]:.2f}", spread, ratio, f"{requests:.2f}", str(failures)])
    headers = ["load generator", "CPU-ms a lifecycle", "spread", "times its floor", "requests a lifecycle", "failures"]
    return markdown_table(headers, "lrrrrr", rows)


def _contender(name: str) -> str:
    if name not in CONTENDERS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(CONTENDERS)}")
    return name


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost", description="CPU time of a lifecycle.")
    parser.add_argument("names", metavar="NAME", nargs="*", type=_contender, help=", ".join(CONTENDERS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--lifecycles", type=int, default=10, help="of each user")
    parser.add_argument("--spawn-seconds", type=float, default=2.0)
    options = parser.parse_args()
    os.sched_setaffinity(0, {GENERATOR_CPU})  # what is started here inherits it; the hub then takes another one
    load = Load(options.users, options.lifecycles, options.spawn_seconds)
    costs: dict[str, list[Cost]] = {name: [] for name in options.names or CONTENDERS}
    for number in range(1, options.rounds + 1):
        for name, rounds in costs.items():
            print(f"round {number}: {name}", file=sys.stderr)
            try:
                rounds.append(cost_of(CONTENDERS[name], load))
            except DidNotRun as error:
                print(error, file=sys.stderr)
    print(table(costs))


if __name__ == "__main__":
    main()
