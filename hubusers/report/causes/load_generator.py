"""Whether the load generator itself was late."""

from collections.abc import Iterable

from hubusers.report.causes.catalogue import found
from hubusers.report.causes.facts import Facts
from hubusers.report.finding import Finding


def lateness(facts: Facts) -> Iterable[Finding]:
    """Find that the processes of the run were late themselves."""
    if facts.info.generator:
        yield found("load-generator", facts.info.generator, explains="note")


CAUSES = (lateness,)
