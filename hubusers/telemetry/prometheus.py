"""The figures of a run for Prometheus, put together when it asks for them: a run that nobody asks of pays nothing."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from hubusers.event.model import Target
from hubusers.report.finding import Finding
from hubusers.report.verdict import Verdict
from hubusers.results.records import START_TO_READY
from hubusers.run.phase import Phase
from hubusers.telemetry.measures import (
    COHORT,
    MEASURES,
    OUTCOME,
    RUN_ID,
    SECONDS,
    STEP,
    STEP_DURATION,
    SUCCESS,
    TARGET,
    Measure,
    label,
)
from hubusers.telemetry.readings import Reading, Readings, RunSoFar

# What OpenTelemetry has among the attributes of the process that reports, or can do without.
PHASE = Measure("hubusers.phase", "gauge", "{phase}", "1 for what hubusers is doing, 0 for all else", ("phase",))
PEOPLE_PLANNED = Measure("hubusers.people.planned", "gauge", "{person}", "People who are to come", (COHORT,))
BEGAN = Measure("hubusers.run.began.timestamp", "gauge", SECONDS, "When people could come, since the epoch")
DURATION_LIMIT = Measure(
    "hubusers.target.duration.limit", "gauge", SECONDS, "How long a target of a duration allows at most", (TARGET,)
)
SHARE_LIMIT = Measure(
    "hubusers.target.share.limit", "gauge", "1", "How large a share a target of a share allows at most", (TARGET,)
)

_OURS = (PHASE, PEOPLE_PLANNED, BEGAN, DURATION_LIMIT, SHARE_LIMIT)
_RUN, _ABOUT_RUN = "hubusers_run", "The present or last run"


class Metrics(Collector):
    """The figures of the present or last run of a process.

    Args:
        phase: Returns what the process is doing.
    """

    def __init__(self, phase: Callable[[], Phase]) -> None:
        self._phase = phase
        self._run: RunMetrics | None = None

    def follow(self, so_far: RunSoFar) -> "RunMetrics":
        """Tell of this run from now on."""
        self._run = RunMetrics(so_far)
        return self._run

    def describe(self) -> Iterator[Metric]:
        yield InfoMetricFamily(_RUN, _ABOUT_RUN)
        yield from map(_family, (*_OURS, *MEASURES))

    def collect(self) -> Iterator[Metric]:
        phases = [Reading(PHASE, float(phase is self._phase()), {"phase": phase.value}) for phase in Phase]
        yield from _families(phases)
        if self._run:
            yield from self._run.collect()


class RunMetrics(Collector):
    """The figures of one run.

    Args:
        so_far: The run.
    """

    def __init__(self, so_far: RunSoFar) -> None:
        self._so_far = so_far
        self._readings = Readings(so_far)
        self._planned = _planned(so_far)
        event = so_far.run.settings.event
        self._limits = list(_limits(event.targets if event else []))
        self._histograms: dict[Measure, dict[tuple[str, ...], _Histogram]] = {}
        for reading in self._planned:
            # Prometheus takes what a counter has at first for its beginning: without these it would miss the first.
            attributes = {STEP: START_TO_READY, OUTCOME: SUCCESS, COHORT: reading.attributes[COHORT]}
            self._histogram(Reading(STEP_DURATION, 0, attributes))

    def note(self) -> None:
        """Nothing: all is read when Prometheus asks."""

    def finish(self, verdict: Verdict, findings: Iterable[Finding]) -> None:
        self._readings.note_answer(verdict, findings)

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily(_RUN, _ABOUT_RUN, value=self._about())
        yield from _families([*self._began(), *self._planned, *self._limits, *self._readings.now()])
        for reading in self._readings.new_times():
            self._histogram(reading).note(reading.value)
        for measure, histograms in self._histograms.items():
            family = HistogramMetricFamily(measure.prometheus_name, measure.description, labels=_labels(measure))
            for values, histogram in histograms.items():
                family.add_metric(values, histogram.buckets(), histogram.seconds)
            yield family

    def _histogram(self, reading: Reading) -> "_Histogram":
        of_measure = self._histograms.setdefault(reading.measure, {})
        values = tuple(_values(reading))
        if values not in of_measure:
            of_measure[values] = _Histogram(reading.measure.boundaries)
        return of_measure[values]

    def _about(self) -> dict[str, str]:
        info = self._so_far.info
        return {
            label(RUN_ID): info.run_id,
            "title": info.title,
            "hub": info.hub,
            "jupyterhub": info.hub_version,
            "version": info.versions.get("hubusers", ""),
        }

    def _began(self) -> Iterator[Reading]:
        if self._so_far.run.elapsed:  # before, the moment is that of the run's preparation
            yield Reading(BEGAN, self._so_far.info.began, {})


class _Histogram:
    """Counts values by the smallest boundary that they do not exceed."""

    def __init__(self, boundaries: tuple[float, ...]) -> None:
        self.seconds = 0.0
        self._boundaries = boundaries
        self._counts = [0] * (len(boundaries) + 1)

    def note(self, seconds: float) -> None:
        self.seconds += seconds
        self._counts[bisect_left(self._boundaries, seconds)] += 1

    def buckets(self) -> list[tuple[str, float]]:
        """Return each boundary with how many values do not exceed it."""
        names = [*map(str, map(float, self._boundaries)), "+Inf"]
        return list(zip(names, accumulate(self._counts), strict=True))


def _planned(so_far: RunSoFar) -> list[Reading]:
    settings = so_far.run.settings
    planned = Counter(person.cohort for person in settings.people) if settings.event else {"": so_far.info.users or 0}
    return [Reading(PEOPLE_PLANNED, people, {COHORT: cohort}) for cohort, people in planned.items()]


def _limits(targets: Iterable[Target]) -> Iterator[Reading]:
    for target in targets:
        measure = SHARE_LIMIT if target.percentile is None else DURATION_LIMIT
        yield Reading(measure, target.at_most, {TARGET: target.text})


def _families(readings: Iterable[Reading]) -> Iterable[Metric]:
    families: dict[Measure, CounterMetricFamily | GaugeMetricFamily] = {}
    for reading in readings:
        family = families.setdefault(reading.measure, _family(reading.measure))
        family.add_metric(_values(reading), reading.value)
    return families.values()


def _family(measure: Measure) -> CounterMetricFamily | GaugeMetricFamily:
    family = CounterMetricFamily if measure.kind == "counter" else GaugeMetricFamily
    return family(measure.prometheus_name, measure.description, labels=_labels(measure))


def _labels(measure: Measure) -> list[str]:
    return [label(attribute) for attribute in measure.attributes]


def _values(reading: Reading) -> list[str]:
    return [reading.attributes.get(attribute, "") for attribute in reading.measure.attributes]
