"""What the hub spent its time on, by its own measure of each kind of request."""

from hubusers.report import words
from hubusers.report.causes.facts import Facts
from hubusers.report.hub_intervals import in_all

_WAIT_FOR_OTHERS = ("SpawnProgressAPIHandler", "SpawnPendingHandler")
"""Handlers whose requests last as long as a spawn does."""

_OF_THE_WATCH = ("GET RootAPIHandler", "GET MetricsHandler")
"""The run's own probes, and its readings of the metrics."""

_SHOWN = 3


def request_seconds(facts: Facts) -> dict[str, tuple[float, float]]:
    """Return how many requests the hub answered in the run, and in how many seconds, by "METHOD Handler"."""
    return {
        name: (count, seconds)
        for name, (count, seconds) in in_all(facts.samples, lambda sample: sample.requests).items()
        if count > 0 and not name.endswith(_WAIT_FOR_OTHERS)
    }


def dearest_requests(facts: Facts) -> list[str]:
    """Say which kinds of request took the hub longest, by its own measure."""
    work = request_seconds(facts)
    dearest = sorted(work.keys() - set(_OF_THE_WATCH), key=lambda name: -work[name][1])[:_SHOWN]
    if not dearest:
        return []
    shown = [
        f"{name}, {words.counted(round(work[name][0]), 'time')}, {words.in_seconds(work[name][1] / work[name][0])} each"
        for name in dearest
    ]
    return [f"What took longest in the hub, by its own measure: {'; '.join(shown)}."]
