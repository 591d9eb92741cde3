"""What a run saw of the hub itself: how quickly it answered, and what its metrics said."""

import math
from dataclasses import dataclass, field

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
