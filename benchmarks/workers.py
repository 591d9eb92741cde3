"""What workers bring, and what they cost their master: `python -m benchmarks.workers` prints two Markdown tables.

- Throughput: as many users as keep everything busy, in one process, which has CPU 1 for itself while the hub has CPU 0,
  and in two workers, which share both CPUs with their master and the hub. So where a machine has two CPUs, don't expect
  twice as much; what the processes took of them tells why.
- The master: a few users in two workers, which report in Locust's usual rhythm, and fifteen times as often. The second
  is what thirty workers send in the usual rhythm.
"""

import argparse
import sys
import time
from dataclasses import dataclass

import psutil

from benchmarks.markdown import markdown_table
from benchmarks.processes import (
    GENERATOR_CPU,
    HUB_CPU,
    STARTS,
    DidNotRun,
    RunningHub,
    RunningUsers,
    cpu_seconds,
    running_fast_hub,
    running_users,
)
from hubusers.local.ports import free_port

WORKERS = 2

_SPAWN_SECONDS = 0.2
_COME_WITHIN = 40.0
_CALM_SECONDS = 5.0
_FEW_USERS = 20
_REPORT_INTERVALS = {"benchmarks/our_users.py": 3.0, "benchmarks/often_reporting_users.py": 0.2}
"""Seconds between two reports of a worker, by locustfile; 3 is Locust's own."""


@dataclass(frozen=True)
class Busy:
    """What went through in some time, and the share of a core that it took."""

    lifecycles: float  # a second
    hub: float
    generators: list[float]  # those that have users
    master: float | None  # where there is one


def watch(
    users: int, workers: int, seconds: float, *, pause: float = 0.0, locustfile: str = "benchmarks/our_users.py"
) -> Busy:
    """Have users on a new hub, and watch everything once they have all come.

    Raises:
        DidNotRun: They have not, or what they run in ended.
    """
    arguments = ["-u", str(users), "-r", "1000", "-t", "60s", "--wait", "progress"]
    arguments += ["--stay", f"{pause:g}", "--pause", f"{pause:g}"]
    if workers > 1:
        port = str(free_port())
        arguments += ["--processes", str(workers), "--master-bind-port", port, "--master-port", port]
    hub_cpu, generator_cpu = (HUB_CPU, GENERATOR_CPU) if workers == 1 else (None, None)
    with (
        running_fast_hub(spawn_seconds=_SPAWN_SECONDS, cpu=hub_cpu) as hub,
        running_users(hub, arguments, locustfile=locustfile, cpu=generator_cpu) as locust,
    ):
        locust.wait_until(lambda: _starts(hub) >= users, _COME_WITHIN, f"all {users:,} had asked for a server")
        time.sleep(_CALM_SECONDS)
        return _watch(hub, locust, workers, seconds)


def _watch(hub: RunningHub, locust: RunningUsers, workers: int, seconds: float) -> Busy:
    processes: list[psutil.Process] = [locust.process, *(locust.process.children() if workers > 1 else [])]
    try:
        before, starts, hub_cpu = [cpu_seconds(process) for process in processes], _starts(hub), _hub_cpu(hub)
        began = time.monotonic()
        time.sleep(seconds)
        wall = time.monotonic() - began
        after, starts, hub_cpu = (
            [cpu_seconds(process) for process in processes],
            _starts(hub) - starts,
            _hub_cpu(hub) - hub_cpu,
        )
    except psutil.Error:
        raise DidNotRun(f"a process ended while it was watched:\n{locust.output()}") from None
    shares = [(end - begin) / wall for begin, end in zip(before, after, strict=True)]
    alone = workers == 1
    return Busy(
        lifecycles=starts / wall,
        hub=hub_cpu / wall,
        generators=shares if alone else shares[1:],
        master=None if alone else shares[0],  # the process that was started; its workers are its children
    )


def _starts(hub: RunningHub) -> int:
    return hub.counts().requests.get(STARTS, 0)


def _hub_cpu(hub: RunningHub) -> float:
    return hub.counts().cpu_seconds


def throughput_table(users: int, seconds: float) -> str:
    """Return what one process and several workers get through, as a Markdown table."""
    rows = []
    alone: Busy | None = None
    for workers, name in {1: "one process", WORKERS: f"{WORKERS} workers"}.items():
        print(f"{users} users in {name}", file=sys.stderr)
        try:
            busy = watch(users, workers, seconds)
        except DidNotRun as error:
            rows.append(_did_not_run(name, error))
            continue
        if workers == 1:
            alone = busy
        ratio = f"{busy.lifecycles / alone.lifecycles:.2f}" if alone else "–"
        generators = " + ".join(f"{share:.0%}" for share in busy.generators)
        master = "–" if busy.master is None else f"{busy.master:.1%}"
        rows.append([name, f"{busy.lifecycles:,.0f}", ratio, f"{busy.hub:.0%}", generators, master])
    headers = ["load generator", "lifecycles a second", "ratio", "CPU of the hub", "of those with users"]
    return markdown_table([*headers, "of the master"], "lrrrrr", rows)


def master_table(seconds: float) -> str:
    """Return what reports cost the master, as a Markdown table."""
    rows = []
    usual: tuple[float, float] | None = None
    for locustfile, interval in _REPORT_INTERVALS.items():
        print(f"{_FEW_USERS} users in {WORKERS} workers that report every {interval:g} s", file=sys.stderr)
        try:
            busy = watch(_FEW_USERS, WORKERS, seconds, pause=1.0, locustfile=locustfile)
        except DidNotRun as error:
            rows.append(_did_not_run(f"{interval:g} s", error))
            continue
        reports, master = WORKERS / interval, busy.master or 0.0
        # What the master does anyway, such as heartbeats, is in every run: only the difference is due to reports.
        more = f"{1000 * (master - usual[1]) / (reports - usual[0]):.2f}" if usual else "–"
        usual = usual or (reports, master)
        each = f"{1000 * master / reports:.2f}"
        rows.append([f"{interval:g} s", f"{reports:.2f}", f"{master:.1%}", each, more])
    headers = ["a worker reports every", "reports a second", "CPU of the master", "CPU-ms for each report"]
    return markdown_table([*headers, "for each more"], "lrrrr", rows)


def _did_not_run(name: str, error: DidNotRun) -> list[str]:
    print(error, file=sys.stderr)
    return [name, f"did not run: {str(error).splitlines()[0]}"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workers", description="One process, and workers.")
    parser.add_argument("--users", type=int, default=1_000, help="of the throughput")
    parser.add_argument("--seconds", type=float, default=15.0, help="to watch for")
    options = parser.parse_args()
    print(f"{options.users:,} users, spawns of {_SPAWN_SECONDS:g} seconds, no rest:\n")
    print(throughput_table(options.users, options.seconds))
    print(f"\nThe master of {WORKERS} workers, {_FEW_USERS} users:\n")
    # It takes so little that the system, which counts hundredths of a second, needs longer to tell.
    print(master_table(2 * options.seconds))


if __name__ == "__main__":
    main()
