"""Accounts for rehearsals in which people log in by the hub's form."""


def accounts(count: int) -> tuple[str, ...]:
    """Return so many names, for `Incident.new_people`."""
    return tuple(f"student-{number}" for number in range(1, count + 1))
