"""A spawner with words of its own."""

import time

from hubusers.local.incidents.incident import Incident, class_event
from hubusers.local.incidents.start import Start

_SECONDS_PER_JOB = 1.5
"""Every so many seconds the cluster has a node for one more job."""

_FIRST_JOB = 48_210

_waiting: list[int] = []
_next_node_at = 0.0


async def start(start: Start) -> None:
    global _next_node_at
    job = _FIRST_JOB + start.number
    start.say(f"Job {job} was submitted")
    _waiting.append(job)
    try:
        told = -1
        while (ahead := _waiting.index(job)) or time.monotonic() < _next_node_at:
            if ahead != told:
                start.say(f"Job {job} is pending in queue gpu ({ahead} ahead)")
                told = ahead
            await start.wait(0.2)
    finally:
        _waiting.remove(job)
    _next_node_at = time.monotonic() + _SECONDS_PER_JOB
    start.say(f"Job {job} runs on gpu-{start.number % 8:02}")


INCIDENT = Incident(
    name="unknown-spawner",
    title="Servers wait in the queue of a compute cluster",
    source="batchspawner, pull request 218 of 4 May 2021 (jobs get queued and do not start at once)",
    what_happens="Each server is a job of a batch system, and waits until those before it have a node. The spawner "
    "says so in words of its own, which no tool knows.",
    finds=("start-messages",),
    hub={"spawn_seconds": (0.3, 0.6)},
    start=start,
    event=class_event(people=20, over="10s", stay="20s", ready_within="10s"),
)
