"""What the whole life of a person who comes once costs the load generator, in CPU time.

`python -m benchmarks.whole_life [NAME …]` prints a Markdown table. The people are an event's: each is made, opens a
connection, starts a server, waits until it is ready, looks whether it is still there, stops it, and is deleted. They
come at equal intervals, so many a second that about `--at-once` are there at a time. Nobody stays, so all that is
measured is coming and going.

- The bare loop is the floor: the same requests, the same way of waiting and a new connection for each person, from
  geventhttpclient, which is what Locust's fast client stands on (`bare_loop.py`). No Locust, and nothing is measured.
- The naive users are Locust's `FastHttpUser`, as anybody might write them (`naive_users.py`, `naive_once.py`). They
  make their accounts one by one, and do not look before they stop.
- Ours are a real run: an event with its arrivals, the watch of the hub, the recorder, the run's folder, and the page
  Hub, which a browser would ask as often as it is asked here.

The load generator has CPU 1 for itself and the fast hub CPU 0. CPU time is what the process itself took, in user and
system. Start-up is no part of it: it is counted from when all has heard that Locust's test begins, and has imported
what it needs, until everybody has left (the event `test_stopping`). What comes after, mostly the report, is a column of
its own, for all people together.

`--other CHECKOUT` has the users of another checkout of hubusers take turns with ours, in the same benchmark.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import requests

from benchmarks.fast_hub import LOOPBACK
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
from hubusers.local.ports import free_port

_TIMEOUT = 900.0
_DELETIONS = "DELETE /users/{name}"
_SECONDS_BETWEEN_LOOKS = 2.0
"""How often an open page Hub asks for news."""

_EVENT = """title = "They come once"
seed = 1
[[cohorts]]
name = "people"
people = {people}
arrivals = {{ pattern = "evenly", over = "{seconds:g}s" }}
stay = 0
"""


@dataclass(frozen=True)
class Load:
    """Who comes.

    Attributes:
        people: How many.
        at_once: How many are there at the same time.
        spawn_seconds: How long each waits for a server.
    """

    people: int
    at_once: int
    spawn_seconds: float

    @property
    def a_second(self) -> float:
        """How many come in a second."""
        return self.at_once / self.spawn_seconds


@dataclass(frozen=True)
class Life:
    """What one run took."""

    cpu_ms: float  # for each person
    requests: float  # for each person, as the hub counted them
    hub_cpu: float  # share of a core that the hub took: far below 1, or it was the limit
    failures: int
    at_the_end: float = 0.0  # CPU seconds after the last person had left
    rss_kib: float = 0.0  # the most until the last person had left


FLOORS = {
    "bare-poll": "bare-poll",
    "bare-progress": "bare-progress",
    "bare-listing": "bare-listing",
    "NaiveFastHttpUser": "bare-poll",
    "NaiveProgressUser": "bare-progress",
    "hubusers-poll": "bare-poll",
    "hubusers-progress": "bare-progress",
    "hubusers-listing": "bare-listing",
}
"""By name: the bare loop that does the same work."""

_OTHER = "other-"
"""What the names of the users of another checkout begin with, in place of `hubusers-`."""


def floor_of(name: str) -> str:
    """Return the name of the bare loop that does the same work."""
    return FLOORS[name.replace(_OTHER, "hubusers-")]


def lives(name: str, load: Load, checkout: Path) -> Life:
    """Have everybody come once, on a new hub, and leave.

    Args:
        name: Of the load generator, a key of `FLOORS`; or one of ours with `other-` in place of `hubusers-`.
        load: Who comes.
        checkout: Whose hubusers are ours.

    Raises:
        DidNotRun: It ended without a report, or not everybody was deleted.
    """
    with running_fast_hub(spawn_seconds=load.spawn_seconds, cpu=HUB_CPU) as hub:
        done = _run(name, hub, load, checkout)
        counts = hub.counts()
    report = report_in(done.stdout)
    begun, deleted = (counts.requests.get(kind, 0) for kind in (STARTS, _DELETIONS))
    if report is None or begun != load.people or deleted != load.people:
        what = f"{name} (exit code {done.returncode}): {begun:,} starts, {deleted:,} deletions"
        raise DidNotRun(f"{what}\n{done.stdout}{done.stderr}")
    until_left = report.get("test", report)
    return Life(
        cpu_ms=until_left["cpu_seconds"] * 1000 / load.people,
        requests=sum(counts.requests.values()) / load.people,
        hub_cpu=counts.cpu_seconds / until_left["wall_seconds"],
        failures=report.get("failures", 0),
        at_the_end=report["cpu_seconds"] - until_left["cpu_seconds"],
        rss_kib=until_left["rss_kib"],
    )


def _run(name: str, hub: RunningHub, load: Load, checkout: Path) -> subprocess.CompletedProcess[str]:
    kind, _, way = name.partition("-")
    environment = environment_for(hub)
    with tempfile.TemporaryDirectory() as folder:
        if kind == "bare":
            command = ["benchmarks.bare_loop", "--endpoint", hub.endpoint, "--wait", way]
            command += ["--users", str(load.people), "--a-second", str(load.a_second)]
            return _finished(command, environment)
        if kind.startswith("Naive"):
            environment |= {"NAIVE_LIFECYCLES": "1"}
            environment |= {"NAIVE_PEOPLE": str(load.people), "NAIVE_A_SECOND": str(load.a_second)}
            command = ["locust", "--headless", "--only-summary", "-f", "benchmarks/naive_once.py", "-H", hub.url, name]
            return _finished(command, environment)
        event, port = Path(folder, "event.toml"), free_port()
        event.write_text(_EVENT.format(people=load.people, seconds=load.people / load.a_second), encoding="utf-8")
        environment |= {"HUBUSERS_RUNS_FOLDER": folder, "PYTHONPATH": os.pathsep.join([folder, str(ROOT)])}
        for part in ("hubusers", "locustfile.py"):
            Path(folder, part).symlink_to(checkout / part)
        command = ["locust", "-f", str(ROOT / "benchmarks/our_users.py"), "--event", str(event), "--wait", way]
        command += ["--stop-after-failed-spawns", "0", "--only-summary"]
        command += ["--autostart", "--autoquit", "0", "--web-host", LOOPBACK, "--web-port", str(port)]
        # From that folder, which Locust takes modules from first of all.
        return _finished(command, environment, folder, page=f"http://{LOOPBACK}:{port}/hub/state")


def _finished(
    arguments: list[str], environment: dict[str, str], folder: str | Path = ROOT, page: str = ""
) -> subprocess.CompletedProcess[str]:
    # -P: only what PYTHONPATH names comes before the packages that are installed.
    command = [sys.executable, "-P", "-m", *arguments]
    with subprocess.Popen(
        command,
        env={"PYTHONPATH": str(ROOT)} | environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        if page:
            threading.Thread(target=_have_page_open, args=[page, process], daemon=True).start()
        try:
            output, errors = process.communicate(timeout=_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise DidNotRun(f"{arguments[0]} did not end within {_TIMEOUT:g} seconds") from None
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def _have_page_open(url: str, process: "subprocess.Popen[str]") -> None:
    """Ask for the news of the page Hub as an open page does; end the process when the run is over.

    By itself it would stay for as long as the page is open.
    """
    after = 0.0
    while process.poll() is None:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        try:
            state = requests.get(url, params={"after": after, "again": _SECONDS_BETWEEN_LOOKS}, timeout=10).json()
        except requests.RequestException:
            continue  # not yet, or no longer
        if state["answer"]:
            process.terminate()
            return
        if points := state["points"]:
            after = points[-1]["t"]


def table(measured: dict[str, list[Life]]) -> str:
    """Return what all rounds took as a Markdown table."""
    medians = {name: statistics.median(life.cpu_ms for life in rounds) for name, rounds in measured.items() if rounds}
    rows = []
    for name, rounds in measured.items():
        if not rounds:
            rows.append([name, "did not run"])
            continue
        times, floor = [life.cpu_ms for life in rounds], medians.get(floor_of(name))
        cells = [f"{medians[name]:.2f}", f"{min(times):.2f}–{max(times):.2f}"]
        cells += [f"{medians[name] / floor:.2f}" if floor else "–"]
        cells += [f"{statistics.median(life.requests for life in rounds):.2f}"]
        cells += [f"{max(life.hub_cpu for life in rounds):.0%}", str(sum(life.failures for life in rounds))]
        cells += [f"{statistics.median(life.at_the_end for life in rounds):.2f}"]
        cells += [f"{statistics.median(life.rss_kib for life in rounds) / 1024:.0f} MB"]
        rows.append([name, *cells])
    headers = ["load generator", "CPU-ms a life", "spread", "times its floor", "requests a life", "CPU of the hub"]
    return markdown_table([*headers, "failures", "CPU-s at the end", "memory"], "lrrrrrrrr", rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.whole_life", description="People who come once.")
    parser.add_argument("names", metavar="NAME", nargs="*", help=", ".join(FLOORS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--at-once", type=int, default=100, help="how many are there at the same time")
    parser.add_argument("--spawn-seconds", type=float, default=2.0)
    parser.add_argument("--other", type=Path, help="another checkout, whose users take turns with ours")
    options = parser.parse_args()
    known = {*FLOORS, *(name.replace("hubusers-", _OTHER) for name in FLOORS if options.other)}
    names = list(FLOORS)
    if options.other:
        names += sorted(known - FLOORS.keys())
    names = options.names or names
    if unknown := set(names) - known:
        parser.error(f"none of {', '.join(sorted(known))}: {', '.join(sorted(unknown))}")
    os.sched_setaffinity(0, {GENERATOR_CPU})  # what is started here inherits it; the hub then takes another one
    load = Load(options.people, options.at_once, options.spawn_seconds)
    measured: dict[str, list[Life]] = {name: [] for name in names}
    for number in range(1, options.rounds + 1):
        for name, rounds in measured.items():
            print(f"round {number}: {name}", file=sys.stderr)
            try:
                rounds.append(lives(name, load, options.other.resolve() if name.startswith(_OTHER) else ROOT))
            except DidNotRun as error:
                print(error, file=sys.stderr)
    print(table(measured))


if __name__ == "__main__":
    main()
