"""Which kind of finding explains a failure: by the rules for all failures, and by what a start waited for."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from hubusers import start_parts
from hubusers.report.causes.failure_rules import STARTS, TIMED_OUT, kind_by_rules, matches
from hubusers.report.causes.token import TOKEN_REJECTED, revoked_at
from hubusers.results.records import Record
from hubusers.results.start_messages import StartMessage

if TYPE_CHECKING:
    from hubusers.report.causes.facts import Facts

_LIMITS = {"concurrent_spawn_limit": "spawn-limit", "active_server_limit": "server-limit"}

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
        record.step in STARTS and record.failure.startswith("timed out") and record.began + record.seconds >= revoked
    )
    return record.failure == TOKEN_REJECTED or is_lost


def kind_of(record: Record, told: Mapping[str, Told]) -> str:
    """Return the kind of finding that explains a failure.

    Args:
        record: A step that failed.
        told: What progress streams told, by the part of starts.
    """
    if record.step in STARTS and record.failure.startswith("throttled"):
        return _LIMITS.get(record.throttled_by, "limit-before-hub")
    kind = kind_by_rules(record, record.reason)
    was_late = record.seconds - record.throttled >= _SOON
    if kind == "start-timeout" and not was_late:
        kind = "start-failures"
    if kind == "start-timeout" or (kind == "start-failures" and has_no_own_words(record)):
        longest = longest_part(record)
        by_told = kind_by_rules(record, told[longest].all if longest in told else longest)
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
        if start.failed and (has_no_own_words(start) or matches(TIMED_OUT, start.reason))
    )
    parts = defaultdict[str, list[StartMessage]](list)
    for message in facts.messages:
        if message.failed and message.failed >= _COMPARABLE * failed[message.part]:
            parts[message.part].append(message)
    return {part: _told(messages) for part, messages in parts.items()}


def _told(messages: list[StartMessage]) -> Told:
    longest = max(messages, key=lambda message: message.seconds)
    is_most = longest.seconds >= sum(message.seconds for message in messages) / 2
    warning = longest.template if is_most and matches(_WARNING, longest.template) else ""
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
    return record.failure == "spawn failed" and matches(r"^(spawn failed:?)?\s*$", record.reason)


def has_no_own_words(record: Record) -> bool:
    """Say whether nothing was said of why a start failed, so that only what it waited for can tell."""
    return not record.reason or is_without_words(record)
