"""Servers that answer late."""

import random

from hubusers.local.incidents.incident import Incident, class_event
from hubusers.local.incidents.kubernetes import container_started, image_present, scheduled
from hubusers.local.incidents.start import Start


async def start(start: Start) -> None:
    scheduled(start, f"node-{start.number % 3}")
    await start.wait(0.2)
    image_present(start)
    container_started(start)
    start.silent_for = 9 if start.number % 4 == 0 else random.uniform(3.5, 5)


INCIDENT = Incident(
    name="slow-server",
    title="Containers start at once, but the servers in them answer late",
    source="2i2c, infrastructure issue 2047 of 12 January 2023",
    what_happens="The container of each server starts at once. The server in it takes long until it answers, and some "
    "take longer than the hub waits.",
    finds=("server-slow-to-answer",),
    config="c.Spawner.http_timeout = 6",
    start=start,
    event=class_event(people=16, over="16s", stay="15s", ready_within="3s"),
)
