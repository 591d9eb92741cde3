"""How a count is said with its noun."""


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun, as in "1 start" or "2,000 people"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
