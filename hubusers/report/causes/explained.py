"""Which kind of finding explains a failure: by how it failed, by the hub's words, and by what a start waited for.

Kubernetes has fixed words for most of what can go wrong with a pod, and so has JupyterHub. Where the words are not
known here, they are the finding themselves: the kind is then the general one of the step.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from hubusers import start_parts
from hubusers.report.causes.token import TOKEN_REJECTED, revoked_at
from hubusers.results.machine_account import lacks_account
from hubusers.results.records import (
    LAB_LOADED,
    LOGIN,
    OWN_REQUESTS,
    PAGE_LOADED,
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
        parts: Parts of which a start must have come to one; empty for all.
    """

    kind: str
    steps: frozenset[str] = frozenset()
    failure: str = ""
    said: str = ""
    parts: frozenset[str] = frozenset()

    def explains(self, record: Record, said: str) -> bool:
        """Say whether the kind explains a failure."""
        return (
            (not self.steps or record.step in self.steps)
            and _matches(self.failure, record.failure)
            and _matches(self.said, said)
            and (not self.parts or any(part in self.parts for part, _ in record.parts))
        )


@lru_cache(maxsize=10_000)
def _matches(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def _of(steps: set[str], kind: str, *, failure: str = "", said: str = "", parts: frozenset[str] = frozenset()) -> _Rule:
    return _Rule(kind, frozenset(steps), failure, said, parts)


_UNANSWERED = r"(connection (refused|lost)|host name unknown)$"

_EXITED = (
    r"CrashLoopBackOff|Back-off restarting|OOMKilled"
    r"|\b(server|container|process|pod|job)\b (has )?(died|disappeared|exited|terminated|ended)\b"
    r"|died immediately after"
    # JupyterHub 5.5 and 6.1, with a bare 500: the words are the run's.
    r"|answered with an error while it still waited for the server"
)
_ENDED = r"\bexit(ed)?\b.{0,40}\b(code|status|before|with)\b|\bexited? (early|unexpectedly|during|while)"
"""The same of a start whose container was made: before that, it may be any command that ended."""

_NO_ACCOUNT = rf"{lacks_account('{name}')}|\binvalid user id\b"
_SUDO = (
    r"\bsudo: .*(password is required|no tty present|command not found|unable to execute)|is not in the sudoers file"
    r"|is not allowed to (execute|run)|not allowed to preserve the environment"
    r"|sudospawner subprocess failed|^(spawn failed: )?substring not found"
)
"""The last words are those of SudoSpawner for a mediator that said nothing."""

_JOB_REFUSED = r"\bjob submission fail(ed|ure)|^(spawn failed: )?(sbatch|qsub|bsub|msub|condor_submit): "
_JOB_GONE = r"\bbatch job has disappeared"

_A_SERVER = r"\b(server|notebook|container|process|pod|job)\b.*"
_TIMED_OUT = (
    r"^(spawn failed:? ?)?time(d )?out[.!]?$|start_timeout|http_timeout"
    rf"|{_A_SERVER}(did(n't| not) (respond|start|answer|become ready)|not (ready|up|running)|failed to start)"
    r" (with)?in "
    rf"|{_A_SERVER}(never showed up|(taking|took) longer than)|\btimed out waiting for .*{_A_SERVER}"
)
_MISSING = r"cpu|memory|pods|(ephemeral-)?storage|hugepages-\w+|[\w.-]+\.[\w.-]+/[\w.-]+"
"""What a node can have too little of: a device has the name of its maker, as `nvidia.com/gpu`."""

_NO_ROOM = (
    rf"\binsufficient ({_MISSING})(?m:$|[.,;])|\bnodes are available|NotTriggerScaleUp|didn't trigger scale-?up"
    r"|unschedulable|FailedScheduling|max node group size|\bOutOf(cpu|memory|pods)\b"
    r"|is forbidden: exceeded quota|exceeded quota: .*requested: "
)
_FULL = r"no space left on device|disk quota exceeded|read-only file ?system|stale (nfs )?file handle"
"""What a file system says: it may be any. Only its path tells that it is the one of people."""

_VOLUME = (
    r"FailedMount|FailedAttachVolume|ProvisioningFailed|FailedBinding|unbound immediate PersistentVolumeClaims"
    r"|MountVolume|AttachVolume|Multi-Attach|unable to (attach|mount)( or mount)? volumes?\b|max volume count"
    r"|volume node affinity|persistentvolumeclaim .*(not found|being deleted|exceeded)"
    rf"|subPath directory for volumeMount|({_FULL}): \W?\S*(/home/|\{{name\}})"
)
_IMAGE = (
    r"ErrImage|ImagePullBackOff|InvalidImageName|ImageInspectError|Back-off pulling image"
    r"|failed to pull (and unpack )?image|manifest for \S+ not found|manifest unknown|pull access denied"
    r"|no such image: |toomanyrequests"
)
"""Words that have no other meaning: a hook that fails may speak of images, quotas and time as well."""

_RULES = (
    # What is the same for all steps
    _of(set(), "certificate", failure="TLS certificate not trusted|TLS failed"),
    _of(set(), "redirect-loop", failure="^redirect loop"),
    # Logins
    _of({LOGIN}, "login-elsewhere", failure="^login is with another service"),
    _of({LOGIN}, "login-asks-more", failure="^login asks for more"),
    _of({LOGIN}, "login-other-name", failure="^logged in as another name"),
    _of({LOGIN}, "login-refused", failure="^(login (refused|failed)|person's token rejected)"),
    _of({LOGIN}, "hub-away", failure=_UNANSWERED),
    _of({LOGIN}, "login-broken"),
    # What something before the hub's API answered
    _of(set(), "limit-before-hub", failure="^hub error: HTTP 429"),
    _of(set(), "refused-before-hub", failure=r"^hub error: HTTP \d+, a web page$"),
    # Starts
    _of(_STARTS, "spawn-form", failure="^(spawn form not sent|not in the spawn form)"),
    _of(_STARTS, "no-machine-account", said=_NO_ACCOUNT),
    _of(_STARTS, "sudo-refused", said=_SUDO),
    _of(_STARTS, "job-refused", said=_JOB_REFUSED),
    _of(_STARTS, "job-gone", said=_JOB_GONE),
    _of(_STARTS, "image-missing", said=_IMAGE),
    # Before "no room": "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims".
    _of(_STARTS, "volume-failed", said=_VOLUME),
    _of(_STARTS, "no-room", said=_NO_ROOM),
    _of(_STARTS, "server-exits", said=_EXITED),
    _of(_STARTS, "server-exits", said=_ENDED, parts=frozenset({start_parts.CONTAINER, start_parts.ANSWER})),
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
    _of(set(), "kernel-not-installed", failure="^kernel not installed"),
    _of(set(), "kernel-died", failure="^kernel died"),
    _of(set(), "kernel-gone", failure="^kernel gone"),
    _of(set(), "lab-too-old", failure="^JupyterLab too old"),
    _of(set(), "other-start-page", failure="^not a page of JupyterLab or Notebook 7"),
    _of(set(), "files-missing", failure="^files missing"),
    _of(set(), "page-broken", failure="^page broken"),
    _of(set(), "git-pull-failed", failure="^git pull failed"),
    _of({LAB_LOADED, PAGE_LOADED}, "files-missing", failure="^hub error: (GET |/)"),
    _of(set(), "wrong-output", failure="^(wrong output|input asked for|output cut off)"),
    _of({USER_CLASS}, "user-code"),
    _of({OWN_REQUESTS}, "user-requests"),
    _of(set(), "save-refused", failure="^save refused"),
    _of({SAVED}, "save-refused", failure="^hub error: HTTP (413|507)"),
)
"""The first rule that explains a failure counts."""

_WARNING = r"^\[Warning\]|^Error: "
"""How Kubernetes' warnings begin, as KubeSpawner passes them on."""

_SOON = 1.5
"""Seconds. No hub gives its spawners less time."""

_COMPARABLE = 0.5
"""Share of the starts that failed in a part without a reason; a message said of fewer does not explain them."""

_BY_LONGEST_PART = {
    start_parts.NODE: "no-room",
    start_parts.QUEUE: "queue-too-long",
    start_parts.BATCH_SYSTEM: "batch-system-away",
}
"""Why a start was given up, by what it waited for most of the time."""

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
    told, revoked = told_by_part(facts), revoked_at(facts.requests)
    for record in facts.failures:
        by_kind["token-rejected" if _is_of_token(record, revoked) else kind_of(record, told)].append(record)
    return dict(by_kind)


def _is_of_token(record: Record, revoked: float | None) -> bool:
    """Say whether a step failed because the token was refused, or could not be seen to be over because of that."""
    if revoked is None:
        return False
    is_lost = (
        record.step in _STARTS and record.failure.startswith("timed out") and record.began + record.seconds >= revoked
    )
    return record.failure == TOKEN_REJECTED or is_lost


def kind_of(record: Record, told: Mapping[str, Told]) -> str:
    """Return the kind of finding that explains a failure.

    Args:
        record: A step that failed.
        told: What progress streams told, by the part of starts.
    """
    if record.step in _STARTS and record.failure.startswith("throttled"):
        return _LIMITS.get(record.throttled_by, "limit-before-hub")
    kind = _by_rules(record, record.reason)
    was_late = record.seconds - record.throttled >= _SOON
    if kind == "start-timeout" and not was_late:
        kind = "start-failures"
    if kind == "start-timeout" or (kind == "start-failures" and has_no_own_words(record)):
        longest = longest_part(record)
        by_told = _by_rules(record, told[longest].all if longest in told else longest)
        if by_told not in _GENERAL:
            return by_told
        if longest in _BY_LONGEST_PART:
            return _BY_LONGEST_PART[longest]
        if longest in told and told[longest].warning:
            return "start-failures"
    if kind == "start-failures" and record.reason and is_without_words(record) and was_late:
        return "start-timeout"
    return kind


def told_by_part(facts: "Facts") -> dict[str, Told]:
    """Return what progress streams told of starts that failed, by the part of starts.

    What was said of a few only, or of starts that became ready after all, does not tell why the others failed.
    """
    failed = Counter(
        longest_part(start)
        for start in facts.starts
        if start.failed and (has_no_own_words(start) or _matches(_TIMED_OUT, start.reason))
    )
    parts = defaultdict[str, list[StartMessage]](list)
    for message in facts.messages:
        if message.failed and message.failed >= _COMPARABLE * failed[message.part]:
            parts[message.part].append(message)
    return {part: _told(messages) for part, messages in parts.items()}


def _told(messages: list[StartMessage]) -> Told:
    longest = max(messages, key=lambda message: message.seconds)
    is_most = longest.seconds >= sum(message.seconds for message in messages) / 2
    warning = longest.template if is_most and _matches(_WARNING, longest.template) else ""
    return Told("\n".join(message.template for message in messages), warning)


def longest_part(record: Record) -> str:
    """Return what a start waited for most of the time; "" where that is not known.

    Where something was told afterwards, this is not the hub's answer: for the first ten seconds (`slow_spawn_timeout`)
    a hub that has begun to start the server does not answer, and so nobody hears of the start.
    """
    told = [part for part in record.parts if part[0] != start_parts.ACCEPTANCE]
    has_told = any(part != start_parts.SPAWNING for part, _ in told)
    return max(told if has_told else record.parts, key=lambda part: part[1])[0] if record.parts else ""


def is_without_words(record: Record) -> bool:
    """Say whether the hub gave no reason for a failed start.

    When its `start_timeout` is over, the hub says that the spawn failed, and leaves the reason empty. When it has lost
    the spawn, because it was restarted, it says nothing at all.
    """
    return record.failure == "spawn failed" and _matches(r"^(spawn failed:?)?\s*$", record.reason)


def has_no_own_words(record: Record) -> bool:
    """Say whether nothing was said of why a start failed, so that only what it waited for can tell."""
    return not record.reason or is_without_words(record)


def says(kind: str, text: str) -> bool:
    """Say whether a text, of a progress stream or of a failure, tells of a kind by its words."""
    return any(rule.kind == kind and rule.said and _matches(rule.said, text) for rule in _RULES)


def _by_rules(record: Record, said: str) -> str:
    return next((rule.kind for rule in _RULES if rule.explains(record, said)), "other-failures")
