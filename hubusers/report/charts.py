"""The charts of a run: arrivals, servers, times from start to ready, failures and throttled waits."""

from collections import Counter
from collections.abc import Callable
from itertools import cycle

from hubusers.event.model import Target
from hubusers.report.chart import COLOURS, FAILED, PLANNED, Chart, TimeAxis, Trace, figure, line, plain, points
from hubusers.report.counts import pending, ready
from hubusers.report.hub_charts import hub_charts
from hubusers.report.thinning import MOST_POINTS, climbing, steps_of, thinned
from hubusers.results.folder import FinishedRun
from hubusers.results.records import START_TO_READY, Record
from hubusers.results.results import Results


def charts_of(run: FinishedRun) -> list[Chart]:
    """Return all charts that a run has measurements for."""
    results, info, planned = run.results, run.info, run.arrivals
    lasted = max([info.ended - info.began, *(record.began - info.began for record in results.records), 1.0])
    axis = TimeAxis(info.began, lasted)
    asked_for, starts = results.records.starts(), results.records.of(START_TO_READY)
    targets = run.event.targets if run.event else []
    charts = []
    if asked_for or planned:
        charts.append(_arrivals(asked_for, planned, axis))
    if asked_for:
        charts.append(_servers(results, axis))
    if starts:
        charts += [_distribution(results, targets), _starts_over_time(starts, axis)]
    if results.records.failed():
        charts.append(_failures(results))
    if any(record.throttled for record in asked_for):
        charts.append(_throttled(asked_for, axis))
    return charts + hub_charts(results, axis)


def _arrivals(starts: list[Record], planned: list[float], axis: TimeAxis) -> Chart:
    first: dict[str, float] = {}
    for record in starts:
        first[record.username] = min(record.began, first.get(record.username, record.began))
    traces: list[Trace] = []
    hover = "%{y} people after %{x:.2f}"
    if planned:
        moments, counts = climbing([axis.began + seconds for seconds in planned])
        look = {"dash": "dot", "shape": "hv", "width": 3}
        traces.append(line(axis.positions(moments), counts, "planned", PLANNED, hover, line=look))
    if first:
        moments, counts = climbing(list(first.values()))
        traces.append(
            line(axis.positions(moments), counts, "asked for a server", COLOURS[0], hover, line={"shape": "hv"})
        )
    actual = "when their first start was due"
    return Chart(
        "arrivals",
        "Arrivals",
        f"How many people had come by each moment: {f'as planned, and {actual}' if planned else actual}.",
        figure(traces, axis.layout, {"title": {"text": "people"}}),
        over_time=True,
    )


def _servers(results: Results, axis: TimeAxis) -> Chart:
    traces = []
    end = axis.began + axis.seconds
    counts = {"pending": pending(results.records), "ready": ready(results.records, end)}
    most = {name: count.highest() for name, count in counts.items()}
    for (name, count), colour in zip(counts.items(), (COLOURS[1], COLOURS[2]), strict=True):
        moments, values = steps_of(count, axis.began, end)
        traces.append(
            line(
                axis.positions(moments),
                values,
                name,
                colour,
                f"%{{y}} {name} after %{{x:.2f}}",
                line={"shape": "hv", "dash": "solid" if name == "ready" else "dash"},
            )
        )
    return Chart(
        "servers",
        "Servers",
        f"Pending: from when a start was due until its server was ready or had failed (at most {most['pending']:,} at "
        f"once). Ready: until its stop began (at most {most['ready']:,}).",
        figure(traces, axis.layout, {"title": {"text": "servers"}}),
        over_time=True,
    )


def _distribution(results: Results, targets: list[Target]) -> Chart:
    starts = results.people.measured(START_TO_READY)
    targets = [target for target in targets if target.measure == START_TO_READY]
    succeeded = [record.seconds for record in starts if not record.failure]
    last = max([*succeeded, *(target.at_most for target in targets)], default=1.0)
    traces, colours = [], _colours(starts)
    for cohort, records in _by_cohort(starts).items():
        seconds, ranks = climbing([record.seconds for record in records if not record.failure])
        shares = [round(100 * rank / len(records), 3) for rank in ranks]
        x, y = [0.0, *map(_rounded, seconds), _rounded(last)], [0.0, *shares, shares[-1] if shares else 0.0]
        hover = "%{y:.1f} % had their server within %{x:.2f} s"
        traces.append(line(x, y, cohort, colours[cohort], hover, line={"shape": "hv"}))
    if targets:
        traces.append(
            points(
                [target.at_most for target in targets],
                [target.percentile or 0.0 for target in targets],
                "target",
                {"color": PLANNED, "size": 11, "symbol": "diamond-open", "line": {"width": 2}},
                "%{text}",
                text=[plain(target.text) for target in targets],
            )
        )
    return Chart(
        "distribution",
        "Start to ready",
        "Percentage of the starts whose server was ready within a time. A start that failed is never ready, so with "
        "failures the line stays below 100 %." + (" A target is held when its line passes above ◇." if targets else ""),
        figure(
            traces,
            {"title": {"text": "seconds from start to ready"}, "range": [0, 1.03 * last]},
            {"title": {"text": "% of the starts"}, "range": [0, 102]},
        ),
    )


def _starts_over_time(starts: list[Record], axis: TimeAxis) -> Chart:
    colours = _colours(starts)
    succeeded, every = thinned(sorted((one for one in starts if not one.failure), key=lambda one: one.began))
    failed, every_failed = thinned(sorted((one for one in starts if one.failure), key=lambda one: one.began))
    traces = []
    for cohort, records in _by_cohort(succeeded).items():
        marker = {"color": colours[cohort], "size": 5, "opacity": 0.65}
        hover = "%{y:.2f} s, due after %{x:.2f}"
        traces.append(points(_dues(records, axis), [_rounded(one.seconds) for one in records], cohort, marker, hover))
    if failed:
        traces.append(
            points(
                _dues(failed, axis),
                [_rounded(one.seconds) for one in failed],
                "failed",
                {"color": FAILED, "size": 8, "symbol": "x"},
                "%{text} after %{y:.2f} s, due after %{x:.2f}",
                text=[plain(record.failure) for record in failed],
            )
        )
    about = "Each start, by when it was due. × is a start that failed, by the seconds until it had."
    if every > 1:
        about += f" There are more than {MOST_POINTS:,}, so only every {_nth(every)} that succeeded is drawn."
    if every_failed > 1:
        about += f" Of those that failed, every {_nth(every_failed)} is drawn."
    return Chart(
        "starts",
        "Start to ready over time",
        about,
        figure(traces, axis.layout, {"title": {"text": "seconds from start to ready"}}),
        over_time=True,
    )


def _failures(results: Results) -> Chart:
    counts = Counter(f"{record.step}: {record.failure}" for record in results.records.failed())
    kinds = sorted(counts, key=lambda kind: counts[kind])
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [counts[kind] for kind in kinds],
        "y": [plain(kind) for kind in kinds],
        "marker": {"color": FAILED},
        "text": [counts[kind] for kind in kinds],
        "textposition": "auto",
        "hovertemplate": "%{y}: %{x}<extra></extra>",
    }
    return Chart(
        "failures",
        "Failures by kind",
        "Steps that failed, by what they failed with.",
        figure(
            [bars],
            {"title": {"text": "failures"}, "rangemode": "tozero"},
            {"type": "category"},
            height=110 + 34 * len(kinds),
        ),
    )


def _throttled(starts: list[Record], axis: TimeAxis) -> Chart:
    throttled, every = thinned([record for record in starts if record.throttled])
    traces = []
    by_limit = _grouped(throttled, lambda record: record.throttled_by or "429")
    for (limit, records), colour in zip(by_limit.items(), cycle(COLOURS[3:]), strict=False):
        marker = {"color": colour, "size": 5, "opacity": 0.65}
        hover = "%{y:.2f} s throttled, due after %{x:.2f}"
        traces.append(points(_dues(records, axis), [_rounded(one.throttled) for one in records], limit, marker, hover))
    about = (
        "How long each start waited because the hub answered “too many, come back later” (429), by when it was due; "
        "starts that were under way at the end, until then."
    )
    return Chart(
        "throttled",
        "Throttled waits",
        about + (f" Every {_nth(every)} is drawn." if every > 1 else ""),
        figure(traces, axis.layout, {"title": {"text": "seconds throttled"}}, showlegend=True),
        over_time=True,
    )


def _dues(records: list[Record], axis: TimeAxis) -> list[float]:
    return axis.positions([record.began for record in records])


def _colours(starts: list[Record]) -> dict[str, str]:
    return dict(zip(_by_cohort(starts), cycle(COLOURS), strict=False))


def _by_cohort(records: list[Record]) -> dict[str, list[Record]]:
    return _grouped(records, lambda record: record.cohort or "all")


def _grouped(records: list[Record], key: Callable[[Record], str]) -> dict[str, list[Record]]:
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return dict(sorted(groups.items()))


def _rounded(seconds: float) -> float:
    return round(seconds, 4)


def _nth(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number:,}th")
