"""What a chart shows, as figures; `hubusers.report.drawing` draws it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from hubusers.report.stretches import Stretch, stretches_of

Dash = Literal["solid", "dashed", "dotted"]
Mark = Literal["dot", "cross", "diamond"]


@dataclass(frozen=True)
class Line:
    """A line.

    Attributes:
        name: In the legend.
        colour: By its meaning, as in `hubusers.report.colours`.
        x: Positions; on a time axis moments, in seconds since the epoch.
        y: Values; None leaves a gap.
        steps: Whether a value holds until the next one.
        dash: How it is drawn.
    """

    name: str
    colour: str
    x: Sequence[float]
    y: Sequence[float | None]
    steps: bool = False
    dash: Dash = "solid"

    @property
    def look(self) -> str:
        """What the legend shows."""
        return self.dash


@dataclass(frozen=True)
class Points:
    """Separate points; what a `Line` has, it has too."""

    name: str
    colour: str
    x: Sequence[float]
    y: Sequence[float]
    mark: Mark = "dot"

    @property
    def look(self) -> str:
        """What the legend shows."""
        return self.mark


@dataclass(frozen=True)
class Bars:
    """Lying bars, each below its name.

    Attributes:
        colour: By its meaning.
        names: One for each bar, from the top.
        values: Their lengths.
    """

    colour: str
    names: Sequence[str]
    values: Sequence[float]


@dataclass(frozen=True)
class Range:
    """A value between the ends of its interval."""

    name: str
    colour: str
    low: float
    value: float
    high: float


@dataclass(frozen=True)
class Ranges:
    """Values with their intervals, each below its name; `band` is the part of the axis that does not matter."""

    ranges: Sequence[Range]
    band: tuple[float, float]
    low: float
    high: float


@dataclass(frozen=True)
class TimeAxis:
    """The time of a run, or the part of it that a chart shows: the same axis in all charts over time.

    Attributes:
        run_began: When the run began, in seconds since the epoch.
        begin: Where the axis begins.
        end: Where it ends.
    """

    run_began: float
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.begin

    @property
    def is_long(self) -> bool:
        """Whether a time of day alone does not say which moment it is."""
        return self.seconds > 86400

    def stretches(self, most: int) -> list[Stretch]:
        """Return stretches of time of a round length, from the begin to the end; at most so many, and one."""
        return stretches_of(self.begin, self.end, most)


@dataclass(frozen=True)
class Axis:
    """An axis of numbers that begins at 0.

    Attributes:
        title: What they are, with their unit.
        highest: Where it ends; None: where the values do.
        level: A value at which a dotted line is drawn, from end to end.
    """

    title: str
    highest: float | None = None
    level: float | None = None


@dataclass(frozen=True)
class Table:
    """The figures behind a chart, for people who cannot see it."""

    head: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Chart:
    """One chart of a page."""

    name: str  # unique in its page, fit for an element's id
    title: str
    about: str  # what it shows, in a sentence or two
    content: Bars | Ranges | Sequence[Line | Points]
    x: TimeAxis | Axis
    table: Table
    y: Axis = field(default_factory=lambda: Axis(""))

    @property
    def legend(self) -> list[Line | Points]:
        """The series that need a name: none where there is only one."""
        if isinstance(self.content, Bars | Ranges) or len(self.content) < 2:
            return []
        return list(self.content)
