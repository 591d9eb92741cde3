"""Accounts for rehearsals in which people log in by the hub's form, where the hub takes any password."""


def students(count: int) -> tuple[str, ...]:
    """Return the names of so many people, for `Incident.new_people`."""
    return tuple(f"student-{number}" for number in range(1, count + 1))
