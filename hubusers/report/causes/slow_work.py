"""Why work in JupyterLab was slow: the files, or the kernels."""

from collections.abc import Callable, Iterable, Iterator
from statistics import fmean

from hubusers.report import words
from hubusers.report.causes.affected import people_of
from hubusers.report.causes.catalogue import found
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.groups import by_groups
from hubusers.report.causes.waits import LARGE_SHARE, SHORT
from hubusers.report.finding import Finding
from hubusers.results.records import CELL, KERNEL, KERNEL_READY, SAVED, STORAGE, Record

_FILES = "/api/contents"
"""What the names of requests for people's files contain."""


def slow_storage(facts: Facts) -> Iterator[Finding]:
    """Find that reading and writing files took most of the time of slow steps."""
    slow = [record for step in (KERNEL_READY, SAVED) for record in facts.slow(step)]
    seconds = [_of_part(record, STORAGE) for record in slow]
    if _matters(seconds, slow):
        took = [spent for spent in seconds if spent >= SHORT]
        yield found(
            "slow-storage",
            f"{people_of(facts, slow)} waited for files: {words.in_seconds(fmean(took))} on average, "
            f"{words.in_seconds(max(took))} at most, when a notebook was opened or saved.",
            explains="slowness",
            share=_share(facts, seconds),
            evidence=[*_requests(facts), *by_groups(slow, lambda record: _of_part(record, STORAGE))],
            began=min(record.began for record in slow),
            ended=max(record.began + record.seconds for record in slow),
        )


def slow_kernels(facts: Facts) -> Iterator[Finding]:
    """Find that kernels took most of the time of slow steps: their start, or cells that a target is about."""
    has_target = any(one.target.measure == CELL for one in facts.outcomes)
    cells = facts.slow(CELL) if has_target else []  # how long a cell may take is known only where a target says it
    slow = [*facts.slow(KERNEL_READY), *cells]
    seconds = [record.seconds if record.step == CELL else _of_part(record, KERNEL) for record in slow]
    if _matters(seconds, slow):
        took = [spent for spent in seconds if spent >= SHORT]
        yield found(
            "slow-kernels",
            f"{people_of(facts, slow)} waited for their kernel: {words.in_seconds(fmean(took))} on average, "
            f"{words.in_seconds(max(took))} at most{_when(slow)}.",
            explains="slowness",
            share=_share(facts, seconds),
            evidence=[*_requests(facts), *by_groups(slow, lambda record: _of_part(record, KERNEL))],
            began=min(record.began for record in slow),
            ended=max(record.began + record.seconds for record in slow),
        )


def _of_part(record: Record, part: str) -> float:
    return dict(record.parts).get(part, 0.0)


def _matters(seconds: list[float], slow: list[Record]) -> bool:
    return any(spent >= SHORT for spent in seconds) and sum(seconds) >= LARGE_SHARE * sum(one.seconds for one in slow)


def _share(facts: Facts, seconds: list[float]) -> float:
    return sum(seconds) / sum(record.seconds for record in facts.all_slow)


def _when(slow: list[Record]) -> str:
    steps = {record.step for record in slow}
    if steps == {KERNEL_READY}:
        return ", until it was ready"
    return ", until a cell had run" if steps == {CELL} else ", until it was ready or a cell had run"


def _requests(facts: Facts) -> list[str]:
    """Compare the requests for files with all others to the same servers."""
    files, others = list[float](), list[float]()
    for name in facts.requests.names():
        if "/user/{name}" in name and "/channels" not in name and "/subscribe" not in name:
            times = facts.requests.of(name)
            (files if _FILES in name else others).extend(times.seconds)
    if not files or not others:
        return []
    return [
        f"Requests for files took {words.in_seconds(fmean(files))} on average, all other requests to the same servers "
        f"{words.in_seconds(fmean(others))}."
    ]


CAUSES: tuple[Callable[[Facts], Iterable[Finding]], ...] = (slow_storage, slow_kernels)
