"""The files of a run that has counted its requests, because there were too many to write each."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

from hubusers.results.request_counts import CountedRequests, Total
from hubusers.results.request_log import RequestLog
from hubusers.results.saved_rows import SavedTables
from hubusers.results.saved_values import count_of, moment_of, number_of, seconds_of

TOTALS_FILE = "request-totals.csv"
MOMENTS_FILE = "request-moments.csv"
TIMES_FILE = "request-times.csv"

_COLUMNS = {
    TOTALS_FILE: ["request", "failure", "count", "seconds", "first", "last", "moments_width", "times_width"],
    MOMENTS_FILE: ["request", "began", "failure", "count"],
    TIMES_FILE: ["request", "began", "seconds", "count"],
}

Row = tuple[str | float, ...]


def counted_rows(requests: RequestLog, pause: Callable[[], None]) -> dict[str, Iterator[Row]]:
    """Return the rows of each file.

    Args:
        requests: The requests of the run, which may grow meanwhile.
        pause: Called before each name.
    """

    def each(rows: Callable[[CountedRequests], Iterator[Row]]) -> Iterator[Row]:
        for name, of in requests.counted().items():
            pause()
            yield from ((name, *row) for row in list(rows(of)))

    return {
        TOTALS_FILE: each(_totals),
        MOMENTS_FILE: each(CountedRequests.moments),
        TIMES_FILE: each(CountedRequests.times),
    }


def _totals(of: CountedRequests) -> Iterator[Row]:
    for failure, total in of.totals.items():
        yield failure, total.count, total.seconds, total.first, total.last, of.width, of.times_width


def write_table(path: Path, rows: Iterator[Row]) -> int:
    """Write one of the files, whose name says which one; return how many rows it has.

    The one before stays until it is done, so that a run that dies leaves a whole one.
    """
    unfinished, count = path.with_name(f".{path.name}"), 0
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS[path.name])
        for count, row in enumerate(rows, 1):  # noqa: B007
            writer.writerow(row)
    unfinished.replace(path)
    return count


def read_counted(requests: RequestLog, tables: SavedTables) -> None:
    """Read what the files say.

    Args:
        requests: What they are added to.
        tables: Those of the run.
    """
    counted: dict[str, CountedRequests] = {}

    def take_total(row: dict[str, str]) -> None:
        widths = _width(row["moments_width"]), _width(row["times_width"])
        total = Total(
            count_of(row["count"]), number_of(row["seconds"]), moment_of(row["first"]), moment_of(row["last"])
        )
        counted.setdefault(row["request"], CountedRequests(*widths)).totals[row["failure"]] = total

    def take_moments(row: dict[str, str]) -> None:
        began, count = moment_of(row["began"]), count_of(row["count"])
        counted[row["request"]].add_moments(began, row["failure"], count)

    def take_times(row: dict[str, str]) -> None:
        began, seconds, count = moment_of(row["began"]), seconds_of(row["seconds"]), count_of(row["count"])
        counted[row["request"]].add_times(began, seconds, count)

    for name, take in ((TOTALS_FILE, take_total), (MOMENTS_FILE, take_moments), (TIMES_FILE, take_times)):
        tables.read_csv(name, _COLUMNS[name], take)
    for name, of in counted.items():
        if any(of.course()):  # a name that is damaged has a total, and nothing else
            requests.add_counted(name, of)


def _width(text: str) -> float:
    if (width := number_of(text)) < 1:
        raise ValueError(f"{text} is not a number of seconds, from 1 on")
    return width
