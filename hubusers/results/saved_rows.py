"""Reads the tables of a run's folder, and tells what is damaged in them."""

import contextlib
import csv
import math
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from hubusers.results.run_info import LATEST_MOMENT


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


def rows_of(path: Path, needed: Collection[str], *, cut_off: bool) -> Iterator[dict[str, str]]:
    """Yield the rows of a table, without holding it in memory.

    Args:
        path: The file, as CSV with a header.
        needed: The columns that it must have.
        cut_off: Whether its run was killed. Then an unfinished last row is left out, and the file may be empty.

    Raises:
        ValueError: The table lacks its header, a column, or a part of a row.
    """
    with path.open(encoding="utf-8", newline="") as file:
        table = filter(None, csv.reader(_whole_lines(file, cut_off=cut_off)))
        header = next(table, None)
        if header is None:
            if cut_off:
                return
            raise ValueError("it is empty")
        if missing := [name for name in needed if name not in header]:
            raise ValueError(f"it lacks the column {missing[0]}")
        columns, fewest = len(header), 1 + max(map(header.index, needed))
        unfinished = 0  # the number of the last row, where that is not whole
        for number, row in enumerate(table, 1):
            if unfinished:
                break
            if fewest <= len(row) <= columns:
                yield dict(zip(header, row, strict=False))
            else:
                unfinished = number
        else:
            if cut_off:
                return
        if unfinished:
            raise ValueError(f"row {unfinished} does not have as many fields as the header")


def _whole_lines(file: IO[str], *, cut_off: bool) -> Iterator[str]:
    """Yield the lines of a file, without an unfinished last one."""
    line = ""
    for following in file:
        if line:
            yield line
        line = following
    if line.endswith("\n"):
        yield line
    elif line and not cut_off:
        raise ValueError("its last line is not whole")


def number_of(text: str) -> float:
    """Return the number in a cell."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a number of seconds")
    return number or 0.0  # one object for all that are 0


def seconds_of(text: str) -> float:
    """Return the number of seconds in a cell."""
    number = number_of(text)
    if number < 0:
        raise ValueError(f"{text} is a negative number of seconds")
    if number >= LATEST_MOMENT:
        raise ValueError(f"{text} is not a number of seconds that a run can last")
    return number


def count_of(text: str) -> int:
    """Return the count in a cell."""
    if (number := int(text)) < 0:
        raise ValueError(f"{text} is a negative number")
    return number
