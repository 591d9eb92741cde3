"""The folder of a made-up run: a rush of people on a hub whose weaknesses can be chosen."""

import math
import random
from dataclasses import dataclass, field
from pathlib import Path

from hubusers.event.file import parse_event
from hubusers.event.plan import plan
from hubusers.hub.answers import CONCURRENT_SPAWN_LIMIT
from hubusers.results.folder import RunFolder
from hubusers.results.hub_samples import HubSample, Observations, Probe
from hubusers.results.records import START_TO_READY, STOP_TO_STOPPED, Record
from hubusers.results.run_info import RunInfo

BEGAN = 1_795_680_000.0
"""Seconds since the epoch."""

_LOOP_LIMITS = [0.05, 0.055, 0.06, 0.065, 0.07, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, math.inf]
_START, _STREAM, _LOOK, _STOP = (
    "POST /users/{name}/server",
    "GET /users/{name}/server/progress",
    "GET /users/{name}",
    "DELETE /users/{name}/server",
)


@dataclass
class MadeUpRun:
    """What happens in it.

    Args:
        seed: The same one makes the same run.
        people: How many come, most of them in the first two minutes; with an event, those of its plan come instead.
        slower: What all spawns take longer by; 1.0 is about three seconds.
        failures: Share of the starts that fail.
        spawn_limit: How many spawns the hub has at the same time before it answers 429.
        metrics: Whether the token may read the hub's metrics.
        event_text: The event file; "" for a run without an event.
    """

    seed: int = 1
    people: int = 300
    slower: float = 1.0
    failures: float = 0.02
    spawn_limit: int = 64
    metrics: bool = True
    event_text: str = ""
    records: list[Record] = field(default_factory=list)
    requests: list[tuple[str, float, float, str]] = field(default_factory=list)

    def write(self, path: Path) -> RunInfo:
        """Write it into a new folder, and return what its run.json says."""
        self._live(random.Random(self.seed))
        people = len({record.username for record in self.records})
        ended = max((record.began + record.seconds for record in self.records), default=BEGAN) + 1
        folder = RunFolder(path)
        columns = list(Record.__dataclass_fields__)
        folder.write_steps(tuple(getattr(record, name) for name in columns) for record in self.records)
        folder.write_requests(self.requests)
        for probe in self._probes(ended):
            folder.write_probe(probe)
        for sample in self._hub_samples(ended) if self.metrics else []:
            folder.write_hub_sample(sample)
        if self.event_text:
            folder.write_event(self.event_text)
        info = RunInfo(
            run_id="k3x9qa",
            hub="https://hub.example.org",
            began=BEGAN,
            ended=ended,
            title=parse_event(self.event_text, "event.toml").title if self.event_text else "",
            hub_version="5.4.6",
            spawner="kubespawner.KubeSpawner" if self.metrics else "",
            planned_people=people if self.event_text else None,
            clean_up=f"Clean-up: users: {people} created, {people} removed, 0 left",
            versions={"hubusers": "0.1.0", "Locust": "2.40.0", "gevent": "25.9.1", "Python": "3.11.9"},
            options={"server_timeout": 60.0, "wait": "progress", "stay": "30-90", "seed": self.seed},
            notes=[]
            if self.metrics
            else ["The hub's metrics were not read: the token lacks the scope read:metrics (403 from /hub/metrics)."],
        )
        folder.write_info(info)
        folder.close()
        return info

    def _live(self, chance: random.Random) -> None:
        pending: list[float] = []
        for number, (due, cohort) in enumerate(self._arrivals(chance)):
            asked, throttled = due, 0.0
            while sum(end > asked for end in pending) >= self.spawn_limit and throttled < 50:
                pause = chance.uniform(5, 10)
                throttled, asked = throttled + pause, asked + pause
            crowd = sum(end > asked for end in pending)
            spawn = self.slower * chance.lognormvariate(1.0, 0.25) + 0.01 * crowd
            failed = chance.random() < self.failures
            failure = chance.choice(["spawn failed", "timed out", "hub error"]) if failed else ""
            seconds = throttled + (60.0 - throttled if failure == "timed out" else spawn)
            pending.append(due + seconds)
            name = f"hub-stress-test-k3x9qa-0-{number}"
            late = chance.uniform(0, 0.02)
            limit = CONCURRENT_SPAWN_LIMIT if throttled else ""
            self.records.append(
                Record(START_TO_READY, name, due, seconds, late, failure, cohort, 1, throttled, limit),
            )
            answer = 0.02 + 0.002 * crowd
            self.requests.append((_START, asked, answer, ""))
            self.requests.append((_STREAM, asked + answer, max(seconds - throttled - answer, 0.0), failure))
            if failure:
                continue
            leaves, stop = due + seconds + chance.uniform(90, 240), chance.lognormvariate(0.2, 0.3)
            self.records.append(Record(STOP_TO_STOPPED, name, leaves, stop, 0.1, "", cohort))
            self.requests.append((_STOP, leaves, 0.05, ""))
            self.requests.append((_LOOK, leaves + stop, chance.uniform(0.005, 0.02), ""))

    def _arrivals(self, chance: random.Random) -> list[tuple[float, str]]:
        if self.event_text:
            event = parse_event(self.event_text, "event.toml")
            return [(BEGAN + person.arrives, person.cohort) for person in plan(event, event.seed or 0)]
        return [(due, "") for due in sorted(BEGAN + min(chance.gammavariate(3, 22), 420) for _ in range(self.people))]

    def _probes(self, ended: float) -> list[Probe]:
        times = [BEGAN + 2 * number for number in range(int((ended - BEGAN) / 2))]
        chance = random.Random(self.seed + 1)
        return [Probe(time, 0.004 + 0.001 * chance.random() + 0.0006 * self._pending(time)) for time in times]

    def _hub_samples(self, ended: float) -> list[HubSample]:
        samples = []
        cpu, turns = 100.0, dict.fromkeys(map(str, _LOOP_LIMITS), 0.0)
        for number in range(int((ended - BEGAN) / 5) + 1):
            time = BEGAN + 5 * number
            load = min(self._pending(time) / 80, 0.98)
            cpu += 5 * (0.03 + 0.9 * load)
            for limit in _LOOP_LIMITS:
                turns[str(limit)] += 80 * min(1.0, 1 - load * math.exp(-limit / 0.05))
            starts = [one for one in self._of(START_TO_READY) if one.began + one.seconds <= time and not one.failure]
            samples.append(
                HubSample(
                    time=time,
                    cpu_seconds=cpu,
                    memory=180e6 + 40e3 * len(starts),
                    running_servers=float(len(starts) - self._stopped(time)),
                    event_loop=Observations(turns[str(math.inf)], 5 * number, dict(turns)),
                    spawns={"success": Observations(len(starts), sum(one.seconds - one.throttled for one in starts))},
                    requests=self._request_durations(time),
                )
            )
        return samples

    def _request_durations(self, time: float) -> dict[str, Observations]:
        handlers = {_START: "POST UserServerAPIHandler", _LOOK: "GET UserAPIHandler"}
        return {
            handler: Observations(
                len(seconds := [0.9 * took for name, began, took, _ in self.requests if name == path and began < time]),
                sum(seconds),
            )
            for path, handler in handlers.items()
        }

    def _of(self, step: str) -> list[Record]:
        return [record for record in self.records if record.step == step]

    def _pending(self, time: float) -> int:
        return sum(one.began <= time < one.began + one.seconds for one in self._of(START_TO_READY))

    def _stopped(self, time: float) -> int:
        return sum(one.began <= time for one in self._of(STOP_TO_STOPPED))


def make_up_run(
    path: Path,
    *,
    seed: int = 1,
    people: int = 300,
    slower: float = 1.0,
    failures: float = 0.02,
    spawn_limit: int = 64,
    metrics: bool = True,
    event_text: str = "",
) -> RunInfo:
    """Write the folder of a made-up run, as hubusers.results.folder.read_run reads it."""
    return MadeUpRun(seed, people, slower, failures, spawn_limit, metrics, event_text).write(path)
