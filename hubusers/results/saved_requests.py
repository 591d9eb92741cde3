"""The files of a run that has counted its requests, because there were too many to write each."""

import csv
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from hubusers.results.request_counts import CountedRequests, Total
from hubusers.results.request_log import RequestLog
from hubusers.results.run_info import known_moment
from hubusers.results.saved_rows import count_of, naming, number_of, seconds_of

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


def read_counted(requests: RequestLog, rows: Callable[[str, Collection[str]], Iterator[dict[str, str]]]) -> None:
    """Read what the files say.

    Args:
        requests: What they are added to.
        rows: Yields the rows of a file by its name, which must have some columns.

    Raises:
        DamagedError: A file is damaged.
    """
    counted: dict[str, CountedRequests] = {}
    with naming(TOTALS_FILE):
        for row in rows(TOTALS_FILE, _COLUMNS[TOTALS_FILE]):
            widths = _width(row["moments_width"]), _width(row["times_width"])
            of = counted.setdefault(row["request"], CountedRequests(*widths))
            of.totals[row["failure"]] = Total(
                count_of(row["count"]),
                number_of(row["seconds"]),
                known_moment(number_of(row["first"])),
                known_moment(number_of(row["last"])),
            )
    with naming(MOMENTS_FILE):
        for row in rows(MOMENTS_FILE, _COLUMNS[MOMENTS_FILE]):
            began = known_moment(number_of(row["began"]))
            counted[row["request"]].add_moments(began, row["failure"], count_of(row["count"]))
    with naming(TIMES_FILE):
        for row in rows(TIMES_FILE, _COLUMNS[TIMES_FILE]):
            began = known_moment(number_of(row["began"]))
            counted[row["request"]].add_times(began, seconds_of(row["seconds"]), count_of(row["count"]))
    for name, of in counted.items():
        requests.add_counted(name, of)


def _width(text: str) -> float:
    if (width := number_of(text)) < 1:
        raise ValueError(f"{text} is not a number of seconds, from 1 on")
    return width
