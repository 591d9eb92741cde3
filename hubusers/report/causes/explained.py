"""Which kind of finding explains a failure: by how it failed, by the hub's words, and by what a start waited for.

Kubernetes has fixed words for most of what can go wrong with a pod, and so has JupyterHub. Where the words are not
known here, they are the finding themselves: the kind is then the general one of the step.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from hubusers import start_parts
from hubusers.results.records import (
    LAB_LOADED,
    LOGIN,
    SAVED,
    SPAWN_PAGE,
    START_TO_READY,
    USER_CLASS,
    Record,
)
from hubusers.results.start_messages import StartMessage

if TYPE_CHECKING:
    from hubusers.report.causes.facts import Facts

_STARTS = {START_TO_READY, SPAWN_PAGE}

_LIMITS = {"concurrent_spawn_limit": "spawn-limit", "active_server_limit": "server-limit"}


@dataclass(frozen=True)
class _Rule:
    """A kind of finding, and the failures that it explains: those that match all of what is given.

    Attributes:
        kind: The kind.
        steps: Of which steps; empty for all.
        failure: A pattern for the fixed phrase of the failure.
        said: A pattern for what was said: the reason of the failure, and what the start's progress stream said before.
    """

    kind: str
    steps: frozenset[str] = frozenset()
    failure: str = ""
    said: str = ""

    def explains(self, record: Record, said: str) -> bool:
        """Say whether the kind explains a failure."""
        return (
            (not self.steps or record.step in self.steps)
            and _matches(self.failure, record.failure)
            and _matches(self.said, said)
        )


@lru_cache(maxsize=10_000)
def _matches(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def _of(steps: set[str], kind: str, *, failure: str = "", said: str = "") -> _Rule:
    return _Rule(kind, frozenset(steps), failure, said)


_UNANSWERED = r"(connection (refused|lost)|host name unknown)$"

_EXITED = (
    r"CrashLoopBackOff|Back-off restarting|OOMKilled|\bexit(ed)?\b.{0,40}\b(code|status|before|with)\b|\bexit code"
    r"|died immediately|has disappeared|container (has )?(died|exited|terminated)|process (has )?(died|exited)"
    r"|exited? (early|unexpectedly|during|while)"
)
_TIMED_OUT = (
    r"\btime(d)? ?out\b|did(n't| not) (respond|start|answer)|never showed up|taking longer than|took longer than"
    r"|not (ready|up|running) (with)?in \S+ s|failed to start in"
)

_RULES = (
    # What is the same for all steps
    _of(set(), "certificate", failure="TLS certificate not trusted|TLS failed"),
    _of(set(), "redirect-loop", failure="^redirect loop"),
    # Logins
    _of({LOGIN}, "login-elsewhere", failure="^login is with another service"),
    _of({LOGIN}, "login-refused", failure="^(login (refused|failed)|person's token rejected)"),
    _of({LOGIN}, "hub-away", failure=_UNANSWERED),
    _of({LOGIN}, "login-broken"),
    # Starts
    _of(
        _STARTS,
        "image-missing",
        said=r"ErrImage|ImagePullBackOff|InvalidImageName|ImageInspectError|Back-off pulling image|failed to pull"
        r"|manifest (for .* )?(not found|unknown)|pull access denied|no such image|toomanyrequests|image .*not found"
        r"|repository .*(does not exist|not found)",
    ),
    # Before "no room": "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims".
    _of(
        _STARTS,
        "volume-failed",
        said=r"FailedMount|FailedAttachVolume|ProvisioningFailed|FailedBinding|unbound immediate PersistentVolumeClaims"
        r"|MountVolume|AttachVolume|Multi-Attach|unable to (attach|mount)|max volume count|volume node affinity"
        r"|persistentvolumeclaim .*(not found|being deleted|exceeded)|subPath|volumeMount|no space left on device"
        r"|disk quota exceeded|read-only file ?system|stale file handle",
    ),
    _of(
        _STARTS,
        "no-room",
        said=r"insufficient |nodes? (is|are) available|exceeded quota|NotTriggerScaleUp|didn't trigger scale-?up"
        r"|unschedulable|FailedScheduling|max node group size|out of (cpu|memory|resources|capacity)\b",
    ),
    _of(_STARTS, "server-exits", said=_EXITED),
    _of(_STARTS, "start-timeout", failure=r"^timed out|HTTP 504"),
    _of(_STARTS, "start-timeout", said=_TIMED_OUT),
    # Since the start
    _of(set(), "server-unreachable", failure="^server unreachable"),
    _of(set(), "session-lost", failure="^(session lost|person's token rejected)"),
    _of(set(), "servers-culled", failure="^(server was gone|server not running)"),
    # A websocket that breaks off is lost in the same way when something on the way cuts it.
    _of(set(), "hub-away", failure=rf"^(?!websocket lost).*{_UNANSWERED}"),
    _of(set(), "hub-away", failure=r"^hub error: HTTP 50[23]$"),
    _of(_STARTS, "start-failures"),
    _of(set(), "websockets-refused", failure="^websocket refused"),
    _of(set(), "websockets-cut", failure="^websocket lost"),
    _of(set(), "kernel-died", failure="^kernel died"),
    _of(set(), "kernel-gone", failure="^kernel gone"),
    _of(set(), "files-missing", failure="^files missing"),
    _of({LAB_LOADED}, "files-missing", failure="^hub error: (GET |/)"),
    _of(set(), "wrong-output", failure="^wrong output"),
    _of({USER_CLASS}, "user-code"),
    _of(set(), "save-refused", failure="^save refused"),
    _of({SAVED}, "save-refused", failure="^hub error: HTTP (413|507)"),
)
"""The first rule that explains a failure counts."""

_WARNING = r"^\[Warning\]|^Error: "
"""How Kubernetes' warnings begin, as KubeSpawner passes them on."""

_SOON = 1.5
"""Seconds. No hub gives its spawners less time."""

_GENERAL = {"start-timeout", "start-failures"}
"""Kinds that say little: what the start waited for before tells more."""


@dataclass(frozen=True)
class Told:
    """What progress streams told of one part of starts.

    Attributes:
        all: All that was said, for patterns.
        warning: The warning after which starts waited for most of the part; "" where there was no such warning.
    """

    all: str = ""
    warning: str = ""


@lru_cache(maxsize=1)  # each cause asks for it
def failures_by_kind(facts: "Facts") -> dict[str, list[Record]]:
    """Return the records that failed by the kind of finding that explains each, in their order."""
    by_kind = defaultdict[str, list[Record]](list)
    told = told_by_part(facts)
    for record in facts.failures:
        by_kind[kind_of(record, told)].append(record)
    return dict(by_kind)


def kind_of(record: Record, told: Mapping[str, Told]) -> str:
    """Return the kind of finding that explains a failure.

    Args:
        record: A step that failed.
        told: What progress streams told, by the part of starts.
    """
    if record.step in _STARTS and record.failure.startswith("throttled"):
        return _LIMITS.get(record.throttled_by, "limit-before-hub")
    kind = _by_rules(record, record.reason)
    if kind in _GENERAL and record.parts:
        longest = longest_part(record)
        by_told = _by_rules(record, told[longest].all if longest in told else longest)
        if by_told not in _GENERAL:
            return by_told
        if longest == start_parts.NODE:
            return "no-room"
        if longest in told and told[longest].warning:
            return "start-failures"
    was_late = record.seconds - record.throttled >= _SOON
    if kind == "start-failures" and record.reason and is_without_words(record) and was_late:
        return "start-timeout"
    return kind


def told_by_part(facts: "Facts") -> dict[str, Told]:
    """Return what progress streams told, by the part of starts."""
    parts = defaultdict[str, list[StartMessage]](list)
    for message in facts.messages:
        parts[message.part].append(message)
    return {part: _told(messages) for part, messages in parts.items()}


def _told(messages: list[StartMessage]) -> Told:
    longest = max(messages, key=lambda message: message.seconds)
    is_most = longest.seconds >= sum(message.seconds for message in messages) / 2
    warning = longest.template if is_most and _matches(_WARNING, longest.template) else ""
    return Told("\n".join(message.template for message in messages), warning)


def longest_part(record: Record) -> str:
    """Return what a start waited for most of the time; "" where that is not known."""
    return max(record.parts, key=lambda part: part[1])[0] if record.parts else ""


def is_without_words(record: Record) -> bool:
    """Say whether the hub gave no reason for a failed start.

    When its `start_timeout` is over, the hub says that the spawn failed, and leaves the reason empty. When it has lost
    the spawn, because it was restarted, it says nothing at all.
    """
    return record.failure == "spawn failed" and _matches(r"^(spawn failed:?)?\s*$", record.reason)


def says(kind: str, text: str) -> bool:
    """Say whether a text, of a progress stream or of a failure, tells of a kind by its words."""
    return any(rule.kind == kind and rule.said and _matches(rule.said, text) for rule in _RULES)


def _by_rules(record: Record, said: str) -> str:
    return next((rule.kind for rule in _RULES if rule.explains(record, said)), "other-failures")
