"""Whether something before the hub, such as an ingress, answered with errors of its own."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator

from hubusers.report import words
from hubusers.report.causes.affected import failed, people
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.how_failed import causes_of, of_kind
from hubusers.report.finding import Finding
from hubusers.results.records import Record

_BY_SOMETHING_ELSE = re.compile(r"HTTP (50\d),? from (?!the (?:hub|server|proxy)$)(.+)$")
"""How a failure ends whose answer came neither from the hub and its proxy nor from a server."""

_FEWEST_STEPS = 2
"""Kinds of steps that it must have met: a single one has a finding of its own."""


def errors(facts: Facts) -> Iterator[Finding]:
    """Find that people got errors of something before the hub, whatever they did."""
    by_whom = defaultdict[str, list[Record]](list)
    statuses = defaultdict[str, Counter[str]](Counter)
    for record in facts.failures:
        if answer := _BY_SOMETHING_ELSE.search(record.failure):
            by_whom[answer[2]].append(record)
            statuses[answer[2]][f"HTTP {answer[1]}"] += 1
    for whom, records in by_whom.items():
        steps = Counter(record.step for record in records)
        if len(steps) < _FEWEST_STEPS:
            continue
        where = ", ".join(f"{step} ({words.counted(count, 'time')})" for step, count in steps.most_common())
        answers = ", ".join(f"{status} ({count:,})" for status, count in statuses[whom].most_common())
        yield failed(
            facts,
            "gateway-errors",
            records,
            f"{whom[:1].upper()}{whom[1:]} answered {words.counted(people(records), 'person', 'people')} with errors "
            f"of its own: {answers}. They failed at {where}.",
            they="who got such an error",
        )


def pages(facts: Facts) -> Iterator[Finding]:
    """Find that something before the hub answered with a web page where the hub's API was asked."""
    for records in of_kind(facts, "refused-before-hub"):
        steps = Counter(record.step for record in records)
        where = ", ".join(f"{step} ({words.counted(count, 'time')})" for step, count in steps.most_common())
        yield failed(
            facts,
            "refused-before-hub",
            records,
            f"{words.counted(people(records), 'person', 'people')} got a web page that is not the hub's in place of "
            f"the answer of its API. They failed at {where}.",
            they="who got such a page",
            evidence=causes_of(records, "Answers", fewest=1),
        )


CAUSES: tuple[Callable[[Facts], Iterable[Finding]], ...] = (errors, pages)
