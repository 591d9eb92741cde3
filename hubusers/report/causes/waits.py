"""Where the time of slow starts went."""

from collections.abc import Iterable

from hubusers.report.causes.facts import Facts
from hubusers.report.finding import Finding


def parts(facts: Facts) -> Iterable[Finding]:
    """Find which parts of slow starts took most of their time."""
    return ()


CAUSES = (parts,)
