"""What hubusers may cost, beside Locust alone or beside the least that is possible, and whether that is so.

The figures are those of the tables that the parts print, and the sentences above the summary follow from them, so that
it cannot say anything else.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.markdown import markdown_table

_NUMBER = re.compile(r"[\d,]*\d(?:\.\d+)?")
_FIGURE = re.compile(rf"{_NUMBER.pattern}(?: (?:MB|s|seconds)\b)?")
_UNKNOWN, _NOT_MEASURED, _MISSED = "?", "not measured", "**no**"


@dataclass(frozen=True)
class Target:
    """A figure that must not be higher than something: than so many times another figure, or than so much.

    Where neither binds it, it is only stated.

    Attributes:
        what: What it is the figure of.
        part: The heading of the part whose tables have it.
        row: The first cell of its row.
        column: Its column, in which the other figure is as well.
        beside: The first cell of the other figure's row; "" for none.
        times: How many times the other figure it may be; 0 where that does not bind it.
        most: How much it may be, where that binds it.
        after: What stands before the figure in its cell; "" where the cell begins with it.
        is_weak: Whether it is much, or may be, although nothing binds it.
    """

    what: str
    part: str
    row: str
    column: str
    beside: str = ""
    times: float = 0.0
    most: float = 0.0
    after: str = ""
    is_weak: bool = False

    @property
    def is_bound(self) -> bool:
        """Whether it may not be higher than something."""
        return bool(self.times or self.most)

    def summary(self, sections: Mapping[str, str]) -> list[str]:
        """Return its row of the summary.

        Args:
            sections: What the parts have printed, by their headings.
        """
        ours, other = self._figures(sections)
        beside = f"{other or _UNKNOWN} ({self.beside})" if self.beside else "–"
        shown = f"{ours} ({_times(ours, other)})" if ours and other and not self.most else ours or _UNKNOWN
        return [self.what, beside, shown, self._limit(ours, other), self.reached(sections)]

    def reached(self, sections: Mapping[str, str]) -> str:
        """Say whether it is not higher than it may be: "yes", in bold "no", "not measured" or, where it may, "–".

        Args:
            sections: What the parts have printed, by their headings.
        """
        ours, other = self._figures(sections)
        if not ours or (self.times and not other):
            return _NOT_MEASURED
        if not self.is_bound:
            return "–"
        limit = self.times * number_in(other) if self.times else self.most
        return "yes" if number_in(ours) <= limit else _MISSED

    def falls_short(self, sections: Mapping[str, str]) -> str:
        """Return by how much it is too high, or how high it is where nothing binds it, as an item of a list.

        Args:
            sections: What the parts have printed, by their headings.
        """
        ours, other = self._figures(sections)
        beside = f", {_times(ours, other)} {self.beside} ({other})" if self.beside else ""
        most = f"; at most {self._limit(ours, other)} was to be reached" if self.is_bound else ""
        return f"- {self.what}: {ours}{beside}{most}"

    def _figures(self, sections: Mapping[str, str]) -> tuple[str, str]:
        """Return the figure and the other one, with their units; "" where there is none."""
        text = sections.get(self.part, "")
        return self._figure(text, self.row), self._figure(text, self.beside) if self.beside else ""

    def _figure(self, text: str, row: str) -> str:
        _, _, said = f" {cell(text, row, self.column)}".partition(self.after or " ")
        found = _FIGURE.search(said)
        return found[0] if found else ""

    def _limit(self, ours: str, other: str) -> str:
        if not self.is_bound:
            return "–"
        unit = _NUMBER.sub("", ours or other, count=1)
        if not self.times:
            return f"{self.most:,g}{unit}"
        return f"{f'{self.times * number_in(other):.3g}{unit}' if other else _UNKNOWN} ({self.times:g} ×)"


def _times(ours: str, other: str) -> str:
    times = number_in(ours) / number_in(other)
    return f"{times:.2f} ×" if times >= 0.1 else f"{times:.2g} ×"


_REPORT = "CPU-s of `hubusers report`"
_LARGE = "Long and large runs"
_LIFE = "CPU-ms of a life, by `{}`"

TARGETS = (
    Target("installed, without extras", "What is installed", "hubusers", "size", "Locust alone", most=100),
    Target("CPU-s to start (`locust --list`)", "Start-up", "hubusers", "CPU-s to start", "Locust alone", times=1.1),
    Target(
        "CPU-s until people can come", "Start-up", "hubusers", "CPU-s until people can come", "naive users", times=2
    ),
    Target("an idle worker", "Start-up", "hubusers", "memory of an idle worker", "Locust alone", times=1.15),
    *(
        Target(
            _LIFE.format(way),
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
    *(
        Target(_LIFE.format(way), "People who come once", f"hubusers-{way}", "CPU-ms a life", naive)
        for way, naive in (("poll", "NaiveFastHttpUser"), ("progress", "NaiveProgressUser"))
    ),
    Target("CPU-s of the report of 2 million requests", _LARGE, "2,000,000", _REPORT, most=5),
    Target("memory of that report", _LARGE, "2,000,000", "its memory", most=200),
    Target(
        "master in a soak of 20 million requests",
        _LARGE,
        "20,000,000",
        "memory of the master",
        most=300,
    ),
    Target("CPU-s of the report of that soak", _LARGE, "20,000,000", _REPORT, most=10),
    Target(
        "CPU-s of a first visit with notebooks",
        "Visits with notebooks",
        "NotebookUser",
        "CPU-s, first visit",
        "Chromium",
        times=0.02,
    ),
    Target("an open tab with a notebook", "Visits with notebooks", "NotebookUser", "memory", "Chromium", most=1),
    Target("CPU-s of the report of 100,000 people", _LARGE, "100,000", _REPORT, is_weak=True),
    Target("memory of that report", _LARGE, "100,000", "its memory", is_weak=True),
    Target("CPU-s at the end of that run", _LARGE, "100,000", "CPU-s at the run's end", is_weak=True),
    Target("memory at the end of that run", _LARGE, "100,000", "memory then", is_weak=True),
    Target(
        "CPU of a real hub while 300 people start, watched by `progress`",
        "A real hub",
        "progress",
        "hub CPU",
        "not at all",
        is_weak=True,
    ),
    # The first of the rows with so many users is that of progress.
    Target(
        "error of its times that a run states: 500 people at once, a real hub, `progress`",
        "A real hub",
        "500",
        "the run states, in seconds",
        after="±",
        is_weak=True,
    ),
)

LEGEND = """\
CPU-s and CPU-ms are seconds and milliseconds of CPU time. The column *beside* has what the same takes without hubusers:
with Locust alone; with *naive users*, which are Locust users as anybody might write them; by a *bare loop*, which is
the least that the same requests cost, without Locust and without any measurement; or in Chromium. × says how many times
that is. A *life* is that of a person who comes once: made, connected, started, stopped and deleted. `poll`, `progress`
(the default) and `listing` are the ways of [`--wait`](../docs/reference/options.md), and each has a bare loop of its
own. `poll`, which sends the most requests, may cost 1.4 × its bare loop, the others 1.2 ×. They also stand beside the
bare loop that polls, because that is how naive users wait; they send fewer requests than it does, so only their own
bare loop shows what hubusers adds. A dash: there is no such figure, or no target."""


def summary(sections: Mapping[str, str]) -> str:
    """Return what falls short, how to read the table, and all targets in a table, as Markdown.

    Args:
        sections: What the parts have printed, by their headings.
    """
    rows = [target.summary(sections) for target in TARGETS]
    table = markdown_table(["what", "beside", "hubusers", "at most", "reached"], "lrrrl", rows)
    return "\n\n".join([*_what_falls_short(sections), LEGEND, table])


def _what_falls_short(sections: Mapping[str, str]) -> Iterator[str]:
    bound = [target for target in TARGETS if target.is_bound]
    missed = [target for target in bound if target.reached(sections) == _MISSED]
    unknown = sum(target.reached(sections) == _NOT_MEASURED for target in bound)
    end = f" Not measured: {unknown}." if unknown else ""
    if missed:
        yield f"**{len(missed)} of {len(bound)} targets {'is' if len(missed) == 1 else 'are'} missed.**{end}"
        yield "\n".join(target.falls_short(sections) for target in missed)
    else:
        yield f"None of {len(bound)} targets is missed.{end}"
    weak = [target for target in TARGETS if target.is_weak and target.reached(sections) != _NOT_MEASURED]
    if weak:
        yield "**These figures are weak,** although there is no target for them:"
        yield "\n".join(target.falls_short(sections) for target in weak)


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
