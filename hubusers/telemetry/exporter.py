"""What a run asks of each exporter: it tells it when it begins, once a second, and at its end."""

from collections.abc import Iterable
from typing import Protocol

from hubusers.report.finding import Finding
from hubusers.report.verdict import Verdict


class Exporter(Protocol):
    """Sends the figures of one run somewhere, or shows them. None of this is called in a user's greenlet."""

    def note(self) -> None:
        """Take in what is new in the run; called once a second."""

    def finish(self, verdict: Verdict, findings: Iterable[Finding]) -> None:
        """Take in what came of the run, and send the rest within a few seconds."""
