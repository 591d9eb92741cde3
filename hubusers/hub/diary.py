"""The diary of one start: what its progress stream said, when, and what the start waited for in between.

KubeSpawner passes the pod's events on, and with them their reasons, which Kubernetes keeps the same from version to
version. Other spawners send texts only: a few are known, all others are parts of their own.
"""

import itertools
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from hubusers import start_parts as parts
from hubusers.hub.progress import Event
from hubusers.hub.templates import template_of
from hubusers.log import shown, without_secrets

MOST_NOTES = 50
"""How many notes a diary has at most; after that, the last note is replaced."""

WHOLE_SECONDS = 1.5
"""By how many seconds the times of two events may be apart more than they came apart, because they are rounded."""

_BEGINS = {
    # The scheduler, and the autoscaler
    "FailedScheduling": parts.NODE,
    "TriggeredScaleUp": parts.NODE,
    "NotTriggerScaleUp": parts.NODE,
    "WaitForPodScheduled": parts.NODE,
    "Preempted": parts.NODE,
    "Evicted": parts.NODE,
    "TaintManagerEviction": parts.NODE,
    "NodeNotReady": parts.NODE,
    "Scheduled": parts.CONTAINER,
    # Volumes
    "WaitForFirstConsumer": parts.SCHEDULING,
    "ExternalProvisioning": parts.VOLUMES,
    "Provisioning": parts.VOLUMES,
    "ProvisioningFailed": parts.VOLUMES,
    "ProvisioningSucceeded": parts.SCHEDULING,
    "FailedBinding": parts.VOLUMES,
    "FailedAttachVolume": parts.VOLUMES,
    "FailedMount": parts.VOLUMES,
    "SuccessfulAttachVolume": parts.CONTAINER,
    "SuccessfulMountVolume": parts.CONTAINER,
    # The kubelet
    "Pulling": parts.IMAGE,
    "Pulled": parts.CONTAINER,
    "ErrImagePull": parts.IMAGE,
    "ImagePullBackOff": parts.IMAGE,
    "InspectFailed": parts.IMAGE,
    "ErrImageNeverPull": parts.IMAGE,
    "Created": parts.CONTAINER,
    "Started": parts.ANSWER,
    "Unhealthy": parts.ANSWER,
    "FailedCreatePodSandBox": parts.CONTAINER,
    "SandboxChanged": parts.CONTAINER,
    "FailedCreate": parts.CONTAINER,
}
"""What a start waits for after a Kubernetes event, by the event's reason."""

_ENDS = {
    "FailedScheduling": parts.SCHEDULING,
    "Scheduled": parts.SCHEDULING,
    "SuccessfulAttachVolume": parts.VOLUMES,
    "FailedAttachVolume": parts.VOLUMES,
    "FailedMount": parts.VOLUMES,
}
"""What a start has waited for until a Kubernetes event, where what came before it leaves that open."""

_LEAVE_OPEN = {parts.SPAWNING, parts.CONTAINER}

_BY_WORDS = [
    (re.compile(pattern, re.IGNORECASE), part)
    for pattern, part in (
        (r"^server requested|^spawning server|^launching server|^starting server", parts.SPAWNING),
        # BatchSpawner, whatever batch system it uses. It has no status before the first answer to its query.
        (r"^unknown status", parts.BATCH_SYSTEM),
        (r"^pending in queue", parts.QUEUE),
        (r"^cluster job running", parts.ANSWER),
        (r"insufficient|triggered scale-?up|nodes? (?:is|are) available|waiting for (?:a )?node", parts.NODE),
        (r"successfully pulled|already present on machine", parts.CONTAINER),
        (r"pull(?:ing|ed)? (?:the )?image|pulling from|image ?pull|err ?image", parts.IMAGE),
        (r"(?:mount|attach)\w* .*volume|persistentvolumeclaim", parts.VOLUMES),
        (r"successfully assigned|created container|creating container|failed to create", parts.CONTAINER),
        (r"^started container|back-off restarting|waiting (?:to connect|for .*(?:respond|answer))", parts.ANSWER),
    )
]
"""The same for texts: JupyterHub's own, those of Kubernetes' reasons that say little (`Failed`, `BackOff`), and those
of spawners that pass on the texts of events without their reasons."""


class Entry(NamedTuple):
    """One message of a start.

    Attributes:
        seconds: When it came, in seconds since the click.
        message: As it came, on one line and without secrets.
        template: The same without names and numbers.
        part: What the start waited for after it.
    """

    seconds: float
    message: str
    template: str
    part: str


class _Note(NamedTuple):
    """A moment from which a start waits for something; with the event that told it, if one did."""

    seconds: float
    part: str
    event: Event | None = None
    part_before: str = ""  # where the event tells it


class Diary:
    """Collects what is said of a start, as it is said.

    Args:
        names: The user's and the server's name, which are taken out of templates.
        secrets: The person's, which no message repeats: as for `without_secrets`.
    """

    def __init__(self, *names: str, secrets: Iterable[str] = ()) -> None:
        self._names = names
        self._secrets = tuple(secrets)
        self._notes = [_Note(0.0, parts.ACCEPTANCE)]
        self._has_reasons = False

    @property
    def part(self) -> str:
        """What the start waits for now."""
        return self._notes[-1].part

    def wait_for(self, part: str, seconds: float) -> None:
        """Note that the start waits for something that no progress stream tells.

        Args:
            part: One of `hubusers.start_parts`.
            seconds: Since when, in seconds since the click.
        """
        self._notes.append(_Note(seconds, part))

    def note(self, event: Event, seconds: float) -> None:
        """Note an event of the progress stream.

        Args:
            event: The event.
            seconds: When it came, in seconds since the click.
        """
        if event.ready or not event.message:
            return
        if self._secrets and (message := without_secrets(event.message, self._secrets)) != event.message:
            event = event._replace(message=message)
        if self._is_repeated(event):
            return
        part, before = self.part, ""
        # KubeSpawner asks for patience now and then, which changes nothing.
        if not event.failed and (event.has_progress or not self._has_reasons):
            part, before = self._part_after(event), _ENDS.get(event.reason, "")
        self._has_reasons |= bool(event.reason)
        note = _Note(seconds, part, event, before)
        if len(self._notes) < MOST_NOTES:
            self._notes.append(note)
        else:
            self._notes[-1] = note

    def entries(self) -> list[Entry]:
        """Return the messages of the start, in their order."""
        return [
            Entry(round(note.seconds, 3), shown(note.event.message), self._template(note.event), note.part)
            for note in _in_time(self._notes)
            if note.event
        ]

    def parts(self, ended: float) -> tuple[tuple[str, float], ...]:
        """Return what the start waited for, in the order in which it came to that, each with its seconds.

        Args:
            ended: When the start was over, in seconds since the click.
        """
        seconds: dict[str, float] = {}
        notes = _in_time(self._notes)
        for note, following in zip(notes, [*notes[1:], _Note(ended, "")], strict=True):
            part = following.part_before if following.part_before and note.part in _LEAVE_OPEN else note.part
            spent = min(following.seconds, ended) - min(note.seconds, ended)
            seconds[part] = seconds.get(part, 0.0) + spent
        return tuple((part, round(spent, 3)) for part, spent in seconds.items() if spent >= 0.0005)

    def _part_after(self, event: Event) -> str:
        if event.reason == "Started" and event.of_init_container:
            return parts.CONTAINER
        if event.reason in _BEGINS:
            return _BEGINS[event.reason]
        if event.reason == "Killing":  # what follows says why
            return self.part
        return _part_by_words(event.message) or self._template(event)

    def _is_repeated(self, event: Event) -> bool:
        """Say whether the same was said last, as BatchSpawner says each second that a job is pending.

        Events of Kubernetes are not: each happened at a time of its own.
        """
        last = self._notes[-1].event
        return last is not None and not event.failed and not event.reason and event.message == last.message

    def _template(self, event: Event) -> str:
        return template_of(event.message, self._names)


@lru_cache(maxsize=1024)
def _part_by_words(message: str) -> str:
    """Return what a start waits for after a message, by its words; "" where they leave that open."""
    return next((part for pattern, part in _BY_WORDS if pattern.search(message)), "")


def _in_time(notes: list[_Note]) -> list[_Note]:
    """Return the notes with the times at which things happened.

    One who begins to listen late gets all earlier events in one go. These are set apart by their own times. Only the
    differences of those are used, because they are of another clock, and often in whole seconds.
    """
    if not any(note.event and note.event.time for note in notes):
        return notes
    # A start cannot have waited for anything of the spawner's before the hub was asked.
    asked = max(note.seconds for note in notes if note.part in {parts.ACCEPTANCE, parts.PLACE_AT_HUB})
    placed = [notes[-1]]
    for note, later in reversed(list(itertools.pairwise(notes))):
        seconds = min(note.seconds, placed[-1].seconds)
        if note.event and later.event and note.event.time and later.event.time:
            apart = later.event.time - note.event.time
            if apart > later.seconds - note.seconds + WHOLE_SECONDS:
                seconds = min(seconds, placed[-1].seconds - apart)
        placed.append(note._replace(seconds=max(seconds, min(asked, note.seconds))))
    return placed[::-1]
