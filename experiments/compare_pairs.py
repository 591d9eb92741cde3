"""How often `hubusers compare` is wrong: pairs of runs that are made up, of which the truth is known.

`python -m experiments.compare_pairs [--pairs N]` prints a Markdown table. A pair is equal, or its second run is 20 %
slower; it counts as called different when any of the measures of start to ready does.
"""

import argparse
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.markdown import markdown_table
from hubusers.report.compare import DOUBT
from hubusers.report.compare_measures import MEASURES
from hubusers.report.resampling import Mean, Percentile, Statistic, relative_difference, relative_interval

STARTS = 300
SMALLEST = 0.05
JUDGED = sum(measure.judged for measure in MEASURES)
"""How many measures a real comparison judges, which each of its intervals allows for."""

Draw = Callable[[np.random.Generator], np.ndarray[Any, np.dtype[np.float64]]]


def independent(random: np.random.Generator) -> np.ndarray[Any, np.dtype[np.float64]]:
    """SpawnCounts of 2 to 5 seconds."""
    return random.uniform(2, 5, STARTS)


def drifting(random: np.random.Generator) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The same, on a hub that is now quicker and now slower, by half a second or so, for some ten starts."""
    memory, spread = 0.9, 0.5
    pushes = random.normal(0, spread * np.sqrt(1 - memory**2), STARTS)
    drift = np.zeros(STARTS)
    drift[0] = random.normal(0, spread)
    for n in range(1, STARTS):
        drift[n] = memory * drift[n - 1] + pushes[n]
    return np.maximum(independent(random) + drift, 0.5)


def queueing(random: np.random.Generator) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The same, behind a queue that is busy 80 % of the time (Lindley's recursion)."""
    before = 300  # starts until the queue has found its length
    gaps, services = random.exponential(1, STARTS + before), random.exponential(0.8, STARTS + before)
    waits = np.zeros(STARTS + before)
    for n in range(1, STARTS + before):
        waits[n] = max(0.0, waits[n - 1] + services[n - 1] - gaps[n])
    return independent(random) + 0.5 * waits[before:]


KINDS: dict[str, Draw] = {
    "2 to 5 s, independent": independent,
    "and a drift of half a second that comes and goes": drifting,
    "and a queue that is busy 80 % of the time": queueing,
}


def called_different(before: list[float], after: list[float], *, only_worse: bool) -> bool:
    """Say whether any measure of start to ready would be called worse or, unless only that counts, better."""
    makes: list[Callable[[list[float]], Statistic]] = [
        lambda values: Percentile(values, 50),
        lambda values: Percentile(values, 95),
        Mean,
    ]
    for make in makes:
        first, second = make(before), make(after)
        difference = relative_difference(first.estimate, second.estimate)
        low, high = relative_interval(first, second, DOUBT / JUDGED)
        if (low > 0 and difference > SMALLEST) or (not only_worse and high < 0 and difference < -SMALLEST):
            return True
    return False


def share_called_different(draw: Draw, slower: float, pairs: int) -> float:
    random = np.random.default_rng(7)
    called = 0
    for _ in range(pairs):
        before, after = draw(random).tolist(), (draw(random) * slower).tolist()
        called += called_different(before, after, only_worse=slower > 1)
    return called / pairs


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments.compare_pairs", description="Pairs of made-up runs.")
    parser.add_argument("--pairs", type=int, default=500, help="of each kind")
    pairs = parser.parse_args().pairs
    rows = []
    for name, draw in KINDS.items():
        print(name, file=sys.stderr)
        rows.append([name, *(f"{share_called_different(draw, factor, pairs):.0%}" for factor in (1.0, 1.2))])
    headers = ["what spawn times are like", "equal hubs called different", "20 % slower found"]
    print(markdown_table(headers, "lrr", rows))


if __name__ == "__main__":
    main()
