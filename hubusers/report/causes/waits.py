"""Where the time of slow starts went: a limit, the parts that their spawner tells, or a spawn that tells nothing."""

from collections.abc import Iterable
from functools import partial
from statistics import fmean

from hubusers import start_parts
from hubusers.report import words
from hubusers.report.causes.affected import who_waited
from hubusers.report.causes.catalogue import found
from hubusers.report.causes.explained import failures_by_kind
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.groups import GROUPS, by_groups, grouped
from hubusers.report.causes.hub import is_at_fault
from hubusers.report.causes.untold import untold
from hubusers.report.finding import Finding
from hubusers.results.records import LONG_WAIT, Record
from hubusers.results.start_messages import StartMessage

LARGE_SHARE = 0.2
"""Share of the time of slow starts: a part that takes less is not worth a change."""

SHORT = 1.0
"""Seconds that nobody minds, whatever part of a start they are."""

_KINDS = {
    start_parts.QUEUE: ("waiting-in-queue", "waited in the queue of the batch system"),
    start_parts.BATCH_SYSTEM: ("slow-batch-system", "waited for the batch system to answer"),
    start_parts.NODE: ("waiting-for-nodes", "waited for a node"),
    start_parts.SCHEDULING: ("slow-scheduling", "waited to be scheduled"),
    start_parts.IMAGE: ("image-pull", "waited for their image"),
    start_parts.VOLUMES: ("volume-wait", "waited for their volumes"),
    start_parts.CONTAINER: ("slow-container", "waited for their container"),
    start_parts.ANSWER: ("server-slow-to-answer", "waited until their server answered"),
}
"""The kind of finding that a part leads to, and what starts did then."""

_FAILURES = {
    start_parts.QUEUE: "queue-too-long",
    start_parts.BATCH_SYSTEM: "batch-system-away",
    start_parts.NODE: "no-room",
    start_parts.IMAGE: "image-missing",
    start_parts.VOLUMES: "volume-failed",
    start_parts.CONTAINER: "server-exits",
    start_parts.ANSWER: "server-exits",
}
"""The kind of finding for starts that failed in a part."""

_FEW = 3
"""Starts; fewer are not a group."""

_SHOWN_MESSAGES = 3
_WORTH_SHOWING = 0.05
"""Share of the time that starts waited after all messages of a part."""


def told_parts(facts: Facts) -> Iterable[Finding]:
    """Find the parts that took most of the time of slow starts, as the spawner told them."""
    slow = facts.slow_starts
    for part, (kind, did) in _KINDS.items():
        affected = [start for start in slow if _seconds(start, {part}) >= SHORT]
        if affected and _matters(facts, slow, {part}) and not _failed(facts, part, affected):
            yield found(
                kind,
                f"{_of(affected, slow)} {did}: {_on_average(affected, {part})}.",
                explains="slowness",
                share=_share(slow, {part}),
                evidence=[
                    *_said(facts, {part}),
                    *by_groups(facts.starts, partial(_seconds, parts={part})),
                    *who_waited(facts, affected),
                ],
                began=min(_when(start, {part})[0] for start in affected),
                ended=max(_when(start, {part})[1] for start in affected),
            )


def unknown_messages(facts: Facts) -> Iterable[Finding]:
    """Find the messages of an unknown spawner after which slow starts waited longest."""
    slow = facts.slow_starts
    parts = {part for start in slow for part, _ in start.parts} - set(start_parts.PARTS)
    if not parts or not _matters(facts, slow, parts):
        return
    affected = [start for start in slow if _seconds(start, parts) >= SHORT]
    longest = max(parts, key=lambda part: sum(_seconds(start, {part}) for start in slow))
    after_it = [start for start in affected if _seconds(start, {longest}) > 0]
    yield found(
        "start-messages",
        f"{_of(after_it, slow)} waited after the message “{longest}”: {_on_average(after_it, {longest})}.",
        explains="slowness",
        share=_share(slow, parts),
        evidence=[
            *_said(facts, parts),
            *by_groups(facts.starts, partial(_seconds, parts=parts)),
            *who_waited(facts, after_it),
        ],
        began=min(_when(start, parts)[0] for start in affected),
        ended=max(_when(start, parts)[1] for start in affected),
    )


def untold_spawns(facts: Facts) -> Iterable[Finding]:
    """Find that spawns took most of the time of slow starts, and that nothing was said meanwhile."""
    slow, evidence = facts.slow_starts, facts.evidence
    if not slow or is_at_fault(facts) or evidence.is_lost_on_the_way:
        return
    whole, seconds = _total(slow) / len(slow), fmean(map(untold, slow))
    under_way = sum(start.is_unfinished for start in slow)
    # The hub measures a spawn when it is over.
    is_measured = evidence.spawn is not None and under_way <= len(slow) / 2
    if evidence.spawn is not None and is_measured:
        if evidence.spawn < seconds / 2:
            return  # they waited elsewhere
        seconds = min(seconds, evidence.spawn)
        known = "by the hub's own measure"
    elif evidence.spawn is None and _knows_hub(facts):
        known = "because no spawn was over while people waited, and the hub was not busy"
    elif _tells_spawning(slow):
        known = "as its progress shows"
    else:
        return  # neither the hub's metrics nor a progress stream tell that it was the spawn
    if seconds < max(SHORT, LARGE_SHARE * whole):
        return
    failed = words.counted(round(evidence.failed_spawns), "spawn")
    yield found(
        "spawner-slow",
        f"{len(slow):,} of {words.counted(len(facts.starts), 'start')} took too long{_how_they_ended(slow)}: of their "
        f"{words.in_seconds(whole)}, on average, {words.in_seconds(seconds)} were the spawn, {known}. It did not say "
        "what it waited for.",
        explains="slowness",
        share=seconds / whole,
        evidence=[
            *([f"The hub counted {failed} that failed."] if evidence.failed_spawns else []),
            *([f"When the run ended, {under_way:,} of them were still under way."] if under_way else []),
            *by_groups(facts.starts, untold),
            *who_waited(facts, slow),
        ],
        began=min(start.began for start in slow),
        ended=max(start.began + start.seconds for start in slow),
    )


def _knows_hub(facts: Facts) -> bool:
    return facts.evidence.cpu is not None or facts.evidence.event_loop is not None


def _tells_spawning(slow: list[Record]) -> bool:
    return sum(_seconds(start, {start_parts.SPAWNING}) for start in slow) >= sum(map(untold, slow)) / 2


def _matters(facts: Facts, slow: list[Record], parts: set[str]) -> bool:
    """Say whether some parts are much of the time of slow starts, or of a group of them, or made others wait."""
    if _share(slow, parts) >= LARGE_SHARE:
        return True
    groups = [group for by in GROUPS for group in grouped(slow, by).values() if len(group) >= _FEW]
    if any(_share(group, parts) >= LARGE_SHARE for group in groups):
        return True
    # What keeps the places occupied makes others wait for one.
    part, _, had_place = main_part_with_a_place(facts)
    return part in parts and had_place > LONG_WAIT and any(start.throttled for start in slow)


def main_part_with_a_place(facts: Facts) -> tuple[str, float, float]:
    """Return what starts spent most of their time with once they had a place at the hub.

    Returns:
        The part; how long it took, and how long they had their place, in seconds on average. "" without diaries.
    """
    had_place = [start for start in facts.starts if start.parts and start.seconds - start.throttled > SHORT]
    seconds: dict[str, float] = {}
    for start in had_place:
        for part, spent in start.parts:
            if part != start_parts.PLACE_AT_HUB:
                seconds[part] = seconds.get(part, 0.0) + spent
    if not seconds:
        return "", 0.0, 0.0
    longest = max(seconds, key=lambda part: seconds[part])
    return longest, seconds[longest] / len(had_place), sum(seconds.values()) / len(had_place)


def _seconds(start: Record, parts: set[str]) -> float:
    return sum(spent for part, spent in start.parts if part in parts)


def _total(starts: Iterable[Record]) -> float:
    return sum(start.seconds for start in starts)


def _share(starts: list[Record], parts: set[str]) -> float:
    total = _total(starts)
    return sum(_seconds(start, parts) for start in starts) / total if total else 0.0


def _when(start: Record, parts: set[str]) -> tuple[float, float]:
    """Return when a start began and ended to wait for some parts, in seconds since the epoch."""
    now, moments = start.began, list[float]()
    for part, spent in start.parts:
        if part in parts:
            moments += [now, now + spent]
        now += spent
    return (moments[0], moments[-1]) if moments else (start.began, start.began + start.seconds)


def _failed(facts: Facts, part: str, affected: list[Record]) -> bool:
    """Say whether starts in a part waited for what made others fail, and none of them became ready after all."""
    kind = _FAILURES.get(part)
    return kind in failures_by_kind(facts) and all(start.failure for start in affected)


def _of(affected: list[Record], starts: list[Record]) -> str:
    """Return how many of the slow starts they were, as the beginning of a sentence."""
    if len(starts) == 1:
        return "The one slow start"
    slow = f"{words.counted(len(starts), 'slow start')}{_how_they_ended(starts)}"
    return f"All {slow}" if len(affected) == len(starts) else f"{len(affected):,} of {slow}"


def _how_they_ended(slow: list[Record]) -> str:
    """Say how many became ready after all, where not all did: of those given up, another finding has the number."""
    given_up = sum(start.failed for start in slow)
    under_way = sum(start.is_unfinished for start in slow)
    ready = len(slow) - given_up - under_way
    ends = {"ready late": ready, "given up": given_up, "still under way": under_way}
    said = [f"{count:,} {end}" for end, count in ends.items() if count]
    return f" ({', '.join(said)})" if len(said) > 1 else ""


def _on_average(starts: list[Record], parts: set[str]) -> str:
    spent = fmean(_seconds(start, parts) for start in starts)
    whole = words.in_seconds(_total(starts) / len(starts))
    return f"{words.in_seconds(spent)} of {whole}{', on average' if len(starts) > 1 else ''}"


def _said(facts: Facts, parts: set[str]) -> list[str]:
    """Return the hub's messages that began some parts, those first after which starts waited longest."""
    of_parts = [message for message in facts.messages if message.part in parts]
    total = sum(message.seconds for message in of_parts)
    return [_shown(message) for message in of_parts[:_SHOWN_MESSAGES] if message.seconds >= _WORTH_SHOWING * total]


def _shown(message: StartMessage) -> str:
    return (
        f"The hub said {words.counted(message.count, 'time')}, from {words.moment(message.first)} to "
        f"{words.moment(message.last)}: “{message.words}”. Starts went on after "
        f"{words.in_seconds(message.seconds / message.count)} on average, {words.in_seconds(message.longest)} at most."
    )


CAUSES = (told_parts, unknown_messages, untold_spawns)
