"""Shares as people write them: a number from 0 to 1, or a percentage."""

import re
from decimal import Decimal
from typing import Any


def share(value: Any) -> float:
    """Return a share, a number from 0 to 1 or text such as "80 %", as a number from 0 to 1.

    Raises:
        ValueError: The value is neither; the text says what to write.
    """
    shown = repr(value) if isinstance(value, str) else str(value)
    example = "80 %"
    if isinstance(value, str) and (percent := re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", value.strip(), re.ASCII)):
        value = float(Decimal(percent[1]) / 100)
    elif isinstance(value, int | float) and 1 < value <= 100:
        example = f"{value:g} %"
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f'{shown} is not a share; write a number from 0 to 1, or a percentage such as "{example}"')
    return float(value)
