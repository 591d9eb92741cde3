"""An image whose server does not stay up."""

import math
from dataclasses import replace

from hubusers.local.incidents.incident import Incident, class_event
from hubusers.local.incidents.kubernetes import WARNING, container_started, image_present, scheduled
from hubusers.local.incidents.start import Start


async def exit_always(start: Start) -> None:
    scheduled(start, "node-1")
    await start.wait(0.2)
    image_present(start)
    container_started(start)
    await start.wait(0.5)
    start.say_of_pod(
        "BackOff",
        f"Back-off restarting failed container notebook in pod {start.pod}_hub(5b1f0a52-6d2e-4c1c-9a53-0d8f5a6e7b11)",
        WARNING,
    )
    await start.wait(0.3)
    start.silent_for = math.inf


async def exit_after_the_first(start: Start) -> None:
    if start.number == 1:
        scheduled(start, "node-1")
        image_present(start)
        container_started(start)
    else:
        await exit_always(start)


_EXITS = Incident(
    name="server-exits",
    title="The image's server does not stay up",
    source="2i2c, incident report on Du Bois, 11 February 2026",
    what_happens="A new version of the image brings packages that do not fit together. The container of each server "
    "starts, and the server in it ends at once. All starts fail after the same short time.",
    finds=("server-exits",),
    config="c.Spawner.http_timeout = 3",
    start=exit_always,
    event=class_event(people=14, over="1s", stay="15s", ready_within="5s"),
)

INCIDENTS = (
    _EXITS,
    replace(
        _EXITS,
        name="server-exits-hub-exits",
        title="The image's server does not stay up, and then the hub exits",
        what_happens="The first server starts as always. Then the image changes, and the server of everybody else ends "
        "at once. After five failed spawns in a row the hub exits, as hubs on Kubernetes do; Kubernetes starts it "
        "again, and the same happens again.",
        finds=("server-exits", "hub-exited"),
        config="c.Spawner.http_timeout = 3\nc.Spawner.consecutive_failure_limit = 5",
        start=exit_after_the_first,
        proxy_apart=True,
        hub_back_after=5,
    ),
)
