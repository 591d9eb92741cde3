"""Counting spawns that fail in a row, as a hub with `consecutive_failure_limit` does, which exits at its limit."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class SpawnCounts:
    """How many spawns of one process have succeeded and failed so far."""

    ready: int = 0
    failed: int = 0

    def as_message(self) -> dict[str, int]:
        """Return the figures as Locust's messages between workers and master carry them."""
        return asdict(self)


class FailedInARow:
    """The number of spawns in all processes of a run that have failed since the last one that succeeded: `count`."""

    def __init__(self) -> None:
        self._known: dict[str, SpawnCounts] = {}
        self.count = 0

    def note(self, process: str, spawns: SpawnCounts) -> int:
        """Take in the counts of one process; return how many spawns in a row have failed."""
        before = self._known.get(process, SpawnCounts())
        self._known[process] = spawns
        if spawns.ready > before.ready:
            self.count = 0
        self.count += spawns.failed - before.failed
        return self.count


def spawns_in_a_row(count: int) -> str:
    """Return how many spawns have failed, as in "a spawn" or "4 spawns in a row"."""
    return "a spawn" if count == 1 else f"{count:,} spawns in a row"
