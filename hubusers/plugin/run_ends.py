"""What ends a run: its event, or somebody who stops it before it would have ended by itself."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from hubusers.plugin.role import Role

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


def would_have_ended(settings: Settings, options: argparse.Namespace, *, was_interrupted: bool) -> bool:
    """Return whether a run that stops would have gone on to an end of its own, had nobody stopped it.

    Args:
        settings: Of the run.
        options: Locust's.
        was_interrupted: Whether it stops because of Ctrl-C or SIGTERM.
    """
    # Without an event, Locust stops a run in the same way when its time is over.
    ends = bool(settings.lifecycles or options.run_time) and was_interrupted
    return settings.event is not None or ends
