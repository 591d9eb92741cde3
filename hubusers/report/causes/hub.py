"""Whether the hub's own process made people wait or fail."""

from collections.abc import Iterable

from hubusers.report.causes.facts import Facts
from hubusers.report.finding import Finding

FULL_CORE = 0.85
"""Share of a core. A hub is one process with one thread: close to a whole core, its work queues."""


def busy(facts: Facts) -> Iterable[Finding]:
    """Find that the hub's core was full."""
    return ()


CAUSES = (busy,)
