"""What a visit of a NotebookUser costs, beside a real Chromium's, and how many one process carries.

`python -m benchmarks.notebook_visits` prints two Markdown tables. The hub and its proxy are real; in the place of
everybody's server is `benchmarks.stub_lab`, which has JupyterLab's real files. CPU 0 is theirs, CPU 1 has the people.

- A visit: log in, start a server, load JupyterLab, open a notebook, run its four cells with some thinking before each,
  save, stop the server, log out. The second visit finds most files in the browser's cache.
- A NotebookUser's: some people come at once in one process, in another run twice, in another one comes alone, which
  also reads what people share. The differences are divided by their number, those of memory as well.
- Chromium's: of all its processes. Memory is their proportional share (PSS), at its most.
- How many: some people have a tab open and work in it, as `--thinking` has it by default; one tab's share of the
  process tells how many would take nine tenths of a core, from which on times cannot be trusted. Then more and more
  come, until hubusers' own check says for ten seconds that the process is late; with little of a core, that is due to
  whatever else the machine does.
"""

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, fields
from typing import TypeVar

import psutil

from benchmarks.chromium_visits import JUPYTERLAB, PASSWORD, chromium, visit_with_chromium
from benchmarks.fast_hub import LOOPBACK
from benchmarks.markdown import markdown_table
from benchmarks.processes import (
    GENERATOR_CPU,
    HUB_CPU,
    DidNotRun,
    RunningHub,
    RunningUsers,
    cpu_seconds,
    listening,
    running_users,
)
from benchmarks.usage import report_in
from hubusers.local import LocalHub
from hubusers.run.generator_check import TOO_BUSY

_CELLS = 4
STRAIN_PREFIX = "STRAIN "  # as in waiting_users.py, which only Locust can import
_LATE_SPANS = 2
_LONGEST = 900.0
_SAMPLE_EVERY = 0.2

_CONFIG = """
from hubusers.local.spawners import StubSpawner

class StubLabSpawner(StubSpawner):
    async def launch(self):
        self.launched = True
        return "http://{host}:{port}"

c.JupyterHub.spawner_class = StubLabSpawner
c.Spawner.default_url = "/lab"
"""


@dataclass(frozen=True)
class Visit:
    """What a visit took."""

    cpu: float  # seconds
    memory: float  # MB, at its most


@contextmanager
def hub_with_stub_lab() -> Iterator[RunningHub]:
    """Have a real hub that leads everybody to the stand-in for JupyterLab, all on the hub's CPU."""
    all_cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {HUB_CPU})  # what is started here inherits it
    with (
        listening("benchmarks.stub_lab") as port,
        LocalHub(spawn_seconds=(1, 1), extra_config=_CONFIG.format(host=LOOPBACK, port=port)) as hub,
    ):
        os.sched_setaffinity(0, all_cpus)
        yield RunningHub(hub.url, hub.token)


def _arguments(users: int, rate: float) -> list[str]:
    return [
        *("-u", str(users), "-r", f"{rate:g}", "-t", f"{_LONGEST:g}s"),
        *("--leave", "log-out", "--after-failure", "end", "--server-timeout", "300", "NotebookUser"),
    ]


def visits(hub: RunningHub, users: int, times: int, rate: float, thinking: float) -> float:
    """Have people visit a hub, each so many times; return the CPU seconds that all of it took.

    Raises:
        DidNotRun: Something of a visit failed.
    """
    arguments = [*_arguments(users, rate), "--thinking", f"{thinking:g}s", "--lifecycles", str(times)]
    arguments += ["--stay", "0", "--pause", "0"]
    with running_users(hub, arguments, cpu=GENERATOR_CPU, password=PASSWORD) as locust:
        locust.process.wait(_LONGEST)
        report = report_in(locust.output())
        if locust.process.returncode or not report or report["failures"]:
            raise DidNotRun(f"exit code {locust.process.returncode}:\n{locust.output()[-3000:]}")
    return float(report["cpu_seconds"])


def visits_of_chromium(hub: RunningHub, thinking: float) -> list[Visit]:
    """Have a real browser visit a hub twice, and return what each visit took."""
    with chromium() as browser, _Watched() as watched:
        visit_with_chromium(browser, JUPYTERLAB, hub.url, thinking, _CELLS)
        first = watched.so_far()
        visit_with_chromium(browser, JUPYTERLAB, hub.url, thinking, _CELLS)
        both = watched.so_far()
    return [first, Visit(both.cpu - first.cpu, both.memory)]


class _Watched:
    """The browser's processes, all of those that this process has started, looked at again and again."""

    def __init__(self) -> None:
        self._cpu: dict[int, float] = {}
        self._memory = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "_Watched":
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def so_far(self) -> Visit:
        """Return the CPU seconds of all, and the most memory since it was asked for last."""
        self._look()
        memory, self._memory = self._memory, 0.0
        return Visit(sum(self._cpu.values()), memory)

    def _watch(self) -> None:
        while not self._done.wait(_SAMPLE_EVERY):
            self._look()

    def _look(self) -> None:
        memory = 0.0
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if "chrom" in process.name():
                    times = process.cpu_times()
                    self._cpu[process.pid] = times.user + times.system
                    memory += process.memory_full_info().pss / 1024**2
        self._memory = max(self._memory, memory)


@dataclass(frozen=True)
class Strain:
    """What a process with people said of itself: how many there were, and in how many spans of time it was late."""

    users: int
    spans: int
    strained: int
    rss_kib: int
    cpu: float  # share of a core, in the busiest of those spans


def strains_in(output: str) -> list[Strain]:
    """Return what a process said at the end of each span."""
    by_span = dict[int, Strain]()
    for line in output.splitlines():
        if line.startswith(STRAIN_PREFIX):
            said = json.loads(line.removeprefix(STRAIN_PREFIX))
            by_span.setdefault(said["spans"], Strain(**{each.name: said[each.name] for each in fields(Strain)}))
    return list(by_span.values())


def when_late(strains: list[Strain]) -> Strain | None:
    """Return the first of the spans in which the process was late for long; None while it was not."""
    for before, first, second in zip(strains, strains[1:], strains[2:], strict=False):
        if second.strained - before.strained == _LATE_SPANS:
            return first
    return None


@dataclass(frozen=True)
class Tabs:
    """What the open tabs of one process take."""

    cpu: float  # share of a core, of each
    memory: float  # MB, of each


def open_tabs(hub: RunningHub, users: int, rate: float, calm: float) -> Tabs:
    """Have people work in a tab each, and watch them for some seconds, as many seconds after the last has come.

    Raises:
        DidNotRun: They did not all come.
    """
    with _people_who_stay(hub, users, rate) as locust:
        few = _when(locust, lambda strains: strains[-1].users >= users)[0]
        time.sleep(calm)
        cpu, began = cpu_seconds(locust.process), time.monotonic()
        time.sleep(calm)
        share = (cpu_seconds(locust.process) - cpu) / (time.monotonic() - began)
        memory = locust.process.memory_info().rss / 1024 - few.rss_kib
    return Tabs(share / users, memory / 1024 / max(1, users - few.users))


def most_at_once(hub: RunningHub, users: int, rate: float) -> str:
    """Let people come and stay until the process is late; return how many there were then, in words."""
    with _people_who_stay(hub, users, rate) as locust:
        strains = _when(locust, lambda strains: when_late(strains) is not None or strains[-1].users >= users)
    late = when_late(strains)
    return f"{late.users:,} (at {late.cpu:.0%} of a core)" if late else f"more than {strains[-1].users:,}"


def _people_who_stay(hub: RunningHub, users: int, rate: float) -> AbstractContextManager[RunningUsers]:
    arguments = [*_arguments(users, rate), "--lifecycles", "1", "--stay", f"{_LONGEST:g}s"]
    locustfile = "benchmarks/waiting_users.py"
    return running_users(hub, arguments, locustfile=locustfile, cpu=GENERATOR_CPU, password=PASSWORD)


def _when(locust: RunningUsers, is_it: Callable[[list[Strain]], bool]) -> list[Strain]:
    """Return what the process has said when that is so for the first time."""

    def look() -> bool:
        strains = strains_in(locust.output())
        return bool(strains) and is_it(strains)

    locust.wait_until(look, _LONGEST, "all had come, or too many")
    return strains_in(locust.output())


def visits_table(users: list[Visit], browser: list[Visit]) -> str:
    """Return what a first and a second visit take, as a Markdown table."""
    rows = [
        [name, *(f"{visit.cpu:.2f}" for visit in taken), f"{taken[0].memory:.1f} MB"]
        for name, taken in (("NotebookUser", users), ("Chromium", browser))
    ]
    ratios = [f"{theirs.cpu / ours.cpu:.0f}" for theirs, ours in zip(browser, users, strict=True)]
    rows.append(["times as much", *ratios, f"{browser[0].memory / users[0].memory:,.0f}"])
    return markdown_table(["who", "CPU-s, first visit", "CPU-s, second visit", "memory"], "lrrr", rows)


def tabs_table(users: int, tabs: Tabs, most: str) -> str:
    """Return what open tabs take, and how many one process carries, as a Markdown table."""
    cells = [f"{users}", f"{tabs.cpu:.2%}", f"{tabs.memory:.2f} MB", f"{TOO_BUSY / tabs.cpu:,.0f}", most]
    headers = ["open tabs", "of a core, for each", "memory, for each", "in nine tenths of a core"]
    return markdown_table([*headers, "there when the process was late"], "rrrrr", [cells])


def measure(users: int, rate: float, thinking: float, tabs: int, most: int, calm: float) -> Iterator[str]:
    """Measure everything, and yield the tables."""
    with hub_with_stub_lab() as hub:
        alone = _said("one NotebookUser", lambda: visits(hub, 1, 1, rate, thinking))
        once = _said(f"{users} of them", lambda: visits(hub, users, 1, rate, thinking))
        twice = _said(f"{users} of them, twice", lambda: visits(hub, users, 2, rate, thinking))
        browser = _said("Chromium, twice", lambda: visits_of_chromium(hub, thinking))
        taken = _said(f"{tabs} open tabs", lambda: open_tabs(hub, tabs, rate, calm))
        first = Visit((once - alone) / (users - 1), taken.memory)
        yield visits_table([first, Visit((twice - once) / users, taken.memory)], browser)
        yield tabs_table(tabs, taken, _said("more and more", lambda: most_at_once(hub, most, rate)))


T = TypeVar("T")


def _said(what: str, take: Callable[[], T]) -> T:
    print(what, file=sys.stderr)
    return take()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.notebook_visits", description="Visits with a browser.")
    parser.add_argument("--users", type=int, default=20, help="who visit at once, for what a visit takes")
    parser.add_argument("--rate", type=float, default=2.0, help="people who come each second")
    parser.add_argument("--most", type=int, default=600, help="people who come until the process is late, at most")
    parser.add_argument("--thinking", type=float, default=3.0, help="seconds before each cell")
    parser.add_argument("--tabs", type=int, default=100, help="open tabs, for what an open tab takes")
    parser.add_argument("--calm", type=float, default=20.0, help="seconds to watch them for, and to wait before that")
    options = parser.parse_args()
    for table in measure(**vars(options)):
        print(f"{table}\n", flush=True)


if __name__ == "__main__":
    main()
