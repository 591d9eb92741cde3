"""Figures that show where the time of a run went."""

from dataclasses import dataclass
from statistics import fmean

from hubusers.report.counts import pending
from hubusers.report.hub_intervals import Interval, at_most, difference, intervals, together
from hubusers.results.hub_samples import Observations
from hubusers.results.percentiles import percentile
from hubusers.results.records import Record
from hubusers.results.results import Results

_BUSY = 0.5
"""Busy: at least half as many starts under way as at the peak. A run is mostly calm, and means over all of it would
hide what the rush did to the hub."""

SLOW_ANSWER = 0.3
"""Seconds. A hub that is not busy answers simple requests within some hundredths; the rest is lost on the way."""

_ON_THE_WAY = 3.0
"""How many times longer a request takes as seen from here than in the hub, when something in between is the limit."""

_HANDLERS = {
    "POST /users/{name}/server": "POST UserServerAPIHandler",
    "GET /users/{name}": "GET UserAPIHandler",
    "GET /users": "GET UserListAPIHandler",
}
"""Requests that both sides measure, by their names here and in the hub. Progress streams are left out, because the hub
measures them until they end, and so are stops, during which the hub itself waits for the proxy."""


@dataclass(frozen=True)
class Evidence:
    """Figures of a run. None is what was not measured.

    Starts that the end of the run broke off count with their time until then. The mean and its parts are of the slower
    half of the starts, where a failure is the slowest: there it hurts.
    """

    starts: int = 0
    failures: int = 0
    unfinished: int = 0
    longest_in_vain: float = 0.0  # seconds of the longest start that failed, or was unfinished
    throttled_in_vain: int = 0  # starts that were told to come back later, and failed or were unfinished
    failed_steps: tuple[tuple[str, int, int], ...] = ()  # as in Records.failed_steps
    mean: float = 0.0  # seconds from start to ready, to the failure, or to the end of the run
    throttled: float = 0.0  # seconds of the mean spent waiting because of a 429
    throttled_starts: int = 0  # of all starts
    throttled_by: str = ""  # the limit that caused most of that
    has_metrics: bool = False
    spawns: float = 0.0  # successful ones, as the hub counted them
    failed_spawns: float = 0.0
    spawn: float | None = None  # seconds of the mean that were the spawn, failed or not, by the hub's own measure
    cpu: float | None = None  # share of a core that the hub used in the busy time
    event_loop: float | None = None  # p95 of the hub's event loop intervals in the busy time, in seconds
    probe: float | None = None  # p50 of the probes in the busy time, in seconds; infinite where they failed
    client_requests: float | None = None  # mean seconds of requests as seen from here
    hub_requests: float | None = None  # mean seconds of the same requests, by the hub's own measure

    @property
    def ready(self) -> int:
        return self.starts - self.failures - self.unfinished

    @property
    def is_lost_on_the_way(self) -> bool:
        """Whether requests took much longer as seen from here than in the hub."""
        if self.cpu is None and self.event_loop is None:
            return False  # it is not known whether the hub was busy
        signs = []
        if self.probe is not None:
            signs.append(self.probe > SLOW_ANSWER)
        if self.client_requests is not None and self.hub_requests is not None:
            signs.append(self.client_requests > max(SLOW_ANSWER, _ON_THE_WAY * self.hub_requests))
        return bool(signs) and all(signs)

    @property
    def rest(self) -> float:
        """Seconds of the mean for everything but the spawn and throttled waits."""
        return max(0.0, self.mean - self.throttled - (self.spawn or 0.0))


def gather(results: Results) -> Evidence:
    """Measure where the time of a run went."""
    starts = results.records.starts()
    samples = results.hub_samples
    failed_steps = tuple(results.records.failed_steps())
    if not starts:
        return Evidence(failed_steps=failed_steps, has_metrics=bool(samples))
    in_vain = [record for record in starts if record.failure]
    by_slowness = sorted(starts, key=lambda record: record.time_taken)
    slower = by_slowness[len(starts) // 2 :]
    mean, throttled = fmean(record.seconds for record in slower), fmean(record.throttled for record in slower)
    under_way = pending(results.records)
    limit = _BUSY * under_way.highest()
    between_samples = intervals(samples)
    busy = busiest(between_samples, [under_way.mean(one.begin, one.end) for one in between_samples])
    turns = [one.event_loop for one in busy if one.event_loop is not None]
    probes = [probe for probe in results.probes if under_way.at(probe.began) >= limit]
    succeeded, failed = _spawns(between_samples, busy)
    spawns = together([succeeded, failed])
    client, hub = _requests(results)
    return Evidence(
        starts=len(starts),
        failures=sum(record.failed for record in starts),
        unfinished=len(results.records.unfinished()),
        longest_in_vain=max((record.seconds for record in in_vain), default=0.0),
        throttled_in_vain=sum(record.throttled > 0 for record in in_vain),
        failed_steps=failed_steps,
        mean=mean,
        throttled=throttled,
        throttled_starts=sum(record.throttled > 0 for record in starts),
        throttled_by=_worst_limit(starts),
        has_metrics=bool(samples),
        spawns=succeeded.count,
        failed_spawns=failed.count,
        # The hub's mean is over all its spawns, so it can be more than these starts had left.
        spawn=min(spawns.seconds / spawns.count, mean - throttled) if spawns.count else None,
        cpu=cpu_of(busy),
        event_loop=at_most(together(turns), 95),
        probe=percentile((probe.time_taken for probe in probes), 50) if probes else None,
        client_requests=client,
        hub_requests=hub,
    )


def busiest(all_of_them: list[Interval], starts_under_way: list[float]) -> list[Interval]:
    """Return the intervals in which at least half as many starts were under way as at the peak.

    Args:
        all_of_them: The intervals.
        starts_under_way: How many starts, on average, in each of them.
    """
    limit = _BUSY * max(starts_under_way, default=0.0)
    return [one for one, mean in zip(all_of_them, starts_under_way, strict=True) if mean >= limit > 0]


def cpu_of(busy: list[Interval]) -> float | None:
    """Return the share of a core that the hub used in some intervals; None where it does not tell."""
    told = [one for one in busy if one.cpu_seconds is not None]
    return sum(one.cpu_seconds or 0.0 for one in told) / sum(one.end - one.begin for one in told) if told else None


def _worst_limit(starts: list[Record]) -> str:
    seconds: dict[str, float] = {}
    for record in starts:
        if record.throttled_by:
            seconds[record.throttled_by] = seconds.get(record.throttled_by, 0.0) + record.throttled
    return max(seconds, key=lambda limit: seconds[limit], default="")


def _spawns(all_of_them: list[Interval], busy: list[Interval]) -> tuple[Observations, Observations]:
    """Return the hub's spawns, successful and failed, in the busy time; or in the whole run where none ended then."""
    for some in (busy, all_of_them):
        succeeded, failed = together([one.spawns for one in some]), together([one.failed_spawns for one in some])
        if succeeded.count or failed.count:
            break
    return succeeded, failed


def _requests(results: Results) -> tuple[float | None, float | None]:
    """Return the mean seconds of the requests that both sides measured: from here, and in the hub."""
    samples = results.hub_samples
    if not samples:
        return None, None
    of_clients, of_hub, none = list[float](), list[Observations](), Observations()
    for name, handler in _HANDLERS.items():
        there = difference(samples[0].requests.get(handler, none), samples[-1].requests.get(handler, none))
        here = results.requests.of(name)
        if there and there.count and len(here):
            # The same weights on both sides, because other people may use the hub as well.
            of_hub.append(Observations(len(here), there.seconds / there.count * len(here)))
            of_clients.append(here.total_seconds)
    count = together(of_hub).count
    return (sum(of_clients) / count, together(of_hub).seconds / count) if count else (None, None)
