"""How many users have come, and what they are doing: each process counts its own users as it happens."""

from dataclasses import asdict, dataclass, fields


@dataclass
class UserCounts:
    """The counts of one process, or of all processes added up."""

    arrived: int = 0
    left: int = 0  # of those who arrived
    pending: int = 0  # servers asked for that are not ready yet
    ready: int = 0  # servers in use
    failed: int = 0  # steps, so far
    throttled: int = 0  # answers "too many, come back later" (429), so far

    def __add__(self, other: "UserCounts") -> "UserCounts":
        return UserCounts(**{item.name: getattr(self, item.name) + getattr(other, item.name) for item in fields(self)})

    def as_message(self) -> dict[str, int]:
        """Return the figures as Locust's messages between workers and master carry them."""
        return asdict(self)
