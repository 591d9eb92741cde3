"""What hubusers may cost, beside Locust alone or beside the least that is possible, and whether that is so.

The figures are those of the tables that the parts print, so that the summary cannot say anything else.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.markdown import markdown_table

_NUMBER = re.compile(r"[\d,]*\d(?:\.\d+)?")
_UNKNOWN = "?"


@dataclass(frozen=True)
class Target:
    """A figure that must not be higher than something: than so many times another figure, or than so much.

    Attributes:
        what: What it is the figure of.
        part: The heading of the part whose tables have it.
        row: The first cell of its row.
        column: Its column, in which the other figure is as well.
        beside: The first cell of the other figure's row; "" for none.
        times: How many times the other figure it may be; 0 where that does not bind it.
        most: How much it may be, where that binds it.
    """

    what: str
    part: str
    row: str
    column: str
    beside: str = ""
    times: float = 0.0
    most: float = 0.0

    def summary(self, sections: Mapping[str, str]) -> list[str]:
        """Return its row of the summary.

        Args:
            sections: What the parts have printed, by their headings.
        """
        text = sections.get(self.part, "")
        ours = cell(text, self.row, self.column)
        other = cell(text, self.beside, self.column) if self.beside else ""
        unit = _NUMBER.sub("", ours, count=1) if ours else ""
        limit = f"{self.times:g} × {self.beside}" if self.times else f"{self.most:,g}{unit}"
        beside = f"{other or _UNKNOWN} ({self.beside})" if self.beside else "–"
        return [self.what, beside, ours or _UNKNOWN, limit, self._reached(ours, other)]

    def _reached(self, ours: str, other: str) -> str:
        if not _NUMBER.search(ours) or (self.times and not _NUMBER.search(other)):
            return "not measured"
        limit = self.times * number_in(other) if self.times else self.most
        return "yes" if number_in(ours) <= limit else "**no**"


_REPORT = "CPU-s of `hubusers report`"

TARGETS = (
    Target("installed, without extras", "What is installed", "hubusers", "size", "Locust alone", most=100),
    Target("CPU-s to start (`locust --list`)", "Start-up", "hubusers", "CPU-s to start", "Locust alone", times=1.1),
    Target(
        "CPU-s until people can come", "Start-up", "hubusers", "CPU-s until people can come", "naive users", times=2
    ),
    Target("an idle worker", "Start-up", "hubusers", "memory of an idle worker", "Locust alone", times=1.15),
    *(
        Target(
            f"CPU-ms for the whole life of a new person, by `{way}`",
            "People who come once",
            f"hubusers-{way}",
            "CPU-ms a life",
            floor,
            times=times,
        )
        # The bare loop that polls does what naive users do. Others have less to do, as those who wait like them.
        for way, floor, times in (
            ("poll", "bare-poll", 1.4),
            ("progress", "bare-poll", 1.2),
            ("progress", "bare-progress", 1.2),
            ("listing", "bare-poll", 1.2),
            ("listing", "bare-listing", 1.2),
        )
    ),
    Target("CPU-s of the report of 2 million requests", "Long and large runs", "2,000,000", _REPORT, most=5),
    Target("memory of that report", "Long and large runs", "2,000,000", "its memory", most=200),
    Target(
        "master in a soak of 20 million requests",
        "Long and large runs",
        "20,000,000",
        "memory of the master",
        most=300,
    ),
    Target("CPU-s of the report of that soak", "Long and large runs", "20,000,000", _REPORT, most=10),
    Target(
        "CPU-s of a first visit with notebooks",
        "Visits with notebooks",
        "NotebookUser",
        "CPU-s, first visit",
        "Chromium",
        times=0.02,
    ),
    Target("an open tab with a notebook", "Visits with notebooks", "NotebookUser", "memory", "Chromium", most=1),
)


def summary_table(sections: Mapping[str, str]) -> str:
    """Return all targets, and whether they are reached, as a Markdown table.

    Args:
        sections: What the parts have printed, by their headings.
    """
    rows = [target.summary(sections) for target in TARGETS]
    return markdown_table(["what", "beside", "hubusers", "target: at most", "reached"], "lrrrl", rows)


def cell(text: str, row: str, column: str) -> str:
    """Return a cell of the first table in a text that has both its row and its column; "" where none has.

    Args:
        text: Markdown with tables.
        row: The first cell of its row.
        column: The heading of its column.
    """
    for headings, *rows in _tables(text):
        for cells in rows:
            if column in headings and cells[0] == row:
                return cells[headings.index(column)]
    return ""


def number_in(text: str) -> float:
    """Return the first number in a cell."""
    found = _NUMBER.search(text)
    if not found:
        raise ValueError(f"no number in {text!r}")
    return float(found[0].replace(",", ""))


def _tables(text: str) -> Iterator[list[list[str]]]:
    """Yield the cells of each table, without the line below its header."""
    for table in re.findall(r"(?:^\|.*\|[ ]*\n?)+", text, re.MULTILINE):
        lines = [[each.strip() for each in line.strip().strip("|").split("|")] for line in table.splitlines()]
        yield [lines[0], *lines[2:]]
