"""Reads the tables of a run's folder: all rows that can be read, and what is wrong with the others.

After a power cut, or on a disk that fails, a file may end in the middle of a character, or have zeros in it. What else
it has was measured all the same.
"""

import contextlib
import csv
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from hubusers.counting import counted

_MOST_OF_A_FAULT = 200
"""Characters of what is said of a damaged row, which may have anything in it."""


_ZEROS = "it has zeros in it, as files have after a power cut"


class DamagedError(Exception):
    """A file without which there is no run is damaged.

    Args:
        name: The file's name.
        what: What is wrong with it.
    """

    def __init__(self, name: str, what: object) -> None:
        super().__init__(f"{name} is damaged ({what})")
        self.name = name
        self.what = what


@dataclass(frozen=True)
class Damage:
    """What is wrong with a table of a run.

    Attributes:
        name: The file's name.
        sentence: What is wrong, where, and what is missing therefore.
        is_torn: Whether no version of hubusers writes what is there.
    """

    name: str
    sentence: str
    is_torn: bool


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
    except _UNREADABLE as error:
        raise DamagedError(name, _in_words(error)) from None


class SavedTables:
    """The tables in the folder of a run.

    Args:
        folder: The run's.
        written: How many rows the run wrote into each file, as far as that is known.
        holds: What is in each file, in words.
        cut_off: Whether the run was killed, maybe in the middle of a line. Then it is no damage that the last line is
            not whole, or that there is none.

    Attributes:
        damages: What was wrong with those that were read.
    """

    def __init__(self, folder: Path, written: Mapping[str, int], holds: Mapping[str, str], *, cut_off: bool) -> None:
        self._folder = folder
        self._written = written
        self._holds = holds
        self._cut_off = cut_off
        self.damages: list[Damage] = []

    def has(self, name: str) -> bool:
        """Return whether the run wrote this file."""
        return name in self._written or (self._folder / name).exists()

    def read_csv(self, name: str, needed: Collection[str], take: Callable[[dict[str, str]], object]) -> None:
        """Read a table, as CSV with a header, without holding it in memory.

        Args:
            name: The file's.
            needed: The columns that it must have.
            take: Called with each row; raises what `naming` names where it cannot be read, and has done nothing then.

        Raises:
            OSError: There is no such file, or it cannot be opened.
        """
        tally = _Tally()
        with self._opened(name) as file:
            table = csv.reader(map(_checked, self._whole_lines(file, tally)))
            columns: list[str] = []
            fewest = 0
            while True:
                try:
                    if (row := next(table, None)) is None:
                        break
                    if not row:
                        continue
                    if not columns:
                        columns, fewest = row, _fewest(row, needed)
                        continue
                    if not fewest <= len(row) <= len(columns):
                        if self._cut_off and tally.is_at_end:  # in the middle of a text of several lines
                            break
                        raise ValueError("it does not have as many fields as the header")
                    take(dict(zip(columns, row, strict=False)))
                    tally.read += 1
                except _UNREADABLE as error:
                    tally.note(error)
                    if not fewest:  # without its header, nothing is known of the rows
                        break
        if not (columns or tally.fault or self._cut_off):
            tally.note(_TornError("it is empty"))
        self._conclude(name, tally)

    def read_lines(self, name: str, take: Callable[[str], object]) -> None:
        """Read a file in which each line is a value; the arguments and errors are as for `read_csv`."""
        tally = _Tally()
        with self._opened(name) as file:
            for line in self._whole_lines(file, tally):
                try:
                    take(_checked(line))
                    tally.read += 1
                except _UNREADABLE as error:
                    tally.note(error)
        self._conclude(name, tally)

    def _opened(self, name: str) -> IO[str]:
        # What is not UTF-8 becomes characters that no text has, so that the other lines can be read.
        return (self._folder / name).open(encoding="utf-8", errors="surrogateescape", newline="")

    def _whole_lines(self, file: IO[str], tally: "_Tally") -> Iterator[str]:
        """Yield the lines of a file, without a last one that is not whole."""
        line = ""
        for following in file:
            if line:
                tally.line += 1
                yield line
            line = following
        tally.line += 1
        tally.is_at_end = True
        if line.endswith("\n"):
            yield line
        elif "\0" in line:
            tally.note(_TornError(_ZEROS))
        elif line and not self._cut_off:
            tally.note(_TornError("it is cut off"))

    def _conclude(self, name: str, tally: "_Tally") -> None:
        """Note what was wrong with a file, if anything was."""
        written = self._written.get(name, tally.read)
        if written == tally.read and not tally.fault:
            return
        if written == tally.read:
            missing = "what stood there is missing"
        elif not tally.read:
            missing = f"none of the {counted(written, 'row')} that the run wrote can be read"
        elif written < tally.read:
            missing = f"it has {counted(tally.read, 'row')}, and the run wrote {written:,}"
        else:
            missing = f"it lacks {written - tally.read:,} of the {counted(written, 'row')} that the run wrote"
        fault = f" ({tally.fault})" if tally.fault else ""
        sentence = f"The {name}, with {self._holds[name]}, is damaged{fault}: {missing}."
        self.damages.append(Damage(name, sentence, tally.is_torn or not tally.fault))


class _TornError(ValueError):
    """What is there was not written like that."""


class _Tally:
    """What came of the reading of a file by now: its lines, the rows that could be read, and the first fault."""

    def __init__(self) -> None:
        self.line = self.read = 0
        self.fault = ""
        self.is_torn = self.is_at_end = False

    def note(self, error: Exception) -> None:
        self.is_torn |= isinstance(error, _TornError)
        if not self.fault:
            self.fault = f"line {self.line:,}: {_in_words(error)}"


def _checked(line: str) -> str:
    """Return a line that a run may have written.

    Raises:
        ValueError: There are bytes in it that are no text.
    """
    if "\0" in line:
        raise _TornError(_ZEROS)
    if not line.isascii():
        try:
            line.encode()
        except UnicodeEncodeError:
            raise _TornError("it has bytes in it that are not UTF-8") from None
    return line


def _fewest(header: list[str], needed: Collection[str]) -> int:
    """Return how many fields a row must have at least, to have all that is needed."""
    if missing := [name for name in needed if name not in header]:
        raise ValueError(f"it lacks the column {missing[0]}")
    return 1 + max(map(header.index, needed))


_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, csv.Error)
"""What reading raises for a value that no run writes."""


def _in_words(error: Exception) -> str:
    """Say what is wrong with something that cannot be read."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        said = ": ".join([*map(str, first["loc"]), first["msg"]])
    elif isinstance(error, KeyError):
        said = f"it lacks {error}"
    elif isinstance(error, RecursionError):  # JSON in JSON in JSON
        said = "a value is nested too deeply"
    else:
        said = str(error)
    return said if len(said) <= _MOST_OF_A_FAULT else f"{said[:_MOST_OF_A_FAULT]}…"
