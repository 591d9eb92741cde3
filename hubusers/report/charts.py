"""The charts of a run: arrivals, servers, times from start to ready, failures and throttled waits."""

from collections import Counter
from collections.abc import Callable
from itertools import cycle

from hubusers.report import words
from hubusers.report.chart import Axis, Bars, Chart, Line, Points, Table, TimeAxis
from hubusers.report.chart_tables import timetable
from hubusers.report.colours import COHORTS
from hubusers.report.counts import pending, ready
from hubusers.report.hub_charts import hub_charts
from hubusers.report.rush import closer, rush_of
from hubusers.report.start_charts import start_charts
from hubusers.report.thinning import climbing, steps_of, thinned
from hubusers.results.folder import FinishedRun
from hubusers.results.records import Record
from hubusers.results.results import Results


def charts_of(run: FinishedRun) -> list[Chart]:
    """Return all charts that a run has measurements for."""
    results, info, planned = run.results, run.info, run.arrivals
    lasted = max([info.ended - info.began, *(record.began - info.began for record in results.records), 1.0])
    axis = TimeAxis(info.began, info.began, info.began + lasted)
    asked_for = results.records.starts()
    rush = rush_of(asked_for, axis)
    charts = []
    if asked_for or planned:
        charts.append(_arrivals(asked_for, planned, axis))
    if asked_for:
        charts.append(_servers(results, axis, axis.end))
    if rush:
        charts.append(closer(_servers(results, rush, axis.end)))
    charts += start_charts(results, run.event.targets if run.event else [], axis, rush)
    if results.records.failed():
        charts.append(_failures(results))
    if any(record.throttled for record in asked_for):
        charts.append(_throttled(asked_for, axis))
    return charts + hub_charts(results, axis)


def _arrivals(starts: list[Record], planned: list[float], axis: TimeAxis) -> Chart:
    first: dict[str, float] = {}
    for record in starts:
        first[record.username] = min(record.began, first.get(record.username, record.began))
    lines, columns = list[Line](), dict[str, list[float]]()
    if planned:
        columns["planned"] = [axis.run_began + seconds for seconds in planned]
        lines.append(Line("planned", "planned", *climbing(columns["planned"]), steps=True, dash="dotted"))
    if first:
        columns["asked for a server"] = list(first.values())
        lines.append(Line("asked for a server", "people", *climbing(columns["asked for a server"]), steps=True))
    actual = "when their first start was due"
    return Chart(
        "arrivals",
        "Arrivals",
        f"How many people had come by each moment: {f'as planned, and {actual}' if planned else actual}.",
        lines,
        axis,
        timetable(axis, {f"{name}, by its end": _count_until(moments) for name, moments in columns.items()}),
        Axis("people"),
    )


def _count_until(moments: list[float]) -> Callable[[float, float], str]:
    return lambda _, end: f"{sum(moment < end for moment in moments):,}"


def _servers(results: Results, axis: TimeAxis, ended: float) -> Chart:
    counts = {"pending": pending(results.records), "ready": ready(results.records, ended)}
    most = {name: count.highest(axis.begin, axis.end) for name, count in counts.items()}
    return Chart(
        "servers",
        "Servers",
        f"Pending: from when a start was due until its server was ready or had failed (at most {most['pending']:,} at "
        f"once). Ready: until its stop began (at most {most['ready']:,}).",
        [
            Line("pending", "pending", *steps_of(counts["pending"], axis.begin, axis.end), steps=True, dash="dashed"),
            Line("ready", "ready", *steps_of(counts["ready"], axis.begin, axis.end), steps=True),
        ],
        axis,
        timetable(
            axis,
            {
                "most pending": lambda begin, end: f"{counts['pending'].highest(begin, end):,}",
                "most ready": lambda begin, end: f"{counts['ready'].highest(begin, end):,}",
            },
        ),
        Axis("servers"),
    )


def _failures(results: Results) -> Chart:
    counts = Counter(f"{record.step}: {record.failure}" for record in results.records.failed()).most_common()
    return Chart(
        "failures",
        "Failures by kind",
        "Steps that failed, by what they failed with.",
        Bars("failed", [kind for kind, _ in counts], [count for _, count in counts]),
        Axis("failures"),
        Table(["failure", "count"], [[kind, f"{count:,}"] for kind, count in counts]),
    )


def _throttled(starts: list[Record], axis: TimeAxis) -> Chart:
    throttled = [record for record in starts if record.throttled]
    shown, every = thinned(throttled)
    by_limit: dict[str, list[Record]] = {}
    for record in shown:
        by_limit.setdefault(record.throttled_by or "429", []).append(record)
    about = (
        "How long each start waited because the hub answered “too many, come back later” (429), by when it was due; "
        "starts that were under way at the end, until then."
    )

    def of(begin: float, end: float) -> list[float]:
        return [record.throttled for record in throttled if begin <= record.began < end]

    return Chart(
        "throttled",
        "Throttled waits",
        about + (f" Every {words.nth(every)} is drawn." if every > 1 else ""),
        [
            Points(limit, colour, [one.began for one in records], [one.throttled for one in records])
            for (limit, records), colour in zip(sorted(by_limit.items()), cycle(COHORTS[::-1]), strict=False)
        ],
        axis,
        timetable(
            axis,
            {
                "starts throttled": lambda begin, end: f"{len(of(begin, end)):,}",
                "longest wait": lambda begin, end: words.longest_of(of(begin, end)),
            },
        ),
        Axis("seconds throttled"),
    )
