"""What the page Hub shows of a run, as the JSON that its script asks for."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hubusers.live.timeline import Point, Timeline
from hubusers.report import words
from hubusers.results.failures import Failures
from hubusers.results.run_info import RunInfo
from hubusers.run.phase import Phase

MOST_WAITS_SHOWN = 10
"""How many of the things that starts wait for are shown."""

MOST_FAILURES = 10
"""How many kinds of failure the page shows."""


@dataclass(frozen=True)
class Headway:
    """How far a run is with what takes a while before people come, or after they are gone."""

    what: str  # as in "users removed"
    done: int
    of: int


def without_run(phase: Phase, hub: str) -> dict[str, Any]:
    """Return what the page shows before the first run.

    Args:
        phase: What Locust is doing.
        hub: The hub's URL; "" where it is not known yet.
    """
    return {
        "run": {
            "id": "",
            "title": "",
            "state": phase.value,
            "began": None,
            "elapsed": 0.0,
            "planned": None,
            "hub": hub,
            "hub_away": None,
            "words": "",
            "folder": "",
        },
        "points": [],
        "targets": [],
        "cohorts": [],
        "waiting": [],
        "failures": {"rows": [], "more": ""},
        "notes": [],
        "progress": None,
        "answer": None,
    }


def page_content(
    info: RunInfo,
    phase: Phase,
    elapsed: float,
    timeline: Timeline,
    after: float,
    *,
    waiting: Mapping[str, int],
    cohorts: list[dict[str, Any]],
    folder: Path | None = None,
    headway: Headway | None = None,
    hub_away: float | None = None,
    answer: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what the page shows.

    Args:
        info: What is known of the run.
        phase: What the run is doing.
        elapsed: Seconds since people could come.
        timeline: The timeline of the run.
        after: Seconds since people could come; later points are returned, or all of them for 0.
        waiting: What pending starts wait for, with how many do.
        cohorts: What the cohorts have come to, as `CohortsSoFar` returns it.
        folder: Where the run is written; None where it is not.
        headway: What the run does before people can come, and after they are gone.
        hub_away: Since when the hub has been away, in seconds since the epoch; None while it answers.
        answer: The answer, as `answer_content` returns it; None before the end.
    """
    return {
        "run": {
            "id": info.run_id,
            "title": info.title,
            "state": phase.value,
            "began": info.began,
            "elapsed": elapsed,
            "planned": info.planned_people,
            "hub": info.hub,
            "hub_away": hub_away,
            "words": timeline.in_words(info.planned_people),
            "folder": str(folder) if folder else "",
        },
        "points": [_finite(point) for point in timeline.points if float(point["t"] or 0) > after or not after],
        "targets": [
            {"text": outcome.target.text, "measured": outcome.shown, "state": outcome.state}
            for outcome in timeline.outcomes
        ],
        "cohorts": cohorts,
        "waiting": [
            {"for": part, "starts": starts}
            for part, starts in sorted(waiting.items(), key=lambda one: -one[1])[:MOST_WAITS_SHOWN]
        ],
        "failures": _failures(timeline.failures, info.began),
        "notes": info.notes,
        "progress": asdict(headway) if headway else None,
        "answer": answer,
    }


def _failures(failures: Failures, began: float) -> dict[str, Any]:
    kinds, more = failures.kinds(MOST_FAILURES), len(failures) - MOST_FAILURES
    return {
        "rows": [
            {
                "step": kind.name,
                "what": kind.what,
                "example": kind.example,
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
