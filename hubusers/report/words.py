"""How figures and counts read in the report."""

import math


def seconds(value: float) -> str:
    """Return seconds to three digits, as in "0.0123 s", "4.11 s" or "1,230 s"; what never ended is "never"."""
    if math.isinf(value):
        return "never"
    digits = 0 if value <= 0 else 2 - math.floor(math.log10(value))
    rounded = round(value, digits)
    return f"{rounded:,.0f} s" if rounded >= 1000 else f"{rounded:.4g} s"


def share(value: float) -> str:
    """Return a share of 1 in percent, as in "12 %"."""
    return f"{100 * value:.2g} %" if value < 0.1 else f"{100 * value:.0f} %"


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun, as in "1 start" or "2,000 people"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
