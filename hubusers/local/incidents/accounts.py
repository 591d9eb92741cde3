"""Accounts for rehearsals in which people log in by the hub's form. The hub makes them when they first come."""


def accounts(count: int) -> tuple[str, ...]:
    """Return the lines of a CSV file with so many accounts, for `Incident.accounts`; the hub takes any password."""
    return ("name,password", *(f"student-{number},any" for number in range(1, count + 1)))
