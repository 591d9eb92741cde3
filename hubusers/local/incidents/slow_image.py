"""An image that no node has yet."""

from hubusers.local.incidents.incident import Incident
from hubusers.local.incidents.start import Start

_IMAGE = "registry.example.org/class/notebook:2020-07-09"
_NODES = 3

_nodes_with_image: set[int] = set()


async def start(start: Start) -> None:
    node = start.number % _NODES
    start.say_of_pod("Scheduled", f"Successfully assigned hub/{start.pod} to node-{node}", source="default-scheduler")
    await start.wait(0.1)
    if node in _nodes_with_image:
        start.say_of_pod("Pulled", f'Container image "{_IMAGE}" already present on machine')
    else:
        start.say_of_pod("Pulling", f'Pulling image "{_IMAGE}"')
        await start.wait(8, 10)
        _nodes_with_image.add(node)
        start.say_of_pod(
            "Pulled",
            f'Successfully pulled image "{_IMAGE}" in 9.2s (9.2s including waiting). Image size: 2934112011 bytes.',
        )
    start.say_of_pod("Created", "Created container: notebook")
    await start.wait(0.1)
    start.say_of_pod("Started", "Started container notebook")


INCIDENT = Incident(
    name="slow-image",
    title="An image that no node has yet",
    source="mybinder.org, incident report of 9 July 2020",
    what_happens="The first server on each node waits while the node pulls a large image. "
    "Later servers on that node start at once.",
    finds=("image-pull",),
    hub={"spawn_seconds": (0.3, 0.6)},
    start=start,
    event="""\
title = "A class with a new image"

[[cohorts]]
name = "students"
people = 20
arrivals = { pattern = "evenly", over = "20s" }
stay = "20s"

[[targets]]
measure = "start to ready"
percentile = 95
at_most = "5s"
""",
)
