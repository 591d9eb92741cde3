"""Whether the proxy, or something else before the hub, made people wait or fail."""

from collections.abc import Iterable

from hubusers.report.causes.facts import Facts
from hubusers.report.finding import Finding

SLOW_ANSWER = 0.3
"""Seconds. A hub that is not busy answers simple requests within some hundredths; the rest is lost on the way."""

ON_THE_WAY = 3.0
"""How many times longer a request takes as seen from here than in the hub, when something in between is the limit."""


def slow(facts: Facts) -> Iterable[Finding]:
    """Find that requests lost their time between people and a hub that was not busy."""
    return ()


CAUSES = (slow,)
