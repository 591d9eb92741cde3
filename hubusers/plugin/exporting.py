"""Keeps the exporters of a run supplied while it lasts. What fails in one of them is said once, and harms nothing."""

import gevent

from hubusers.log import get_logger
from hubusers.report.finding import Finding
from hubusers.report.verdict import Verdict
from hubusers.telemetry.exporter import Exporter

LOG = get_logger(__name__)

_INTERVAL = 1.0


class Exporting:
    """Supplies exporters from `start` to `finish`.

    Args:
        exporters: Of one run.
    """

    def __init__(self, exporters: list[Exporter]) -> None:
        self._exporters = exporters
        self._greenlet: gevent.Greenlet[..., None] | None = None

    def start(self) -> None:
        if self._exporters:
            self._greenlet = gevent.spawn(self._supply)

    def finish(self, verdict: Verdict, findings: list[Finding]) -> None:
        """Give every exporter the rest and the answer of the run.

        Logs:
            WARNING what could not be given to one of them.
        """
        if self._greenlet:
            self._greenlet.kill()
        self._note()
        for exporter in list(self._exporters):
            try:
                exporter.finish(verdict, findings)
            except Exception as error:
                self._drop(exporter, error)

    def _supply(self) -> None:
        while True:
            gevent.sleep(_INTERVAL)
            self._note()

    def _note(self) -> None:
        for exporter in list(self._exporters):
            try:
                exporter.note()
            except Exception as error:
                self._drop(exporter, error)

    def _drop(self, exporter: Exporter, error: Exception) -> None:
        self._exporters.remove(exporter)
        LOG.warning(
            "%s gets nothing more of this run, because of an error in hubusers: %r", type(exporter).__name__, error
        )
