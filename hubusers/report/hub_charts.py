"""The charts of the hub itself: its metrics while the run lasted, and how quickly it answered."""

from hubusers.report.causes.hub import FULL_CORE
from hubusers.report.chart import COLOURS, FAILED, Chart, TimeAxis, Trace, figure, line, points
from hubusers.report.hub_intervals import Interval, at_most, intervals
from hubusers.report.thinning import thinned
from hubusers.results.hub_samples import HubSample, Probe
from hubusers.results.results import Results


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
    if all(one.cpu is None for one in between):
        return None
    shares = [None if one.cpu is None else round(100 * one.cpu, 2) for one in between]
    middles = axis.positions([(one.begin + one.end) / 2 for one in between])
    full = {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": 100 * FULL_CORE,
        "y1": 100 * FULL_CORE,
        "line": {"color": FAILED, "width": 1, "dash": "dot"},
    }
    return Chart(
        "hub-cpu",
        "CPU of the hub",
        f"A hub is one process and can use one core; above {100 * FULL_CORE:.0f} % (dotted) its work piles up.",
        figure(
            [line(middles, shares, "CPU of the hub", COLOURS[0], "%{y:.0f} % of a core after %{x:.2f}")],
            axis.layout,
            {"title": {"text": "% of a core"}, "range": [0, max(105.0, *(share or 0.0 for share in shares))]},
            shapes=[full],
        ),
        over_time=True,
    )


def _answering(between: list[Interval], probes: list[Probe], axis: TimeAxis) -> Chart | None:
    traces: list[Trace] = []
    turns = [at_most(one.event_loop, 95) if one.event_loop else None for one in between]
    if any(turn is not None for turn in turns):
        middles = axis.positions([(one.begin + one.end) / 2 for one in between])
        hover = "95 % of the intervals at most %{y} s, after %{x:.2f}"
        traces.append(line(middles, turns, "event loop, p95", COLOURS[1], hover, line={"shape": "hvh", "dash": "dash"}))
    shown, every = thinned(probes)
    answered, failed = [one for one in shown if not one.failure], [one for one in shown if one.failure]
    for name, some, look in (
        ("probe", answered, {"color": COLOURS[0], "size": 4, "opacity": 0.8}),
        ("probe failed", failed, {"color": FAILED, "size": 8, "symbol": "x"}),
    ):
        if some:
            moments, seconds = axis.positions([one.began for one in some]), [round(one.seconds, 4) for one in some]
            traces.append(points(moments, seconds, name, look, "%{y:.3f} s after %{x:.2f}"))
    if not traces:
        return None
    about = (
        "Probes are small requests through the proxy, which a hub that is not busy answers at once. Event loop "
        "intervals are the hub's own measure, never below 0.05 s: during an interval nobody gets an answer."
    )
    return Chart(
        "hub-answers",
        "How quickly the hub answers",
        about + (f" Of {len(probes):,} probes, every {every:,}th is drawn." if every > 1 else ""),
        figure(traces, axis.layout, {"title": {"text": "seconds"}}, showlegend=True),
        over_time=True,
    )


def _running(samples: list[HubSample], axis: TimeAxis) -> Chart | None:
    told = [(one.time, one.running_servers) for one in samples if one.running_servers is not None]
    if not told:
        return None
    moments = axis.positions([time for time, _ in told])
    return Chart(
        "hub-running",
        "Servers that the hub counts",
        "Servers by the hub's own count, including those of other people. The hub also counts servers that are still "
        "being started, some of them twice: while many start it shows up to twice as many as there are.",
        figure(
            [line(moments, [count for _, count in told], "running", COLOURS[2], "%{y} running after %{x:.2f}")],
            axis.layout,
            {"title": {"text": "servers"}},
        ),
        over_time=True,
    )


def _memory(samples: list[HubSample], axis: TimeAxis) -> Chart | None:
    told = [(one.time, round(one.memory / 1e6, 2)) for one in samples if one.memory is not None]
    if not told:
        return None
    moments = axis.positions([time for time, _ in told])
    return Chart(
        "hub-memory",
        "Memory of the hub",
        "Resident memory of the hub's process.",
        figure(
            [line(moments, [size for _, size in told], "memory", COLOURS[3], "%{y:.0f} MB after %{x:.2f}")],
            axis.layout,
            {"title": {"text": "MB"}},
        ),
        over_time=True,
    )
