"""A crowd on a real JupyterHub: what watching costs the hub, and how accurate the measured times are.

`python -m benchmarks.real_hub [--rounds N]` prints two Markdown tables. All accounts exist before, then everybody asks
for a server in the same moment; each spawn takes ten seconds. The hub, its proxy and the load generator share the
machine's CPUs, as they are.

- The observer effect: the hub's own figures for the spawns, from its metrics, by the way in which they were watched.
- The error: what the load generator saw as ready, against when the spawner had launched the server, and against when
  the hub had routed it, which is when a user can get at it. The rest is delivery, and our own lateness.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.markdown import markdown_table
from benchmarks.processes import ROOT
from hubusers.local import LocalHub

SPAWN_SECONDS = 10.0
NOT_AT_ALL = "not at all"
WAYS = ["progress", "listing", "poll"]

_TIMEOUT = 900.0

_NOTE_WHEN_ROUTED = """
import json as _json, time as _time
from jupyterhub.proxy import Proxy as _Proxy

_add_user = _Proxy.add_user

async def _add_user_and_note(self, user, server_name=""):
    await _add_user(self, user, server_name)
    line = {"time": _time.time(), "event": "routed", "username": user.name, "server_name": server_name}
    with settings.events_path.open("a", encoding="utf-8") as file:
        file.write(_json.dumps(line) + "\\n")

_Proxy.add_user = _add_user_and_note
"""


@dataclass(frozen=True)
class Watched:
    """One crowd, watched in one way; all in seconds."""

    spawn_duration: float  # by the hub's own metrics, the mean
    hub_cpu: float
    seen: list[float]  # start to ready, as recorded
    after_launch: list[float]  # from when the spawner's server was there until it was seen
    after_routing: list[float]  # from when the hub had routed it
    stated_error: str


def watch_crowd(users: int, way: str) -> Watched:
    """Have a new hub, and a crowd on it."""
    with (
        LocalHub(spawn_seconds=(SPAWN_SECONDS, SPAWN_SECONDS), extra_config=_NOTE_WHEN_ROUTED) as hub,
        tempfile.TemporaryDirectory() as folder,
    ):
        with _locust(hub, users, way, Path(folder)) as locust:
            _wait_for(Path(folder, "here"), locust)
            before = metrics(hub)
            Path(folder, "go").touch()
            output, _ = locust.communicate(timeout=_TIMEOUT)
        after = metrics(hub)
        records = json.loads(Path(folder, "records.json").read_text(encoding="utf-8"))
        events = [json.loads(line) for line in hub.events_path.read_text(encoding="utf-8").splitlines()]
    times: dict[str, dict[str, float]] = {}
    for event in events:
        times.setdefault(event["event"], {})[event["username"]] = event["time"]
    good = {record["username"]: record["began"] + record["seconds"] for record in records if not record["failure"]}
    spawns = after["spawns"] - before["spawns"]
    if spawns != users:
        raise RuntimeError(f"{spawns:g} of {users} spawns succeeded:\n{output}")
    stated = [line.partition("start to ready: ")[2] for line in output.splitlines() if "start to ready: p" in line]
    return Watched(
        spawn_duration=(after["spawn_seconds"] - before["spawn_seconds"]) / spawns,
        hub_cpu=after["cpu"] - before["cpu"],
        seen=[record["seconds"] for record in records if not record["failure"]],
        after_launch=[seen - times["ready"][name] for name, seen in good.items()],
        after_routing=[seen - times["routed"][name] for name, seen in good.items()],
        stated_error=stated[-1] if stated else "–",
    )


def _locust(hub: LocalHub, users: int, way: str, folder: Path) -> subprocess.Popen[str]:
    watches = way != NOT_AT_ALL
    command = [sys.executable, "-m", "locust", "-f", "benchmarks/crowd.py", "--headless", "--only-summary"]
    command += ["-u", str(users), "-r", str(users), "-t", "10m", "--lifecycles", "1", "--keep"]
    command += ["--server-timeout", "300", "--after-failure", "end", "--stop-after-failed-spawns", "0"]
    command += ["--wait", way] if watches else ["--stay", str(3 * SPAWN_SECONDS + users / 20)]
    environment = {
        **os.environ,
        "JUPYTERHUB_ENDPOINT": hub.endpoint,
        "JUPYTERHUB_API_TOKEN": hub.token,
        "HUBUSERS_RUNS_FOLDER": "",
        "CROWD_FOLDER": str(folder),
        "CROWD_WATCHES": "yes" if watches else "no",
    }
    return subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _wait_for(file: Path, locust: subprocess.Popen[str]) -> None:
    give_up_at = time.monotonic() + _TIMEOUT
    while not file.exists():
        if locust.poll() is not None or time.monotonic() > give_up_at:
            locust.kill()
            raise RuntimeError(f"the run did not begin:\n{locust.communicate()[0]}")
        time.sleep(0.1)


def metrics(hub: LocalHub) -> dict[str, float]:
    """Return the hub process's CPU seconds, and how many spawns succeeded and how long all of those took."""
    headers = {"Authorization": f"token {hub.token}"}
    text = requests.get(f"{hub.url}/hub/metrics", headers=headers, timeout=60).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    def value(name: str, **labels: str) -> float:
        return sum(
            sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items()
        )

    return {
        "cpu": value("process_cpu_seconds_total"),
        "spawns": value("jupyterhub_server_spawn_duration_seconds_count", status="success"),
        "spawn_seconds": value("jupyterhub_server_spawn_duration_seconds_sum", status="success"),
    }


def observer_table(rounds: dict[str, list[Watched]]) -> str:
    unwatched = rounds[NOT_AT_ALL]
    duration, cpu = _median(unwatched, "spawn_duration"), _median(unwatched, "hub_cpu")
    rows = []
    for way, crowds in rounds.items():
        ours, hub_cpu = _median(crowds, "spawn_duration"), _median(crowds, "hub_cpu")
        seen = [seconds for crowd in crowds for seconds in crowd.seen]
        p50 = f"{statistics.median(seen):.1f} s" if seen else "–"
        rows.append([way, f"{ours:.1f} s ({ours / duration:.2f})", f"{hub_cpu:.1f} s ({hub_cpu / cpu:.2f})", p50])
    headers = ["how readiness is watched", "hub's own mean spawn duration", "hub CPU", "client p50"]
    return markdown_table(headers, "lrrr", rows)


def error_table(crowds: dict[tuple[int, str], Watched]) -> str:
    rows = []
    for (users, way), crowd in crowds.items():
        figures = [
            f"{percentile:.2f} s"
            for late in (crowd.after_launch, crowd.after_routing)
            for percentile in (statistics.median(late), statistics.quantiles(late, n=20)[-1])
        ]
        rows.append([f"{users:,}", way, *figures, crowd.stated_error])
    headers = ["users", "way", "seen after launch, p50", "p95", "after routing, p50", "p95"]
    return markdown_table([*headers, "the run states, in seconds"], "rlrrrrl", rows)


def _median(crowds: list[Watched], figure: str) -> float:
    return float(statistics.median(getattr(crowd, figure) for crowd in crowds))


def tables(sizes: list[int], observed: int, rounds: int) -> str:
    """Run everything, and return both tables."""
    watched: dict[str, list[Watched]] = {way: [] for way in [NOT_AT_ALL, *WAYS]}
    for _ in range(rounds):
        for way, crowds in watched.items():
            print(f"{observed} users, watched: {way}", file=sys.stderr)
            crowds.append(watch_crowd(observed, way))
    errors = {}
    for users in sizes:
        for way in WAYS:
            print(f"{users} users, watched: {way}", file=sys.stderr)
            errors[users, way] = watch_crowd(users, way)
    return "\n\n".join(
        [
            f"{observed} users at once, spawns of {SPAWN_SECONDS:g} seconds; in brackets the ratio to the first row:",
            observer_table(watched),
            f"How late a server is seen, spawns of {SPAWN_SECONDS:g} seconds:",
            error_table(errors),
        ]
    )


def main(arguments: list[str] | None = None) -> None:
    parser: Any = argparse.ArgumentParser(prog="python -m benchmarks.real_hub", description="A crowd on a real hub.")
    parser.add_argument("--rounds", type=int, default=1, help="of the observer effect")
    parser.add_argument("--observed", type=int, default=300, help="users there")
    parser.add_argument("--users", type=int, nargs="*", default=[100, 500, 1000], help="of the error")
    options = parser.parse_args(arguments)
    print(tables(options.users, options.observed, options.rounds))


if __name__ == "__main__":
    main()
