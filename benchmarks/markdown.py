"""Tables in Markdown."""

from collections.abc import Iterable, Sequence

from tabulate import tabulate

_ALIGNMENTS = {"l": "left", "r": "right"}


def markdown_table(headers: Sequence[str], alignment: str, rows: Iterable[Sequence[str]]) -> str:
    """Return a table.

    Args:
        headers: Names of the columns.
        alignment: A letter for each column: "l" for left, "r" for right.
        rows: Cells as they are to be shown. Rows that are too short are filled up with empty cells.
    """
    alignments = [_ALIGNMENTS[letter] for letter in alignment]
    return tabulate(list(rows), headers, tablefmt="pipe", disable_numparse=True, colalign=alignments)
