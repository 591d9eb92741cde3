"""Does a lifecycle cost more when there are more users? `python -m benchmarks.growth` prints a Markdown table.

CPU time of a lifecycle of ours, as in `benchmarks.cost`, for ever more users. A ratio of 1 means that the cost does not
grow with their number. Where everybody has fewer lifecycles, each carries more of the account's making and removal; so
the ratio is to the fewest users with as many lifecycles, and spawns as long.
"""

import argparse
import os
import statistics
import sys

from benchmarks.cost import CONTENDERS, Contender, Load, cost_of
from benchmarks.markdown import markdown_table
from benchmarks.processes import GENERATOR_CPU, DidNotRun

WAYS = ["progress", "listing"]

_LIFECYCLES = 3
_MANY = 10_000
"""From this many users on, there is time for one lifecycle each."""

_ARRIVALS = 1_000 / 1.5
"""The fewest users that arrive in a second. Spawns last until all have arrived, so that all wait together."""


def table(sizes: list[int], rounds: int, spawn_seconds: float) -> str:
    """Measure everything, and return it as a Markdown table."""
    rows = []
    fewest = min(sizes)
    for way in WAYS:
        contender, base = CONTENDERS[f"hubusers-{way}"], dict[tuple[int, float], float]()
        for load in loads_of(sizes, fewest, spawn_seconds):
            print(f"{contender.name}, {load.users} users, {load.lifecycles} lifecycles", file=sys.stderr)
            begin = [contender.name, f"{load.users:,}", str(load.lifecycles), f"{load.spawn_seconds:g} s"]
            try:
                median, spread, failures = _cost(contender, load, rounds)
            except DidNotRun as error:
                print(error, file=sys.stderr)
                rows.append([*begin, "did not run"])
                continue
            if load.users == fewest:
                base[load.lifecycles, load.spawn_seconds] = median
            few = base.get((load.lifecycles, load.spawn_seconds))
            ratio = f"{median / few:.2f}" if few else "–"
            rows.append([*begin, f"{median:.2f}", spread, ratio, str(failures)])
    headers = ["ours", "users", "lifecycles each", "spawn"]
    headers += ["CPU-ms a lifecycle", "spread", "times the fewest", "failures"]
    return markdown_table(headers, "lrrrrrrr", rows)


def loads_of(sizes: list[int], fewest: int, spawn_seconds: float) -> list[Load]:
    loads = []
    for users in sorted(sizes):
        if users < _MANY:
            loads.append(Load(users, _LIFECYCLES, spawn_seconds))
        else:
            seconds = spawn_seconds + users / _ARRIVALS
            loads += [Load(fewest, 1, seconds), Load(users, 1, seconds)]
    return loads


def _cost(contender: Contender, load: Load, rounds: int) -> tuple[float, str, int]:
    costs = [cost_of(contender, load) for _ in range(rounds)]
    times = [cost.cpu_ms for cost in costs]
    return statistics.median(times), f"{min(times):.2f}–{max(times):.2f}", sum(cost.failures for cost in costs)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description="Cost by the number of users.")
    parser.add_argument("--users", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spawn-seconds", type=float, default=2.0)
    options = parser.parse_args()
    os.sched_setaffinity(0, {GENERATOR_CPU})  # what is started here inherits it; the hub then takes another one
    print(table(options.users, options.rounds, options.spawn_seconds))


if __name__ == "__main__":
    main()
