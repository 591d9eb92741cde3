"""Why work in JupyterLab was slow: the files, or the kernels."""

from collections.abc import Callable, Iterable, Iterator
from statistics import fmean

from hubusers.report import words
from hubusers.report.causes.affected import people, people_of, who_waited
from hubusers.report.causes.catalogue import found
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.waits import SHORT
from hubusers.report.finding import Finding
from hubusers.results.records import CELL, KERNEL, KERNEL_READY, SAVED, STORAGE, Record
from hubusers.results.request_times import RequestTimes

_LONG_FOR_A_KERNEL = 10.0
"""Seconds, where no target says how long it may take: JupyterLab shows a notebook at once, while its kernel starts."""

_MOST = 0.6
"""Share of the time of slow steps. Where files and kernels take about the same, neither of them is the cause."""

_SLOWER = 2.0
"""How many times longer requests for files must take than other requests to the same servers."""

_FEW = 3
"""People; what fewer waited for is a single case, unless they are half of all."""

_FILES = "/api/contents"
"""What the names of requests for people's files contain."""


def slow_storage(facts: Facts) -> Iterator[Finding]:
    """Find that reading and writing files took most of the time of slow steps."""
    slow = [*facts.slow(KERNEL_READY, _LONG_FOR_A_KERNEL), *facts.slow(SAVED)]
    seconds = [_of_part(record, STORAGE) for record in slow]
    if _matters(facts, seconds, slow) and _are_files_slower(facts):
        took = [spent for spent in seconds if spent >= SHORT]
        yield found(
            "slow-storage",
            f"{people_of(facts, slow)} waited for files: {words.in_seconds(fmean(took))} on average, "
            f"{words.in_seconds(max(took))} at most, when a notebook was opened or saved.",
            explains="slowness",
            share=_share(facts, slow, seconds),
            evidence=[*_compared(facts), *who_waited(facts, slow)],
            began=min(record.began for record in slow),
            ended=max(record.began + record.seconds for record in slow),
        )


def slow_kernels(facts: Facts) -> Iterator[Finding]:
    """Find that kernels took most of the time of slow steps: their start, or cells that a target is about."""
    has_target = any(one.target.measure == CELL for one in facts.outcomes)
    cells = facts.slow(CELL) if has_target else []  # how long a cell may take is known only where a target says it
    slow = [*facts.slow(KERNEL_READY, _LONG_FOR_A_KERNEL), *cells]
    seconds = [record.seconds if record.step == CELL else _of_part(record, KERNEL) for record in slow]
    if _matters(facts, seconds, slow):
        took = [spent for spent in seconds if spent >= SHORT]
        yield found(
            "slow-kernels",
            f"{people_of(facts, slow)} waited for their kernel: {words.in_seconds(fmean(took))} on average, "
            f"{words.in_seconds(max(took))} at most{_when(slow)}.",
            explains="slowness",
            share=_share(facts, slow, seconds),
            evidence=[*_compared(facts), *who_waited(facts, slow)],
            began=min(record.began for record in slow),
            ended=max(record.began + record.seconds for record in slow),
        )


def _of_part(record: Record, part: str) -> float:
    return dict(record.parts).get(part, 0.0)


def _matters(facts: Facts, seconds: list[float], slow: list[Record]) -> bool:
    """Say whether it is most of the time of slow steps, and of more people than one who has bad luck."""
    steps = {record.step for record in slow}
    everybody = people(record for record in facts.records if record.step in steps)
    return (
        any(spent >= SHORT for spent in seconds)
        and sum(seconds) >= _MOST * sum(one.seconds for one in slow)
        and (people(slow) >= _FEW or 2 * people(slow) >= everybody)
    )


def _share(facts: Facts, slow: list[Record], seconds: list[float]) -> float:
    all_slow = {id(record): record.seconds for record in [*facts.all_slow, *slow]}
    return sum(seconds) / sum(all_slow.values())


def _when(slow: list[Record]) -> str:
    steps = {record.step for record in slow}
    if steps == {KERNEL_READY}:
        return ", until it was ready"
    return ", until a cell had run" if steps == {CELL} else ", until it was ready or a cell had run"


def _are_files_slower(facts: Facts) -> bool:
    files, others = _requests(facts)
    return files is None or others is None or files >= _SLOWER * others


def _compared(facts: Facts) -> list[str]:
    """Compare the requests for files with all others to the same servers."""
    files, others = _requests(facts)
    if files is None or others is None:
        return []
    return [
        f"Requests for files took {words.in_seconds(files)} on average, all other requests to the same servers "
        f"{words.in_seconds(others)}."
    ]


def _requests(facts: Facts) -> tuple[float | None, float | None]:
    """Return the mean seconds of requests for files, and of all others to servers; None where there were none."""
    files, others = list[RequestTimes](), list[RequestTimes]()
    for name in facts.requests.names():
        if "/user/{name}" in name and "/channels" not in name and "/subscribe" not in name:
            (files if _FILES in name else others).append(facts.requests.of(name))
    return _mean(files), _mean(others)


def _mean(requests: list[RequestTimes]) -> float | None:
    return sum(of.total_seconds for of in requests) / sum(map(len, requests)) if requests else None


CAUSES: tuple[Callable[[Facts], Iterable[Finding]], ...] = (slow_storage, slow_kernels)
