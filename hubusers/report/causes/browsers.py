"""Why people with a browser could not work once they had a server: pages, websockets, kernels, files and sessions."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from statistics import median

from hubusers.report import words
from hubusers.report.causes.affected import failed, of_all, people, people_of, small
from hubusers.report.causes.catalogue import KINDS
from hubusers.report.causes.explained import failures_by_kind
from hubusers.report.causes.facts import Facts
from hubusers.report.finding import Finding
from hubusers.results.records import SILENT, Record

_ALIKE = 0.1
"""Of the median: durations that are mostly no further from it than this are the same time limit."""

_MOSTLY = 0.8
"""Share of durations that must be alike."""

_FEW = 3
"""Durations; fewer say nothing of a limit."""

_SEEN_LATE = 5.0
"""Seconds after which a probe notices that nothing answers, at the latest."""

_MOMENT = 5.0
"""Seconds in which things happen in the same moment: it may be seen late that a connection is gone."""

_MOST_NAMED = 3
"""How many causes, requests or cells a finding names."""

_WEBSOCKETS = ("/channels", "/api/events/subscribe", "/websocket/")
"""What the names of requests that open websockets contain."""


def redirect_loops(facts: Facts) -> Iterator[Finding]:
    """Find that people were sent in circles."""
    for records in _of_kind(facts, "redirect-loop"):
        yield failed(
            facts,
            "redirect-loop",
            records,
            f"{people_of(facts, records)} {_were(records)} sent in circles {_most_frequent_cause(records)}.",
            they="who were sent in circles",
            evidence=_causes_of(records),
        )


def unreachable_servers(facts: Facts) -> Iterator[Finding]:
    """Find that servers did not answer at their address, although the hub said that they were ready."""
    for records in _of_kind(facts, "server-unreachable"):
        yield failed(
            facts,
            "server-unreachable",
            records,
            f"The servers of {small(people_of(facts, records))} were ready, as the hub said, but did not answer at "
            f"their address: {_most_frequent_cause(records)}.",
            they="whose server did not answer",
            evidence=_causes_of(records),
        )


def refused_websockets(facts: Facts) -> Iterator[Finding]:
    """Find that websockets were refused, while other requests to the same servers were answered."""
    for records in _of_kind(facts, "websockets-refused"):
        yield failed(
            facts,
            "websockets-refused",
            records,
            f"{people_of(facts, records)} got no websocket, and so no kernel: {_most_frequent_cause(records)}.",
            they="whose websockets were refused",
            evidence=[*_causes_of(records), *_http_works(facts)],
        )


def cut_websockets(facts: Facts) -> Iterator[Finding]:
    """Find that open websockets broke off, and whether always after the same time."""
    for records in _of_kind(facts, "websockets-cut"):
        open_for = [record.after for record in records if record.after]
        silent_for = [seconds for record in records if (seconds := dict(record.parts).get(SILENT, 0.0))]
        times = f"{words.counted(len(records), 'websocket')} of {small(people_of(facts, records))} broke off"
        *limits, restart = KINDS["websockets-cut"].remedies
        remedies = limits
        if all(_was_unreached(facts, record) for record in records):
            sentence = f"{times} when nothing was reached at the hub's address."
            remedies = [restart]
        elif moment := _same_moment(records):
            sentence = f"{times} in the same moment, at {words.moment(moment)}: something on the way was restarted, or "
            sentence += "went away."
            remedies = [restart]
        elif limit := _same(open_for):
            sentence = f"{times}, each after {words.in_seconds(limit)}: something on the way has that time limit."
        elif limit := _same(silent_for):
            sentence = f"{times}, each after {words.in_seconds(limit)} in which nothing was sent: something on the way "
            sentence += "has that time limit."
        else:
            sentence = f"{times}{_after(open_for)}."
        yield failed(
            facts,
            "websockets-cut",
            records,
            sentence,
            they="whose websockets broke off",
            evidence=_causes_of(records, "How they ended", fewest=1),
            remedies=remedies,
        )


def missing_files(facts: Facts) -> Iterator[Finding]:
    """Find that JupyterLab did not load completely."""
    for records in _of_kind(facts, "files-missing"):
        yield failed(
            facts,
            "files-missing",
            records,
            f"JupyterLab did not load completely for {small(people_of(facts, records))}: "
            f"{_most_frequent_cause(records)}.",
            they="for whom JupyterLab did not load completely",
            evidence=_causes_of(records),
        )


def lost_sessions(facts: Facts) -> Iterator[Finding]:
    """Find that people were logged out in the middle of their work."""
    for records in _of_kind(facts, "session-lost"):
        yield failed(
            facts,
            "session-lost",
            records,
            f"{people_of(facts, records)} {_were(records)} logged out in the middle of their work.",
            they="who were logged out",
            evidence=_time_at_server(facts, records),
        )


def culled_servers(facts: Facts) -> Iterator[Finding]:
    """Find that servers were gone that nobody of this run had stopped."""
    for records in _of_kind(facts, "servers-culled"):
        stayed = [record.after for record in records if record.after]
        limit = _same(stayed)
        after = f", each {words.in_seconds(limit)} after it was ready" if limit else _after(stayed)
        ready = {start.username for start in facts.starts if not start.failure}
        yield failed(
            facts,
            "servers-culled",
            records,
            f"The servers of {small(of_all(people(records), max(len(ready), people(records)), 'person', 'people'))} "
            f"were gone{after}, and this run had not stopped them.",
            they="whose server was gone",
        )


def dead_kernels(facts: Facts) -> Iterator[Finding]:
    """Find that kernels died, in cells or at their start."""
    for records in _of_kind(facts, "kernel-died"):
        steps = Counter(record.step for record in records)
        where = ", ".join(f"{words.counted(count, 'time')} in the step “{step}”" for step, count in steps.most_common())
        yield failed(
            facts,
            "kernel-died",
            records,
            f"Kernels of {small(people_of(facts, records))} died: {where}.",
            they="whose kernel died",
            evidence=[*_causes_of(records, "The server said of the kernel", fewest=1), *_example(facts, records)],
        )


def gone_kernels(facts: Facts) -> Iterator[Finding]:
    """Find that kernels were gone while their server went on."""
    for records in _of_kind(facts, "kernel-gone"):
        lived = [record.after for record in records if record.after]
        limit = _same(lived)
        after = f", each after {words.in_seconds(limit)}" if limit else _after(lived)
        yield failed(
            facts,
            "kernel-gone",
            records,
            f"Kernels of {small(people_of(facts, records))} were gone{after}, while their servers went on.",
            they="whose kernel was gone",
        )


def refused_saves(facts: Facts) -> Iterator[Finding]:
    """Find that notebooks could not be saved, and why."""
    for records in _of_kind(facts, "save-refused"):
        causes = {_cause(record) for record in records}
        full, read_only, too_large = KINDS["save-refused"].remedies
        by_cause = {
            "storage full": full,
            "quota exceeded": full,
            "storage is read-only": read_only,
            "permission denied": read_only,
            "too large": too_large,
            "HTTP 413": too_large,
            "HTTP 507": full,
        }
        yield failed(
            facts,
            "save-refused",
            records,
            f"Notebooks of {small(people_of(facts, records))} could not be saved: {_most_frequent_cause(records)}.",
            they="who could not save",
            evidence=_causes_of(records),
            remedies=dict.fromkeys(by_cause[cause] for cause in sorted(causes) if cause in by_cause),
        )


def wrong_outputs(facts: Facts) -> Iterator[Finding]:
    """Find that cells gave another output than expected."""
    for records in _of_kind(facts, "wrong-output"):
        yield failed(
            facts,
            "wrong-output",
            records,
            f"Cells of {small(people_of(facts, records))} gave another output than expected: "
            f"{_most_frequent_cause(records)}.",
            they="whose cells gave another output",
            evidence=[*_causes_of(records, "Cells with another output"), *_example(facts, records)],
        )


def broken_user_classes(facts: Facts) -> Iterator[Finding]:
    """Find that the code of user classes raised exceptions."""
    for records in _of_kind(facts, "user-code"):
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
            evidence=_example(facts, records),
        )


def _of_kind(facts: Facts, kind: str) -> Iterator[list[Record]]:
    """Return the failures of a kind, if there are any: one list or none."""
    if records := failures_by_kind(facts).get(kind):
        yield records


def _cause(record: Record) -> str:
    """Return what the failure says beside its fixed phrase."""
    return record.failure.partition(": ")[2]


def _most_frequent_cause(records: Iterable[Record]) -> str:
    causes = Counter(_cause(record) for record in records)
    cause = causes.most_common(1)[0][0]
    return cause or "without a reason"


def _causes_of(records: list[Record], what: str = "Causes", *, fewest: int = 2) -> list[str]:
    """Return the causes of some failures with their counts, where there are so many."""
    causes = Counter(_cause(record) for record in records if _cause(record))
    if len(causes) < fewest:
        return []
    named = [f"{cause} ({words.counted(count, 'time')})" for cause, count in causes.most_common(_MOST_NAMED)]
    more = [f"and {len(causes) - _MOST_NAMED:,} more"] if len(causes) > _MOST_NAMED else []
    return [f"{what}: {', '.join([*named, *more])}."]


def _http_works(facts: Facts) -> list[str]:
    """Say how many requests to servers were answered that were not to become websockets, and how many websockets."""
    answered, asked, opened, tried = 0, 0, 0, 0
    for name in facts.requests.names():
        times = facts.requests.of(name)
        if any(part in name for part in _WEBSOCKETS):
            tried, opened = tried + len(times), opened + len(times) - len(times.failures)
        elif "/user/{name}" in name:
            asked, answered = asked + len(times), answered + len(times) - len(times.failures)
    if not asked or not tried:
        return []
    return [
        f"{opened:,} of {words.counted(tried, 'websocket')} were opened, while {answered:,} of "
        f"{words.counted(asked, 'other request')} to the same servers were answered."
    ]


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
    if limit := _same(times):
        return [f"Each of them had been at the server for {words.in_seconds(limit)}."]
    return [f"They had been at their server for {words.in_seconds(min(times))} to {words.in_seconds(max(times))}."]


def _example(facts: Facts, records: list[Record]) -> list[str]:
    first = records[0]
    example = facts.results.examples.of(first.step, first.failure, first.reason)
    return [f"For example: {example}."] if example else []


def _same(seconds: list[float]) -> float:
    """Return the duration that most of some durations are; 0 where they differ, or are too few to say."""
    if len(seconds) < _FEW:
        return 0.0
    middle = median(seconds)
    alike = sum(abs(one - middle) <= max(0.5, _ALIKE * middle) for one in seconds)
    return middle if alike >= _MOSTLY * len(seconds) else 0.0


def _was_unreached(facts: Facts, record: Record) -> bool:
    """Say whether the hub's address did not answer when a step ended."""
    end = record.began + record.seconds
    return any(probe.failure and abs(probe.began - end) <= _SEEN_LATE for probe in facts.probes)


def _same_moment(records: list[Record]) -> float:
    """Return when some failures of several people ended, if that was in the same moment; otherwise 0."""
    ends = sorted(record.began + record.seconds for record in records)
    return ends[0] if people(records) >= _FEW and ends[-1] - ends[0] <= _MOMENT else 0.0


def _after(seconds: list[float]) -> str:
    if not seconds:
        return ""
    shortest, longest = words.in_seconds(min(seconds)), words.in_seconds(max(seconds))
    return f", after {shortest}" if shortest == longest else f", after {shortest} to {longest}"


def _were(records: list[Record]) -> str:
    return "was" if people(records) == 1 else "were"


CAUSES: tuple[Callable[[Facts], Iterable[Finding]], ...] = (
    redirect_loops,
    unreachable_servers,
    refused_websockets,
    cut_websockets,
    missing_files,
    lost_sessions,
    culled_servers,
    dead_kernels,
    gone_kernels,
    refused_saves,
    wrong_outputs,
    broken_user_classes,
)
