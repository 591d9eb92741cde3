"""The progress stream of a starting server, to which the hub's spawn-pending page listens.

`GET /users/{name}/server/progress` is a stream of server-sent events. The last one says that the server is ready or has
failed; then the hub closes the stream. Every eight seconds the hub sends an empty line to keep the stream alive.
"""

import json
import random
from collections.abc import Callable, Generator
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from hubusers.http.messages import Answer, StreamLost
from hubusers.http.stream import Stream
from hubusers.hub.answers import State, UserServers
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline, beats
from hubusers.hub.errors import SpawnFailed
from hubusers.hub.lifecycle import called, server_path
from hubusers.hub.sightings import Sighting, look_at, looks

SILENCE = 20.0
"""Seconds without a byte after which a stream counts as lost: a proxy holds it back, or the hub is gone."""

_DRAIN = 0.2
"""Seconds to wait for the end of a stream after its last event, so that its connection can be used again."""

_NOT_STARTING = {400, 404}  # no spawn is pending, or not yet; there is no such server, or not yet


class Event(NamedTuple):
    """One event of a progress stream."""

    message: str = ""
    ready: bool = False
    failed: bool = False
    has_progress: bool = False  # whether it says how far the start is; one that does not may only ask for patience
    reason: str = ""  # of a Kubernetes event, as in "FailedScheduling"; "" for all others
    time: float = 0.0  # when a Kubernetes event happened, in seconds since the epoch by its own clock; 0 for all others
    of_init_container: bool = False  # of a Kubernetes event: about a container that runs before the server's


def event_of(line: str) -> Event | None:
    """Read a line of a progress stream; return None for a keep-alive, and for anything else that is not an event.

    KubeSpawner sends the pod's events along, in `raw_event`.
    """
    if not line.startswith("data:"):
        return None
    try:
        model = json.loads(line.removeprefix("data:"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(model, dict):
        return None
    raw = model.get("raw_event")
    raw = raw if isinstance(raw, dict) else {}
    about = raw.get("involvedObject")
    return Event(
        message=str(model.get("message") or ""),
        ready=model.get("ready") is True,
        failed=model.get("failed") is True,
        has_progress="progress" in model,
        reason=str(raw.get("reason") or ""),
        time=_epoch(raw.get("lastTimestamp") or raw.get("eventTime")),
        of_init_container=isinstance(about, dict) and "initContainers" in str(about.get("fieldPath")),
    )


def _epoch(text: Any) -> float:
    if not text:  # as in most events, which are not of Kubernetes
        return 0.0
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return 0.0


Hears = Callable[[Event], None]


def progress(
    client: HubClient,
    username: str,
    deadline: Deadline,
    interval: float,
    server_name: str = "",
    hears: Hears = lambda _: None,
) -> Generator[Sighting]:
    """Listen to a server's progress until it is ready.

    As long as the hub has no stream because it does not know of the spawn, asks again every `interval` seconds, after a
    look at the user. If the stream breaks off, calls `client.note_stream_lost` and polls instead.

    Args:
        client: The hub.
        username: Whose server.
        deadline: Until when to listen.
        interval: Seconds between two requests, and between two looks at the user.
        server_name: Which server; "" is the default one.
        hears: Called with each event.

    Raises:
        SpawnFailed: The stream says so; the detail holds its last messages.
        MissingScope: The token may not see servers.
    """
    known = deadline.elapsed()
    for late in beats(deadline, interval, known):
        client.note_lateness(late)
        asked = deadline.elapsed()
        with client.stream(
            f"{server_path(server_name)}/progress",
            username=username,
            server_name=server_name,
            timeout=deadline.remaining(),
            silence=SILENCE,
            good=_tells_of_progress,
        ) as stream:
            if stream.answer.status == 200:
                # An event may be as late as this answer was, because the hub was as busy.
                answer_time = deadline.elapsed() - asked
                lost = yield from _listen(stream, username, server_name, deadline, known, answer_time, hears)
            else:
                lost = "" if stream.answer.status in _NOT_STARTING else stream.answer.cause
        if deadline.remaining() <= 0:
            return
        if lost:
            client.note_stream_lost(username, lost)
            break
        servers = look_at(client, username, deadline)
        if servers is not None:
            yield Sighting(servers, deadline.elapsed(), deadline.elapsed() - known)
            known = asked
    # Whatever cut this stream may have cut a thousand others at the same moment.
    yield from looks(client, username, deadline, interval, random.uniform(0, interval))


def _listen(
    stream: Stream,
    username: str,
    server_name: str,
    deadline: Deadline,
    known: float,
    answer_time: float,
    hears: Hears,
) -> Generator[Sighting, None, str]:
    """Yield when the server is ready; return why the stream ended without an outcome."""
    was_pending, last_message = False, ""
    try:
        for event in filter(None, map(event_of, stream)):
            hears(event)
            if event.ready:
                seen = deadline.elapsed()
                try:
                    ready = UserServers({server_name: State.READY})
                    yield Sighting(ready, seen, answer_time if was_pending else seen - known)
                finally:
                    stream.drain(_DRAIN)  # the caller closes this generator here
            elif event.failed:
                before = f"; the last message before that: {last_message}" if last_message else ""
                server = called(username, server_name)
                why = f": {event.message}" if _gives_reason(event.message) else " without a reason"
                detail = f"{server} failed to start{why}{before}"
                raise SpawnFailed(detail, words=event.message or last_message)
            was_pending, last_message = True, event.message or last_message
    except StreamLost as error:
        return str(error)
    return "it ended too early"


def _gives_reason(message: str) -> bool:
    """Say whether a message gives a reason; when a hub's `start_timeout` is over, it is "Spawn failed:" and no more."""
    return message.strip().rstrip(":").casefold() not in {"", "spawn failed"}


def hear_once(client: HubClient, username: str, seconds: float, hears: Hears, server_name: str = "") -> str:
    """Ask once what the hub can still tell of a start that failed, or that is late.

    A hub keeps the reason of a failed spawn until the next one. Of a pending one KubeSpawner tells all events again.

    Args:
        client: The hub.
        username: Whose server.
        seconds: How long to listen, at most; a pending start's stream would go on.
        hears: Called with each event.
        server_name: Which server; "" is the default one.

    Returns:
        The message of the failure; "" if the hub tells none.
    """
    said = ""
    with client.stream(
        f"{server_path(server_name)}/progress",
        username=username,
        server_name=server_name,
        timeout=seconds,
        silence=seconds,
        good=_tells_of_progress,
    ) as stream:
        if stream.answer.status == 200:
            with suppress(StreamLost):
                for event in filter(None, map(event_of, stream)):
                    hears(event)
                    if event.failed:
                        said = event.message
    return said


def _tells_of_progress(answer: Answer) -> bool:
    return answer.status == 200 or answer.status in _NOT_STARTING
