"""The folder of a run with very many made-up requests, written as a run writes it: by its recorder's parts.

`python -m benchmarks.made_up_large_run FOLDER --requests N --people N --seconds N` prints, as JSON, what its end cost.
"""

from locust.env import Environment

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

from benchmarks.usage import Usage
from hubusers.live.run_writer import RunWriter
from hubusers.report.findings import findings_of
from hubusers.report.verdict import verdict_of
from hubusers.results.folder import FinishedRun
from hubusers.results.hub_samples import HubSample, Observations, Probe
from hubusers.results.records import (
    ARRIVAL,
    CELL,
    KERNEL_READY,
    LAB_LOADED,
    LOGIN,
    SAVED,
    START_TO_READY,
    STOP_TO_STOPPED,
    Record,
)
from hubusers.results.results import Results
from hubusers.results.run_info import RunInfo

BEGAN = 1_795_680_000.0
"""Seconds since the epoch."""

REQUESTS = [
    ("POST /users/{name}/server", 0.1, 1),
    ("GET /users/{name}/server/progress", 8.0, 1),
    ("GET /users/{name}", 0.02, 6),
    ("DELETE /users/{name}/server", 0.05, 1),
    ("GET /user/{name}/api/kernels", 0.02, 20),
    ("GET /user/{name}/api/sessions", 0.02, 20),
    ("GET /user/{name}/api/terminals", 0.015, 20),
    ("GET /user/{name}/api/contents/{path}", 0.04, 8),
    ("PUT /user/{name}/api/contents/{path}", 0.08, 4),
    *((f"GET /user/{{name}}/static/{kind}/{{file}}", 0.01 * number, 1) for number, kind in enumerate("abcdefghijk", 1)),
]
"""The kinds of requests of people in JupyterLab: name, median seconds, and how often each is sent."""

FAILURES = ("HTTP 500", "HTTP 503", "timed out")

_STEPS = (LAB_LOADED, KERNEL_READY, CELL, CELL, CELL, CELL, SAVED, STOP_TO_STOPPED)
_LEAVE_WITHIN = 600.0
_AT_ONCE = 10_000  # requests that are written together


def write(folder: Path, requests: int, people: int, seconds: float) -> dict[str, float | int]:
    """Write a run, and return what it took from its last request to its report, and the most memory that it had."""
    chance, results = random.Random(1), Results()
    info = RunInfo(run_id="k3x9qa", hub="https://hub.example.org", began=BEGAN, ended=BEGAN + seconds)
    info.users, info.spawn_rate, info.run_time = people, people / seconds, seconds
    info.user_classes, info.people_came = ["NotebookUser"], people
    writer = RunWriter(str(folder), results)
    writer.open(info, "")
    for record in _records(chance, people, seconds):
        results.records.note(record)
    names = chance.choices(REQUESTS, [often for _, _, often in REQUESTS], k=_AT_ONCE)
    for number in range(requests):
        name, usual, _ = names[number % _AT_ONCE]
        failure = FAILURES[number // 1_000 % len(FAILURES)] if number % 1_000 == 0 else ""
        began = BEGAN + number * seconds / requests
        results.requests.note(name, began, usual * chance.lognormvariate(0.0, 0.5), failure)
        if number % _AT_ONCE == 0:
            writer.write_new()
    for second in range(int(seconds)):
        results.probes.append(Probe(BEGAN + second, 0.004))
        writer.write_probe(results.probes[-1])
        if second % 5 == 0:
            results.hub_samples.append(_sample(second))
            writer.write_hub_sample(results.hub_samples[-1])
    usage = Usage()
    finished = FinishedRun(writer.path, info, None, results)
    writer.finish(finished, verdict_of(finished), findings_of(finished), Environment())
    return usage.so_far()


def _records(chance: random.Random, people: int, seconds: float) -> Iterator[Record]:
    for person in range(people):
        name, began = f"hub-stress-test-k3x9qa-0-{person}", BEGAN + person * max(seconds - _LEAVE_WITHIN, 1.0) / people
        failure = "spawn failed" if person % 100 == 0 else ""
        took = chance.lognormvariate(2.0, 0.4)
        parts = (("asking the hub", 0.1), ("spawning", took - 0.1))
        yield Record(ARRIVAL, name, began, 0.0, 0.0, user_class="NotebookUser")
        yield Record(LOGIN, name, began, 0.1, 0.01, user_class="NotebookUser")
        yield Record(START_TO_READY, name, began, took, 0.02, failure, parts=parts, user_class="NotebookUser")
        for place, step in enumerate(() if failure else _STEPS):
            at = began + took + 30.0 * place
            yield Record(step, name, at, chance.lognormvariate(0.0, 0.3), 0.02, user_class="NotebookUser")


def _sample(second: int) -> HubSample:
    count = float(second)
    loop = Observations(80 * count, 4 * count, {"0.05": 70 * count, "0.1": 79 * count, "+Inf": 80 * count})
    spawns = {"success": Observations(count, 8 * count, {"10.0": 0.9 * count, "+Inf": count})}
    return HubSample(BEGAN + second, 0.3 * count, 200e6, 10.0, loop, spawns)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.made_up_large_run", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    print(json.dumps(write(options.folder, options.requests, options.people, options.seconds)))


if __name__ == "__main__":
    main()
