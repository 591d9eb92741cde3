"""How many users one process keeps waiting at once, and what that takes.

`python -m benchmarks.waiting [--users N …] [--ways WAY …]` prints a Markdown table. The users ask the fast hub for
servers whose spawns take long. Once all have asked, and the process has calmed down, it is watched for ten seconds in
which they do nothing but wait. It has CPU 1 for itself, the hub has CPU 0. Everybody comes slowly, because it is the
waiting that is looked at: thousands at once would be too much for the process whichever way they wait.

- Memory for each user: the difference from a run with ten users, so that Python and Locust themselves do not count.
- In rhythm: whether the process woke in time while they waited, as the run itself judges it, in spans of five seconds;
  and if so, what the run says of the time when they came.
"""

import argparse
import json
import re
import resource
import sys
import time
from dataclasses import dataclass

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
from benchmarks.usage import report_in

WAYS = ["progress", "listing", "poll"]
SPAWN_SECONDS = 90.0

_FEW = 10
_CALM_SECONDS = 6.0
"""A run judges spans of five seconds. After six, the last span in which somebody came is over."""

_STRAIN_PREFIX = "STRAIN "  # as in waiting_users.py, which only Locust can import
_STRAIN = re.compile(
    r"The load generator, not the hub, was the limit for (?P<strained>[\d.]+) of (?P<all>[\d.]+) seconds: "
    r".* up to (?P<late>[\d.]+) seconds late, with (?P<cpu>\d+%) of a core"
)


@dataclass(frozen=True)
class Waiting:
    """A process while all of its users wait."""

    rss_kib: float
    cpu: float  # share of a core
    requests: float  # a second, that reach the hub
    files: int  # open
    in_rhythm: bool  # meanwhile
    strain: str  # what the run says of its process from the first user on; "" when nothing
    failures: int = 0  # of the whole run


def keep_waiting(way: str, users: int, arrivals: float, seconds: float) -> Waiting:
    """Have this many users wait, on a new hub.

    Raises:
        DidNotRun: They did not all wait at the same time.
    """
    arguments = ["-u", str(users), "-r", f"{arrivals:g}", "-t", "10m", "--wait", way, "--lifecycles", "1"]
    arguments += ["--stay", "0", "--pause", "60", "--server-timeout", "600"]
    with (
        running_fast_hub(spawn_seconds=SPAWN_SECONDS, cpu=HUB_CPU) as hub,
        running_users(hub, arguments, locustfile="benchmarks/waiting_users.py", cpu=GENERATOR_CPU) as locust,
    ):
        locust.wait_until(lambda: _all_wait(hub, users), SPAWN_SECONDS, f"all {users:,} had asked for a server")
        time.sleep(_CALM_SECONDS)
        strained = _strained_spans(locust)
        cpu, requests, began = cpu_seconds(locust.process), _requests(hub), time.monotonic()
        time.sleep(seconds)
        wall = time.monotonic() - began
        cpu, requests = cpu_seconds(locust.process) - cpu, _requests(hub) - requests
        rss_kib, files = locust.process.memory_info().rss / 1024, locust.process.num_fds()
        if ready := len(hub.ready_times()):
            raise DidNotRun(f"{ready:,} were served already when all had come")
        in_rhythm = _strained_spans(locust) == strained
        came_in_rhythm = not _STRAIN.search(locust.output())
        locust.end()
        return Waiting(
            rss_kib=rss_kib,
            cpu=cpu / wall,
            requests=requests / wall,
            files=files,
            in_rhythm=in_rhythm,
            # What comes of ending all of them at once is none of it.
            strain="" if came_in_rhythm else _strain(locust),
            failures=_failures(locust),
        )


def _all_wait(hub: RunningHub, users: int) -> bool:
    return hub.counts().requests.get(STARTS, 0) >= users


def _requests(hub: RunningHub) -> int:
    return sum(hub.counts().requests.values())


def _strained_spans(locust: RunningUsers) -> int:
    said = [line for line in locust.output().splitlines() if line.startswith(_STRAIN_PREFIX)]
    return int(json.loads(said[-1].removeprefix(_STRAIN_PREFIX))["strained"]) if said else 0


def _strain(locust: RunningUsers) -> str:
    said = list(_STRAIN.finditer(locust.output()))[-1]  # the last one is about all of the run
    return f"{said['strained']} of {said['all']} s not, up to {said['late']} s late, {said['cpu']} of a core"


def _failures(locust: RunningUsers) -> int:
    report = report_in(locust.output())
    if report is None:
        raise DidNotRun(f"ended (exit code {locust.process.returncode}) without a report:\n{locust.output()[-2000:]}")
    return int(report["failures"])


def table(ways: list[str], sizes: list[int], arrivals: float, seconds: float) -> str:
    """Measure everything, and return it as a Markdown table."""
    rows = []
    for way in ways:
        few: Waiting | None = None
        for users in sizes:
            print(f"{users} users, waiting by {way}", file=sys.stderr)
            try:
                few = few or keep_waiting(way, _FEW, arrivals, seconds)
                many = keep_waiting(way, users, arrivals, seconds)
            except DidNotRun as error:
                print(error, file=sys.stderr)
                rows.append([way, f"{users:,}", "", "", "", "", "", "", _why_not(error, users)])
                continue
            each = (many.rss_kib - few.rss_kib) / (users - _FEW)
            rhythm = "yes" if many.in_rhythm else "no"
            rhythm += f"; in all {many.strain}" if many.strain else ""
            memory, cpu = [f"{many.rss_kib / 1024:.0f} MB", f"{each:.1f} KB"], f"{many.cpu:.0%}"
            counts = [f"{many.requests:,.0f}", f"{many.files:,}", f"{many.failures}"]
            rows.append([way, f"{users:,}", *memory, cpu, *counts, rhythm])
    headers = ["way", "users", "memory", "memory for each", "CPU", "requests a second", "open files", "failures"]
    return markdown_table([*headers, "in rhythm"], "lrrrrrrrl", rows)


def _why_not(error: DidNotRun, users: int) -> str:
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    if users >= most_files:
        return f"cannot hold this many: the system allows a process {most_files:,} open files (`ulimit -Hn`)"
    return f"cannot hold this many: {str(error).splitlines()[0]}"


def _more_than_few(text: str) -> int:
    if int(text) <= _FEW:
        raise argparse.ArgumentTypeError(f"must be more than {_FEW}, which it is held against")
    return int(text)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.waiting", description="Users who wait at once.")
    parser.add_argument("--users", type=_more_than_few, nargs="+", default=[1_000, 5_000, 10_000])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--arrivals", type=float, default=200.0, help="users who come each second")
    parser.add_argument("--seconds", type=float, default=10.0, help="to watch for")
    options = parser.parse_args()
    print(table(options.ways, options.users, options.arrivals, options.seconds))


if __name__ == "__main__":
    main()
