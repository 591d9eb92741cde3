"""Visits of people as traces: a root span for each visit, with a span for each step.

A visit is made into spans when it is over, from its records. That costs the users nothing, and it is known by then
whether the visit failed. All processes' records come together in one, so that it makes all spans.
"""

import random
from collections import deque
from dataclasses import dataclass

from opentelemetry.trace import Link, Span, SpanContext, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.util.types import AttributeValue

from hubusers.log import shown
from hubusers.results.distinct import Distinct
from hubusers.results.failures import with_reason
from hubusers.results.records import ARRIVAL, STOP_TO_STOPPED, Record, Records
from hubusers.results.visit import Visit
from hubusers.telemetry import measures

MOST_FAILED = 200
"""How many failed visits of a run leave spans in any case."""

MOST_AT_ONCE = 500
"""How many spans are made in one go. The library sends in batches of 512, and drops what 2,048 spans have come before.
"""

_NANOSECONDS = 1e9


@dataclass
class _Open:
    """A visit that may go on."""

    lifecycle: int
    visit: Visit
    records: list[Record]
    is_over: bool = False


class VisitSpans:
    """Makes spans of the visits of one run.

    Args:
        tracer: Makes the spans.
        records: Of the run, as they grow.
        ratio: The share of the visits that leave spans. Where it is not 0, the first visit of each kind and the first
            failed ones leave some in any case. None: every visit is offered, and the tracer's own sampler decides.
        names_are_made: Whether the run has made its people's names up. Others are those of real people, and stay here.
        run: The span of the run, which each visit links to.
    """

    def __init__(
        self, tracer: Tracer, records: Records, ratio: float | None, run: SpanContext, *, names_are_made: bool
    ) -> None:
        self._tracer = tracer
        self._records = records
        self._ratio = ratio
        self._run = run
        self._names_are_made = names_are_made
        self._read = self._failed = 0
        self._open: dict[str, _Open] = {}  # by the person's name
        self._over: deque[_Open] = deque()  # those that leave spans
        self._kinds_seen: set[tuple[str, str]] = set()
        self._step = Distinct(measures.MOST_VALUES, measures.OTHER)

    def note(self) -> None:
        """Take in new records, and make spans of some visits that are over."""
        for one in [one for one in self._open.values() if one.is_over]:
            self._close(one)  # not at once: a visit's last record may be about the code of its user class
        for record in self._records.since(self._read):
            self._read += 1
            self._take(record)
        self.make_some()

    def end(self) -> None:
        """Take in the rest: no visit goes on."""
        self.note()
        for one in list(self._open.values()):
            self._close(one)

    def make_some(self) -> bool:
        """Make spans of some visits; return whether there are more of them."""
        spans = 0
        while self._over and spans < MOST_AT_ONCE:
            spans += self._make(self._over.popleft())
        return bool(self._over)

    def _take(self, record: Record) -> None:
        lifecycle, present = max(record.lifecycle, 1), self._open.get(record.username)
        if present and (present.lifecycle != lifecycle or record.step == ARRIVAL):
            self._close(present)
            present = None
        if not present:
            present = self._open[record.username] = _Open(lifecycle, Visit(0, record), [])
        present.records.append(record)
        present.visit.note(record)
        present.is_over |= record.step == STOP_TO_STOPPED

    def _close(self, one: _Open) -> None:
        del self._open[one.records[0].username]
        if self._is_wanted(one):
            self._over.append(one)

    def _is_wanted(self, one: _Open) -> bool:
        if self._ratio is None:
            return True
        kind = one.visit.kind, one.visit.cohort
        is_new, has_failed = kind not in self._kinds_seen, bool(one.visit.failed)
        self._kinds_seen.add(kind)
        self._failed += has_failed
        in_any_case = is_new or (has_failed and self._failed <= MOST_FAILED)
        return self._ratio > 0 and (in_any_case or random.random() < self._ratio)

    def _make(self, one: _Open) -> int:
        """Make the spans of a visit; return how many."""
        first, stopped = one.records[0], one.visit.stopped
        root = self._tracer.start_span(
            "visit",
            start_time=_moment(min(record.began for record in one.records)),
            attributes=self._of_visit(one),
            links=[Link(self._run)],
        )
        if not root.is_recording():  # the sampler does not want it
            return 0
        root.set_attributes(_outcome(stopped.failure if stopped else "", is_unfinished=one.visit.is_waiting))
        if stopped:
            root.set_status(Status(StatusCode.ERROR, _said(stopped)))
        steps = [record for record in one.records if record.step != ARRIVAL or record.failure]
        for record in steps:
            self._make_step(record, root)
        root.end(_moment(max(record.began + record.seconds for record in one.records), first.began))
        return len(steps) + 1

    def _of_visit(self, one: _Open) -> dict[str, AttributeValue]:
        last = one.records[-1]  # of whom it is known best what kind of person it is
        texts = {
            measures.COHORT: last.cohort,
            "user.name": last.username if self._names_are_made else "",
            "hubusers.user_class": last.user_class,
            "hubusers.person": last.person,
            "hubusers.profile": next((record.profile for record in one.records if record.profile), ""),
        }
        said: dict[str, AttributeValue] = {name: shown(text) for name, text in texts.items() if text}
        return said | {"hubusers.lifecycle": one.lifecycle, "hubusers.worker": last.worker}

    def _make_step(self, record: Record, root: Span) -> None:
        step = self._step(record.step)
        texts = {
            "hubusers.reason": record.reason,
            "hubusers.throttled_by": record.throttled_by,
        }
        numbers = {"hubusers.throttled": record.throttled, "hubusers.after": record.after, "hubusers.late": record.late}
        span = self._tracer.start_span(
            step,
            set_span_in_context(root),
            start_time=_moment(record.began),
            attributes={measures.STEP: step}
            | _outcome(record.failure if record.failed else "", is_unfinished=record.is_unfinished)
            | {name: shown(text) for name, text in texts.items() if text}
            | {name: round(number, 3) for name, number in numbers.items() if number},
        )
        began = record.began
        for part, seconds in record.parts:
            span.add_event(shown(part), {"seconds": round(seconds, 3)}, _moment(began))
            began += seconds
        if record.failed:
            span.set_status(Status(StatusCode.ERROR, _said(record)))
        span.end(_moment(record.began + record.seconds, record.began))


def _outcome(failure: str, *, is_unfinished: bool) -> dict[str, AttributeValue]:
    if failure:
        return {measures.OUTCOME: measures.FAILURE, measures.ERROR_TYPE: shown(failure)}
    return {measures.OUTCOME: measures.UNFINISHED if is_unfinished else measures.SUCCESS}


def _said(record: Record) -> str:
    return shown(with_reason(record.failure, record.reason))


def _moment(seconds: float, earliest: float = 0.0) -> int:
    """Return a moment, in seconds since the epoch, as OpenTelemetry has it."""
    return int(max(seconds, earliest) * _NANOSECONDS)
