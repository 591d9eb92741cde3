"""Is the load generator itself the limit? Each process measures how late its own event loop is, and its CPU.

A late poll, or a late click that starts a server, would otherwise be blamed on the hub.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import gevent

from hubusers.durations import measured
from hubusers.results.late_processes import COMFORTABLE, LateProcess
from hubusers.results.percentiles import percentile

TOO_LATE = 0.1
"""Seconds. If 5 % of the event loop's wakings, or of the looks at servers, are later, the times cannot be trusted."""

TOO_BUSY = 0.9
"""Share of a core. A process can use one core; work queues when it comes close to that."""

_TICK = 0.25
_SPAN = 5.0
_FEWEST_LOOKS = 20


@dataclass(frozen=True)
class Strain:
    """How often one process could not keep up so far, in spans of five seconds."""

    spans: int = 0
    strained: int = 0
    lateness: float = 0.0  # seconds, in the worst span
    cpu: float = 0.0  # share of a core, in the busiest strained span
    worker: int = 0  # the number of the process

    def as_message(self) -> dict[str, float]:
        """Return the figures as Locust's messages between workers and master carry them."""
        return asdict(self)


def strained(lateness: float, cpu: float) -> bool:
    """Return whether a process could not keep up in a span of time."""
    return lateness > TOO_LATE or cpu > TOO_BUSY


class GeneratorCheck:
    """Watches this process from `start` to `stop`.

    Args:
        on_strain: Called at the end of each span in which this process could not keep up.
        worker: The number of this process.
    """

    def __init__(self, on_strain: Callable[[Strain], None], worker: int = 0) -> None:
        self.strain = Strain(worker=worker)
        self._on_strain = on_strain
        self._lateness: deque[tuple[float, float]] = deque(maxlen=int(_SPAN / _TICK))
        self._next_tick = math.inf
        self._looks: list[float] = []
        self._watching: gevent.Greenlet[..., None] | None = None

    def start(self) -> None:
        self._watching = gevent.spawn(self._watch)

    def stop(self) -> None:
        if self._watching:
            self._watching.kill()
        self._next_tick = math.inf

    def note_lateness(self, seconds: float) -> None:
        """Take in how many seconds late a look at a server began."""
        self._looks.append(seconds)

    def late_by(self, due: float) -> float:
        """Return by how many seconds this process delayed something that was due at a moment of the monotonic clock.

        At most by how late the event loop itself was since then: what a user did in that time does not count.
        """
        now = time.monotonic()
        late = now - self._next_tick  # also before the check itself has woken
        for tick, lateness in reversed(self._lateness):
            if tick < due:
                break
            late = max(late, lateness)
        return max(0.0, min(now - due, late))

    def _watch(self) -> None:
        while True:
            began, cpu, lateness = time.monotonic(), time.process_time(), list[float]()
            self._looks.clear()
            while time.monotonic() < began + _SPAN:
                self._next_tick = time.monotonic() + _TICK
                gevent.sleep(_TICK)
                now = time.monotonic()
                lateness.append(now - self._next_tick)
                self._lateness.append((now, lateness[-1]))
            self._note_span(lateness, (time.process_time() - cpu) / (time.monotonic() - began))

    def _note_span(self, lateness: list[float], cpu: float) -> None:
        late = percentile(lateness, 95)
        if len(self._looks) >= _FEWEST_LOOKS:
            late = max(late, percentile(self._looks, 95))
        before = replace(self.strain, spans=self.strain.spans + 1)
        if strained(late, cpu):
            self.strain = replace(
                before,
                strained=before.strained + 1,
                lateness=max(before.lateness, late),
                cpu=max(before.cpu, cpu),
            )
            self._on_strain(self.strain)
        else:
            self.strain = before


CANNOT_KEEP_UP = (
    "The load generator cannot keep up, so the times that it measures may be too long. At the end of the run you are "
    "told for how long, and what to do."
)
"""What is said at once; `why_not_reliable` is for the end."""


def late_processes(strains: list[Strain]) -> list[LateProcess]:
    """Return the figures of the processes that could not keep up.

    Args:
        strains: The strain of each process that has users.
    """
    return [
        LateProcess(one.worker, one.strained * _SPAN, one.spans * _SPAN, one.lateness, one.cpu)
        for one in strains
        if one.strained
    ]


def why_not_reliable(strains: list[Strain]) -> str:
    """Return for how long the load generator was late, by how much, and what to do; "" if it was not late.

    Whether that matters depends on what was measured, so it is for the verdict to say.

    Args:
        strains: The strain of each process that has users.
    """
    affected = [strain for strain in strains if strain.strained]
    if not affected:
        return ""
    worst = max(affected, key=lambda strain: strain.strained)
    some = f"{len(affected)} of {len(strains)} workers {'was' if len(affected) == 1 else 'were'}"
    who = "The load generator was" if len(strains) == 1 else some
    what = (
        f"{who} late for {worst.strained * _SPAN:g} of {worst.spans * _SPAN:g} s, so the time of each request may be "
        f"up to {measured(max(strain.lateness for strain in affected))} too long, and that of several in a row by more."
    )
    if all(strain.cpu <= COMFORTABLE for strain in affected):
        return (
            f"{what} No core was full, so more processes do not help: leave this machine to Locust alone, or "
            "let fewer people come in the same moment."
        )
    # A full core only shows that one core was not enough.
    needed = max(math.ceil(sum(strain.cpu for strain in strains) / COMFORTABLE), len(strains) + 1)
    return f"{what} {needed} workers (--processes {needed}, on as many cores) would do."
