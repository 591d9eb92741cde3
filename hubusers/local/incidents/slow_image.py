"""An image that no node has yet."""

import asyncio
import time

from hubusers.local.incidents.incident import Incident, class_event
from hubusers.local.incidents.kubernetes import IMAGE, container_started, image_present, scheduled
from hubusers.local.incidents.start import Start

_NODES = 4

_pulls: dict[int, asyncio.Task[float]] = {}
"""The one pull on each node, from its beginning."""


async def start(start: Start) -> None:
    node = start.number % _NODES
    scheduled(start, f"node-{node}")
    await start.wait(0.1)
    if node in _pulls and _pulls[node].done():
        image_present(start)
    else:
        start.say_of_pod("Pulling", f'Pulling image "{IMAGE}"')
        began = time.monotonic()
        if node not in _pulls:
            _pulls[node] = asyncio.create_task(start.wait(8, 10))
        pull = await asyncio.shield(_pulls[node])  # others wait for it, too, when this start is cancelled
        start.say_of_pod(
            "Pulled",
            f'Successfully pulled image "{IMAGE}" in {pull:.3f}s ({time.monotonic() - began:.3f}s including waiting). '
            "Image size: 2934112011 bytes.",
        )
    container_started(start)


INCIDENT = Incident(
    name="slow-image",
    title="An image that no node has yet",
    source="mybinder.org, incident report of 9 July 2020 (two tutorials begin at the same time)",
    what_happens="A new image is large. The first servers on each node wait until the node has pulled it, which takes "
    "most of their start. Later servers on that node start at once.",
    finds=("image-pull",),
    hub={"spawn_seconds": (0.3, 0.6)},
    start=start,
    event=class_event(people=20, over="8s", stay="20s", ready_within="5s"),
)
