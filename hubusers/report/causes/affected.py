"""How failures of one kind become a finding: how much they explain, what was said of them, and who was affected."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from hubusers.report import words
from hubusers.report.causes.catalogue import found
from hubusers.report.causes.explained import is_without_words
from hubusers.report.causes.facts import Facts
from hubusers.report.finding import Explains, Finding
from hubusers.report.who_differs import who_differs
from hubusers.results.attributes import Attribute
from hubusers.results.records import ONLY_FAILURES, START_TO_READY, Record
from hubusers.results.targets import step_of

_FEW = 3
"""Failures; fewer are single cases, unless they are many of the few that there were."""

_SMALL_SHARE = 0.05
"""Share of those who took a step: fewer than that, if they are few as well, are single cases."""

_MESSAGE = re.compile(r'"message":\s*"((?:[^"\\]|\\.)+)')

_MOST_REASONS = 3
"""How many different words of the hub a finding quotes."""


def failed(
    facts: Facts,
    kind: str,
    records: Sequence[Record],
    sentence: str,
    *,
    they: str,
    evidence: Iterable[str] = (),
    remedies: Iterable[str] = (),
    without: Sequence[Attribute] = (),
) -> Finding:
    """Return the finding that explains some failures; a single case among many is a note.

    Args:
        facts: The facts of the run.
        kind: The kind of the finding.
        records: The failures.
        sentence: What happened.
        they: Says who they are, as in "whose login was refused".
        evidence: What shows it, beside the words of the hub and what sets these people apart.
        remedies: Those of the kind where none are given.
        without: Attributes that follow from the failure, by which people are not compared.
    """
    return found(
        kind,
        sentence,
        explains=_explains(facts, records),
        share=facts.share_of_failures(records),
        evidence=[*evidence, *said_of(records, but=sentence), *who(facts, records, they, without)],
        remedies=remedies,
        began=min(record.began for record in records),
        ended=max(record.began + record.seconds for record in records),
    )


def of_all(count: int, all_of_them: int, one: str, many: str = "") -> str:
    """Return how many of all, as the beginning of a sentence: "All 12 starts", "Both starts", "8 of 12 people"."""
    if count < all_of_them:
        return f"{count:,} of {words.counted(all_of_them, one, many)}"
    if count == 2:
        return f"Both {many or f'{one}s'}"
    return f"All {words.counted(count, one, many)}" if count > 1 else f"The only {one}"


def people(records: Iterable[Record]) -> int:
    """Return how many people some records are of."""
    return len({record.username for record in records})


def people_of(facts: Facts, records: Sequence[Record]) -> str:
    """Return how many people some records are of, and of how many who took these steps, as in "8 of 12 people"."""
    return of_all(people(records), people(_of_steps(facts, records)), "person", "people")


def people_without(facts: Facts, records: Sequence[Record]) -> str:
    """Return for which people something was not done, as in "8 of 12 people" and "any of the 12 people"."""
    affected, everybody = people(records), people(_of_steps(facts, records))
    return f"any of the {affected:,} people" if affected == everybody > 1 else small(people_of(facts, records))


def starts_of(facts: Facts, records: Sequence[Record]) -> str:
    """Return how many starts some records are of, and of how many, as in "8 of 12 starts"."""
    return of_all(len(once(records)), len(_of_steps(facts, once(records))), "start")


def once(records: Sequence[Record]) -> list[Record]:
    """Return the starts among some records, which fail on their page as well; all records where none is a start."""
    starts = [record for record in records if record.step == START_TO_READY]
    return starts or list(records)


def said_of(records: Sequence[Record], but: str = "") -> list[str]:
    """Return what was said of some failures, the most frequent first; not what was said of all of them in `but`."""
    of_kind = once(records)
    reasons = Counter(telling(record.reason) for record in of_kind if record.reason and not is_without_words(record))
    if any(f"“{reason}”" in but and count == len(of_kind) for reason, count in reasons.items()):
        return []
    said = [f"{words.counted(count, 'time')} it was said: “{reason}”." for reason, count in reasons.most_common()]
    more = sum(count for _, count in reasons.most_common()[_MOST_REASONS:])
    return said[:_MOST_REASONS] + [f"{words.counted(more, 'time')} it was something else."] * (more > 0)


def telling(reason: str) -> str:
    """Return the part of a reason that people should read: of an answer of Kubernetes' API its message."""
    found = _MESSAGE.search(reason)
    return found[1].replace('\\"', '"') if found else reason


def who(facts: Facts, records: Sequence[Record], they: str, without: Sequence[Attribute] = ()) -> list[str]:
    """Return what sets those who failed apart from those who did not, if that is clear; as a list of one or none."""
    of_kind = once(records)
    affected = {id(record) for record in of_kind}
    compared = [record for record in _of_steps(facts, of_kind) if not record.failure or id(record) in affected]
    said = who_differs(compared, lambda record: id(record) in affected, they, without=without)
    return [said] if said else []


def who_waited(facts: Facts, slow: Sequence[Record]) -> list[str]:
    """Return what sets those who waited too long apart from the others, if that is clear; as a list of one or none."""
    affected = {id(record) for record in slow}
    compared = [record for record in _of_steps(facts, slow) if not record.failure or id(record) in affected]
    said = who_differs(compared, lambda record: id(record) in affected, "who waited too long", by_time=False)
    return [said] if said else []


def after(records: Iterable[Record]) -> str:
    """Return after how long some steps failed, as in "after 3 s to 3.4 s", without waits for a place at the hub."""
    seconds = sorted(record.seconds - record.throttled for record in records)
    first, last = words.in_seconds(seconds[0]), words.in_seconds(seconds[-1])
    return f"after {first}" if first == last else f"after {first} to {last}"


def small(text: str) -> str:
    """Return the beginning of a sentence as a part of another one."""
    return text[:1].lower() + text[1:]


def _of_steps(facts: Facts, records: Iterable[Record]) -> list[Record]:
    """Return all records of the steps that some records are of; those of starts where only failures are noted."""
    steps = {record.step for record in records}
    if steps & ONLY_FAILURES:
        steps.add(START_TO_READY)
    return [record for record in facts.records if record.step in steps]


def _explains(facts: Facts, records: Sequence[Record]) -> Explains:
    if len(once(records)) >= _FEW or len(once(records)) >= _SMALL_SHARE * len(_of_steps(facts, once(records))):
        return "failures"
    steps = {record.step for record in records}
    return "failures" if any(step_of(one.target) in steps for one in facts.missed) else "note"
