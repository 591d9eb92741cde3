"""Visits of people as traces."""

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler

from hubusers.results.records import ARRIVAL, LOGIN, START_TO_READY, STOP_TO_STOPPED, UNFINISHED, Record, Records
from hubusers.telemetry.otel_visits import MOST_FAILED, VisitSpans


class Traces:
    """The spans of visits whose records a test notes."""

    def __init__(
        self, ratio: float | None = 1.0, *, names_are_made: bool = True, sampler: Sampler | None = None
    ) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(sampler)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        tracer = provider.get_tracer("test")
        self.records = Records()
        self.run = tracer.start_span("run")
        context = self.run.get_span_context()
        self.made = VisitSpans(tracer, self.records, ratio, context, names_are_made=names_are_made)

    def note(self, *records: Record) -> None:
        for record in records:
            self.records.note(record)
        self.made.note()

    def spans(self, name: str) -> list[ReadableSpan]:
        return [span for span in self._exporter.get_finished_spans() if span.name == name]


def record(
    step: str, began: float, seconds: float = 1.0, failure: str = "", name: str = "ann", **more: object
) -> Record:
    return Record(step, name, began, seconds, 0.0, failure, **more)  # type: ignore[arg-type]


def attributes(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


def test_a_visit_is_a_trace_with_a_span_for_each_step_and_the_parts_of_a_start() -> None:
    traces = Traces()
    parts = (("asking the hub", 0.5), ("pulling the image", 3.5))
    traces.note(record(ARRIVAL, 100, 0), record(START_TO_READY, 101, 4, parts=parts, worker=2, cohort="students"))
    assert traces.spans("visit") == []  # it goes on
    traces.note(record(STOP_TO_STOPPED, 110, 2, worker=2, cohort="students"))
    traces.note()
    [visit], [start], [stop] = (traces.spans(name) for name in ("visit", START_TO_READY, STOP_TO_STOPPED))
    assert (visit.start_time, visit.end_time) == (100 * 10**9, 112 * 10**9)
    assert visit.links[0].context == traces.run.get_span_context()
    assert attributes(visit) == {
        "cohort": "students",
        "user.name": "ann",
        "hubusers.lifecycle": 1,
        "hubusers.worker": 2,
        "outcome": "success",
    }
    for step in (start, stop):
        assert step.parent == visit.get_span_context()
        assert step.status.is_unset
    assert [(event.name, event.timestamp) for event in start.events] == [
        ("asking the hub", 101 * 10**9),
        ("pulling the image", 101_500_000_000),
    ]


def test_a_failed_visit_and_its_step_have_an_error_status_and_the_words_of_the_hub() -> None:
    traces = Traces(0.000001)
    traces.note(record(START_TO_READY, 1, cohort="other"), record(STOP_TO_STOPPED, 3, cohort="other"))  # the first one
    failed = {"name": "bob", "reason": "no such image", "cohort": "other"}
    traces.note(record(START_TO_READY, 100, 4, "spawn failed", **failed))
    traces.made.end()
    traces.made.make_some()
    visit, start = traces.spans("visit")[-1], traces.spans(START_TO_READY)[-1]
    for span in (visit, start):
        assert not span.status.is_ok
        assert span.status.description == "spawn failed: no such image"
        assert attributes(span)["outcome"] == "failure"
        assert attributes(span)["error.type"] == "spawn failed"
    assert attributes(start)["hubusers.reason"] == "no such image"


def test_of_many_visits_the_first_the_failed_and_a_share_leave_spans() -> None:
    traces = Traces(0.1)
    for number in range(3000):
        failure = "timed out" if number % 3 == 0 else ""
        traces.note(record(LOGIN, number, 1, failure, name=f"person-{number}"))
    traces.made.end()
    while traces.made.make_some():
        pass
    visits = traces.spans("visit")
    failed = [visit for visit in visits if not visit.status.is_unset]
    assert MOST_FAILED + 20 < len(failed) < MOST_FAILED + 160  # and a tenth of the 800 others
    assert 100 < len(visits) - len(failed) < 300


def test_no_visit_leaves_spans_where_that_is_wanted() -> None:
    for traces in (Traces(0.0), Traces(None, sampler=ALWAYS_OFF)):
        traces.note(record(LOGIN, 1, 1, "timed out"))
        traces.made.end()
        assert not traces.made.make_some()
        assert traces.spans("visit") == []


@pytest.mark.parametrize(
    "next_one", [record(START_TO_READY, 50, lifecycle=2), record(ARRIVAL, 50, 0)], ids=["comes back", "another person"]
)
def test_a_visit_is_over_when_the_account_comes_again(next_one: Record) -> None:
    traces = Traces()
    traces.note(record(START_TO_READY, 1, 2))
    traces.note(next_one)
    assert [span.end_time for span in traces.spans("visit")] == [3 * 10**9]


def test_a_start_that_the_end_of_the_run_broke_off_is_unfinished() -> None:
    traces = Traces()
    traces.note(record(START_TO_READY, 1, 2, UNFINISHED))
    traces.made.end()
    traces.made.make_some()
    [visit], [start] = traces.spans("visit"), traces.spans(START_TO_READY)
    assert attributes(visit)["outcome"] == attributes(start)["outcome"] == "unfinished"
    assert visit.status.is_unset


def test_names_of_real_people_stay_here() -> None:
    traces = Traces(names_are_made=False)
    traces.note(record(LOGIN, 1), record(STOP_TO_STOPPED, 2))
    traces.note()
    [visit] = traces.spans("visit")
    assert "ann" not in f"{visit.attributes} {visit.name}"
