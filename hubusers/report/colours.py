"""The colours of charts, by what they stand for: the same in the report, in comparisons and on the page Hub."""

from collections.abc import Iterator
from typing import Literal, NamedTuple


class Colour(NamedTuple):
    """A colour for light pages, and one of the same hue for dark pages."""

    light: str
    dark: str


COHORTS = ("cohort-1", "cohort-2", "cohort-3", "cohort-4", "cohort-5", "cohort-6")
"""Colours for what a run names itself, such as cohorts, profiles and limits: by turns."""

PARTS = ("part-1", "part-2", "part-3", "part-4", "part-5", "part-6", "part-7", "part-8", "part-9", "part-10", "part-11")
"""Colours for the parts of a start, in their order; neighbours differ most."""

COLOURS = {
    "people": Colour("#155596", "#91c0ef"),
    "ready": Colour("#07885d", "#0ab97f"),
    "pending": Colour("#c97800", "#ffd088"),
    "failed": Colour("#c22b05", "#f95025"),
    "planned": Colour("#6e778b", "#9ca4b2"),
    "target": Colour("#373c44", "#eceef0"),
    "probe": Colour("#0a567b", "#41b5f0"),
    "event-loop": Colour("#c86705", "#fcc085"),
    "hub-cpu": Colour("#6939ac", "#ba9fdf"),
    "hub-memory": Colour("#ad4289", "#e0adcf"),
    "p50": Colour("#118fcd", "#139fe4"),
    "p95": Colour("#155abc", "#98bef4"),
    "p99": Colour("#232c8e", "#e0e1f7"),
    "before": Colour("#d46d05", "#fcc893"),
    "after": Colour("#1352a9", "#74a7f0"),
    "cohort-1": Colour("#113c79", "#dee9fa"),
    "cohort-2": Colour("#8e2f6f", "#e8b9d8"),
    "cohort-3": Colour("#06765a", "#0abc8f"),
    "cohort-4": Colour("#8d60ca", "#a380d5"),
    "cohort-5": Colour("#ca6b0b", "#fad0a5"),
    "cohort-6": Colour("#0b5066", "#4cc3eb"),
    "part-1": Colour("#7a8497", "#8991a2"),
    "part-2": Colour("#4c5360", "#c2c6cf"),
    "part-3": Colour("#648c1c", "#7fa63a"),
    "part-4": Colour("#275748", "#aee0cd"),
    "part-5": Colour("#bc4e98", "#d28aba"),
    "part-6": Colour("#46349d", "#d8d4f1"),
    "part-7": Colour("#a78213", "#ba9015"),
    "part-8": Colour("#934b04", "#fcc085"),
    "part-9": Colour("#0a91bd", "#0ba7da"),
    "part-10": Colour("#124da1", "#bad3f7"),
    "part-11": Colour("#078e61", "#09aa75"),
    # Words: a target that was held, missed, or not measured.
    "held": Colour("#00795a", "#35c79a"),
    "missed": Colour("#b8420a", "#ff8d5c"),
    "unsure": Colour("#8a6400", "#e0b44c"),
}
"""By meaning. Colours of one chart differ in lightness too, for people who see no hues, and for grey prints.

The contrast to the ground is at least 3 to 1 for lines and areas, and 4.5 to 1 for words (WCAG 2.2, 1.4.11 and 1.4.3).
"""


def variables(ground: Literal["light", "dark"]) -> Iterator[str]:
    """Yield declarations of CSS variables, such as "--people: #155596;".

    Args:
        ground: Of the page on which the colours are shown.
    """
    for name, colour in COLOURS.items():
        yield f"--{name}: {getattr(colour, ground)};"
