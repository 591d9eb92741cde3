"""A run without a hub, as exporters see it."""

import math
import time
from collections.abc import Mapping
from dataclasses import replace

from hubusers.event.file import parse_event
from hubusers.results.run_info import RunInfo
from hubusers.results.targets import Outcome, outcome
from hubusers.run.run import Run
from hubusers.run.user_counts import UserCounts
from hubusers.settings.access import Access
from hubusers.telemetry.readings import RunSoFar
from tests.settings.settings import settings_for


def so_far(
    event_text: str = "", cohorts: Mapping[str, UserCounts] | None = None, *, elapsed: float = math.nan, **known: object
) -> RunSoFar:
    """Return a run.

    Args:
        event_text: An event file; "" for a run without an event.
        cohorts: What people do now.
        elapsed: Seconds since people could come; NaN where they cannot come yet.
        known: What is known of the run besides, as in `RunInfo`.
    """
    event = parse_event(event_text, "event.toml") if event_text else None
    run = Run(replace(settings_for("https://hub/hub/api", Access("a-token-of-the-hub")), event=event), 0)
    if not math.isnan(elapsed):
        run.began = time.monotonic() - elapsed
    info = RunInfo(run.settings.run_id, "https://hub", began=1_700_000_000.25, **known)  # type: ignore[arg-type]
    if event:
        info.title, info.planned_people = event.title, len(run.settings.people)

    def outcomes() -> list[Outcome]:
        return [outcome(target, run.results) for target in event.targets] if event else []

    return RunSoFar(run, info, lambda: cohorts or {}, outcomes, lambda: 0)
