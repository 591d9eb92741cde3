"""The failures for which there is no other finding: their own words are the finding."""

from collections import defaultdict
from collections.abc import Collection, Iterator

from hubusers.report import words
from hubusers.report.causes.affected import failed, people_of, small
from hubusers.report.causes.explained import failures_by_kind
from hubusers.report.causes.facts import Facts
from hubusers.report.finding import Finding
from hubusers.results.records import Record

_AWAY = "hub-away"
_ABSENCES = {_AWAY, "hub-exited", "hub-restarted", "proxy-routes-lost", "proxy-restarted"}
"""The kinds of findings that explain why nobody answered, for the time in which they were."""

_AROUND = 10.0
"""Seconds before and after an absence: probes see its ends late."""

_MOST = 5
"""How many kinds of other failures get a finding of their own."""


def unexplained(facts: Facts, found: Collection[Finding]) -> Iterator[Finding]:
    """Find the failures that no other finding explains, each kind of them by itself.

    Args:
        facts: The facts of the run.
        found: All other findings.
    """
    groups = defaultdict[tuple[str, str], list[Record]](list)
    for kind, records in failures_by_kind(facts).items():
        for record in records:
            if not any(_is_explained(record, kind, finding) for finding in found):
                groups[record.step, record.failure].append(record)
    most_first = sorted(groups.items(), key=lambda group: -len(group[1]))
    for (step, failure), records in most_first[:_MOST]:
        yield failed(
            facts,
            "other-failures",
            records,
            f"The step “{step}” failed {words.counted(len(records), 'time')}, for {small(people_of(facts, records))}: "
            f"“{failure}”.",
            they=f"whose step “{step}” failed in this way",
        )
    if rest := [record for _, records in most_first[_MOST:] for record in records]:
        sentence = f"{words.counted(len(rest), 'step')} failed in {len(most_first) - _MOST:,} other ways."
        yield failed(facts, "other-failures", rest, sentence, they="of whom a step failed in this way")


def _is_explained(record: Record, kind: str, finding: Finding) -> bool:
    if kind != _AWAY:
        return finding.kind == kind
    began, ended = finding.began, finding.ended
    if finding.kind not in _ABSENCES or began is None or ended is None:
        return False
    return record.began <= ended + _AROUND and record.began + record.seconds >= began - _AROUND
