"""Processes of the load generator that could not keep up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LateProcess:
    """How late one process was, by its own measure."""

    worker: int  # its number, as in the records of its users
    seconds: float  # in which it could not keep up
    lasted: float  # seconds that it was watched
    lateness: float  # seconds by which it was late in the worst of them
    cpu: float  # share of a core, in the busiest of them
