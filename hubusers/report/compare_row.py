"""One measure in two runs, and how its figures are shown."""

import math
from dataclasses import dataclass
from typing import Literal

from hubusers.report import words
from hubusers.report.compare_measures import Unit

Verdict = Literal["no difference", "better", "worse", "cannot tell", "not judged"]

_LARGEST = 10.0
"""The largest relative difference that is shown in percent."""


@dataclass(frozen=True)
class Row:
    """One measure in both runs. Less is better in all measures."""

    measure: str
    unit: Unit
    before: float
    after: float
    difference: float  # relative to before; absolute for shares
    low: float | None = None  # end of the interval of the difference; None where it was not judged
    high: float | None = None
    verdict: Verdict = "not judged"
    note: str = ""  # why it was not judged
    unfelt: str = ""  # why a difference beyond chance does not matter, where it is large in percent
    before_is_more: bool = (
        False  # than it says, by an unknown amount: it is of a start that the end of the run broke off
    )
    after_is_more: bool = False

    @property
    def before_text(self) -> str:
        return _amount(self.before, self.unit, is_more=self.before_is_more)

    @property
    def after_text(self) -> str:
        return _amount(self.after, self.unit, is_more=self.after_is_more)

    @property
    def is_open(self) -> bool:
        """Whether either of both values may be the larger one."""
        if self.before_is_more:
            return self.after_is_more or self.before <= self.after
        return self.after_is_more and self.after <= self.before

    @property
    def has_no_percent(self) -> bool:
        """Whether the difference cannot be said in percent of the run before: that was 0, or one of both is never."""
        is_from_nothing = self.unit != "share" and self.before == 0 and self.after != 0
        return is_from_nothing or math.isinf(self.before) != math.isinf(self.after)

    @property
    def difference_text(self) -> str:
        if self.is_open or self.has_no_percent:
            return "–"
        return f"{_number(self.difference, self.unit)} {_sign(self.unit)}"

    @property
    def interval_text(self) -> str:
        if self.low is None or self.high is None:
            return "–"
        if self.has_no_percent or math.isinf(self.low):
            return "above 0" if self.low > 0 else "below 0" if self.high < 0 else "around 0"
        low, high = _number(self.low, self.unit), _number(self.high, self.unit)
        if math.isinf(self.high):
            return f"{low} {_sign(self.unit)} or more"
        return f"{low} {_sign(self.unit)}" if low == high else f"{low} to {high} {_sign(self.unit)}"

    @property
    def in_words(self) -> str:
        """The measure with its figures, for a headline."""
        difference = "" if self.difference_text == "–" else f": {self.difference_text}"
        return f"{self.measure} ({self.before_text}, then {self.after_text}{difference})"


def _amount(value: float, unit: Unit, *, is_more: bool) -> str:
    if unit == "bytes":
        return f"{value / 1e6:,.0f} MB"
    if unit == "share":
        return words.in_percent(value)
    return f"over {words.in_seconds(value)}" if is_more else words.in_seconds(value)


def _number(value: float, unit: Unit) -> str:
    if unit != "share" and value >= _LARGEST:
        return "over +999"
    percent = round(100 * value, 1) + 0.0  # no -0.0
    return f"{percent:+.0f}" if value >= 1 else f"{percent:+.1f}"


def _sign(unit: Unit) -> str:
    return "points" if unit == "share" else "%"
