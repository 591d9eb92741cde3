"""The names of all figures that leave a run, with their units and attributes, for every exporter alike.

Names follow OpenTelemetry's conventions: dots between parts, UCUM units, and `error.type` for what went wrong.
Prometheus has the same names in its own spelling, which is what an OpenTelemetry Collector makes of them too.
They are stable: dashboards depend on them.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["histogram", "counter", "gauge"]

SERVICE_NAME = "hubusers"
"""The service that reports, unless `OTEL_SERVICE_NAME` says otherwise."""

RUN_ID = "hubusers.run.id"
"""An attribute of the process that reports, not of each figure: which run it is."""

STEP = "step"
"""A step of a person, such as "start to ready"."""

COHORT = "cohort"
"""The cohort of an event; "" without an event."""

OUTCOME = "outcome"
"""How a step ended: `SUCCESS`, `FAILURE`, or `UNFINISHED`."""

ERROR_TYPE = "error.type"
"""How a step or a probe failed, in a fixed phrase such as "spawn failed"; it is left out where nothing failed."""

STATE = "state"
"""What a server is: `PENDING` or `READY`."""

TARGET = "target"
"""A target of the event in words, such as "start to ready: p95 at most 60 s"."""

ANSWER = "answer"
"""The verdict: "held", "missed", "no answer", or without targets "no targets" or "failures"."""

KIND = "kind"
"""The kind of a finding: the name of its section in docs/reference/findings.md."""

EXPLAINS = "explains"
"""What a finding explains: "failures", "slowness", "load generator" or "note"."""

SUCCESS, FAILURE, UNFINISHED = "success", "failure", "unfinished"
"""The values of `OUTCOME`. A step is unfinished that was under way when the run ended."""

PENDING, READY = "pending", "ready"
"""The values of `STATE`."""

OTHER = "_OTHER"
"""In place of a value where an attribute has too many different ones."""

MOST_VALUES = 50
"""How many different values an attribute has at most that code or a hub may choose: steps and errors."""

SECONDS = "s"

_BOUNDARIES = (0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800)
"""Seconds: from a request to a start that waits half an hour in a queue."""


@dataclass(frozen=True)
class Measure:
    """One figure.

    Attributes:
        name: As OpenTelemetry has it.
        kind: A histogram gets each value once. A counter only grows during a run. A gauge is what it is now.
        unit: In UCUM: `SECONDS`, "1" for a share, or what is counted, in braces.
        description: A sentence without a full stop.
        attributes: What it is told apart by.
        boundaries: The upper ends of a histogram's buckets.
    """

    name: str
    kind: Kind
    unit: str
    description: str
    attributes: tuple[str, ...] = ()
    boundaries: tuple[float, ...] = ()

    @property
    def prometheus_name(self) -> str:
        """The name in Prometheus, with the unit."""
        unit = {SECONDS: "_seconds", "1": "_ratio"}.get(self.unit, "")
        return self.name.replace(".", "_") + unit + ("_total" if self.kind == "counter" else "")


def label(attribute: str) -> str:
    """Return the name of an attribute as Prometheus has it."""
    return attribute.replace(".", "_")


STEP_DURATION = Measure(
    "hubusers.step.duration",
    "histogram",
    SECONDS,
    "How long people waited for a step, until it succeeded, failed, or the run ended",
    (STEP, COHORT, OUTCOME, ERROR_TYPE),
    _BOUNDARIES,
)
PROBE_DURATION = Measure(
    "hubusers.probe.duration",
    "histogram",
    SECONDS,
    "How long the hub took to answer a small request without a token",
    (OUTCOME, ERROR_TYPE),
    _BOUNDARIES,
)
PEOPLE_ARRIVED = Measure("hubusers.people.arrived", "counter", "{person}", "People who have come", (COHORT,))
PEOPLE_LEFT = Measure("hubusers.people.left", "counter", "{person}", "People who have come and left again", (COHORT,))
SERVERS = Measure(
    "hubusers.servers",
    "gauge",
    "{server}",
    "Servers of the run's people that were asked for and are not ready (pending), or are in use (ready)",
    (STATE, COHORT),
)
THROTTLED = Measure(
    "hubusers.throttled", "counter", "{answer}", 'Answers "too many, come back later" (429) of the hub', (COHORT,)
)
TARGET_HELD = Measure(
    "hubusers.target.held",
    "gauge",
    "{target}",
    "1 for a target that is held so far, 0 for one that is missed; none while that is open",
    (TARGET,),
)
TARGET_DURATION = Measure(
    "hubusers.target.duration", "gauge", SECONDS, "What was measured so far of a target of a duration", (TARGET,)
)
TARGET_SHARE = Measure(
    "hubusers.target.share", "gauge", "1", "What was measured so far of a target of a share", (TARGET,)
)
STRAINED = Measure(
    "hubusers.generator.strained",
    "counter",
    "{span}",
    "Spans of five seconds in which a process of the load generator could not keep up, so that times are too long",
)
VERDICT = Measure("hubusers.run.verdict", "gauge", "{run}", "1, at the end of a run, for its verdict", (ANSWER,))
FINDING = Measure(
    "hubusers.finding.share",
    "gauge",
    "1",
    "At the end of a run: the part of the failures, or of the waiting, that a finding explains",
    (KIND, EXPLAINS),
)

MEASURES = (
    *(STEP_DURATION, PROBE_DURATION, PEOPLE_ARRIVED, PEOPLE_LEFT, SERVERS, THROTTLED),
    *(TARGET_HELD, TARGET_DURATION, TARGET_SHARE, STRAINED, VERDICT, FINDING),
)
