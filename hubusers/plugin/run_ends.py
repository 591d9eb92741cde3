"""What ends a run: its event, or somebody who stops it before it would have ended by itself."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from hubusers.plugin.role import Role
from hubusers.results import run_info

if TYPE_CHECKING:
    from hubusers.plugin.recording import Recording
    from hubusers.settings.settings import Settings


def why_event_ends(recording: Recording, role: Role) -> str:
    """Return why the event of a run is over, in a sentence; "" as long as it is not, and without an event."""
    run, event = recording.run, recording.run.settings.event
    if not event:
        return ""
    if event.ends_after is not None and run.elapsed >= event.scaled(event.ends_after):
        return "The event ends, as its file says"
    if recording.has_missed_step():
        return "A target was missed, so the event climbs no further"
    if role.everybody_has_left():
        return "Everybody has come, and has left again"
    return ""


_TIMER = 0.5
"""Seconds by which Locust's timer for `-t` may begin before the run does."""


def why_ended_early(
    settings: Settings, options: argparse.Namespace, seconds: float, *, was_interrupted: bool, has_own_shape: bool
) -> str:
    """Return why a run stops that would have gone on to an end of its own; "" where this is its end.

    Without an event, Locust stops a run in the same way when its time is over, when somebody presses the button on the
    page, and when code of a locustfile calls the runner's `quit`. Headless, there is no button.

    Args:
        settings: Of the run.
        options: Locust's.
        seconds: Since Locust began the test.
        was_interrupted: Whether it stops because of Ctrl-C or SIGTERM.
        has_own_shape: Whether the locustfile has a shape, which may end the run at any time.
    """
    if settings.event or (was_interrupted and (settings.lifecycles or options.run_time)):
        return run_info.STOPPED_BY_SOMEBODY
    is_early = options.run_time and seconds < options.run_time - _TIMER
    return run_info.LOCUST_ENDED if is_early and options.headless and not has_own_shape else ""
