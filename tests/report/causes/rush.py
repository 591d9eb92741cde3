"""A rush of people in a made-up run, with what the hub and its spawner say meanwhile."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubusers.event.file import parse_event
from hubusers.report.finding import Finding
from hubusers.report.findings import findings_of
from hubusers.results.folder import FinishedRun
from hubusers.results.hub_samples import HubSample, Observations, Probe
from hubusers.results.records import Record
from hubusers.results.results import Results
from hubusers.results.run_info import RunInfo
from hubusers.results.start_messages import StartMessage
from tests.report.made_up_run import BEGAN
from tests.report.runs import CLASS, info, start

POST = "POST /users/{name}/server"


def event(percentile: str = "45s", more: str = "") -> str:
    """Return an event whose target is a p95 of start to ready; `more` is what else stands in its file."""
    return f'{CLASS}\n[[targets]]\nmeasure = "start to ready"\npercentile = 95\nat_most = "{percentile}"\n{more}'


@dataclass(frozen=True)
class Rush:
    """Ten starts, due at once, and what the hub says for the time that they take.

    Attributes:
        seconds: Of each start.
        spawn: By the hub's own measure; None where it counted none.
        cpu: Share of a core that the hub used; None where it does not tell.
        loop: The limit of the bucket of all turns of its event loop; None where it does not tell.
        client: Seconds of requests as seen from here.
        hub: Seconds of the same by the hub's own measure.
        records: In place of the ten starts.
    """

    seconds: float = 3.0
    throttled: float = 0.0
    throttled_by: str = "concurrent_spawn_limit"
    failure: str = ""
    reason: str = ""
    parts: tuple[tuple[str, float], ...] = ()
    spawn: float | None = 2.5
    failed_spawn: float | None = None
    cpu: float | None = 0.1
    loop: float | None = 0.05
    probe: float | None = 0.01
    client: float = 0.02
    hub: float = 0.01
    metrics: bool = True
    event_text: str = ""
    records: tuple[Record, ...] = ()
    messages: tuple[StartMessage, ...] = ()
    known: dict[str, Any] = field(default_factory=dict)  # of its RunInfo

    @property
    def results(self) -> Results:
        results = Results()
        for record in self.records or self._starts():
            results.records.note(record)
        for _ in range(10):
            results.requests.note(POST, BEGAN, self.client)
        for message in self.messages:
            results.messages.note(message)
        if self.probe is not None:
            results.probes = [Probe(BEGAN + 1, self.probe, "" if math.isfinite(self.probe) else "no answer")]
        if self.metrics:
            results.hub_samples = [self._sample(0.0), self._sample(1.0)]
        return results

    @property
    def run(self) -> FinishedRun:
        parsed = parse_event(self.event_text, "event.toml") if self.event_text else None
        return FinishedRun(Path("unused"), self.info, parsed, self.results)

    @property
    def info(self) -> RunInfo:
        return info(**self.known)

    @property
    def findings(self) -> list[Finding]:
        return findings_of(self.run)

    @property
    def kinds(self) -> list[str]:
        return [finding.kind for finding in self.findings]

    def only(self, kind: str) -> Finding:
        """Return the finding of a kind."""
        [finding] = [one for one in self.findings if one.kind == kind]
        return finding

    def _starts(self) -> list[Record]:
        limit = self.throttled_by if self.throttled else ""
        return [
            start(
                number / 1e6,
                self.seconds,
                self.failure,
                throttled=self.throttled,
                throttled_by=limit,
                parts=self.parts,
                cohort="students",
                reason=self.reason,
            )
            for number in range(10)
        ]

    def _sample(self, share: float) -> HubSample:
        """Return what the hub says when this share of the time has passed."""
        lasted = max(record.began + record.seconds for record in self.records) - BEGAN if self.records else self.seconds
        count = 10 * share
        buckets = None if self.loop is None else {"0.05": count if self.loop <= 0.05 else 0.0, str(self.loop): count}
        spawns = {"success": self.spawn, "failure": self.failed_spawn}
        return HubSample(
            time=BEGAN + share * lasted,
            cpu_seconds=None if self.cpu is None else self.cpu * share * lasted,
            # A late loop is so all of the time.
            event_loop=None if buckets is None else Observations(count, lasted * share, {**buckets, "+Inf": count}),
            spawns={
                status: Observations(count, seconds * count)
                for status, seconds in spawns.items()
                if seconds is not None
            },
            requests={"POST UserServerAPIHandler": Observations(count, self.hub * count)},
        )
