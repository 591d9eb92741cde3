"""Reads the tables of a run's folder, and tells what is damaged in them."""

import contextlib
import csv
import io
from collections.abc import Collection, Iterator
from pathlib import Path

from pydantic import ValidationError


class DamagedError(Exception):
    """A file of a run is damaged.

    Args:
        name: The file's name.
        what: What is wrong with it.
    """

    def __init__(self, name: str, what: object) -> None:
        super().__init__(f"{name} is damaged ({what})")
        self.name = name
        self.what = what


@contextlib.contextmanager
def naming(name: str) -> Iterator[None]:
    """Have all that is wrong with a file told with its name.

    Args:
        name: The file's name.

    Raises:
        DamagedError: What is in the file cannot be read.
    """
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        what = ": ".join([*map(str, first["loc"]), first["msg"]])
        raise DamagedError(name, what) from None
    except KeyError as error:
        raise DamagedError(name, f"it lacks {error}") from None
    except RecursionError:  # JSON in JSON in JSON
        raise DamagedError(name, "a value is nested too deeply") from None
    except (ValueError, TypeError, AttributeError, csv.Error) as error:
        raise DamagedError(name, error) from None


def lines_of(path: Path, *, cut_off: bool) -> list[str]:
    """Return the lines of a file.

    Args:
        path: The file.
        cut_off: Whether its run was killed, maybe in the middle of a line. Then an unfinished last line is left out.

    Raises:
        ValueError: The last line of a run that had ended is not whole.
    """
    with path.open(encoding="utf-8", newline="") as file:
        lines = file.read().split("\n")
    if lines.pop() and not cut_off:
        raise ValueError("its last line is not whole")
    return lines


def rows_of(path: Path, needed: Collection[str], *, cut_off: bool) -> list[dict[str, str]]:
    """Return the rows of a table.

    Args:
        path: The file, as CSV with a header.
        needed: The columns that it must have.
        cut_off: Whether its run was killed. Then an unfinished last row is left out, and the file may be empty.

    Raises:
        ValueError: The table lacks its header, a column, or a part of a row.
    """
    text = "".join(f"{line}\n" for line in lines_of(path, cut_off=cut_off))
    table = csv.DictReader(io.StringIO(text, newline=""))
    if table.fieldnames is None:
        if cut_off:
            return []
        raise ValueError("it is empty")
    if missing := [name for name in needed if name not in table.fieldnames]:
        raise ValueError(f"it lacks the column {missing[0]}")
    rows = list(table)
    unfinished = [number for number, row in enumerate(rows) if None in row or any(row[name] is None for name in needed)]
    if cut_off and unfinished == [len(rows) - 1]:
        return rows[:-1]
    if unfinished:
        raise ValueError(f"row {unfinished[0] + 1} does not have as many fields as the header")
    return rows
