"""Colours tell apart what one chart shows, also without hues, on all grounds."""

import math
from itertools import combinations, pairwise

import pytest

from hubusers.report.colours import COHORTS, COLOURS, PARTS, variables
from hubusers.start_parts import PARTS as PARTS_OF_STARTS

GROUNDS = {"light": ["#ffffff", "#f6f7f9"], "dark": ["#1c2229", "#14181d", "#1e1e1e", "#121212"]}
"""Those of the report and of the page Hub."""

TOGETHER = [
    ("people", "ready", "pending", "failed"),
    ("probe", "event-loop", "failed"),
    ("p50", "p95", "p99"),
    ("before", "after"),
    COHORTS,
]
"""Drawn in one chart."""

WORDS = {"held", "missed", "unsure"}


def luminance(colour: str) -> float:
    """Return the relative luminance, from 0 to 1, as WCAG defines it."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def lightness(colour: str) -> float:
    """Return the lightness as people feel it, from 0 to 100 (L* of CIELAB)."""
    return 116 * math.cbrt(luminance(colour)) - 16


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_contrast_to_every_ground(ground: str) -> None:
    for name, colour in COLOURS.items():
        for page in GROUNDS[ground]:
            darker, lighter = sorted([luminance(getattr(colour, ground)), luminance(page)])
            assert (lighter + 0.05) / (darker + 0.05) >= (4.5 if name in WORDS else 3), (name, page)


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_lightness_differs_within_a_chart(ground: str) -> None:
    for group in TOGETHER:
        for one, other in combinations(group, 2):
            difference = lightness(getattr(COLOURS[one], ground)) - lightness(getattr(COLOURS[other], ground))
            assert abs(difference) >= 4, (one, other)
    for one, other in pairwise(PARTS):
        assert abs(lightness(getattr(COLOURS[one], ground)) - lightness(getattr(COLOURS[other], ground))) >= 12


def test_every_part_of_a_start_has_a_colour() -> None:
    assert len(PARTS) == len(PARTS_OF_STARTS)


def test_variables() -> None:
    assert "--people: #91c0ef;" in list(variables("dark"))
    assert len(list(variables("light"))) == len(COLOURS)
