"""One step of a user that is under way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hubusers.hub.deadline import Deadline

if TYPE_CHECKING:
    from hubusers.hub.progress import Event
    from hubusers.hub.sightings import Sighting
    from hubusers.run.pending_start import PendingStart


class Step:
    """One step that is under way.

    Attributes:
        deadline: Until when it must have ended; `--server-timeout` seconds from now.
        began: When it was due, on the monotonic clock.
        ended: When it ended, if it ended before the with-block does; 0 otherwise.
        failure: How it failed, if that is known before the with-block ends; "" otherwise.
        late: For how many seconds, at most, it may have been over before that was seen.
        throttled: Seconds of it that the user waited because the hub said "later" (429).
        throttled_by: Which limit that was.
        pending: The start that the step is; None for other steps.
        parts: What another step was for, each with its seconds, where that is known.
    """

    def __init__(self, began: float, deadline: Deadline, pending: PendingStart | None = None) -> None:
        self.deadline = deadline
        self.began = began
        self.pending = pending
        self.ended = 0.0
        self.failure = ""
        self.late = 0.0
        self.throttled = 0.0
        self.throttled_by = ""
        self.parts: tuple[tuple[str, float], ...] = ()

    def begin_again(self) -> None:
        """Begin anew: what went before is another step, with a time of its own."""
        self.began, self.deadline = time.monotonic(), Deadline(self.deadline.seconds)

    def hears(self, event: Event) -> None:
        """Take in an event of the progress stream of a start."""
        if self.pending:
            self.pending.hears(event)

    def end_seen(self, sighting: Sighting) -> None:
        """Note the sighting that showed the end."""
        self.ended = self.deadline.started + sighting.seen
        self.late = sighting.late
