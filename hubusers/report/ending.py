"""Whether a run ended well: people could stop their servers, and the hub still answered."""

from collections.abc import Iterator

from hubusers.report import words
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.hub_away import gone_at_the_end
from hubusers.results.folder import FinishedRun
from hubusers.results.records import STOP_TO_STOPPED
from hubusers.results.visit import GONE


def hub_gone(run: FinishedRun) -> Iterator[str]:
    """Yield a clause where the hub did not answer any more when a run ended."""
    if absence := gone_at_the_end(Facts(run)):
        yield f"the hub has not answered since {words.moment(absence.began)}"


def not_stopped(run: FinishedRun, most: float) -> Iterator[str]:
    """Yield a clause where too many servers could not be stopped.

    Args:
        run: A run that is over.
        most: Share of the stops that may fail. Those that found no server any more are not among them: their people
            lost the server before.
    """
    stops = [stop for stop in run.results.records.of(STOP_TO_STOPPED) if stop.failure not in GONE]
    failed = sum(stop.failed for stop in stops)
    if failed > most * len(stops):
        yield f"{failed:,} of {words.counted(len(stops), 'server')} could not be stopped"
