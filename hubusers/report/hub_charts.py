"""The charts of the hub itself: its metrics while the run lasted, and how quickly it answered."""

from collections.abc import Callable, Iterable

from hubusers.report import words
from hubusers.report.causes.hub import FULL_CORE
from hubusers.report.chart import Axis, Chart, Line, Points, TimeAxis
from hubusers.report.chart_tables import Column, timetable
from hubusers.report.hub_intervals import Interval, at_most, intervals
from hubusers.report.thinning import MOST_MARKS, highest_of, thinned
from hubusers.results.hub_samples import HubSample, Probe
from hubusers.results.results import Results

_Told = list[tuple[float, float | None]]
"""Moments, in seconds since the epoch, with what was measured then; None where nothing was."""


def hub_charts(results: Results, axis: TimeAxis) -> list[Chart]:
    """Return the charts that there are measurements for."""
    between = intervals(results.hub_samples)
    charts = [
        _cpu(between, axis),
        _answering(between, results.probes, axis),
        _running(results.hub_samples, axis),
        _memory(results.hub_samples, axis),
    ]
    return [chart for chart in charts if chart is not None]


def _cpu(between: list[Interval], axis: TimeAxis) -> Chart | None:
    told: _Told = [(_middle(one), None if one.cpu is None else 100 * one.cpu) for one in between]
    highest = max((share for _, share in told if share is not None), default=None)
    if highest is None:
        return None
    return Chart(
        "hub-cpu",
        "CPU of the hub",
        f"A hub is one process and can use one core; above {100 * FULL_CORE:.0f} % (dotted) its work piles up.",
        [Line("CPU of the hub", "hub-cpu", *highest_of(told))],
        axis,
        timetable(axis, {"highest": _highest(told, lambda share: f"{share:.0f} % of a core")}),
        Axis("% of a core", max(105.0, 1.05 * highest), level=100 * FULL_CORE),
    )


def _answering(between: list[Interval], probes: list[Probe], axis: TimeAxis) -> Chart | None:
    series = list[Line | Points]()
    turns: _Told = [(_middle(one), at_most(one.event_loop, 95) if one.event_loop else None) for one in between]
    columns: dict[str, Column] = {}
    if any(turn is not None for _, turn in turns):
        series.append(Line("event loop, p95", "event-loop", *highest_of(turns), steps=True, dash="dashed"))
        columns["event loop, highest p95"] = _highest(turns, words.in_seconds)
    answered, every = thinned([one for one in probes if not one.failure])
    failed, every_failed = thinned([one for one in probes if one.failure], MOST_MARKS)
    if answered:
        series.append(Points("probe", "probe", [one.began for one in answered], [one.seconds for one in answered]))
    if failed:
        x, y = [one.began for one in failed], [one.seconds for one in failed]
        series.append(Points("probe failed", "failed", x, y, "cross"))
    if probes:
        columns["probe, longest"] = _highest(
            [(one.began, one.seconds) for one in probes if not one.failure], words.in_seconds
        )
        columns["probes that failed"] = lambda begin, end: (
            f"{sum(begin <= one.began < end for one in probes if one.failure):,}"
        )
    if not series:
        return None
    about = (
        "Probes are small requests through the proxy, which a hub that is not busy answers at once. Event loop "
        "intervals are the hub's own measure, never below 50 ms: during an interval nobody gets an answer."
    )
    if every > 1:
        about += f" Of {len(probes):,} probes, every {words.nth(every)} is drawn."
    if every_failed > 1:
        about += f" Of those that failed, every {words.nth(every_failed)} is drawn."
    return Chart(
        "hub-answers", "How quickly the hub answers", about, series, axis, timetable(axis, columns), Axis("seconds")
    )


def _running(samples: list[HubSample], axis: TimeAxis) -> Chart | None:
    told: _Told = [(one.time, one.running_servers) for one in samples if one.running_servers is not None]
    if not told:
        return None
    return Chart(
        "hub-running",
        "Servers that the hub counts",
        "Servers by the hub's own count, including those of other people. The hub also counts servers that are still "
        "being started, some of them twice: while many start it shows up to twice as many as there are.",
        [Line("running", "ready", *highest_of(told))],
        axis,
        timetable(axis, {"most": _highest(told, lambda count: f"{count:,.0f}")}),
        Axis("servers"),
    )


def _memory(samples: list[HubSample], axis: TimeAxis) -> Chart | None:
    told: _Told = [(one.time, one.memory / 1e6) for one in samples if one.memory is not None]
    if not told:
        return None
    return Chart(
        "hub-memory",
        "Memory of the hub",
        "Resident memory of the hub's process.",
        [Line("memory", "hub-memory", *highest_of(told))],
        axis,
        timetable(axis, {"highest": _highest(told, lambda size: f"{size:,.0f} MB")}),
        Axis("MB"),
    )


def _middle(interval: Interval) -> float:
    return (interval.begin + interval.end) / 2


def _highest(told: Iterable[tuple[float, float | None]], shown: Callable[[float], str]) -> Column:
    """Return a column with the highest value of each stretch of time."""
    values = [(moment, value) for moment, value in told if value is not None]

    def cell(begin: float, end: float) -> str:
        some = [value for moment, value in values if begin <= moment < end]
        return shown(max(some)) if some else "–"

    return cell
