"""A spawn limit that is reached because servers wait for nodes."""

import asyncio

from hubusers.local.incidents.incident import Incident, class_event
from hubusers.local.incidents.kubernetes import container_started, image_present, no_room, scheduled
from hubusers.local.incidents.start import Start

_PLACES_ON_A_NODE = 6
_SECONDS_FOR_A_NODE = (8, 10)


class _Nodes:
    """The nodes of the cluster, which grows by one when a server finds no place."""

    def __init__(self) -> None:
        self.count = 3
        self.places = 3
        self._next: asyncio.Task[None] | None = None

    def add_one(self, start: Start) -> None:
        if self._next is None:
            self._next = asyncio.create_task(self._grow(start))

    async def _grow(self, start: Start) -> None:
        await start.wait(*_SECONDS_FOR_A_NODE)
        self._next = None
        self.count += 1
        self.places += _PLACES_ON_A_NODE


_nodes = _Nodes()


async def start(start: Start) -> None:
    if not _nodes.places:
        no_room(start, _nodes.count)
        await start.wait(0.5, 1)
        start.say_of_pod(
            "TriggeredScaleUp",
            f"pod triggered scale-up: [{{users-pool {_nodes.count}->{_nodes.count + 1} (max: 20)}}]",
            source="cluster-autoscaler",
        )
    while not _nodes.places:
        _nodes.add_one(start)
        await start.wait(0.1)
    _nodes.places -= 1
    scheduled(start, f"node-{_nodes.count}")
    await start.wait(0.1, 0.3)
    image_present(start)
    container_started(start)


INCIDENT = Incident(
    name="nodes-then-limit",
    title="The spawn limit is reached because servers wait for nodes",
    source="2i2c, incident report on UC Merced, 29 August 2025",
    what_happens="A class begins, and the running nodes are soon full. Each new server waits until the autoscaler has "
    "brought up a node, so that soon as many spawns are pending as the hub allows. The hub sends everybody else away, "
    "and again when they come back.",
    finds=("waiting-for-nodes", "spawn-limit"),
    hub={"spawn_seconds": (0.3, 0.6), "concurrent_spawn_limit": 6},
    config='c.JupyterHub.tornado_settings["spawn_throttle_retry_range"] = (3, 6)',
    start=start,
    event=class_event(people=24, over="12s", stay="20s", ready_within="10s"),
)
