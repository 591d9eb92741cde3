"""Times in which the run itself found the hub away, also while it cleaned up, when no probes are sent any more."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HubAbsence:
    """A time in which the hub did not answer."""

    began: float  # seconds since the epoch
    back: float | None  # when it answered again; None if it did not until the run's report was written
