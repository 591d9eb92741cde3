"""Marks a run in Grafana: when it began, the steps of a climbing event, when it ended, and the verdict."""

import html
from collections.abc import Callable, Iterable
from functools import partial

import gevent

from hubusers.counting import counted
from hubusers.log import get_logger
from hubusers.report.finding import Finding
from hubusers.report.verdict import Verdict
from hubusers.telemetry.grafana import Grafana, GrafanaError
from hubusers.telemetry.readings import RunSoFar

LOG = get_logger(__name__)

_AT_THE_END = 5.0
"""Seconds that the end of a run waits for Grafana at most."""


class GrafanaAnnotations:
    """The annotations of one run. Grafana is asked in the background, one request after the other.

    One annotation is of the whole run: of its beginning at first, and at the end also of its end, with the verdict.

    Args:
        grafana: Where they go.
        so_far: The run.

    Logs:
        INFO where the run is shown.
        WARNING once, when Grafana cannot be used: why, and what to do.
    """

    def __init__(self, grafana: Grafana, so_far: RunSoFar) -> None:
        self._grafana = grafana
        self._run, self._info = so_far.run, so_far.info
        event = so_far.run.settings.event
        self._steps = list(enumerate(event.steps, start=1)) if event else []
        self._climbs_in = len(self._steps)
        self._number: int | None = None  # of the annotation of the whole run
        self._has_begun = False
        self._has_warned = False
        self._last: gevent.Greenlet[..., None] | None = None

    def note(self) -> None:
        """Mark what has begun since the last call: the run, or one of its steps."""
        if not (elapsed := self._run.elapsed):
            return  # people cannot come yet
        if not self._has_begun:
            self._has_begun = True
            self._in_background(self._mark_beginning)
        while self._steps and self._steps[0][1].begin <= elapsed:
            number, step = self._steps.pop(0)
            text = f"step {number} of {self._climbs_in}, with {step.per_minute:,.4g} people a minute."
            self._in_background(partial(self._mark_step, self._info.began + step.begin, text))

    def finish(self, verdict: Verdict, findings: Iterable[Finding]) -> None:
        """Mark the whole run, with its verdict; wait for Grafana for five seconds at most."""
        if not self._has_begun:  # nobody came, so that nothing can be seen in any chart
            return
        last = self._in_background(partial(self._mark_whole_run, verdict.headline))
        last.join(_AT_THE_END)
        if not last.ready():
            last.kill(block=False)
            self._warn(f"Grafana at {self._grafana.url} did not answer in time. See whether it is overloaded.")

    def _in_background(self, mark: Callable[[], None]) -> "gevent.Greenlet[..., None]":
        self._last = last = gevent.spawn(self._after, self._last, mark)
        return last

    def _after(self, before: "gevent.Greenlet[..., None] | None", mark: Callable[[], None]) -> None:
        if before:
            before.join()
        try:
            mark()
        except GrafanaError as error:
            self._warn(str(error))

    def _warn(self, reason: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            LOG.warning("The run is not marked in Grafana, or not wholly; nothing else depends on that. %s", reason)

    def _mark_beginning(self) -> None:
        where = self._grafana.look()
        text = self._text(f"{self._who_comes()}, all of them simulated.")
        self._number = self._grafana.add(self._info.began, text, self._tags)
        LOG.info("%s", where)

    def _mark_step(self, begins: float, text: str) -> None:
        self._grafana.add(begins, self._text(text), self._tags)

    def _mark_whole_run(self, headline: str) -> None:
        began, ended, text = self._info.began, self._info.ended, self._text(headline)
        if self._number is None:  # Grafana was away at the beginning
            self._grafana.look()
            self._grafana.add(began, text, self._tags, ended)
        else:
            self._grafana.change(self._number, began, text, self._tags, ended)

    @property
    def _tags(self) -> list[str]:
        return [self._info.run_id]

    def _who_comes(self) -> str:
        if self._info.planned_people is not None:
            return counted(self._info.planned_people, "person comes", "people come")
        return counted(self._info.users or 0, "user comes", "users come")

    def _text(self, sentence: str) -> str:
        """Return what Grafana shows, as HTML."""
        title = f" “{self._info.title}”" if self._info.title else ""
        return html.escape(f"Load test{title}: {sentence}", quote=False)
