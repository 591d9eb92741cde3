"""Why kernels, cells and notebooks failed, and the code of user classes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from hubusers.report import words
from hubusers.report.causes.affected import failed, people, people_of, small
from hubusers.report.causes.catalogue import KINDS
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.how_failed import (
    after_each,
    cause_of,
    causes_of,
    example_of,
    most_frequent_cause,
    of_kind,
    same,
)
from hubusers.report.finding import Finding


def lacking_kernels(facts: Facts) -> Iterator[Finding]:
    """Find that servers lack the kernels of notebooks."""
    for records in of_kind(facts, "kernel-not-installed"):
        yield failed(
            facts,
            "kernel-not-installed",
            records,
            f"Servers of {small(people_of(facts, records))} lack a kernel that a notebook wants: "
            f"{most_frequent_cause(records)}.",
            they="whose server lacks a kernel",
            evidence=[*causes_of(records, "Kernels wanted"), *example_of(facts, records)],
        )


def dead_kernels(facts: Facts) -> Iterator[Finding]:
    """Find that kernels died, in cells or at their start."""
    for records in of_kind(facts, "kernel-died"):
        steps = Counter(record.step for record in records)
        where = ", ".join(f"{words.counted(count, 'time')} in the step “{step}”" for step, count in steps.most_common())
        yield failed(
            facts,
            "kernel-died",
            records,
            f"Kernels of {small(people_of(facts, records))} died: {where}.",
            they="whose kernel died",
            evidence=[*causes_of(records, "The server said of the kernel", fewest=1), *example_of(facts, records)],
        )


def gone_kernels(facts: Facts) -> Iterator[Finding]:
    """Find that kernels were gone while their server went on."""
    for records in of_kind(facts, "kernel-gone"):
        lived = [record.after for record in records if record.after]
        limit = same(lived)
        after = f", each after {words.in_seconds(limit)}" if limit else after_each(lived)
        yield failed(
            facts,
            "kernel-gone",
            records,
            f"Kernels of {small(people_of(facts, records))} were gone{after}, while their servers went on.",
            they="whose kernel was gone",
        )


def refused_saves(facts: Facts) -> Iterator[Finding]:
    """Find that notebooks could not be saved, and why."""
    for records in of_kind(facts, "save-refused"):
        causes = {cause_of(record) for record in records}
        full, read_only, too_large, no_folder = KINDS["save-refused"].remedies
        by_cause = {
            "storage full": full,
            "quota exceeded": full,
            "storage is read-only": read_only,
            "permission denied": read_only,
            "no such folder": no_folder,
            "too large": too_large,
            "HTTP 413": too_large,
            "HTTP 507": full,
        }
        yield failed(
            facts,
            "save-refused",
            records,
            f"Notebooks of {small(people_of(facts, records))} could not be saved: {most_frequent_cause(records)}.",
            they="who could not save",
            evidence=causes_of(records),
            remedies=dict.fromkeys(by_cause[cause] for cause in sorted(causes) if cause in by_cause),
        )


def wrong_outputs(facts: Facts) -> Iterator[Finding]:
    """Find that cells gave another output than expected."""
    for records in of_kind(facts, "wrong-output"):
        yield failed(
            facts,
            "wrong-output",
            records,
            f"Cells of {small(people_of(facts, records))} gave another output than expected: "
            f"{most_frequent_cause(records)}.",
            they="whose cells gave another output",
            evidence=[*causes_of(records, "Cells with another output"), *example_of(facts, records)],
        )


def broken_user_classes(facts: Facts) -> Iterator[Finding]:
    """Find that the code of user classes raised exceptions."""
    for records in of_kind(facts, "user-code"):
        classes = sorted({record.user_class for record in records if record.user_class})
        code = f"The code of {' and '.join(classes)}" if classes else "The code of the user class"
        yield failed(
            facts,
            "user-code",
            records,
            f"{code} failed {words.counted(len(records), 'time')}, for "
            f"{words.counted(people(records), 'person', 'people')}: "
            f"{Counter(record.failure for record in records).most_common(1)[0][0]}.",
            they="whose user class failed",
            evidence=example_of(facts, records),
        )


def failed_own_requests(facts: Facts) -> Iterator[Finding]:
    """Find that people had no request of their user class succeed."""
    for records in of_kind(facts, "user-requests"):
        yield failed(
            facts,
            "user-requests",
            records,
            f"{people_of(facts, records)} had no request of their user class succeed in a visit: "
            f"{most_frequent_cause(records)}.",
            they="whose requests failed",
            evidence=[*causes_of(records, "How they failed"), *example_of(facts, records)],
        )


CAUSES: tuple[Callable[[Facts], Iterable[Finding]], ...] = (
    lacking_kernels,
    dead_kernels,
    gone_kernels,
    refused_saves,
    wrong_outputs,
    broken_user_classes,
    failed_own_requests,
)
