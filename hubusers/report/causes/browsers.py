"""Why people did not get to their server, or did not stay there: pages, files, sessions, and servers that were gone."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator

from hubusers.report import words
from hubusers.report.causes.affected import (
    failed,
    of_all,
    people,
    people_of,
    people_without,
    small,
    telling,
    who_waited,
)
from hubusers.report.causes.catalogue import KINDS, found
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.how_failed import (
    after_each,
    cause_of,
    causes_of,
    example_of,
    most_frequent_cause,
    of_kind,
    same,
    were,
)
from hubusers.report.finding import Finding
from hubusers.results.records import GIT_PULL, PAGE_LOADED, Record


def redirect_loops(facts: Facts) -> Iterator[Finding]:
    """Find that people were sent in circles."""
    for records in of_kind(facts, "redirect-loop"):
        yield failed(
            facts,
            "redirect-loop",
            records,
            f"{people_of(facts, records)} {were(records)} sent in circles {most_frequent_cause(records)}.",
            they="who were sent in circles",
            evidence=causes_of(records),
        )


def unreachable_servers(facts: Facts) -> Iterator[Finding]:
    """Find that servers did not answer at their address, although the hub said that they were ready."""
    for records in of_kind(facts, "server-unreachable"):
        yield failed(
            facts,
            "server-unreachable",
            records,
            f"The servers of {small(people_of(facts, records))} were ready, as the hub said, but did not answer at "
            f"their address: {most_frequent_cause(records)}.",
            they="whose server did not answer",
            evidence=causes_of(records),
        )


def other_start_pages(facts: Facts) -> Iterator[Finding]:
    """Find that servers led to pages that nobody could work in here."""
    of_stubs, *of_others = KINDS["other-start-page"].remedies
    for records in of_kind(facts, "other-start-page"):
        yield failed(
            facts,
            "other-start-page",
            records,
            f"The servers of {small(people_of(facts, records))} led to a page that is neither JupyterLab's nor "
            "Notebook 7's.",
            they="whose server led to another page",
            evidence=example_of(facts, records),
            remedies=[of_stubs] if facts.info.spawner.endswith(".StubSpawner") else of_others,
        )


def old_labs(facts: Facts) -> Iterator[Finding]:
    """Find that servers have a JupyterLab that is older than those that are known."""
    for records in of_kind(facts, "lab-too-old"):
        yield failed(
            facts,
            "lab-too-old",
            records,
            f"The servers of {small(people_of(facts, records))} have a JupyterLab that is too old.",
            they="whose JupyterLab is too old",
            evidence=example_of(facts, records),
        )


def missing_files(facts: Facts) -> Iterator[Finding]:
    """Find that JupyterLab, or another page of a server, did not load completely."""
    for records in of_kind(facts, "files-missing"):
        yield failed(
            facts,
            "files-missing",
            records,
            f"{_loaded(records)} did not load completely for {people_without(facts, records)}: "
            f"{most_frequent_cause(records)}.",
            they="whose page did not load completely",
            evidence=[*causes_of(records), *example_of(facts, records)],
        )


def broken_pages(facts: Facts) -> Iterator[Finding]:
    """Find that servers showed something else than the page that people came for."""
    for records in of_kind(facts, "page-broken"):
        yield failed(
            facts,
            "page-broken",
            records,
            f"The server did not show the page that they came for to {people_without(facts, records)}: "
            f"{most_frequent_cause(records)}.",
            they="who did not see the page that they came for",
            evidence=[*causes_of(records), *example_of(facts, records)],
        )


def failed_pulls(facts: Facts) -> Iterator[Finding]:
    """Find that nbgitpuller did not bring the files of a course."""
    for kind, records in _of_pulls(facts):
        said = Counter(cause_of(record) or telling(record.reason) for record in records).most_common(1)[0][0]
        yield failed(
            facts,
            kind,
            records,
            f"nbgitpuller did not bring the files for {people_without(facts, records)}{f': {said}' if said else ''}.",
            they="who did not get the files",
            evidence=[*causes_of(records), *example_of(facts, records)],
        )


def _of_pulls(facts: Facts) -> Iterator[tuple[str, list[Record]]]:
    for kind in ("git-pull-lost", "git-pull-missing", "git-pull-failed"):
        for records in of_kind(facts, kind):
            yield kind, records


def slow_pulls(facts: Facts) -> Iterator[Finding]:
    """Find that the files of a course took too long to come."""
    records = [record for record in facts.slow(GIT_PULL) if not record.failed]
    if not records:
        return
    seconds = [record.seconds for record in records]
    yield found(
        "git-pull-slow",
        f"{of_all(len(records), len(facts.records.of(GIT_PULL)), 'pull')} took too long: "
        f"{words.in_seconds(sum(seconds) / len(seconds))} on average, {words.in_seconds(max(seconds))} at most.",
        explains="slowness",
        share=sum(seconds) / sum(record.seconds for record in facts.all_slow),
        evidence=who_waited(facts, records),
        began=min(record.began for record in records),
        ended=max(record.began + record.seconds for record in records),
    )


def lost_sessions(facts: Facts) -> Iterator[Finding]:
    """Find that people were logged out in the middle of their work."""
    for records in of_kind(facts, "session-lost"):
        yield failed(
            facts,
            "session-lost",
            records,
            f"{people_of(facts, records)} {were(records)} logged out in the middle of their work.",
            they="who were logged out",
            evidence=_time_at_server(facts, records),
        )


def culled_servers(facts: Facts) -> Iterator[Finding]:
    """Find that servers were gone that nobody of this run had stopped."""
    for records in of_kind(facts, "servers-culled"):
        stayed = [record.after for record in records if record.after]
        limit = same(stayed)
        after = f", each at most {words.in_seconds(limit)} after it was ready" if limit else after_each(stayed)
        ready = {start.username for start in facts.starts if not start.failure}
        yield failed(
            facts,
            "servers-culled",
            records,
            f"The servers of {small(of_all(people(records), max(len(ready), people(records)), 'person', 'people'))} "
            f"were gone{after}, and this run had not stopped them.",
            they="whose server was gone",
        )


def _loaded(records: list[Record]) -> str:
    """Return what did not load completely."""
    return "The page" if any(record.step == PAGE_LOADED for record in records) else "JupyterLab"


def _time_at_server(facts: Facts, records: list[Record]) -> list[str]:
    """Say for how long people had been at their server when something failed."""
    ready = defaultdict[str, list[float]](list)
    for start in facts.starts:
        if not start.failure:
            ready[start.username].append(start.began + start.seconds)
    times = list[float]()
    for record in records:
        end = record.began + record.seconds
        if before := [moment for moment in ready[record.username] if moment <= end]:
            times.append(end - max(before))
    if not times:
        return []
    if limit := same(times):
        return [f"Each of them had been at the server for {words.in_seconds(limit)}."]
    return [f"They had been at their server for {words.in_seconds(min(times))} to {words.in_seconds(max(times))}."]


CAUSES: tuple[Callable[[Facts], Iterable[Finding]], ...] = (
    redirect_loops,
    unreachable_servers,
    other_start_pages,
    old_labs,
    missing_files,
    broken_pages,
    failed_pulls,
    slow_pulls,
    lost_sessions,
    culled_servers,
)
