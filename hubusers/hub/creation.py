"""Making accounts on the hub."""

from collections.abc import Iterator


def slices(names: list[str], size: int) -> Iterator[list[str]]:
    """Cut a list into lists of at most `size`."""
    for first in range(0, len(names), size):
        yield names[first : first + size]
