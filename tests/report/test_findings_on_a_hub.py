"""What made starts slow, in real runs: each has a real hub, or a load generator, with exactly that weakness."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from hubusers.local import LocalHub
from hubusers.report.finding import Finding
from hubusers.report.findings import findings_of
from hubusers.results.folder import read_run
from tests.locust_process import run_locust

EVENT = """
title = "A rush"
seed = 4

[[cohorts]]
name = "people"
people = 16
arrivals = { pattern = "evenly", over = "5s" }
stay = "2s"

[[targets]]
measure = "start to ready"
percentile = 95
at_most = "2s"
"""

BURNING_HOOK = """
import time

def burn(spawner):
    ends = time.process_time() + 0.6
    while time.process_time() < ends:
        pass

c.Spawner.pre_spawn_hook = burn
"""

SHORT_THROTTLING = """
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0, "spawn_throttle_retry_range": (4, 6)}
"""

BUSY_GENERATOR = """
import locust
import time
import gevent
from hubusers.plugin import switch_on
from hubusers.users import ServerLifecycleUser

switch_on()


def compute():
    while True:
        ends = time.monotonic() + 0.4
        while time.monotonic() < ends:
            pass
        gevent.sleep(0.02)


locust.events.test_start.add_listener(lambda **_: gevent.spawn(compute))
"""


def found(hub: LocalHub, folder: Path, *, text: str = EVENT, file: str = "") -> list[Finding]:
    """Rehearse the rush, and return what the run says limited it."""
    event = folder / "event.toml"
    event.write_text(text, encoding="utf-8")
    runs = folder / "runs"
    arguments = ["--event", str(event), "--runs-folder", str(runs)]
    locust = run_locust(hub, *arguments, **({"file": file} if file else {}))
    [run] = [read_run(one) for one in runs.iterdir()]
    findings = findings_of(run)
    print(locust.output, findings)  # shown by pytest where the test fails
    return findings


def test_the_hubs_process(tmp_path: Path) -> None:
    with LocalHub(spawn_seconds=(0.5, 1), stop_seconds=(0, 0), extra_config=BURNING_HOOK) as hub:
        [finding, *_] = (one for one in found(hub, tmp_path) if one.kind != "load-generator")
    # On a machine that has other work as well, the hub does not get a whole core, and Locust is late.
    assert finding.kind in {"hub-busy", "hub-blocked"}
    assert "of a core" in finding.sentence


@pytest.mark.thorough
def test_the_spawner(tmp_path: Path) -> None:
    with LocalHub(spawn_seconds=(9, 10), stop_seconds=(0, 0)) as hub:
        [finding, *_] = found(hub, tmp_path)
    assert finding.kind == "spawner-slow"


@pytest.mark.thorough
def test_a_limit_and_which(tmp_path: Path) -> None:
    with LocalHub(
        spawn_seconds=(0.5, 1), stop_seconds=(0, 0), concurrent_spawn_limit=2, extra_config=SHORT_THROTTLING
    ) as hub:
        [finding, *_] = found(hub, tmp_path)
    assert finding.kind == "spawn-limit"
    assert "concurrent_spawn_limit" in finding.sentence


@pytest.mark.thorough
def test_the_proxy(tmp_path: Path) -> None:
    calmly = EVENT.replace('over = "5s"', 'over = "15s"')  # the hub has time
    with LocalHub(spawn_seconds=(0.5, 1), stop_seconds=(0, 0)) as hub, starved(proxy_of(hub)):
        [finding, *_] = found(hub, tmp_path, text=calmly)
    assert finding.kind == "proxy-slow"


@pytest.mark.thorough  # on a machine with nothing else to do: otherwise the hub is late as well, and is named first
def test_the_load_generator(tmp_path: Path) -> None:
    file = tmp_path / "locustfile.py"
    file.write_text(BUSY_GENERATOR, encoding="utf-8")
    with LocalHub(spawn_seconds=(0.5, 1), stop_seconds=(0, 0)) as hub:
        [finding, *_] = found(hub, tmp_path, file=str(file))
    assert finding.kind == "load-generator"
    assert finding.explains == "load generator"


def proxy_of(hub: LocalHub) -> psutil.Process:
    return psutil.Process(int((hub.folder / "proxy.pid").read_text(encoding="utf-8").split()[0]))


@contextmanager
def starved(process: psutil.Process) -> Iterator[None]:
    """Let a process have an eightieth of a core, in short turns, as on a machine that has no time for it."""
    done = threading.Event()

    def hold_it_up() -> None:
        while not done.is_set():
            os.kill(process.pid, signal.SIGSTOP)
            time.sleep(0.395)
            os.kill(process.pid, signal.SIGCONT)
            time.sleep(0.005)

    holding = threading.Thread(target=hold_it_up)
    holding.start()
    try:
        yield
    finally:
        done.set()
        holding.join()
