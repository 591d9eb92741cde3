"""What the page Hub shows of a run, as the JSON that its script asks for."""

import math
from collections.abc import Mapping
from typing import Any

from hubusers.live.timeline import Point, Timeline
from hubusers.report import words
from hubusers.results.failures import Failures
from hubusers.results.folder import RunInfo
from hubusers.run.phase import Phase

MOST_WAITS_SHOWN = 10
"""How many of the things that starts wait for are shown."""

MOST_FAILURES = 10
"""How many kinds of failure the page shows."""

NO_RUN: dict[str, Any] = {
    "run": {"id": "", "title": "", "state": Phase.READY.value, "elapsed": 0.0, "planned": None, "hub": "", "words": ""},
    "points": [],
    "targets": [],
    "waiting": [],
    "failures": {"rows": [], "more": ""},
    "notes": [],
}
"""What the page shows before the first run."""


def page_content(
    info: RunInfo, phase: Phase, elapsed: float, timeline: Timeline, after: float, waiting: Mapping[str, int]
) -> dict[str, Any]:
    """Return what the page shows.

    Args:
        info: What is known of the run.
        phase: What the run is doing.
        elapsed: Seconds since people could come.
        timeline: The timeline of the run.
        after: Seconds since people could come; later points are returned, or all of them for 0.
        waiting: What pending starts wait for, with how many do.
    """
    return {
        "run": {
            "id": info.run_id,
            "title": info.title,
            "state": phase.value,
            "elapsed": elapsed,
            "planned": info.planned_people,
            "hub": info.hub,
            "words": timeline.in_words(info.planned_people),
        },
        "points": [_finite(point) for point in timeline.points if float(point["t"] or 0) > after or not after],
        "targets": [
            {"text": outcome.target.text, "measured": outcome.shown, "state": outcome.state}
            for outcome in timeline.outcomes
        ],
        "waiting": [
            {"for": part, "starts": starts}
            for part, starts in sorted(waiting.items(), key=lambda one: -one[1])[:MOST_WAITS_SHOWN]
        ],
        "failures": _failures(timeline.failures, info.began),
        "notes": info.notes,
    }


def _failures(failures: Failures, began: float) -> dict[str, Any]:
    kinds, more = failures.kinds(MOST_FAILURES), len(failures) - MOST_FAILURES
    return {
        "rows": [
            {
                "step": kind.name,
                "what": kind.what,
                "who": kind.who,
                "last": max(0.0, kind.last - began),
                "count": kind.count,
            }
            for kind in kinds
        ],
        "more": f"{words.counted(more, 'more kind')} of failure came less often." if more > 0 else "",
    }


def _finite(point: Point) -> dict[str, float | int | str | None]:
    """Return a point with "never" in place of infinity, which JSON does not have."""
    return {name: "never" if value is not None and math.isinf(value) else value for name, value in point.items()}
