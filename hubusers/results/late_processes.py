"""Processes of the load generator that could not keep up."""

from dataclasses import dataclass

COMFORTABLE = 0.6
"""Share of a core that leaves a process room for bursts."""


@dataclass(frozen=True)
class LateProcess:
    """How late one process was, by its own measure."""

    worker: int  # its number, as in the records of its users
    seconds: float  # in which it could not keep up
    lasted: float  # seconds that it was watched
    lateness: float  # seconds by which it was late in the worst of them
    cpu: float  # share of a core, in the busiest of them

    @property
    def had_room(self) -> bool:
        """Whether its core was not full, so that more processes would not have helped it."""
        return self.cpu <= COMFORTABLE
