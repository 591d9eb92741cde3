"""What a run saw of the hub itself: how quickly it answered, and what its metrics said."""

import math
from dataclasses import dataclass, field, replace

UNANSWERED = "not answered before the end"
"""The failure of a probe that was under way when the run ended: whether the hub would have answered is not known."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One small request without a token. The hub answers it at once when its event loop is not busy."""

    began: float  # seconds since the epoch
    seconds: float
    failure: str = ""  # why it was not answered; "" when it was

    @property
    def time_taken(self) -> float:
        """Seconds as percentiles take them: infinite for a probe that failed."""
        return math.inf if self.failure else self.seconds


@dataclass(frozen=True, slots=True)
class Observations:
    """A Prometheus histogram at one moment, counted since the hub started."""

    count: float = 0.0
    seconds: float = 0.0  # their sum
    buckets: dict[str, float] = field(default_factory=dict)  # how many took at most the seconds in the key


@dataclass(frozen=True, slots=True)
class HubSample:
    """One reading of the hub's metrics. None or empty is what this hub does not report."""

    time: float  # seconds since the epoch
    cpu_seconds: float | None = None  # of the hub's process, since it started
    memory: float | None = None  # bytes resident
    running_servers: float | None = None
    event_loop: Observations | None = None  # intervals of the hub's event loop
    spawns: dict[str, Observations] = field(default_factory=dict)  # spawn durations, by status
    requests: dict[str, Observations] = field(default_factory=dict)  # request durations, by "METHOD Handler"
    started: float | None = None  # seconds since the epoch: when the hub's process started


MOST_SAMPLES = 5_000
"""How many readings of the hub's metrics are kept: with one every five seconds, those of seven hours."""


class SampleKeeper:
    """Adds readings to those of a run. When there are many, it drops every second one, as often as needed.

    The first and the newest one always stay. Readings count from the hub's start, so what happened between two of them
    is still known, of a longer time.

    Args:
        samples: The readings of the run, in their order.
        most: How many are kept.

    Attributes:
        spacing: Seconds from one to the next, at least, once some were dropped; 0 before.
    """

    def __init__(self, samples: list[HubSample], most: int = MOST_SAMPLES) -> None:
        self.spacing = 0.0
        self._samples = samples
        self._most = most

    def keep(self, sample: HubSample) -> bool:
        """Add a reading, in place of the one before if that came too soon after its own.

        Returns:
            Whether every second one was dropped.
        """
        samples = self._samples
        if len(samples) > 1 and samples[-1].time < samples[-2].time + self.spacing:
            samples.pop()
        # How long each kind of request took, by buckets, is most of a reading; only their sums are looked at.
        requests = {name: Observations(one.count, one.seconds) for name, one in sample.requests.items()}
        samples.append(replace(sample, requests=requests))
        if len(samples) <= self._most:
            return False
        del samples[1:-1:2]
        # Somewhat less than it is now, because readings are not always equally far apart.
        self.spacing = 0.9 * (samples[-1].time - samples[0].time) / (len(samples) - 1)
        return True
