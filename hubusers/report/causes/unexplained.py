"""The failures for which there is no other finding: their own words are the finding."""

from collections import defaultdict
from collections.abc import Collection, Iterator

from hubusers.report import words
from hubusers.report.causes.affected import failed, people_of, small
from hubusers.report.causes.explained import failures_by_kind
from hubusers.report.causes.facts import Facts
from hubusers.report.finding import Finding
from hubusers.results.records import Record

_MOST = 5
"""How many kinds of other failures get a finding of their own."""


def unexplained(facts: Facts, kinds: Collection[str]) -> Iterator[Finding]:
    """Find the failures that no other finding explains, each kind of them by itself.

    Args:
        facts: The facts of the run.
        kinds: The kinds of all other findings.
    """
    groups = defaultdict[tuple[str, str], list[Record]](list)
    for kind, records in failures_by_kind(facts).items():
        if kind not in kinds:
            for record in records:
                groups[record.step, record.failure].append(record)
    most_first = sorted(groups.items(), key=lambda group: -len(group[1]))
    for (step, failure), records in most_first[:_MOST]:
        yield failed(
            facts,
            "other-failures",
            records,
            f"The step “{step}” failed {words.counted(len(records), 'time')}, for {small(people_of(facts, records))}: "
            f"{failure}.",
            they=f"whose step “{step}” failed so",
        )
    if rest := [record for _, records in most_first[_MOST:] for record in records]:
        sentence = f"{words.counted(len(rest), 'step')} failed in {len(most_first) - _MOST:,} other ways."
        yield failed(facts, "other-failures", rest, sentence, they="of whom a step failed so")
