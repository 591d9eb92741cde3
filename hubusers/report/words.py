"""Figures and counts as text for people."""

import math


def in_seconds(seconds: float) -> str:
    """Return seconds to three digits, as in "0.0123 s", "4.11 s" or "1,230 s"; infinity is "never"."""
    if math.isinf(seconds):
        return "never"
    digits = 0 if seconds <= 0 else 2 - math.floor(math.log10(seconds))
    rounded = round(seconds, digits)
    return f"{rounded:,.0f} s" if rounded >= 1000 else f"{rounded:.4g} s"


def in_percent(share: float) -> str:
    """Return a share of 1 in percent, as in "12 %"."""
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun, as in "1 start" or "2,000 people"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
