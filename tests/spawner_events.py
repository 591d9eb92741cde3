"""What really happened to the servers of a local hub, as its spawner wrote it down."""

import json
from typing import Any

from hubusers.local import LocalHub


def spawner_events(hub: LocalHub, *kinds: str, username: str = "") -> list[dict[str, Any]]:
    """Return the events in their order: all, or those of some kinds, such as `"ready"`, or those of one user."""
    events = [json.loads(line) for line in hub.events_path.read_text(encoding="utf-8").splitlines()]
    if kinds:
        events = [event for event in events if event["event"] in kinds]
    if username:
        events = [event for event in events if event["username"] == username]
    return events
